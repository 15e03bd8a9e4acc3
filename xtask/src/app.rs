//! Apps in Rust: a package of the workspace in, the files of a page out.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::stamp::Stamp;
use crate::wasm;
use crate::workspace::{self, node_tool, run};

/// What the demo is made of, and by: wasm-opt and esbuild come by npm.
const DEMO_INPUTS: [&str; 7] = [
    "src",
    "demo",
    "Cargo.toml",
    "Cargo.lock",
    "package-lock.json",
    "styles",
    "xtask",
];

/// Builds a package for release: `<out>/<package>.js` and `<out>/<package>_bg.wasm`. `folder` is that of its workspace, if
/// it is another one than this.
pub(crate) fn run_app(
    package: &str,
    features: &str,
    out: &str,
    folder: Option<&str>,
) -> Result<()> {
    let root = workspace::root()?;
    let home = folder.map_or_else(|| root.clone(), |folder| root.join(folder));
    build(&root, &home, package, features, &root.join(out))
}

/// `target/demo/`: the demo as it is served.
pub(crate) fn run_demo(force: bool) -> Result<()> {
    let root = workspace::root()?;
    let out = root.join("target/demo");
    let stamp = Stamp::of(root.join("target/demo.stamp"), &root, &DEMO_INPUTS, |_| {
        true
    })?;
    if !force && stamp.is_current() && out.join("index.html").exists() {
        println!("target/demo/ is up to date");
        return Ok(());
    }
    stamp.clear();
    if out.exists() {
        fs::remove_dir_all(&out)?;
    }
    build(&root, &root, "demo", "", &out)?;
    copy_static(&root, &out)?;
    stamp.write()?;
    println!("built target/demo/");
    Ok(())
}

fn build(root: &Path, home: &Path, package: &str, features: &str, out: &Path) -> Result<()> {
    fs::create_dir_all(out)?;
    let file = format!("{package}.wasm");
    let compiled = wasm::compile(
        home,
        package,
        features,
        &file,
        &root.join("target/app/cargo"),
    )?;
    let bound = root.join("target/app").join(package);
    wasm::bind(&compiled, package, &bound)?;
    let module = format!("{package}_bg.wasm");
    wasm::optimize(root, &bound.join(&module), &out.join(&module))?;
    // One file, with the snippets that the crates bring along.
    run(node_tool(root, "esbuild")?
        .arg(bound.join(format!("{package}.js")))
        .arg(format!(
            "--outfile={}",
            out.join(format!("{package}.js")).display()
        ))
        .args(["--bundle", "--format=esm", "--target=es2022", "--minify"])
        .args([
            "--charset=utf8",
            "--legal-comments=none",
            "--log-level=warning",
        ]))
}

/// What lies beside the sources, as it is; the style sheets, the house's and the demo's own, as one in the order of their
/// names.
fn copy_static(root: &Path, out: &Path) -> Result<()> {
    let from = root.join("demo");
    for entry in fs::read_dir(&from)? {
        let path = entry?.path();
        let name = path.file_name().context("a file without a name")?;
        if path.is_file() && name != "Cargo.toml" {
            fs::copy(&path, out.join(name))?;
        }
    }
    let mut sheets: Vec<_> = fs::read_dir(root.join("styles"))?
        .chain(fs::read_dir(from.join("styles"))?)
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    sheets.sort_by(|one, other| one.file_name().cmp(&other.file_name()));
    if sheets.is_empty() {
        bail!("demo/styles holds no style sheet");
    }
    let texts: Vec<String> = sheets
        .iter()
        .map(|sheet| fs::read_to_string(sheet).with_context(|| sheet.display().to_string()))
        .collect::<Result<_>>()?;
    Ok(fs::write(out.join("style.css"), texts.join("\n"))?)
}
