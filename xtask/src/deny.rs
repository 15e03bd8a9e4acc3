//! Licences, bans and sources of the dependencies of what ships, by the lists in `deny.toml`.
//!
//! A small part of cargo-deny, which takes minutes to build: enough to stop a wrong dependency on every change.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::workspace;

/// What reaches a user: the crate, and the module in the npm package.
const SHIPPED: [&str; 2] = ["keyward", "keyward-npm"];

/// Checks the trees of what ships with all features, on all targets, dev-dependencies included.
pub(crate) fn check() -> Result<()> {
    let root = workspace::root()?;
    let rules = Rules::parse(&std::fs::read_to_string(root.join("deny.toml"))?)?;
    let metadata = workspace::metadata(&root)?;
    let tree = Tree::of(&metadata, &SHIPPED)?;
    let mut faults: Vec<String> = tree
        .packages
        .iter()
        .flat_map(|package| rules.faults(package))
        .collect();
    if faults.is_empty() {
        println!(
            "deny: {} packages, licences, bans and sources are as deny.toml says",
            tree.packages.len()
        );
        return Ok(());
    }
    faults.sort();
    bail!(faults.join("\n"))
}

struct Rules {
    licences: BTreeSet<String>,
    banned: BTreeSet<String>,
    registries: BTreeSet<String>,
}

impl Rules {
    fn parse(text: &str) -> Result<Self> {
        let file: toml::Table = toml::from_str(text)?;
        let list = |section: &str, key: &str| -> Result<&toml::value::Array> {
            file.get(section)
                .and_then(|section| section.get(key)?.as_array())
                .with_context(|| format!("deny.toml has no {section}.{key}"))
        };
        let text = |value: &toml::Value| value.as_str().map(str::to_owned);
        Ok(Self {
            licences: list("licenses", "allow")?.iter().filter_map(text).collect(),
            banned: list("bans", "deny")?
                .iter()
                .filter_map(|ban| text(ban.get("crate")?))
                .collect(),
            registries: list("sources", "allow-registry")?
                .iter()
                .filter_map(text)
                .collect(),
        })
    }

    fn faults(&self, package: &Value) -> Vec<String> {
        let name = package["name"].as_str().unwrap_or_default();
        let mut faults = Vec::new();
        if self.banned.contains(name) {
            faults.push(format!("{name} is banned"));
        }
        let licence = package["license"].as_str().unwrap_or_default();
        if !self.allows(licence) {
            faults.push(format!("{name} has the licence \"{licence}\""));
        }
        // Members of the workspace have no source.
        if let Some(source) = package["source"].as_str() {
            let known = source
                .strip_prefix("registry+")
                .is_some_and(|url| self.registries.contains(url));
            if !known {
                faults.push(format!("{name} comes from {source}"));
            }
        }
        faults
    }

    /// Whether an SPDX expression can be met. Knows `OR` (also written `/`), `AND` and one level of parentheses.
    fn allows(&self, expression: &str) -> bool {
        let expression = expression.replace('/', " OR ");
        split_top(&expression, " AND ").iter().all(|part| {
            let part = part.trim().trim_start_matches('(').trim_end_matches(')');
            part.split(" OR ").any(|name| {
                name.split(" AND ")
                    .all(|name| self.licences.contains(name.trim()))
            })
        })
    }
}

/// Splits at `separator` where no parenthesis is open; an expression with a bare `OR` stays whole.
fn split_top<'a>(expression: &'a str, separator: &str) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_usize, 0);
    for (at, letter) in expression.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 && expression[at..].starts_with(" OR ") => return vec![expression],
            _ if depth == 0 && at >= start && expression[at..].starts_with(separator) => {
                parts.push(&expression[start..at]);
                start = at + separator.len();
            }
            _ => {}
        }
    }
    parts.push(&expression[start..]);
    parts
}

struct Tree<'a> {
    packages: Vec<&'a Value>,
}

impl<'a> Tree<'a> {
    fn of(metadata: &'a Value, names: &[&str]) -> Result<Self> {
        let by_id: BTreeMap<&str, &Value> = metadata["packages"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|package| Some((package["id"].as_str()?, package)))
            .collect();
        let edges: BTreeMap<&str, &Value> = metadata["resolve"]["nodes"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|node| Some((node["id"].as_str()?, &node["dependencies"])))
            .collect();
        let mut reached = BTreeSet::new();
        let mut waiting: Vec<&str> = by_id
            .iter()
            .filter(|(_, package)| {
                package["name"]
                    .as_str()
                    .is_some_and(|name| names.contains(&name))
            })
            .map(|(id, _)| *id)
            .collect();
        if waiting.len() != names.len() {
            bail!("the workspace lacks one of {}", names.join(", "));
        }
        while let Some(id) = waiting.pop() {
            if reached.insert(id) {
                let next = edges.get(id).and_then(|list| list.as_array());
                waiting.extend(next.into_iter().flatten().filter_map(Value::as_str));
            }
        }
        Ok(Self {
            packages: reached
                .iter()
                .filter_map(|id| by_id.get(id).copied())
                .collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Rules;

    fn rules() -> Rules {
        Rules::parse(
            "[licenses]\nallow = ['MIT', 'Apache-2.0', 'Unicode-3.0']\n[bans]\ndeny = [{ crate = 'url' }]\n\
             [sources]\nallow-registry = ['https://example.com/index']\n",
        )
        .expect("the rules are readable")
    }

    #[test]
    fn an_expression_is_met_by_one_side_of_or_and_both_sides_of_and() {
        let rules = rules();
        for met in [
            "MIT",
            "MIT OR GPL-3.0",
            "MIT/GPL-3.0",
            "(MIT OR GPL-3.0) AND Unicode-3.0",
            "GPL-3.0 OR MIT AND Unicode-3.0",
        ] {
            assert!(rules.allows(met), "{met}");
        }
        for unmet in [
            "",
            "GPL-3.0",
            "MIT AND GPL-3.0",
            "(MIT OR Apache-2.0) AND GPL-3.0",
            "GPL-3.0 OR AGPL-3.0",
        ] {
            assert!(!rules.allows(unmet), "{unmet}");
        }
    }

    #[test]
    fn a_banned_name_a_foreign_source_and_a_licence_are_three_faults() {
        let package = serde_json::json!({ "name": "url", "license": "GPL-3.0", "source": "git+https://example.com/x" });
        assert_eq!(rules().faults(&package).len(), 3);
        let package = serde_json::json!({ "name": "fine", "license": "MIT", "source": "registry+https://example.com/index" });
        assert!(rules().faults(&package).is_empty());
    }
}
