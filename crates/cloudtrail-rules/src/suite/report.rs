//! The results of tests, for people and as `JUnit` XML.

use field_extract::visible;
use std::collections::BTreeSet;
use std::fmt::Write;

/// The result of one test.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestResult {
    /// The file of the test.
    pub file: String,
    /// The name of the test.
    pub name: String,
    /// Why the test cannot be judged: mistakes in the file, its rules or its records.
    pub errors: Vec<String>,
    /// How the alerts differ from those expected. Empty if the test passed or cannot be judged.
    pub failures: Vec<String>,
}

/// The results of all tests.
#[derive(Clone, Debug, Default)]
pub struct Report {
    results: Vec<TestResult>,
    rules: BTreeSet<String>,
    alerted: BTreeSet<String>,
}

impl Report {
    pub(super) fn add(&mut self, result: TestResult) {
        self.results.push(result);
    }

    pub(super) fn add_rules<'r>(&mut self, rules: impl Iterator<Item = &'r str>, alerted: &[String]) {
        self.rules.extend(rules.map(str::to_owned));
        self.alerted.extend(alerted.iter().cloned());
    }

    /// Returns the results in their order.
    #[must_use]
    pub fn results(&self) -> &[TestResult] {
        &self.results
    }

    /// Returns the number of failed tests.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.results.iter().filter(|result| !result.failures.is_empty()).count()
    }

    /// Returns the number of tests and files with tests that cannot be judged.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.results.iter().filter(|result| !result.errors.is_empty()).count()
    }

    /// Returns the rules that ran and gave no alert in any test.
    pub fn untested(&self) -> impl Iterator<Item = &str> {
        self.rules.difference(&self.alerted).map(String::as_str)
    }

    /// Returns a line for each test, with what is wrong below, and the totals.
    #[must_use]
    pub fn plain(&self) -> String {
        let mut text = String::new();
        for TestResult { file, name, errors, failures } in &self.results {
            let result = match (errors.is_empty(), failures.is_empty()) {
                (true, true) => "ok    ",
                (true, false) => "FAILED",
                (false, _) => "ERROR ",
            };
            text.extend([result, "  ", &*visible(file), ": ", &*visible(name), "\n"]);
            let wrong = errors.iter().chain(failures);
            wrong.for_each(|wrong| text.extend(["          ", &*visible(wrong), "\n"]));
        }
        let (failed, errors, untested) = (self.failed(), self.errors(), self.untested().collect::<Vec<_>>());
        if !untested.is_empty() {
            text.extend(["rules without an alert in any test: ", &*visible(&untested.join(", ")), "\n"]);
        }
        let passed = self.results.len() - failed - errors;
        let errors = if errors > 0 { format!(", {errors} with errors") } else { String::new() };
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{passed} passed, {failed} failed{errors}");
        text
    }

    /// Returns `JUnit` XML.
    #[must_use]
    pub fn junit(&self) -> String {
        let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        let (tests, failed, errors) = (self.results.len(), self.failed(), self.errors());
        let total = format!("tests=\"{tests}\" failures=\"{failed}\" errors=\"{errors}\"");
        text.push_str(&format!("<testsuites {total}>\n<testsuite name=\"rules\" {total}>\n"));
        for TestResult { file, name, errors, failures } in &self.results {
            text.push_str(&format!("<testcase classname=\"{}\" name=\"{}\"", escaped(file), escaped(name)));
            let (kind, wrong) = if errors.is_empty() { ("failure", failures) } else { ("error", errors) };
            match wrong.first() {
                None => text.push_str("/>\n"),
                Some(first) => text.push_str(&format!(
                    "><{kind} message=\"{}\">{}</{kind}></testcase>\n",
                    escaped(first),
                    escaped(&wrong.join("\n"))
                )),
            }
        }
        text.push_str("</testsuite>\n</testsuites>\n");
        text
    }
}

/// Escapes a text for XML. Characters that XML 1.0 cannot have, and all other control characters, become U+FFFD.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(char),
            '\u{FFFE}' | '\u{FFFF}' => out.push(char::REPLACEMENT_CHARACTER),
            control if control.is_control() => out.push(char::REPLACEMENT_CHARACTER),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_xml_cannot_have_are_replaced() {
        assert_eq!(
            escaped("<\u{1}\u{fffd}\u{fffe}\u{ffff}\u{10000}\t"),
            "&lt;\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{10000}\t"
        );
    }
}
