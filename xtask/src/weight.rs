//! Where the bytes of the core are: its functions by size, and by the module they come from.
//!
//! Looks at the module before wasm-opt, which still has names; the optimized one is smaller by the same parts.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use wasmparser::{KnownCustom, Name, Parser, Payload};

use crate::workspace;

const ROWS: usize = 60;

/// Prints both tables for the last build.
pub(crate) fn print() -> Result<()> {
    let path = workspace::root()?.join("target/npm/keyward_bg.wasm");
    let wasm = std::fs::read(&path)
        .with_context(|| format!("{}: run `cargo xtask build` first", path.display()))?;
    let functions = functions(&wasm)?;
    table(
        "functions",
        functions.iter().map(|(name, size)| (name.clone(), *size)),
    );
    let mut modules = BTreeMap::new();
    for (name, size) in &functions {
        *modules.entry(module(name)).or_insert(0) += size;
    }
    table("modules", modules.into_iter());
    Ok(())
}

fn table(title: &str, rows: impl Iterator<Item = (String, usize)>) {
    let mut rows: Vec<_> = rows.collect();
    rows.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
    let total: usize = rows.iter().map(|(_, size)| size).sum();
    println!("\n{title}: {} of together {total} bytes", rows.len());
    for (name, size) in rows.iter().take(ROWS) {
        println!("{size:>8}  {name}");
    }
}

/// Each function's name and the size of its body, and that of all data segments.
fn functions(wasm: &[u8]) -> Result<Vec<(String, usize)>> {
    let (mut imported, mut bodies, mut data) = (0_usize, Vec::new(), 0);
    let mut names = BTreeMap::new();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    if matches!(import?.ty, wasmparser::TypeRef::Func(_)) {
                        imported += 1;
                    }
                }
            }
            Payload::CodeSectionEntry(body) => bodies.push(body.range().len()),
            Payload::DataSection(section) => data = section.range().len(),
            Payload::CustomSection(section) => {
                if let KnownCustom::Name(section) = section.as_known() {
                    for name in section {
                        if let Name::Function(map) = name? {
                            for naming in map {
                                let naming = naming?;
                                names.insert(naming.index as usize, naming.name);
                            }
                        }
                    }
                }
            }
            _ => {}
        }
    }
    let mut functions = vec![("data segments".to_owned(), data)];
    for (at, size) in bodies.into_iter().enumerate() {
        functions.push((
            without_hash(names.get(&(imported + at)).unwrap_or(&"?")),
            size,
        ));
    }
    Ok(functions)
}

fn without_hash(name: &str) -> String {
    match name.rsplit_once("::h") {
        Some((path, hash)) if hash.len() == 16 => path.to_owned(),
        _ => name.to_owned(),
    }
}

/// The first two segments of the path that a name begins with: `keyward::session`, `core::fmt`.
fn module(name: &str) -> String {
    let path = name
        .trim_start_matches(['<', '&', '*'])
        .trim_start_matches("dyn ");
    let end = path.find(|letter: char| !letter.is_alphanumeric() && !"_:".contains(letter));
    let segments: Vec<_> = path[..end.unwrap_or(path.len())]
        .split("::")
        .take(3)
        .collect();
    let kept = if segments.first() == Some(&"keyward") {
        3
    } else {
        2
    };
    segments[..segments.len().min(kept)].join("::")
}
