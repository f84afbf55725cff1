//! Runs the tests of one file.

use super::expected::{Expected, message};
use super::file::{Matching, TestCase, TestFile, kind};
use super::report::{Report, TestResult};
use crate::detector::{Detector, Memory, Sequence};
use crate::load::{RulesFiles, text};
use cloudtrail_reader::{BufferPool, Bytes, Records};
use falco_rules::{Loaded, Rule, RuleMatching};
use field_extract::Scratch;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The damages of a file, and the records that Falco's plugin would skip, that are named. The others are counted.
const NAMED: usize = 20;

/// Errors of one kind, of which only the first ones are named.
#[derive(Default)]
struct Named(usize);

impl Named {
    fn add(&mut self, errors: &mut Vec<String>, error: impl FnOnce() -> String) {
        self.0 += 1;
        if self.0 <= NAMED {
            errors.push(error());
        }
    }

    fn finish(self, errors: &mut Vec<String>, what: &str) {
        if let Some(more @ 1..) = self.0.checked_sub(NAMED) {
            errors.push(format!("{what}and {more} more"));
        }
    }
}

/// Runs the tests of a file. One that cannot be used is an error.
pub(super) fn run_file(path: &Path, report: &mut Report) {
    let file = path.display().to_string();
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut add = |name: &str, (errors, failures)| {
        report.add(TestResult { file: file.clone(), name: name.to_owned(), errors, failures });
    };
    let (tests, detector) = match open(path, folder) {
        Ok(opened) => opened,
        Err(errors) => return add("the file can be used", (errors, Vec::new())),
    };
    let mut alerted = Vec::new();
    for test in tests {
        add(&test.name, run(&test, folder, &detector, &mut alerted));
    }
    report.add_rules(detector.rules().map(Rule::name), &alerted);
}

fn open(path: &Path, folder: &Path) -> Result<(Vec<TestCase>, Detector), Vec<String>> {
    let text = text(path).map_err(|error| vec![error.to_string()])?;
    let file = TestFile::parse(&text)?;
    let mut rules: Vec<PathBuf> = file.rules.iter().map(|path| folder.join(path)).collect();
    if rules.is_empty() {
        rules.push(if folder.as_os_str().is_empty() { ".".into() } else { folder.to_owned() });
    }
    let files =
        RulesFiles::read(&rules).map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    let Loaded { ruleset, diagnostics } = files.load(&[]);
    let mut mistakes: Vec<String> = diagnostics.iter().filter(|it| it.is_error()).map(ToString::to_string).collect();
    let is_known = |name: &String| ruleset.rules().any(|rule| rule.name() == name);
    mistakes.extend(file.enable.iter().filter(|name| !is_known(name)).map(|name| format!("enable: no rule {name:?}")));
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let matching = match file.rule_matching {
        Matching::First => RuleMatching::First,
        Matching::All => RuleMatching::All,
    };
    let choose = |rule: &Rule| rule.is_enabled() || file.enable.iter().any(|name| name == rule.name());
    let detector = Detector::new(&ruleset, choose).with_matching(matching).with_insights(file.insights);
    Ok((file.tests, detector))
}

/// Runs a test. Returns its errors and its failures: a test that cannot be judged has errors.
fn run(test: &TestCase, folder: &Path, detector: &Detector, alerted: &mut Vec<String>) -> (Vec<String>, Vec<String>) {
    let (mut errors, mut failures, mut lines) = (Vec::new(), Vec::new(), Vec::new());
    let (mut scratch, mut memory, mut sequence) = (Scratch::new(), Memory::default(), Sequence::default());
    let records = records(test, folder, &mut errors);
    if records.is_empty() && errors.is_empty() {
        errors.push("the test has no record".to_owned());
    }
    let mut skipped = Named::default();
    for (place, record) in &records {
        if let Err(skip) = detector.check(scratch.record(record, None), &mut sequence, &mut memory, &mut lines) {
            skipped.add(&mut errors, || format!("{place}: Falco's plugin would skip it: {skip}"));
        }
    }
    skipped.finish(&mut errors, "records that Falco's plugin would skip: ");
    let alerts = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    // Every alert is written as JSON.
    let alerts: Vec<Value> = alerts.filter_map(|line| serde_json::from_slice(line).ok()).collect();
    alerted.extend(alerts.iter().map(|alert| rule(alert).to_owned()));
    if errors.is_empty() {
        compare(&test.alerts, alerts, &mut failures);
    }
    (errors, failures)
}

/// Returns the records of a test, each with its place.
fn records(test: &TestCase, folder: &Path, errors: &mut Vec<String>) -> Vec<(String, Bytes)> {
    let mut records = Vec::new();
    let pool = BufferPool::default();
    for path in test.files.iter().map(|path| folder.join(path)) {
        let (before, errors_before, shown) = (records.len(), errors.len(), path.display());
        match std::fs::read(&path) {
            Ok(bytes) => {
                let mut damages = Named::default();
                for record in Records::from_bytes(bytes.into(), &pool).checked() {
                    match record {
                        Ok(record) => {
                            let number = records.len() - before + 1;
                            records.push((format!("{shown}: record {number}"), record.bytes));
                        }
                        Err(damage) => damages.add(errors, || format!("{shown}: {damage}")),
                    }
                }
                damages.finish(errors, &format!("{shown}: "));
                if records.len() == before && errors.len() == errors_before {
                    errors.push(format!("{shown}: no CloudTrail records found"));
                }
            }
            Err(error) => errors.push(format!("{shown}: {error}")),
        }
    }
    for (number, (record, line)) in test.records.iter().zip(&test.lines).enumerate() {
        let place = format!("line {line}: record {}", number + 1);
        match bytes(record) {
            Ok(bytes) => records.push((place, bytes)),
            Err(error) => errors.push(format!("{place}: {error}")),
        }
    }
    records
}

/// Returns the text of a record that is written as YAML or as JSON text.
fn bytes(record: &Value) -> Result<Bytes, String> {
    let wrong = |value: &Value| Err(format!("found {}, but a record is a mapping", kind(value)));
    match record {
        Value::Object(_) => Ok(record.to_string().into()),
        Value::String(text) => match serde_json::from_str(text) {
            Ok(Value::Object(_)) => Ok(text.clone().into()),
            Ok(other) => wrong(&other),
            Err(error) => Err(format!("the text is not JSON: {error}")),
        },
        other => wrong(other),
    }
}

fn rule(alert: &Value) -> &str {
    alert.get("rule").and_then(Value::as_str).unwrap_or_default()
}

/// Compares alerts in any order, and adds what is wrong.
fn compare(expected: &[Expected], mut found: Vec<Value>, failures: &mut Vec<String>) {
    let (mut missing, mut expected) = (Vec::new(), expected.iter().collect::<Vec<_>>());
    // One that says little must not take the alert of one that says more.
    expected.sort_by_key(|one| std::cmp::Reverse(one.details()));
    for one in expected {
        let fits = |alert: &Value| rule(alert) == one.rule && one.differences(alert).is_empty();
        match found.iter().position(fits) {
            Some(place) => drop(found.remove(place)),
            None => missing.push(one),
        }
    }
    for one in missing {
        match found.iter().position(|alert| rule(alert) == one.rule) {
            Some(place) => {
                let alert = found.remove(place);
                failures.extend(one.differences(&alert).iter().map(|it| format!("{:?}: {it}", one.rule)));
            }
            None => failures.push(format!("{:?}: no alert, but one was expected", one.rule)),
        }
    }
    failures.extend(found.iter().map(|it| format!("{:?}: an alert that was not expected: {}", rule(it), message(it))));
}
