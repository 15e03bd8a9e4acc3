//! Where things lie, and how other programs are called.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// The folder of the workspace: the first one with a Cargo.lock, from the current folder upwards.
pub(crate) fn root() -> Result<PathBuf> {
    let current = std::env::current_dir()?;
    let root = current
        .ancestors()
        .find(|folder| folder.join("Cargo.lock").exists());
    Ok(root
        .context("this folder belongs to no workspace")?
        .to_path_buf())
}

/// What `cargo metadata` tells about the workspace and its locked dependencies.
pub(crate) fn metadata(root: &Path) -> Result<Value> {
    let text = output(cargo(root).args([
        "metadata",
        "--format-version",
        "1",
        "--all-features",
        "--locked",
    ]))?;
    serde_json::from_str(&text).context("cargo metadata printed no JSON")
}

/// A cargo command, run in `root`.
pub(crate) fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    command
}

/// A tool that `npm ci` installed, run in `root`.
pub(crate) fn node_tool(root: &Path, name: &str) -> Result<Command> {
    let file = if cfg!(windows) {
        format!("{name}.cmd")
    } else {
        name.to_owned()
    };
    let path = root.join("node_modules/.bin").join(file);
    if !path.exists() {
        bail!("{} is missing: run `npm ci` first", path.display());
    }
    let mut command = Command::new(path);
    command.current_dir(root);
    Ok(command)
}

/// Runs a command with its output shown.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start {}", name(command)))?;
    if !status.success() {
        bail!("{} failed ({status})", name(command));
    }
    Ok(())
}

/// Runs a command and returns what it printed.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start {}", name(command)))?;
    if !output.status.success() {
        bail!("{} failed ({})", name(command), output.status);
    }
    String::from_utf8(output.stdout).context("the output is not UTF-8")
}

fn name(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|part| part.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}
