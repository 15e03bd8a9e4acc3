//! `keyward vault <folder>`: writes the files of a vault in a worker to where the app's server finds them.

// A command-line tool speaks on stdout.
#![allow(clippy::print_stdout)]

use std::io::Error;
use std::path::Path;
use std::process::ExitCode;

const HELP: &str = "keyward vault <folder> [--config <file.json>]
  Writes the vault's files, which the app's server serves: vault.js (the worker), park.js (keeps the session through a
  reload), callback.html and callback.js (the redirect page), texts.js (the texts of errors).
  --config bakes the options into the worker, so that no page can bring others; with \"app\", the app's origin, it writes
  frame.html and frame.js too, for a vault on an origin of its own.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.as_slice() {
        ["vault", folder] if !folder.starts_with('-') => write(folder, None),
        ["vault", folder, "--config", file] | ["vault", "--config", file, folder] => {
            std::fs::read_to_string(file).and_then(|config| write(folder, Some(&config)))
        }
        _ => {
            eprintln!("{HELP}");
            return ExitCode::FAILURE;
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn write(folder: &str, config: Option<&str>) -> Result<(), Error> {
    for (name, hash) in keyward::vault_files::write(folder, config)? {
        println!("{hash}  {}", Path::new(folder).join(name).display());
    }
    println!(
        "\nRegister the redirect page, callback.html beside vault.js, with your provider. Serve vault.js with\n\
         Cache-Control: no-cache, and pass its path: AuthConfig::new(..).vault(\"/keyward/vault.js\")."
    );
    Ok(())
}
