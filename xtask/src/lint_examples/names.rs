//! Checks that the metrics in rules and dashboards exist, and that dashboards show every metric.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use super::files::Files;
use super::programs::Programs;
use crate::files::{self, has_extension, read};
use crate::run::none;

/// The prefixes of the metrics, each with the folder of its source.
const PREFIXES: &[(&str, &str)] = &[("fig_", "bins/fig-bridge/src"), ("ct_ingest_", "bins/ct-ingest/src")];
/// Words with such a prefix that are not metrics: a value of the Helm chart.
const OTHERS: &[&str] = &["fig_bridge"];
/// Folders with names of metrics.
const FOLDERS: &[&str] = &["observability", "guides"];
/// The pages with the tables of promises.
const PAGES: &[&str] = &["bins/fig-bridge/README.md", "bins/ct-ingest/README.md"];

pub(super) fn check(files: &Files, _: &Programs) -> Result<()> {
    let mut wrong = Vec::new();
    for (prefix, folder) in PREFIXES {
        let made = made(folder, prefix)?;
        let mut shown = BTreeSet::new();
        for file in used_in(files)? {
            let used = names(&read(&file)?, prefix);
            if has_extension(&file, "json") {
                shown.extend(used.iter().cloned());
            }
            let unknown = used.difference(&made).map(|name| format!("{}: {name} is not a metric", file.display()));
            wrong.extend(unknown);
        }
        wrong.extend(made.difference(&shown).map(|name| format!("no dashboard shows {name}")));
    }
    wrong.extend(unlisted_alerts(files)?);
    none(&wrong)
}

fn used_in(files: &Files) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for folder in FOLDERS {
        found.extend(files.below(folder)?);
    }
    found.extend(PAGES.iter().map(PathBuf::from));
    Ok(found)
}

/// Returns the names that the program's source has as strings, tests included.
fn made(folder: &str, prefix: &str) -> Result<BTreeSet<String>> {
    let quoted = format!("\"{prefix}");
    let mut found = BTreeSet::new();
    for path in files::below(&[folder])?.iter().filter(|path| has_extension(path, "rs")) {
        let text = read(path)?;
        let strings = text.split(&quoted).skip(1);
        found.extend(strings.filter_map(|rest| Some(format!("{prefix}{}", rest.split_once('"')?.0))));
    }
    ensure!(!found.is_empty(), "{folder} has no metrics that begin with {prefix}");
    Ok(found)
}

/// Returns the words of a text that begin with the prefix.
fn names(text: &str, prefix: &str) -> BTreeSet<String> {
    let words = text.split(|char: char| !(char.is_ascii_alphanumeric() || char == '_'));
    let named = words.filter(|word| word.starts_with(prefix) && !OTHERS.contains(word));
    named.map(str::to_owned).collect()
}

/// Returns a message for each alert that has no test, or that no table of promises lists.
fn unlisted_alerts(files: &Files) -> Result<Vec<String>> {
    let all = files.below("observability")?;
    let text_of = |end: &str| -> Result<String> {
        let wanted = all.iter().filter(|path| path.to_string_lossy().ends_with(end));
        wanted.map(|path| read(path)).collect()
    };
    let (rules, tests) = (text_of(".rules.yaml")?, text_of(".rules.test.yaml")?);
    let pages = PAGES.iter().map(|page| read(Path::new(page))).collect::<Result<String>>()?;
    let alerts = rules.lines().filter_map(|line| line.trim_start().strip_prefix("- alert: "));
    let is_listed = |alert: &&str| tests.contains(&format!("\"{alert}\"")) && pages.contains(&format!("`{alert}`"));
    let unlisted = alerts.filter(|alert| !is_listed(alert));
    Ok(unlisted.map(|alert| format!("{alert} lacks a test of its rule, or a row in a table of promises")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_whole_words() {
        let text = "rate(fig_a_total{x=\"1\"}[5m]) - fig_b and my_fig_c, `fig_bridge.dead_letter`";
        assert_eq!(names(text, "fig_"), ["fig_a_total", "fig_b"].map(str::to_owned).into());
    }
}
