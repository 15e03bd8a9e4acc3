//! The npm package: Rust and TypeScript in, `dist/` and the packed tarball out.
//!
//! core (Rust) -> .wasm -> bindgen -> wasm-opt -> streams, deflate, base64 -> a module that `core.ts` imports, and
//! another that the vault's worker does; TypeScript -> one bundle for each thing that a page, a worker or Node loads;
//! the types; `npm pack`.

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

/// A WebAssembly core: the features of the package `keyward-npm`, and the folder below `target/npm` for what comes of it.
struct Core {
    features: &'static str,
    folder: &'static str,
}

/// The vault of a page, whose tabs share one grant.
const PAGE: Core = Core {
    features: "page",
    folder: "page",
};

/// The vault of a worker, whose session can outlive it.
const WORKER: Core = Core {
    features: "worker",
    folder: "worker",
};

/// Builds what changed since the last build, or everything when forced.
pub(crate) fn run_build(force: bool) -> Result<()> {
    let root = workspace::root()?;
    let out = root.join("target/npm");
    fs::create_dir_all(&out)?;

    let core = Stamp::of(out.join("core.stamp"), &root, &RUST_INPUTS, is_rust)?;
    if force || !core.is_current() {
        core.clear();
        for core in [&PAGE, &WORKER] {
            build_core(&root, &out, core)?;
        }
        core.write()?;
    }
    let inputs = [RUST_INPUTS.as_slice(), PACKAGE_INPUTS.as_slice()].concat();
    let package = Stamp::of(out.join("package.stamp"), &root, &inputs, |_| true)?;
    run_front(false)?;
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

/// What not every load of a page needs: chunks beside the entries, and what they are made from.
const SELDOM: [(&str, &str); 5] = [
    ("calls", "src/npm/vault/calls.ts"),
    ("trip", "src/npm/trip.ts"),
    ("limits", "src/npm/vault/limits.ts"),
    ("frame", "src/npm/vault/frame.ts"),
    ("activity", "src/npm/activity.ts"),
];

/// What the crate carries of the npm package: it has to be in the repository, where a Rust app may depend on it.
const FRONT: &str = "src/front/worker/keyward.js";

/// Writes the front that the crate carries, or with `only_check` fails when it is not what would be written.
pub(crate) fn run_front(only_check: bool) -> Result<()> {
    let root = workspace::root()?;
    let built = root.join("target/npm/front.js");
    bundle(
        &root,
        "src/npm/crate/index.ts",
        "target/npm/front.js",
        &defined(&root, &["VAULT", "CRATE"])?,
    )?;
    let text = format!(
        "// Written by `cargo xtask front` from src/npm; do not edit.\n{}",
        fs::read_to_string(built)?
    );
    let file = root.join(FRONT);
    if fs::read_to_string(&file).unwrap_or_default() == text {
        return Ok(());
    }
    if only_check {
        bail!("{FRONT} is not what src/npm makes: run `cargo xtask front`");
    }
    Ok(fs::write(file, text)?)
}

/// Leaves the TypeScript beside the Rust sources out.
fn is_rust(path: &Path) -> bool {
    !path.ends_with(FRONT)
        && path.extension().is_some_and(|name| {
            ["rs", "toml", "lock", "js"]
                .iter()
                .any(|rust| name == *rust)
        })
}

/// `keyward.js` (the glue) and `core_wasm.js` (the module as text) in the core's folder.
fn build_core(root: &Path, out: &Path, core: &Core) -> Result<()> {
    let folder = out.join(core.folder);
    fs::create_dir_all(&folder)?;
    let (package, file) = ("keyward-npm", "keyward_npm.wasm");
    let compiled = wasm::compile(root, package, core.features, file, &out.join("cargo"))?;
    wasm::bind(&compiled, "keyward", &folder)?;
    let optimized = folder.join("keyward_opt.wasm");
    wasm::optimize(root, &folder.join("keyward_bg.wasm"), &optimized)?;
    embed(&fs::read(&optimized)?, &folder)
}

fn embed(wasm: &[u8], out: &Path) -> Result<()> {
    let split = split(wasm)?;
    // One deflate stream: a browser takes longer to begin one than to read it.
    let mut packed = Vec::new();
    // The streams want tables of their own, and parts of them too.
    let options = zopfli::Options {
        maximum_block_splits: 30,
        iteration_count: std::num::NonZeroU64::MIN.saturating_add(59),
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
    bundle(root, "src/npm/join.ts", "target/npm/join.js", &[])?;
    run(std::process::Command::new("node").current_dir(out).args([
        "--input-type=module",
        "--eval",
        r#"import { readFileSync } from "node:fs";
           import { inflateRawSync } from "node:zlib";
           const { join } = await import(process.cwd() + "/join.js");
           for (const core of ["page", "worker"]) {
             const { default: wasm } = await import(`${process.cwd()}/${core}/core_wasm.js`);
             const joined = join(inflateRawSync(Buffer.from(wasm.text, "base64")), wasm.lengths);
             if (Buffer.compare(Buffer.from(joined), readFileSync(`${core}/keyward_joined.wasm`)) !== 0)
               throw new Error("join.ts does not give the module that was split");
             await WebAssembly.compile(joined);
           }"#,
    ]))
}

fn build_package(root: &Path, out: &Path) -> Result<()> {
    let dist = root.join("dist");
    if dist.exists() {
        fs::remove_dir_all(&dist)?;
    }
    check_join(root, out)?;
    let page = with_core(root, &PAGE, &[])?;
    let seldom = SELDOM.map(|(name, _)| format!("--external:./{name}.js"));
    let entry = [page.as_slice(), &seldom].concat();
    bundle(root, "src/npm/index.ts", "dist/index.js", &entry)?;
    bundle(root, "src/npm/core.ts", "dist/core.js", &page)?;
    bundle(root, "src/npm/texts.ts", "dist/texts.js", &page)?;
    let vault = with_core(root, &WORKER, &["VAULT"])?;
    let entry = [vault.as_slice(), &seldom].concat();
    bundle(root, "src/npm/vault/index.ts", "dist/vault.js", &entry)?;
    for (name, from) in SELDOM {
        bundle(root, from, &format!("dist/{name}.js"), &vault)?;
    }
    // What `npx keyward vault` writes. Plain scripts, and each whole: a worker can be a plain script everywhere, and what
    // lies at a stable address must not ask for what does not.
    let script = [vault.as_slice(), &["--format=iife".into()]].concat();
    bundle(
        root,
        "src/npm/worker/index.ts",
        "dist/files/vault.js",
        &script,
    )?;
    bundle(
        root,
        "src/npm/parking/index.ts",
        "dist/files/park.js",
        &script,
    )?;
    bundle(
        root,
        "src/npm/callback_page/index.ts",
        "dist/files/callback.js",
        &with_core(root, &WORKER, &["VAULT", "REDIRECT"])?,
    )?;
    bundle(
        root,
        "src/npm/frame/index.ts",
        "dist/files/frame.js",
        &script,
    )?;
    bundle(root, "src/npm/texts.ts", "dist/files/texts.js", &vault)?;
    for (folder, page) in [("callback_page", "callback.html"), ("frame", "frame.html")] {
        let from = root.join("src/npm").join(folder).join(page);
        fs::copy(from, dist.join("files").join(page))?;
    }
    for name in ["cli.js", "vault_files.js", "vite.js"] {
        fs::copy(root.join("npm").join(name), dist.join(name))?;
    }
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
    fs::copy(root.join("npm/vite.d.ts"), dist.join("vite.d.ts"))?;
    pack(root, out)
}

/// What a bundle with a core needs: the modules behind `#glue` and `#wasm`, and what it is for.
fn with_core(root: &Path, core: &Core, places: &[&str]) -> Result<Vec<String>> {
    let folder = format!("./target/npm/{}", core.folder);
    let mut options = defined(root, places)?;
    options.extend([
        format!("--alias:#glue={folder}/keyward.js"),
        format!("--alias:#wasm={folder}/core_wasm.js"),
    ]);
    Ok(options)
}

/// What a bundle is for, as src/npm/generated.d.ts explains it: a page with a vault, the redirect page of one, the crate. And what its build is called.
fn defined(root: &Path, places: &[&str]) -> Result<Vec<String>> {
    let all = ["VAULT", "REDIRECT", "CRATE"];
    let place = |name| format!("--define:{name}={}", places.contains(&name));
    let mut options: Vec<String> = all.map(place).into();
    let version = package_version(root)?;
    options.push(format!("--define:BUILD=\"keyward-vault/{version}\""));
    Ok(options)
}

fn package_version(root: &Path) -> Result<String> {
    let package: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(root.join("package.json"))?)?;
    let version = package["version"].as_str();
    Ok(version.context("package.json has no version")?.into())
}

/// One ES module, unless the options say something else.
fn bundle(root: &Path, entry: &str, outfile: &str, options: &[String]) -> Result<()> {
    run(node_tool(root, "esbuild")?
        .arg(entry)
        .arg(format!("--outfile={outfile}"))
        .args([
            "--bundle",
            "--format=esm",
            "--target=es2022",
            // Spaces are left to terser, which keeps what tells an app's bundler to leave an import alone.
            "--minify-syntax",
            "--minify-identifiers",
            "--charset=utf8",
            "--legal-comments=none",
            "--external:./core.js",
            "--external:./texts.js",
            "--log-level=warning",
        ])
        .args(options))?;
    // Once more: it finds what the bundler leaves, three bytes of a hundred.
    run(node_tool(root, "terser")?.args([
        outfile,
        "--module",
        "--ecma=2022",
        "--compress=passes=3,unsafe_arrows=true,unsafe_methods=true",
        "--mangle",
        "--comments=/webpackIgnore|@vite-ignore/",
        "--output",
        outfile,
    ]))
}

/// What the bundles promise to bundlers: the entries find each of the others by one dynamic import, and the core asks
/// for no file.
fn inspect(dist: &Path) -> Result<()> {
    let chunks = [
        ("index", ["core", "activity", "texts"].as_slice()),
        ("vault", &["calls", "trip", "limits", "frame", "texts"]),
    ];
    for (entry, chunks) in chunks {
        let text = fs::read_to_string(dist.join(format!("{entry}.js")))?;
        for chunk in chunks {
            if !text.contains(&format!("import(\"./{chunk}.js\")")) {
                bail!("dist/{entry}.js has no dynamic import of ./{chunk}.js");
            }
        }
    }
    for core in ["core.js", "files/vault.js"] {
        let text = fs::read_to_string(dist.join(core))?;
        if text.contains("import.meta") {
            bail!("dist/{core} uses import.meta: the glue would look for a .wasm file");
        }
    }
    for page in ["vault.js", "files/callback.js", "files/frame.js"] {
        let text = fs::read_to_string(dist.join(page))?;
        if text.contains("core.js") {
            bail!("dist/{page} has a way to the WebAssembly core in the page");
        }
    }
    Ok(())
}

/// Removes the declarations that the entry does not reach: they are no part of the package.
fn prune_types(dist: &Path) -> Result<()> {
    let dist = dist.canonicalize()?;
    let mut reached = BTreeSet::new();
    let entries = ["index.d.ts", "vault/index.d.ts"];
    let mut waiting: Vec<_> = entries.iter().map(|entry| dist.join(entry)).collect();
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
