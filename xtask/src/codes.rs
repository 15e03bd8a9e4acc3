//! What is written from the table of error codes: TypeScript for the package, pages for the reader.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use keyward::protocol::error::Code;
use serde_json::{Value, json};

use crate::workspace;

const NOTICE: &str =
    "Written by `cargo xtask codes` from the table in src/protocol/error; do not edit.";

/// Codes whose texts the vault has brought before anybody raises them: those of a network that is gone, from which no file
/// could be had, and what is found in a user.
const BROUGHT: [&str; 3] = ["offline", "discovery_down", "user_claims_refused"];

/// Codes that a page with a vault shows by their names.
const BY_NAME: [&str; 2] = ["reauthentication_needed", "session_max_age"];

/// What a page with a vault has to tell when neither the vault nor a file with texts can be had.
const WITHOUT_VAULT: &str = "vault_unavailable";

/// Calls that need the texts of their codes at hand: an error that is thrown or shown at once.
const AT_ONCE: [&str; 2] = ["fail(", "new AuthError("];
/// Calls that get the texts first.
const IN_TIME: [&str; 2] = ["explained(", "diagnose("];

/// The codes that the TypeScript raises itself.
#[derive(Default)]
struct Raised {
    /// With texts in both entries.
    early: BTreeSet<&'static str>,
    /// With texts in the entry whose vault is in the page.
    early_in_page: BTreeSet<&'static str>,
    /// With texts that the vault brings, or the chunk of all others if there is no vault yet.
    late: BTreeSet<&'static str>,
}

/// Writes the files, or with `only_check` fails when one of them is not what would be written.
pub(crate) fn run(only_check: bool) -> Result<()> {
    let root = workspace::root()?;
    let mut raised = Raised::default();
    raised.read(&root.join("src/npm"))?;
    let raised = raised.settled();
    let files = [
        ("src/npm/codes.ts", types_and_early_texts(&raised)),
        ("src/npm/texts.ts", late_texts(&raised)),
        ("docs/errors.md", page()),
        ("docs/errors.json", data()?),
    ];
    let mut stale = Vec::new();
    for (name, text) in files {
        let path = root.join(name);
        if fs::read_to_string(&path).is_ok_and(|old| old == text) {
            continue;
        }
        stale.push(name);
        if !only_check {
            fs::create_dir_all(path.parent().context("a file without a folder")?)?;
            fs::write(&path, text)?;
        }
    }
    if only_check && !stale.is_empty() {
        bail!(
            "{} is stale: run `cargo xtask codes` and commit",
            stale.join(", ")
        );
    }
    println!(
        "codes: {} codes, {} of them in the entry",
        Code::ALL.len(),
        raised.early.len() + raised.early_in_page.len()
    );
    Ok(())
}

impl Raised {
    /// Adds what the files of a folder raise.
    fn read(&mut self, folder: &Path) -> Result<()> {
        for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if path.is_dir() {
                self.read(&path)?;
            } else if !["codes.ts", "texts.ts"].contains(&&*name) {
                let text = fs::read_to_string(&path)?;
                let at_once = if name == "page_vault.ts" {
                    &mut self.early_in_page
                } else {
                    &mut self.early
                };
                at_once.append(&mut raised_codes(&text, &AT_ONCE));
                self.late.append(&mut raised_codes(&text, &IN_TIME));
            }
        }
        Ok(())
    }

    /// Each code in one of the three.
    fn settled(mut self) -> Self {
        self.early.retain(|code| !BROUGHT.contains(code));
        self.early_in_page.retain(|code| !self.early.contains(code));
        self.late
            .retain(|code| !self.early.contains(code) && !self.early_in_page.contains(code));
        self
    }

    fn is_early(&self, code: &str) -> bool {
        self.early.contains(code) || self.early_in_page.contains(code)
    }

    /// The kinds of what a page raises without the texts, once the core is there.
    fn kinds(&self) -> String {
        let later = |code: &Code| !["config", "wasm", "vault"].contains(&code.group());
        kinds_of(|name| {
            self.late.contains(name)
                && !BROUGHT.contains(&name)
                && Code::ALL
                    .iter()
                    .any(|code| code.as_str() == name && later(code))
        })
    }
}

fn kinds_of(wanted: impl Fn(&str) -> bool) -> String {
    let codes = Code::ALL.iter().filter(|code| wanted(code.as_str()));
    let rows: String = codes
        .map(|code| format!("    {}: {},\n", code.as_str(), code.kind()))
        .collect();
    format!("  kinds: {{\n{rows}  }},\n")
}

/// The codes inside the parentheses of each of the calls; a code that is only compared with does not count.
fn raised_codes(text: &str, calls: &[&str]) -> BTreeSet<&'static str> {
    let arguments: Vec<&str> = calls
        .iter()
        .flat_map(|call| {
            text.match_indices(call)
                .map(|(at, call)| &text[at + call.len()..])
        })
        .map(|rest| &rest[..closing_parenthesis(rest)])
        .collect();
    let codes = Code::ALL.iter().map(|code| code.as_str());
    codes
        .filter(|code| {
            arguments
                .iter()
                .any(|text| text.contains(&format!("\"{code}\"")))
        })
        .collect()
}

fn closing_parenthesis(text: &str) -> usize {
    let mut depth = 1_usize;
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

fn types_and_early_texts(raised: &Raised) -> String {
    let codes = Code::ALL.iter().map(|code| code.as_str());
    let mut text = format!("// {NOTICE}\n\n");
    text.push_str("/** What went wrong, as a stable name. docs/errors.md explains each. */\n");
    text.push_str(&format!("export type AuthErrorCode ={};\n\n", union(codes)));
    text.push_str("/** The kind of trouble, for coarse handling. */\n");
    text.push_str(&format!(
        "export type AuthErrorGroup ={};\n\n",
        union(groups().into_iter())
    ));
    text.push_str(
        "/** The group's number, times two, plus one if the same call may succeed later; message; fix. */\n",
    );
    text.push_str(
        "export type Explanation = readonly [kind: number, message: string, fix: string];\n\n",
    );
    text.push_str(
        "/** What tells of codes: the groups by their number, texts, and the kinds of some whose texts are elsewhere. */\n\
         export interface Lore {\n  \
         readonly groups: Readonly<Record<number, AuthErrorGroup>>;\n  \
         readonly kinds?: Readonly<Partial<Record<AuthErrorCode, number>>>;\n  \
         readonly texts: Readonly<Partial<Record<AuthErrorCode, Explanation>>>;\n}\n\n",
    );
    text.push_str("/** Of the codes that are told at once. */\n");
    let groups_of = |codes: &BTreeSet<&'static str>| {
        let of = Code::ALL
            .iter()
            .filter(|code| codes.contains(code.as_str()));
        let named: BTreeMap<_, _> = of.map(|code| (code.kind() >> 1, code.group())).collect();
        json!(named)
    };
    text.push_str(&lore("early", &groups_of(&raised.early), "", |code| {
        raised.early.contains(code)
    }));
    text.push_str("\n/** The same where the vault is in the page. */\n");
    let in_page = &raised.early_in_page;
    text.push_str(&lore("earlyInPage", &groups_of(in_page), "", |code| {
        in_page.contains(code)
    }));
    text.push_str(
        "\n/** Where it is in a worker: of what there is to tell when that does not come. */\n",
    );
    let without = BTreeSet::from([WITHOUT_VAULT]);
    let kinds = kinds_of(|code| code == WITHOUT_VAULT);
    text.push_str(&lore("earlyInVault", &groups_of(&without), &kinds, |_| {
        false
    }));
    text.push_str("\n/** What the core brings to its page. */\n");
    text.push_str(&lore("ofCore", &json!(groups()), &raised.kinds(), |code| {
        BROUGHT.contains(&code)
    }));
    text.push_str("\n/** What a worker brings, which has more room: the texts of what its pages show by themselves. */\n");
    text.push_str(&lore("ofVault", &json!(groups()), "", |code| {
        BROUGHT.contains(&code) || raised.late.contains(code) || BY_NAME.contains(&code)
    }));
    text
}

fn late_texts(raised: &Raised) -> String {
    let mut text = format!("// {NOTICE}\n\n");
    text.push_str("import type { Lore } from \"./codes.js\";\n\n");
    text.push_str(
        "/** Of all codes that are not told at once. A chunk of its own, loaded with the first of them. */\n",
    );
    text.push_str(&lore("late", &json!(groups()), "", |code| {
        !raised.is_early(code)
    }));
    text
}

fn union<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("\n  | \"{name}\"")).collect()
}

fn lore(name: &str, groups: &Value, kinds: &str, wanted: impl Fn(&str) -> bool) -> String {
    let mut text =
        format!("export const {name}: Lore = {{\n  groups: {groups},\n{kinds}  texts: {{\n");
    for code in Code::ALL.iter().filter(|code| wanted(code.as_str())) {
        let row = json!([code.kind(), code.message(), code.fix()]);
        text.push_str(&format!("    {}: {row},\n", code.as_str()));
    }
    text.push_str("  },\n};\n");
    text
}

/// The groups by their number.
fn groups() -> Vec<&'static str> {
    let all = Code::ALL.iter();
    let numbered: BTreeMap<_, _> = all.map(|code| (code.kind() >> 1, code.group())).collect();
    numbered.into_values().collect()
}

fn page() -> String {
    let mut text = format!("<!-- {NOTICE} -->\n\n# Error codes\n\n");
    text.push_str(
        "Every failure is an `AuthError` with one of these codes in `code`. `group` is the kind of trouble, \
         `retryable` tells whether the same call may succeed later without a change, `detail` names the value \
         in question. No error holds a token, a code or a form.\n",
    );
    for group in groups() {
        text.push_str(&format!("\n## {group}\n"));
        for code in Code::ALL.iter().filter(|code| code.group() == group) {
            let again = if code.retryable() {
                " The same call may succeed later."
            } else {
                ""
            };
            text.push_str(&format!(
                "\n### {}\n\n{}{again}\n\n- Why: {}\n- What to do: {}\n- See: {}\n",
                code.as_str(),
                prose(code.message()),
                prose(code.cause()),
                prose(code.fix()),
                prose(code.reference()),
            ));
        }
    }
    text
}

/// Keeps `<issuer>` and its like from being read as HTML; between backticks they are safe already.
fn prose(text: &str) -> String {
    let parts = text.split('`').enumerate().map(|(at, part)| {
        if at % 2 == 0 {
            part.replace('<', "&lt;")
        } else {
            part.to_owned()
        }
    });
    parts.collect::<Vec<_>>().join("`")
}

/// The same as data, for the pages that the demo serves under `/errors/`.
fn data() -> Result<String> {
    let list: Vec<Value> = Code::ALL
        .iter()
        .map(|code| {
            json!({
                "code": code.as_str(),
                "group": code.group(),
                "retryable": code.retryable(),
                "message": code.message(),
                "cause": code.cause(),
                "fix": code.fix(),
                "reference": code.reference(),
            })
        })
        .collect();
    Ok(serde_json::to_string_pretty(&list)? + "\n")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use keyward::protocol::error::Code;

    #[test]
    fn every_code_has_its_texts_at_once_or_in_the_chunk_and_the_vault_brings_what_a_page_raises() {
        let raised = super::Raised {
            early: BTreeSet::from(["config_missing"]),
            late: BTreeSet::from(["session_idle"]),
            ..super::Raised::default()
        };
        let entry = super::types_and_early_texts(&raised);
        let (early, rest) = entry.split_once("const ofCore").unwrap();
        let (of_core, of_vault) = rest.split_once("const ofVault").unwrap();
        let late = super::late_texts(&raised);
        for kind in Code::ALL {
            let code = kind.as_str();
            let row = format!("\n    {code}: [");
            assert_eq!(early.contains(&row), code == "config_missing", "{code}");
            assert_eq!(late.contains(&row), code != "config_missing", "{code}");
            let raised_late = code == "session_idle";
            let brought = super::BROUGHT.contains(&code);
            assert_eq!(of_core.contains(&row), brought, "{code}");
            let shown = brought || raised_late || super::BY_NAME.contains(&code);
            assert_eq!(of_vault.contains(&row), shown, "{code}");
            let kind = of_core.contains(&format!("\n    {code}: {},", kind.kind()));
            assert_eq!(kind, raised_late, "{code}");
        }
    }

    #[test]
    fn a_kind_is_group_and_retryable() {
        for code in Code::ALL {
            assert_eq!(super::groups()[usize::from(code.kind() >> 1)], code.group());
            assert_eq!(code.kind() & 1 == 1, code.retryable());
        }
    }

    #[test]
    fn a_code_is_early_where_it_is_raised_and_not_where_it_is_compared_with() {
        let text = r#"if (code === "timeout") throw fail(blocked(e) ? "wasm_blocked_by_csp" : "offline", e); "aborted";
            throw new AuthError({ code: "internal_error" });"#;
        let raised = super::raised_codes(text, &super::AT_ONCE);
        let expected = BTreeSet::from(["wasm_blocked_by_csp", "offline", "internal_error"]);
        assert_eq!(raised, expected);
    }

    #[test]
    fn placeholders_are_no_html_and_code_stays_as_it_is() {
        assert_eq!(
            super::prose("Add <origin> to `<list>`."),
            "Add &lt;origin> to `<list>`."
        );
    }

    #[test]
    fn every_code_has_all_texts_and_a_name_of_its_own() {
        let names: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        for code in Code::ALL {
            for text in [
                code.message(),
                code.cause(),
                code.fix(),
                code.reference(),
                code.group(),
            ] {
                assert!(!text.trim().is_empty(), "{}", code.as_str());
            }
        }
    }
}
