//! Build tools of the workspace, pinned by its Cargo.lock: `cargo xtask <command>`.
//!
//! - `bindgen ...` and `test-runner ...`: wasm-bindgen's two tools, with their own arguments
//! - `build [--force]`: the npm package, from Rust and TypeScript to `dist/` and `target/npm/keyward.tgz`
//! - `demo [--force]`: the demo, to `target/demo/`
//! - `app <package> <out> [<folder> | --features <list>]`: a package as an app for the browser, for release; `folder` is
//!   that of its workspace, named features are all it has
//! - `codes [--check]`: what is written from the table of error codes
//! - `front [--check]`: the front of the npm package as the crate carries it, for a vault in a worker
//! - `weight [<wasm> [<base>]]`: where the bytes of the core are, or of another module; with a base, what it has more
//! - `pins`, `deny`: what Cargo.lock and the dependency tree must look like

// A command-line tool speaks on stdout.
#![allow(clippy::print_stdout)]

mod app;
mod build;
mod codes;
mod deny;
mod pins;
mod split;
mod stamp;
mod wasm;
mod weight;
mod workspace;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::{Result, bail};

const USAGE: &str =
    "usage: xtask bindgen|test-runner|build|demo|app|codes|front|weight|pins|deny [arguments]";

fn main() -> ExitCode {
    match dispatch(std::env::args_os().skip(1).collect()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: Vec<OsString>) -> Result<()> {
    let Some(command) = arguments.first().and_then(|name| name.to_str()) else {
        bail!(USAGE);
    };
    let flags: Vec<&str> = arguments
        .iter()
        .skip(1)
        .filter_map(|flag| flag.to_str())
        .collect();
    match (command, flags.as_slice()) {
        // Both tools take a whole argument list, whose first entry is their own name.
        ("bindgen", _) => wasm_bindgen_cli::wasm_bindgen::run_cli_with_args(arguments),
        ("test-runner", _) => {
            wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(arguments)
        }
        ("build", []) => build::run_build(false),
        ("build", ["--force"]) => build::run_build(true),
        ("demo", []) => app::run_demo(false),
        ("demo", ["--force"]) => app::run_demo(true),
        ("app", [package, out]) => app::run_app(package, "", out, None),
        ("app", [package, out, "--features", features]) => {
            app::run_app(package, features, out, None)
        }
        ("app", [package, out, folder]) => app::run_app(package, "", out, Some(folder)),
        ("codes", []) => codes::run(false),
        ("codes", ["--check"]) => codes::run(true),
        ("front", []) => build::run_front(false),
        ("front", ["--check"]) => build::run_front(true),
        ("pins", []) => pins::check(),
        ("deny", []) => deny::check(),
        ("weight", []) => weight::print(None, None),
        ("weight", [file]) => weight::print(Some(file), None),
        ("weight", [file, base]) => weight::print(Some(file), Some(base)),
        _ => bail!(USAGE),
    }
}
