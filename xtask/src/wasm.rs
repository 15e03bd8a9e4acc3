//! From a package of the workspace to a small WebAssembly module and the JavaScript that loads it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::workspace::{cargo, node_tool, run};

const TARGET: &str = "wasm32-unknown-unknown";

/// Every proposal that rustc's output uses and every supported browser knows. `--all-features` would let
/// wasm-opt write what browsers refuse.
const FEATURES: [&str; 8] = [
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-call-indirect-overlong",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Loops and branches are laid out anew before the usual passes, which then find more that is alike. Rust keeps the end
/// of the stack in the lowest memory, so no object lies in its first 1,024 bytes.
const PASSES: [&str; 7] = [
    "--low-memory-unused",
    "--flatten",
    "--rereloop",
    "-Oz",
    "-Oz",
    "--strip-debug",
    "--strip-producers",
];

/// Builds a package for release; `file` is the name of its artefact. An artefact directory of its own: the flags must
/// not rebuild what other commands built.
pub(crate) fn compile(
    root: &Path,
    package: &str,
    features: &str,
    file: &str,
    target_dir: &Path,
) -> Result<PathBuf> {
    let named = ["--no-default-features", "--features", features];
    run(cargo(root)
        .args(["build", "--release", "--package", package])
        .args(if features.is_empty() { &[][..] } else { &named })
        .args(["--target", TARGET])
        .arg("--target-dir")
        .arg(target_dir)
        .env("CARGO_ENCODED_RUSTFLAGS", path_flags(root)?))?;
    Ok(target_dir.join(TARGET).join("release").join(file))
}

/// `<name>.js` and `<name>_bg.wasm` in `out`.
pub(crate) fn bind(wasm: &Path, name: &str, out: &Path) -> Result<()> {
    let arguments: [&OsStr; 9] = [
        "wasm-bindgen".as_ref(),
        "--target=web".as_ref(),
        "--no-typescript".as_ref(),
        "--omit-default-module-path".as_ref(),
        "--out-name".as_ref(),
        name.as_ref(),
        "--out-dir".as_ref(),
        out.as_ref(),
        wasm.as_ref(),
    ];
    wasm_bindgen_cli::wasm_bindgen::run_cli_with_args(arguments)
}

/// Makes a module smaller.
pub(crate) fn optimize(root: &Path, wasm: &Path, optimized: &Path) -> Result<()> {
    run(node_tool(root, "wasm-opt")?
        .args(PASSES)
        .args(FEATURES)
        .arg(wasm)
        .arg("-o")
        .arg(optimized))
}

/// Flags that keep the paths of this machine out of panic locations, and so out of what is shipped.
fn path_flags(root: &Path) -> Result<String> {
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".cargo")))
        .context("neither CARGO_HOME nor a home folder is set")?;
    let mut folders = vec![root.to_path_buf()];
    if let Ok(registries) = std::fs::read_dir(home.join("registry/src")) {
        for registry in registries {
            folders.push(registry?.path());
        }
    }
    let flags: Vec<String> = folders
        .iter()
        .map(|folder| format!("--remap-path-prefix={}/=", folder.display()))
        .collect();
    Ok(flags.join("\u{1f}"))
}
