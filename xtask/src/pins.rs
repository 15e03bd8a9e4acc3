//! Version rules that cargo itself does not check.

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::workspace;

/// The tool and the crate of wasm-bindgen agree, and the published crate pins nothing: an `=` in a library
/// cannot be resolved beside another crate's.
pub(crate) fn check() -> Result<()> {
    let root = workspace::root()?;
    let metadata = workspace::metadata(&root)?;
    let packages = metadata["packages"].as_array().context("no packages")?;

    let tool = version(packages, "wasm-bindgen-cli")?;
    let library = version(packages, "wasm-bindgen")?;
    if tool != library {
        bail!(
            "Cargo.lock has wasm-bindgen {library}, xtask pins wasm-bindgen-cli {tool}: they must be the same"
        );
    }
    let requirement = requirements(packages, "xtask")?
        .find(|(name, _)| *name == "wasm-bindgen-cli")
        .map(|(_, requirement)| requirement);
    if requirement != Some(&format!("={tool}")) {
        bail!("xtask must pin wasm-bindgen-cli as \"={tool}\"");
    }
    for (name, requirement) in requirements(packages, "keyward")? {
        if requirement.contains('=') && !requirement.starts_with(">=") {
            bail!("keyward pins {name} \"{requirement}\": use a caret range");
        }
    }
    let npm: Value = serde_json::from_str(&std::fs::read_to_string(root.join("package.json"))?)?;
    let package = npm["version"].as_str().unwrap_or_default();
    let krate = version(packages, "keyward")?;
    if krate != package {
        bail!("Cargo.toml has version {krate}, package.json {package}");
    }
    let lock = std::fs::read_to_string(root.join("package-lock.json"))?;
    if lock.contains("\"resolved\": \"http") {
        bail!(
            "package-lock.json names a registry host: run `npm install` with the project's .npmrc"
        );
    }
    println!("pins: wasm-bindgen {tool}, keyward {krate}");
    Ok(())
}

fn version<'a>(packages: &'a [Value], name: &str) -> Result<&'a str> {
    package(packages, name)?["version"]
        .as_str()
        .context("a package without a version")
}

fn requirements<'a>(
    packages: &'a [Value],
    name: &str,
) -> Result<impl Iterator<Item = (&'a str, &'a str)>> {
    let dependencies = package(packages, name)?["dependencies"].as_array();
    Ok(dependencies
        .into_iter()
        .flatten()
        .filter_map(|dependency| Some((dependency["name"].as_str()?, dependency["req"].as_str()?))))
}

fn package<'a>(packages: &'a [Value], name: &str) -> Result<&'a Value> {
    let mut found = packages.iter().filter(|package| package["name"] == name);
    match (found.next(), found.next()) {
        (Some(package), None) => Ok(package),
        (None, _) => bail!("Cargo.lock has no {name}"),
        (Some(_), Some(_)) => bail!("Cargo.lock has {name} in several versions"),
    }
}
