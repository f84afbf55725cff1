//! Figures against limits.

use std::fmt::Write as _;

/// One line of the table.
#[derive(Debug)]
pub(crate) struct Row {
    /// Its name for people.
    pub(crate) title: &'static str,
    /// What was measured.
    pub(crate) figure: f64,
    /// The least that it may be.
    pub(crate) limit: Option<f64>,
}

impl Row {
    /// The figure is below its limit, or could not be measured.
    pub(crate) fn is_broken(&self) -> bool {
        self.limit.is_some_and(|limit| self.figure.is_nan() || self.figure < limit)
    }
}

/// The table as text.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut text = String::new();
    for row in rows {
        let verdict = if row.is_broken() { "BROKEN" } else { "good" };
        let limit = row.limit.map_or(String::new(), |limit| format!("   at least {limit:6.2}   {verdict}"));
        // Writing to memory does not fail.
        let _ = writeln!(text, "{:50} {:8.2}{limit}", row.title, row.figure);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_has_a_limit_can_break_it() {
        let row = |figure, limit| Row { title: "a", figure, limit };
        assert!(row(3.9, Some(4.0)).is_broken());
        assert!(row(f64::NAN, Some(4.0)).is_broken());
        assert!(!row(4.0, Some(4.0)).is_broken());
        assert!(!row(0.0, None).is_broken());
        let text = table(&[row(3.9, Some(4.0)), row(1.0, None)]);
        assert_eq!(text.matches("BROKEN").count(), 1, "{text}");
    }
}
