//! The results of a program's checks of what its configuration names, as lines of a table.

use std::fmt::Write as _;

/// The result of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckResult {
    /// It works.
    Ok(String),
    /// It does not work: the reason, and what to do.
    Failed(String),
    /// It was not tested: the reason.
    Skipped(String),
}

/// Returns a line for each check: the result, the name, the reason.
#[must_use]
pub fn table(lines: &[(&str, CheckResult)]) -> String {
    let widest = lines.iter().map(|(what, _)| what.len()).max().unwrap_or_default();
    let mut text = String::new();
    for (what, result) in lines {
        let (word, reason) = match result {
            CheckResult::Ok(reason) => ("ok", reason),
            CheckResult::Failed(reason) => ("failed", reason),
            CheckResult::Skipped(reason) => ("skipped", reason),
        };
        // Writing into a String cannot fail.
        let _ = writeln!(text, "{word:<8} {what:<widest$}  {reason}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let lines = [("a", CheckResult::Ok("fine".to_owned())), ("a b", CheckResult::Failed("no".to_owned()))];
        assert_eq!(table(&lines), "ok       a    fine\nfailed   a b  no\n");
    }
}
