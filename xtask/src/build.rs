//! The npm package: Rust and TypeScript in, `dist/` and the packed tarball out.
//!
//! core (Rust) -> .wasm -> bindgen -> wasm-opt -> streams, deflate, base64 -> a module that `core.ts` imports;
//! `index.ts`, `core.ts` and `texts.ts` -> three bundles; their types; `npm pack`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use base64::Engine;

use crate::split::split;
use crate::stamp::Stamp;
use crate::wasm;
use crate::workspace::{self, node_tool, run};

const RUST_INPUTS: [&str; 5] = ["src", "npm", "Cargo.toml", "Cargo.lock", "xtask"];
const PACKAGE_INPUTS: [&str; 6] = [
    "package.json",
    "package-lock.json",
    "tsconfig.json",
    "CHANGELOG.md",
    "README.md",
    "SECURITY.md",
];

/// Builds what changed since the last build, or everything when forced.
pub(crate) fn run_build(force: bool) -> Result<()> {
    let root = workspace::root()?;
    let out = root.join("target/npm");
    fs::create_dir_all(&out)?;

    let core = Stamp::of(out.join("core.stamp"), &root, &RUST_INPUTS, is_rust)?;
    if force || !core.is_current() {
        core.clear();
        build_core(&root, &out)?;
        core.write()?;
    }
    let inputs = [RUST_INPUTS.as_slice(), PACKAGE_INPUTS.as_slice()].concat();
    let package = Stamp::of(out.join("package.stamp"), &root, &inputs, |_| true)?;
    if force || !package.is_current() || !root.join("dist/index.js").exists() {
        package.clear();
        build_package(&root, &out)?;
        package.write()?;
        println!("built dist/ and target/npm/keyward.tgz");
    } else {
        println!("dist/ and target/npm/keyward.tgz are up to date");
    }
    Ok(())
}

/// Leaves the TypeScript beside the Rust sources out.
fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|name| {
        ["rs", "toml", "lock", "js"]
            .iter()
            .any(|rust| name == *rust)
    })
}

/// `target/npm/keyward.js` (the glue) and `core_wasm.js` (the module as text).
fn build_core(root: &Path, out: &Path) -> Result<()> {
    let compiled = wasm::compile(root, "keyward-npm", "keyward_npm.wasm", &out.join("cargo"))?;
    wasm::bind(&compiled, "keyward", out)?;
    let optimized = out.join("keyward_opt.wasm");
    wasm::optimize(root, &out.join("keyward_bg.wasm"), &optimized)?;
    embed(&fs::read(&optimized)?, out)
}

fn embed(wasm: &[u8], out: &Path) -> Result<()> {
    let split = split(wasm)?;
    // One deflate stream: a browser takes longer to begin one than to read it.
    let mut packed = Vec::new();
    // The streams want tables of their own, and parts of them too.
    let options = zopfli::Options {
        maximum_block_splits: 30,
        ..zopfli::Options::default()
    };
    zopfli::compress(
        options,
        zopfli::Format::Deflate,
        split.streams.concat().as_slice(),
        &mut packed,
    )?;
    let embedded = serde_json::json!({
        "text": base64::engine::general_purpose::STANDARD.encode(&packed),
        "lengths": split.streams.each_ref().map(Vec::len),
    });
    fs::write(
        out.join("core_wasm.js"),
        format!("export default {embedded};\n"),
    )?;
    let size = packed.len();
    fs::write(out.join("keyward_joined.wasm"), &split.module)?;
    println!("core: {} bytes of WASM, {size} deflated", wasm.len());
    Ok(())
}

/// What the browser will put together is the module, byte by byte.
fn check_join(root: &Path, out: &Path) -> Result<()> {
    bundle(root, "src/npm/join.ts", "target/npm/join.js")?;
    run(std::process::Command::new("node").current_dir(out).args([
        "--input-type=module",
        "--eval",
        r#"import { readFileSync } from "node:fs";
           import { inflateRawSync } from "node:zlib";
           const { join } = await import(process.cwd() + "/join.js");
           const { default: wasm } = await import(process.cwd() + "/core_wasm.js");
           const joined = join(inflateRawSync(Buffer.from(wasm.text, "base64")), wasm.lengths);
           if (Buffer.compare(Buffer.from(joined), readFileSync("keyward_joined.wasm")) !== 0)
             throw new Error("join.ts does not give the module that was split");
           await WebAssembly.compile(joined);"#,
    ]))
}

fn build_package(root: &Path, out: &Path) -> Result<()> {
    let dist = root.join("dist");
    if dist.exists() {
        fs::remove_dir_all(&dist)?;
    }
    check_join(root, out)?;
    bundle(root, "src/npm/index.ts", "dist/index.js")?;
    bundle(root, "src/npm/core.ts", "dist/core.js")?;
    bundle(root, "src/npm/texts.ts", "dist/texts.js")?;
    inspect(&dist)?;
    run(node_tool(root, "tsc")?
        .args(["--project", "tsconfig.json"])
        .args([
            "--noEmit",
            "false",
            "--declaration",
            "--emitDeclarationOnly",
            "--outDir",
            "dist",
        ]))?;
    prune_types(&dist)?;
    pack(root, out)
}

/// One ES module. `core.ts` knows what bindgen and this build made by the names `#glue` and `#wasm`.
fn bundle(root: &Path, entry: &str, outfile: &str) -> Result<()> {
    run(node_tool(root, "esbuild")?
        .arg(entry)
        .arg(format!("--outfile={outfile}"))
        .args([
            "--bundle",
            "--format=esm",
            "--target=es2022",
            "--minify",
            "--charset=utf8",
            "--legal-comments=none",
            "--external:./core.js",
            "--external:./texts.js",
            "--alias:#glue=./target/npm/keyward.js",
            "--alias:#wasm=./target/npm/core_wasm.js",
            "--log-level=warning",
        ]))
}

/// What the bundles promise to bundlers: the entry finds each of the others by one dynamic import, and the core asks for
/// no file.
fn inspect(dist: &Path) -> Result<()> {
    let entry = fs::read_to_string(dist.join("index.js"))?;
    for chunk in ["core", "texts"] {
        if !entry.contains(&format!("import(\"./{chunk}.js\")")) {
            bail!("dist/index.js has no dynamic import of ./{chunk}.js");
        }
    }
    let core = fs::read_to_string(dist.join("core.js"))?;
    if core.contains("import.meta") {
        bail!("dist/core.js uses import.meta: the glue would look for a .wasm file");
    }
    Ok(())
}

/// Removes the declarations that the entry does not reach: they are no part of the package.
fn prune_types(dist: &Path) -> Result<()> {
    let dist = dist.canonicalize()?;
    let mut reached = BTreeSet::new();
    let mut waiting = vec![dist.join("index.d.ts")];
    while let Some(file) = waiting.pop() {
        let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        if text.contains("\"#") {
            bail!(
                "{} names a module that is no part of the package",
                file.display()
            );
        }
        let folder = file.parent().unwrap_or(&dist).to_path_buf();
        if reached.insert(file) {
            for name in relative_imports(&text) {
                waiting.push(folder.join(&name).canonicalize().context(name)?);
            }
        }
    }
    prune(&dist, &reached)
}

/// The declaration files that a declaration file names: each `"./x.js"` or `"../x.js"` in it.
fn relative_imports(text: &str) -> impl Iterator<Item = String> {
    text.split(['"', '\''])
        .filter(|part| part.starts_with("./") || part.starts_with("../"))
        .filter_map(|part| part.strip_suffix(".js"))
        .map(|name| format!("{name}.d.ts"))
}

fn prune(folder: &Path, reached: &BTreeSet<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            prune(&path, reached)?;
        } else if path.to_string_lossy().ends_with(".d.ts") && !reached.contains(&path) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn pack(root: &Path, out: &Path) -> Result<()> {
    let mut npm = std::process::Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    npm.current_dir(root)
        .args(["pack", "--silent", "--ignore-scripts", "--pack-destination"])
        .arg(out);
    let name = workspace::output(&mut npm)?;
    fs::rename(out.join(name.trim()), out.join("keyward.tgz"))?;
    Ok(())
}
