//! Checks the rules of the example: each has records that fire it and records that do not.

use crate::sysdig::Sysdig;
use anyhow::{Context, Result, ensure};
use std::path::Path;

/// The condition of the rule for all events, which has no records of its own.
const EVERY_EVENT: &str = "evt.num > 0";

/// The parts of a rule that the check needs.
struct Rule {
    name: String,
    condition: String,
}

/// Tries every rule of the file on `NAME.fires.json` and `NAME.quiet.json`, where NAME is the rule's in lower case with
/// hyphens. Every event of the first must pass its condition, and none of the second.
pub(crate) fn try_all(sysdig: &Sysdig, file: &Path, fixtures: &Path) -> Result<()> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let rules = read(&text)?;
    ensure!(!rules.is_empty(), "{}: no rules", file.display());
    for Rule { name, condition } in rules.iter().filter(|rule| rule.condition.trim() != EVERY_EVENT) {
        let file = |end: &str| fixtures.join(format!("{}.{end}.json", name.to_lowercase().replace(' ', "-")));
        for (path, fires) in [(file("fires"), true), (file("quiet"), false)] {
            ensure!(path.is_file(), "rule {name}: {} is missing", path.display());
            let all = sysdig.ids(&path, "")?;
            ensure!(!all.is_empty(), "{}: no events", path.display());
            let found = sysdig.ids(&path, condition).with_context(|| format!("rule {name}"))?;
            let expected = if fires { all } else { Vec::new() };
            ensure!(found == expected, "rule {name}, {}: {found:?}, not {expected:?}", path.display());
        }
    }
    println!("sysdig: {} rules fire where they should and nowhere else", rules.len());
    Ok(())
}

/// Reads the name and the condition of each rule: `- rule: NAME`, then `condition: >` and the lines with more
/// indentation. A list is `- list: NAME`, then `items: [A, B]`; sysdig has no lists, so its items replace it. All rules
/// and lists of the file have this form.
fn read(text: &str) -> Result<Vec<Rule>> {
    let mut rules: Vec<Rule> = Vec::new();
    let mut lists: Vec<(String, String)> = Vec::new();
    let mut in_condition = false;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("- list: ") {
            lists.push((format!("({})", name.trim()), String::new()));
        } else if let (Some(items), Some((_, list))) = (line.strip_prefix("  items: "), lists.last_mut()) {
            *list = items.trim().replace('[', "(").replace(']', ")");
        }
        if let Some(name) = line.strip_prefix("- rule: ") {
            rules.push(Rule { name: name.trim().to_owned(), condition: String::new() });
        }
        let Some(rule) = rules.last_mut() else { continue };
        if line.trim_end() == "  condition: >" {
            in_condition = true;
        } else if in_condition && line.starts_with("    ") {
            rule.condition.push_str(line.trim());
            rule.condition.push(' ');
        } else {
            in_condition = false;
        }
    }
    for rule in &mut rules {
        rule.condition =
            lists.iter().fold(std::mem::take(&mut rule.condition), |text, (name, items)| text.replace(name, items));
    }
    let without = rules.iter().find(|rule| rule.condition.is_empty());
    ensure!(without.is_none(), "rule {}: no condition", without.map_or("", |rule| &rule.name));
    Ok(rules)
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn names_and_conditions() {
        let text = "- list: x\n  items: [1, 2]\n- rule: One\n  desc: x\n  condition: >\n    a=1\n    and b=2\n  output: y\n- rule: Two\n  condition: >\n    c in (x)\n";
        let rules = read(text).unwrap();
        let found: Vec<_> = rules.iter().map(|rule| (rule.name.as_str(), rule.condition.trim())).collect();
        assert_eq!(found, [("One", "a=1 and b=2"), ("Two", "c in (1, 2)")]);
        assert!(read("- rule: None\n  output: y\n").is_err());
    }
}
