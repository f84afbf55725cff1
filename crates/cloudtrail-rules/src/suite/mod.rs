//! Tests of rules: files that name records, and the alerts that they must give.

mod case;
mod expected;
mod file;
mod report;
mod yaml;

pub use report::{Report, TestResult};

use crate::load::{RulesError, in_folder, is_test};
use std::path::{Path, PathBuf};

/// How deep folders are searched. Links could make a circle.
const MAX_DEPTH: usize = 16;

/// Files with tests of rules.
///
/// A file ends in `.test.yaml` or `.test.yml`:
///
/// ```yaml
/// rules: [../my_rules.yaml]  # files and folders beside this file; by default all rules in its folder
/// rule_matching: first       # or all
/// enable: [List Buckets]     # rules that the files disable
/// insights: false            # whether Insights events are checked
/// tests:
///   - name: A trail is stopped
///     files: [stop.json.gz]  # log files of any form
///     records:               # and records, as YAML or as JSON text
///       - {eventTime: "2026-01-02T03:04:05Z", eventType: AwsApiCall, eventName: StopLogging}
///     alerts:                # all alerts, in any order
///       - Trail Stopped
///       - {rule: Other, priority: CRITICAL, output: the text, tags: [aws], fields: {ct.user: alice}}
/// ```
#[derive(Clone, Debug)]
pub struct Suite(Vec<PathBuf>);

impl Suite {
    /// Finds the test files of a folder and of all folders in it, or takes the one file that the path names.
    ///
    /// # Errors
    /// The path or a folder cannot be read, or the folder has no test.
    pub fn find(path: &Path) -> Result<Self, RulesError> {
        let mut files = Vec::new();
        let found = std::fs::metadata(path);
        if found.map_err(|source| RulesError::Unreadable { path: path.to_owned(), source })?.is_dir() {
            collect(path, MAX_DEPTH, &mut files)?;
        } else {
            files.push(path.to_owned());
        }
        if files.is_empty() { Err(RulesError::NoTest(path.to_owned())) } else { Ok(Self(files)) }
    }

    /// Runs all tests.
    #[must_use]
    pub fn run(&self) -> Report {
        let mut report = Report::default();
        for path in &self.0 {
            case::run_file(path, &mut report);
        }
        report
    }
}

fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), RulesError> {
    let unreadable = |source| RulesError::Unreadable { path: folder.to_owned(), source };
    for path in in_folder(folder).map_err(unreadable)? {
        if is_test(&path) {
            files.push(path);
        } else if path.is_dir() && depth > 0 {
            collect(&path, depth - 1, files)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
