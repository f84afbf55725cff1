//! Which rule fires on which record of fixtures/falco-rules, with Falco's own way of choosing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::case::{Case, Folder, Kind};
use crate::cases::NO_SYSCALLS;
use crate::falco::Falco;
use crate::world::World;

/// Each file of the fixtures in one run, with the id of the record in each alert.
const CONFIG: &str = "\
plugins:
  - {name: cloudtrail, library_path: {plugin}, open_params: {fixtures}/falco-rules}
  - {name: json, library_path: {json}, init_config: {useAsync: false}}
load_plugins: [cloudtrail, json]
rules_files: [{files}]
rule_matching: {matching}
engine: {kind: nodriver}
json_output: true
stdout_output: {enabled: true}
log_stderr: true
log_syslog: false
append_output:
  - match: {source: aws_cloudtrail}
    extra_fields: [ct.id]
";
/// A file on which none of our rules fires.
const QUIET_FOR_ALL: &str = "console-logins.quiet.json";

/// Rules together, and what they give.
pub(crate) struct Alerts {
    files: &'static str,
    matching: &'static str,
    /// Whether each of our rules must fire on its own records, and on none that it must leave alone.
    ours: bool,
    /// Every other alert, as `RULE on FILE`, and how many.
    others: &'static [&'static [Count]],
}

/// `RULE on FILE`, and how many records of the file.
type Count = (&'static str, usize);

/// Rules by the id of the record that they fire on.
type Found = BTreeMap<String, BTreeSet<String>>;

pub(crate) fn cases() -> Vec<Case> {
    let rules = |name, files, matching, ours, others: &'static [&'static [Count]]| {
        Case::named("rules", name, Kind::Rules(Alerts { files, matching, ours, others }))
    };
    let both = "{official}, {rules}";
    vec![
        rules("ours", "{rules}", "first", true, &[ELSEWHERE]),
        rules("ours, all that match", "{rules}", "all", true, &[ELSEWHERE, TWICE]),
        rules("the official ones", "{official}", "first", false, &[OFFICIAL]),
        rules("the official ones and ours, all that match", both, "all", true, &[ELSEWHERE, TWICE, BESIDE]),
        rules("the official ones and ours", both, "first", false, &[ELSEWHERE, BESIDE, LEFT]),
    ]
}

/// Our rules on records that another rule must leave alone.
const ELSEWHERE: &[Count] = &[
    ("Console Login Through Assume Role on console-login-without-mfa.quiet.json", 1),
    ("Console Login Without MFA on console-login-through-assume-role.quiet.json", 1),
    ("Console Login Without MFA on console-root-login-without-mfa.quiet.json", 1),
    ("Console Root Login Without MFA on console-login-without-mfa.quiet.json", 1),
    ("Console Root Login Without MFA on root-active-without-mfa.quiet.json", 1),
];

/// What the root user does without MFA fires two rules where both may.
const TWICE: &[Count] = &[
    ("Root Active Without MFA on cloudtrail-logging-disabled.fires.json", 1),
    ("Root Active Without MFA on mfa-deactivated.fires.json", 1),
];

/// The official rules by themselves. Their "Console Root Login Without MFA" never fires, and federated sign-ins fire.
const OFFICIAL: &[Count] = &[
    ("CloudTrail Logging Disabled on cloudtrail-logging-disabled.fires.json", 2),
    ("Console Login Through Assume Role on console-login-through-assume-role.fires.json", 1),
    ("Console Login Through Assume Role on console-login-without-mfa.quiet.json", 1),
    ("Console Login Without MFA on console-login-through-assume-role.quiet.json", 1),
    ("Console Login Without MFA on console-login-without-mfa.fires.json", 1),
    ("Console Login Without MFA on console-login-without-mfa.quiet.json", 3),
    ("Console Login Without MFA on console-logins.quiet.json", 4),
    ("Console Login Without MFA on console-root-login-without-mfa.fires.json", 1),
    ("Console Login Without MFA on console-root-login-without-mfa.quiet.json", 1),
    ("Console Login Without MFA on root-active-without-mfa.quiet.json", 1),
    ("Create AWS user on root-active-without-mfa.fires.json", 1),
    ("Create AWS user on root-active-without-mfa.quiet.json", 2),
    ("Deactivate MFA for Root User on mfa-deactivated.fires.json", 1),
    ("Delete Bucket Public Access Block on public-access-block-weakened.fires.json", 4),
];

/// The official rules beside ours, of which those with an official name take the place of the official ones.
const BESIDE: &[Count] = &[
    ("Create AWS user on root-active-without-mfa.fires.json", 1),
    ("Create AWS user on root-active-without-mfa.quiet.json", 2),
    ("Deactivate MFA for Root User on mfa-deactivated.fires.json", 1),
    ("Delete Bucket Public Access Block on public-access-block-weakened.fires.json", 4),
];

/// What is left of our rules with Falco's default, where an official rule that stands before hides ours:
/// examples/falco/README.md says so.
const LEFT: &[Count] = &[
    ("CloudTrail Logging Disabled on cloudtrail-logging-disabled.fires.json", 3),
    ("Console Login Through Assume Role on console-login-through-assume-role.fires.json", 1),
    ("Console Login Without MFA on console-login-without-mfa.fires.json", 1),
    ("Console Root Login Without MFA on console-root-login-without-mfa.fires.json", 1),
    ("MFA Deactivated on mfa-deactivated.fires.json", 2),
    ("Public Access Block Weakened on public-access-block-weakened.fires.json", 1),
];

impl Alerts {
    pub(crate) async fn run(&self, world: &World, folder: &Folder) -> Result<()> {
        let text = CONFIG.replace("{files}", self.files).replace("{matching}", self.matching);
        let config = folder.save(&folder.fill(world, &text))?;
        let (status, output) = Falco::start(world, &config, NO_SYSCALLS, &[])?.end().await?;
        ensure!(status.success(), "Falco ended with {status}:\n{output}");
        let found = alerts(&output)?;
        let mut others: BTreeMap<String, usize> = BTreeMap::new();
        for (file, ids) in records(&world.root.join("fixtures/falco-rules"))? {
            for id in ids {
                let rules = found.get(&id).cloned().unwrap_or_default();
                if self.ours {
                    self.check_ours(&file, &rules).with_context(|| format!("{file}, {id}: {rules:?}"))?;
                }
                for rule in rules.iter().filter(|rule| !self.ours || file != file_of(rule, "fires")) {
                    *others.entry(format!("{rule} on {file}")).or_default() += 1;
                }
            }
        }
        let expected =
            self.others.iter().copied().flatten().map(|(name, count)| ((*name).to_owned(), *count)).collect();
        ensure!(others == expected, "these are the other alerts:\n{others:#?}");
        Ok(())
    }

    /// Looks at what has fired on one record of a file.
    fn check_ours(&self, file: &str, rules: &BTreeSet<String>) -> Result<()> {
        let own = |kind| rules.iter().any(|rule| file == file_of(rule, kind));
        ensure!(own("fires") || !file.ends_with(".fires.json"), "the file's rule does not fire");
        ensure!(!own("quiet"), "a rule fires where it must not");
        ensure!(file != QUIET_FOR_ALL || rules.is_empty(), "no rule may fire on this file");
        ensure!(self.matching != "first" || rules.len() < 2, "two rules fire");
        Ok(())
    }
}

/// The file of the fixtures for a rule.
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

/// The ids of the records of each file.
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
