//! The table.

use std::fmt::Write as _;

use crate::baseline::Baseline;

/// Less than this is noise.
const MOVED: f64 = 0.05;

/// One line of the table.
#[derive(Debug)]
pub struct Row {
    /// Its name in the baseline.
    pub key: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Nanoseconds an event, where the row is about time.
    pub time: Option<f64>,
    /// What is compared: a multiple of I, or MiB.
    pub figure: f64,
    /// The most that the figure may be.
    pub limit: Option<f64>,
    /// What one dreams of.
    pub moonshot: Option<f64>,
}

impl Row {
    /// The figure is above its limit.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        // What could not be measured is not within its limit.
        self.limit.is_some_and(|limit| self.figure > limit || self.figure.is_nan())
    }

    fn verdict(&self) -> &'static str {
        match (self.limit, self.moonshot) {
            (None, _) => "",
            _ if self.is_broken() => "BROKEN",
            (_, Some(moonshot)) if self.figure <= moonshot => "moonshot",
            _ => "good",
        }
    }

    fn moved(&self, baseline: Option<f64>) -> String {
        let change = baseline.map_or(0.0, |baseline| self.figure / baseline - 1.0);
        if change.abs() <= MOVED { String::new() } else { format!("{:+.0} %", change * 100.0) }
    }
}

/// The table as text.
#[must_use]
pub fn table(rows: &[Row], baseline: &Baseline) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{:<46} {:>9} {:>7} {:>6} {:>9} {:>8}  moved",
        "item", "ns/event", "ratio", "limit", "verdict", "baseline"
    );
    let or_empty = |figure: Option<f64>, digits: usize| figure.map_or(String::new(), |f| format!("{f:.digits$}"));
    for row in rows {
        let former = baseline.figures.get(row.key).copied();
        let line = format!(
            "{:<46} {:>9} {:>7.3} {:>6} {:>9} {:>8}  {}",
            row.title,
            or_empty(row.time, 0),
            row.figure,
            or_empty(row.limit, 2),
            row.verdict(),
            or_empty(former, 3),
            row.moved(former),
        );
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_tells_limits_and_moves() {
        let mut row =
            Row { key: "a", title: "A", time: Some(1650.4), figure: 1.3, limit: Some(1.35), moonshot: Some(1.2) };
        assert_eq!((row.is_broken(), row.verdict(), row.moved(Some(1.27))), (false, "good", String::new()));
        row.figure = 1.4;
        assert_eq!((row.is_broken(), row.verdict(), row.moved(Some(1.27))), (true, "BROKEN", "+10 %".to_owned()));
        row.figure = f64::NAN;
        assert!(row.is_broken());
    }
}
