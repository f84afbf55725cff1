//! The table.

use std::fmt::Write as _;

use crate::baseline::Figures;

/// The share below which a difference is noise.
const MOVED: f64 = 0.05;

/// A limit of a figure.
#[derive(Clone, Copy, Debug)]
pub enum Limit {
    /// The figure may be as large.
    Most(f64),
    /// The figure must be as large.
    Least(f64),
}

/// A row of the table.
#[derive(Debug)]
pub struct Row {
    /// The key in the baseline; empty for figures that are not kept.
    pub key: &'static str,
    /// The name in the table.
    pub title: &'static str,
    /// The nanoseconds of an event, if the row is about time.
    pub time: Option<f64>,
    /// The figure that is compared: a multiple of I, or MiB.
    pub figure: f64,
    /// The limit.
    pub limit: Option<Limit>,
}

impl Row {
    /// Returns a row without a time or a limit.
    pub fn new(key: &'static str, title: &'static str, figure: f64) -> Self {
        Self { key, title, time: None, figure, limit: None }
    }

    /// Returns the row with a limit.
    pub fn at_most(self, limit: f64) -> Self {
        Self { limit: Some(Limit::Most(limit)), ..self }
    }

    /// Returns the row with a limit.
    pub fn at_least(self, limit: f64) -> Self {
        Self { limit: Some(Limit::Least(limit)), ..self }
    }

    /// Returns whether the figure is beyond its limit, or could not be measured.
    pub fn is_broken(&self) -> bool {
        self.limit.is_some_and(|limit| match limit {
            Limit::Most(most) => self.figure.is_nan() || self.figure > most,
            Limit::Least(least) => self.figure.is_nan() || self.figure < least,
        })
    }

    fn verdict(&self) -> &'static str {
        match self.limit {
            None => "",
            Some(_) if self.is_broken() => "BROKEN",
            Some(_) => "good",
        }
    }

    fn moved(&self, baseline: Option<f64>) -> String {
        let change = baseline.map_or(0.0, |baseline| self.figure / baseline - 1.0);
        if change.abs() <= MOVED { String::new() } else { format!("{:+.0} %", change * 100.0) }
    }
}

/// The rows of one kernel, or of a part without kernels, and the figures to compare them with.
#[derive(Debug)]
pub struct Column {
    /// The name above the column.
    pub title: String,
    /// The rows. All columns have the same.
    pub rows: Vec<Row>,
    /// The figures of an earlier run.
    pub baseline: Figures,
}

/// Returns the table as text.
#[must_use]
pub fn table(columns: &[Column]) -> String {
    let mut text = String::new();
    if columns.iter().any(|column| !column.title.is_empty()) {
        let _ = write!(text, "{:<50}", "");
        columns.iter().for_each(|column| text.extend([" | ".to_owned(), format!("{:<44}", column.title)]));
        text.push('\n');
    }
    let _ = write!(text, "{:<50}", "item");
    for _ in columns {
        let _ = write!(text, " | {:>9} {:>8} {:>9} {:>7} {:>7}", "ns/event", "ratio", "limit", "", "moved");
    }
    let keys = columns.first().map_or(&[][..], |column| &column.rows);
    for (number, Row { title, .. }) in keys.iter().enumerate() {
        let _ = write!(text, "\n{title:<50}");
        for Column { rows, baseline, .. } in columns {
            let Some(row) = rows.get(number) else { continue };
            let time = row.time.map_or(String::new(), |time| format!("{time:.0}"));
            let limit = match row.limit {
                Some(Limit::Most(most)) => format!("<= {most}"),
                Some(Limit::Least(least)) => format!(">= {least}"),
                None => String::new(),
            };
            let (verdict, moved) = (row.verdict(), row.moved(baseline.get(row.key).copied()));
            let _ = write!(text, " | {time:>9} {:>8.3} {limit:>9} {verdict:>7} {moved:>7}", row.figure);
        }
    }
    text.lines().flat_map(|line| [line.trim_end(), "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_shows_limits_and_changes() {
        let mut row = Row { time: Some(1650.4), ..Row::new("a", "A", 1.3).at_most(1.35) };
        assert_eq!((row.is_broken(), row.verdict(), row.moved(Some(1.27))), (false, "good", String::new()));
        row.figure = 1.4;
        assert_eq!((row.is_broken(), row.verdict(), row.moved(Some(1.27))), (true, "BROKEN", "+10 %".to_owned()));
        row.figure = f64::NAN;
        assert!(row.is_broken());
    }

    #[test]
    fn only_rows_with_a_limit_can_break_it() {
        let row = |figure| Row::new("", "a", figure);
        assert!(row(3.9).at_least(4.0).is_broken());
        assert!(row(f64::NAN).at_least(4.0).is_broken());
        assert!(!row(4.0).at_least(4.0).is_broken());
        assert!(!row(0.0).is_broken());
        let column = |title: &str| Column {
            title: title.to_owned(),
            rows: vec![row(3.9).at_least(4.0), row(1.0)],
            baseline: Figures::default(),
        };
        let text = table(&[column("avx2"), column("neon")]);
        assert_eq!((text.matches("BROKEN").count(), text.lines().count()), (2, 4), "{text}");
        assert!(text.starts_with(&" ".repeat(50)) && text.contains("| avx2 ") && text.contains("| neon\n"), "{text}");
    }
}
