//! Where the bytes of the core or of an app are: the functions by size, and by the module they come from.
//!
//! Looks at the module before wasm-opt, which still has names; the optimized one is smaller by the same parts.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use wasmparser::{KnownCustom, Name, Parser, Payload};

use crate::workspace;

const ROWS: usize = 60;

/// Prints both tables for the last build of the core, or for another module of this folder; with a second one what the
/// first has more than that, by module.
pub(crate) fn print(file: Option<&str>, base: Option<&str>) -> Result<()> {
    let root = workspace::root()?;
    let read = |file: &str| -> Result<Vec<(String, usize)>> {
        let path = root.join(file);
        let wasm =
            std::fs::read(&path).with_context(|| format!("{}: build it first", path.display()))?;
        functions(&wasm)
    };
    let functions = read(file.unwrap_or("target/npm/page/keyward_bg.wasm"))?;
    let mut modules = modules(&functions);
    if let Some(base) = base {
        for (name, size) in self::modules(&read(base)?) {
            *modules.entry(name).or_insert(0) -= size;
        }
    } else {
        table(
            "functions",
            functions
                .iter()
                .map(|(name, size)| (name.clone(), signed(*size))),
        );
    }
    table("modules", modules.into_iter());
    Ok(())
}

fn modules(functions: &[(String, usize)]) -> BTreeMap<String, isize> {
    let mut modules = BTreeMap::new();
    for (name, size) in functions {
        *modules.entry(module(name)).or_insert(0) += signed(*size);
    }
    modules
}

/// No module is larger than this holds.
fn signed(size: usize) -> isize {
    isize::try_from(size).unwrap_or(isize::MAX)
}

fn table(title: &str, rows: impl Iterator<Item = (String, isize)>) {
    let mut rows: Vec<_> = rows.collect();
    rows.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
    let total: isize = rows.iter().map(|(_, size)| size).sum();
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
