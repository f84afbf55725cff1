//! Checks every config.ini in the examples with fig-bridge itself, in a file or in a `ConfigMap`.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::charts;
use super::files::Files;
use super::programs::Programs;
use crate::files::{made, read};
use crate::run::{build_with_tests, target};

/// A port without a listener: requests to Falcon and AWS fail at once.
const NOWHERE: &str = "http://127.0.0.1:9";
/// The first words of `check` for a good configuration.
const GOOD: &str = "ok       configuration";

pub(super) fn check(files: &Files, programs: &Programs) -> Result<()> {
    let fig_bridge = build_with_tests()?.join("fig-bridge");
    let folder = made(target().join("tools/lint/settings"))?;
    let mut sources = files.all(|path| path.ends_with("config.ini"))?;
    sources.extend(files.with_line("kind: ConfigMap")?);
    sources.extend(charts::all_rendered(files, programs)?);
    for source in &sources {
        let text = read(source)?;
        let variables = from_elsewhere(&text);
        let ini = if source.ends_with("config.ini") { text } else { in_config_map(&text) };
        ensure!(!ini.is_empty(), "{} has no config.ini", source.display());
        let file = folder.join("config.ini");
        fs::write(&file, ini)?;
        good(&fig_bridge, source, &file, &variables)?;
    }
    println!("{} files are good", sources.len());
    Ok(())
}

/// Checks that fig-bridge accepts the configuration, without an unknown key.
fn good(fig_bridge: &Path, source: &Path, file: &Path, variables: &[String]) -> Result<()> {
    let mut check = Command::new(fig_bridge);
    check.current_dir(file.parent().unwrap_or(file)).env_clear().args(["check", "--config"]).arg(file);
    check.envs([("FALCON_BASE_URL", NOWHERE), ("AWS_ENDPOINT_URL", NOWHERE), ("AWS_MAX_ATTEMPTS", "1")]);
    check.envs([("FALCON_CLIENT_ID", "none"), ("FALCON_CLIENT_SECRET", "none")]);
    check.envs([("AWS_ACCESS_KEY_ID", "none"), ("AWS_SECRET_ACCESS_KEY", "none")]);
    check.envs(variables.iter().map(|name| (name, "none")));
    let answer = check.output().context("fig-bridge check")?;
    let (said, log) = (String::from_utf8_lossy(&answer.stdout), String::from_utf8_lossy(&answer.stderr));
    let is_good = said.starts_with(GOOD) && !log.contains("is not known");
    ensure!(is_good, "{}: the output of fig-bridge check:\n{said}{log}", source.display());
    Ok(())
}

/// Returns the names of the variables that a container gets from a Secret or a `ConfigMap`.
fn from_elsewhere(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim).zip(text.lines().skip(1).map(str::trim));
    let named = lines.filter(|(_, next)| next.starts_with("valueFrom:"));
    named.filter_map(|(line, _)| Some(line.strip_prefix("- name: ")?.to_owned())).collect()
}

/// Returns the block `config.ini: |` of a manifest, without its indentation.
fn in_config_map(text: &str) -> String {
    let mut lines = text.lines();
    let Some(head) = lines.by_ref().find(|line| line.trim_start().starts_with("config.ini: |")) else {
        return String::new();
    };
    let outside = head.len() - head.trim_start().len();
    let depth = |line: &str| line.len() - line.trim_start().len();
    let block: Vec<&str> = lines.take_while(|line| line.is_empty() || depth(line) > outside).collect();
    let inside = block.iter().filter(|line| !line.is_empty()).map(|line| depth(line)).min().unwrap_or_default();
    block.iter().map(|line| format!("{}\n", line.get(inside..).unwrap_or_default())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_ends_where_its_indentation_does() {
        let text = "data:\n  config.ini: |\n    [main]\n    a = 1\n\n    [b]\n  other: x\n---\n";
        assert_eq!(in_config_map(text), "[main]\na = 1\n\n[b]\n");
        assert_eq!(in_config_map("data: {}\n"), "");
    }

    #[test]
    fn variables_from_elsewhere_are_those_without_a_value() {
        let text = "env:\n  - name: A\n    valueFrom:\n      x: 1\n  - name: B\n    value: c\n  - name: D\n    valueFrom: {x: 1}\n";
        assert_eq!(from_elsewhere(text), ["A", "D"]);
    }
}
