//! Checks which rule fires on which record of fixtures/falco-rules, in Falco.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::Value;

use crate::case::{Case, Folder};
use crate::falco::{Falco, NO_SYSCALLS};
use crate::world::World;

/// Runs each file of the fixtures, and has the id of the record in each alert.
const CONFIG: &str = include_str!("../cases/rules.yaml");
/// A file on which our rules must not fire.
const QUIET_FOR_ALL: &str = "console-logins.quiet.json";
/// Our rules that are disabled: this one has records, and the other fires on each record that no rule before it fires on.
const DISABLED: &str = "List Buckets";
const EVERY_EVENT: &str = "All Cloudtrail Events";
/// Stands for the rule of a file that does not fire on the file's record.
const NOT_ITS_OWN: &str = "not its own rule";

/// The sets of rules, and the expected alerts.
#[derive(Deserialize)]
struct Expected {
    sets: Vec<Alerts>,
    others: BTreeMap<String, Others>,
}

/// A set of rules, and the expected alerts.
#[derive(Deserialize)]
struct Alerts {
    name: String,
    files: String,
    matching: String,
    /// Whether each of our rules must fire on its own records only.
    ours: bool,
    /// The names of the groups of every other alert, and of every record without the alert of its file's rule.
    others: Vec<String>,
}

/// The number of records for each `RULE on FILE`.
#[derive(Deserialize)]
struct Others {
    counts: BTreeMap<String, usize>,
}

/// The rules by the id of the record that they fire on.
type Found = BTreeMap<String, BTreeSet<String>>;

pub(crate) fn cases() -> Result<Vec<Case>> {
    let Expected { sets, others } = serde_json::from_str(include_str!("../cases/rules.json")).context("rules.json")?;
    let case = |alerts: Alerts| {
        let groups = alerts.others.iter().filter_map(|name| others.get(name));
        let expected = groups.flat_map(|group| group.counts.clone()).collect();
        Case::new(format!("rules: {}", alerts.name), |world, folder| alerts.run(expected, world, folder))
    };
    let every_event = Case::new("rules: any event, after all others".to_owned(), every_event);
    Ok(sets.into_iter().map(case).chain([every_event]).collect())
}

impl Alerts {
    async fn run(self, expected: BTreeMap<String, usize>, world: Arc<World>, folder: Folder) -> Result<()> {
        let found = run(&world, &folder, &self.files, &self.matching, DISABLED).await?;
        let mut others: BTreeMap<String, usize> = BTreeMap::new();
        for (file, ids) in records(&world.root.join("fixtures/falco-rules"))? {
            for id in ids {
                let rules = found.get(&id).cloned().unwrap_or_default();
                if self.ours {
                    self.check_ours(&file, &rules).with_context(|| format!("{file}, {id}: {rules:?}"))?;
                }
                for rule in rules.iter().filter(|rule| file != file_of(rule, "fires")) {
                    *others.entry(format!("{rule} on {file}")).or_default() += 1;
                }
                if file.ends_with(".fires.json") && !rules.iter().any(|rule| file == file_of(rule, "fires")) {
                    *others.entry(format!("{NOT_ITS_OWN} on {file}")).or_default() += 1;
                }
            }
        }
        ensure!(others == expected, "these are the others:\n{others:#?}");
        Ok(())
    }

    /// Checks the alerts for one record of a file.
    fn check_ours(&self, file: &str, rules: &BTreeSet<String>) -> Result<()> {
        let own = |kind| rules.iter().any(|rule| file == file_of(rule, kind));
        ensure!(own("fires") || !file.ends_with(".fires.json"), "the file's rule does not fire");
        ensure!(!own("quiet"), "a rule fires where it must not");
        ensure!(file != QUIET_FOR_ALL || rules.is_empty(), "no rule may fire on this file");
        ensure!(self.matching != "first" || rules.len() < 2, "two rules fire");
        Ok(())
    }
}

/// Runs Falco, and returns its alerts.
async fn run(world: &World, folder: &Folder, files: &str, matching: &str, enabled: &str) -> Result<Found> {
    let text = [("{files}", files), ("{matching}", matching), ("{enabled}", enabled)];
    let text = text.iter().fold(CONFIG.to_owned(), |text, (place, value)| text.replace(place, value));
    let config = folder.save(&folder.fill(world, &text))?;
    alerts(&Falco::start(world, &config, NO_SYSCALLS, &[])?.ends_well().await?)
}

/// Checks that the rule for all events fires on each record, and after all other rules.
async fn every_event(world: Arc<World>, folder: Folder) -> Result<()> {
    let found = run(&world, &folder, "{rules}", "first", EVERY_EVENT).await?;
    for (file, ids) in records(&world.root.join("fixtures/falco-rules"))? {
        for id in ids {
            let rules = found.get(&id).with_context(|| format!("{file}, {id}: no alert"))?;
            let is_its_own = rules.iter().any(|rule| file == file_of(rule, "fires"));
            let is_disabled = file == file_of(DISABLED, "fires");
            ensure!(is_its_own || is_disabled || !file.ends_with(".fires.json"), "{file}, {id}: {rules:?}");
        }
    }
    Ok(())
}

/// Returns the file of the fixtures for a rule.
fn file_of(rule: &str, kind: &str) -> String {
    format!("{}.{kind}.json", rule.to_lowercase().replace(' ', "-"))
}

fn alerts(output: &str) -> Result<Found> {
    let mut found = Found::new();
    for line in output.lines().filter(|line| line.starts_with('{')) {
        let alert: Value = serde_json::from_str(line).with_context(|| line.to_owned())?;
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let rule = text(alert.get("rule")).with_context(|| line.to_owned())?;
        let id = text(alert.pointer("/output_fields/ct.id")).with_context(|| line.to_owned())?;
        found.entry(id).or_default().insert(rule);
    }
    Ok(found)
}

/// Returns the ids of the records of each file.
fn records(folder: &Path) -> Result<BTreeMap<String, Vec<String>>> {
    let mut records = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let log: Value =
            serde_json::from_slice(&fs::read(entry.path())?).with_context(|| entry.path().display().to_string())?;
        let list = log.get("Records").and_then(Value::as_array).context("no Records")?;
        let ids = list.iter().filter_map(|record| record.get("eventID")?.as_str().map(str::to_owned)).collect();
        records.insert(entry.file_name().to_string_lossy().into_owned(), ids);
    }
    ensure!(records.len() > 1, "{} is empty", folder.display());
    Ok(records)
}
