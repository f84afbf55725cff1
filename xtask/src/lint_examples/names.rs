//! Metrics that rules and dashboards speak of have to be there; and the other way about.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use super::{
    files::{Files, read},
    not_checked,
    programs::Programs,
};
use crate::run::root;

/// How names of metrics begin, and where the source is that has them.
const PREFIXES: &[(&str, &str)] = &[("fig_", "bins/fig-bridge/src"), ("ct_ingest_", "bins/ct-ingest/src")];
/// What begins so and is none: a value of the Helm chart.
const OTHERS: &[&str] = &["fig_bridge"];
/// Where metrics are spoken of.
const FOLDERS: &[&str] = &["observability", "guides"];
/// Where the programs' pages have the tables of promises.
const PAGES: &[&str] = &["bins/fig-bridge/README.md", "bins/ct-ingest/README.md"];

pub(super) fn check(files: &Files, _: &Programs) -> Result<()> {
    let mut wrong = Vec::new();
    for (prefix, folder) in PREFIXES {
        let made = made(&root().join(folder), prefix)?;
        if made.is_empty() {
            not_checked(prefix, &format!("{folder} has no metrics"));
            continue;
        }
        let mut shown = BTreeSet::new();
        for file in used_in(files)? {
            let used = names(&read(&file)?, prefix);
            if file.extension().is_some_and(|extension| extension == "json") {
                shown.extend(used.iter().cloned());
            }
            let unknown = used.difference(&made).map(|name| format!("{}: {name} is no metric", file.display()));
            wrong.extend(unknown);
        }
        wrong.extend(made.difference(&shown).map(|name| format!("no dashboard shows {name}")));
    }
    wrong.extend(untold_alerts(files)?);
    if !wrong.is_empty() {
        bail!("{}", wrong.join("\n"));
    }
    Ok(())
}

fn used_in(files: &Files) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for folder in FOLDERS {
        found.extend(files.below(folder)?);
    }
    found.extend(PAGES.iter().map(PathBuf::from));
    Ok(found)
}

/// The names that the program's source has as strings, tests included.
fn made(folder: &Path, prefix: &str) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for entry in folder.read_dir().with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(made(&path, prefix)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let quoted = format!("\"{prefix}");
            let text = read(&path)?;
            let strings = text.split(&quoted).skip(1);
            found.extend(strings.filter_map(|rest| Some(format!("{prefix}{}", rest.split_once('"')?.0))));
        }
    }
    Ok(found)
}

/// The words of a text that begin so.
fn names(text: &str, prefix: &str) -> BTreeSet<String> {
    let words = text.split(|char: char| !(char.is_ascii_alphanumeric() || char == '_'));
    let named = words.filter(|word| word.starts_with(prefix) && !OTHERS.contains(word));
    named.map(str::to_owned).collect()
}

/// Alerts that have no test, or stand in no table of promises.
fn untold_alerts(files: &Files) -> Result<Vec<String>> {
    let all = files.below("observability")?;
    let text_of = |end: &str| -> Result<String> {
        let wanted = all.iter().filter(|path| path.to_string_lossy().ends_with(end));
        wanted.map(|path| read(path)).collect()
    };
    let (rules, tests) = (text_of(".rules.yaml")?, text_of(".rules.test.yaml")?);
    let pages = PAGES.iter().map(|page| read(Path::new(page))).collect::<Result<String>>()?;
    let alerts = rules.lines().filter_map(|line| line.trim_start().strip_prefix("- alert: "));
    let told = |alert: &&str| tests.contains(&format!("\"{alert}\"")) && pages.contains(&format!("`{alert}`"));
    let untold = alerts.filter(|alert| !told(alert));
    Ok(untold.map(|alert| format!("{alert} is not in the tests of the rules, or in no table of promises")).collect())
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
