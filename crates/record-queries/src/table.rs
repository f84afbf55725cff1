//! Aligned columns and bars, for people.

use field_extract::visible;
use std::fmt::Write;

/// The widest column to which others are aligned. A longer value is written whole, and moves the rest of its line.
const WIDEST: usize = 40;
/// The narrowest bar for the largest count.
const NARROWEST_BAR: usize = 10;
/// The widest bar: longer ones do not compare better.
const WIDEST_BAR: usize = 60;
/// The narrowest column of values beside bars.
const NARROWEST: usize = 4;
/// The blanks between two columns.
const GAP: usize = 2;

/// Aligns lines of cells with tabs between them, as they come. Columns become wider when a longer value comes, and never
/// narrower, so that nothing waits for the end.
#[derive(Debug)]
pub(crate) struct Table {
    widths: Vec<usize>,
}

impl Table {
    /// Creates a table whose columns are as wide as their names.
    pub(crate) fn new(names: &[String]) -> Self {
        Self { widths: names.iter().map(|name| name.len()).collect() }
    }

    /// Returns the lines with their columns aligned.
    pub(crate) fn align(&mut self, lines: &[u8]) -> Vec<u8> {
        let text = String::from_utf8_lossy(lines);
        for line in text.lines() {
            for (width, cell) in self.widths.iter_mut().zip(line.split('\t')) {
                let found = cell.chars().count();
                if found <= WIDEST {
                    *width = found.max(*width);
                }
            }
        }
        let mut aligned = String::with_capacity(text.len() * 2);
        for line in text.lines() {
            for (width, cell) in self.widths.iter().zip(line.split('\t')) {
                // Writing into a String cannot fail.
                let _ = write!(aligned, "{cell:width$}  ");
            }
            let end = aligned.trim_end_matches(' ').len();
            aligned.truncate(end);
            aligned.push('\n');
        }
        aligned.into_bytes()
    }
}

/// Returns a line for each row: its count, its values, and a bar. Values are cut so that lines fit `columns`.
pub(crate) fn bars(names: &[String], rows: &[(Vec<String>, u64)], columns: usize) -> String {
    let most = rows.iter().map(|(_, count)| *count).max().unwrap_or(0);
    let count_width = most.to_string().len().max("COUNT".len());
    let shown: Vec<Vec<String>> =
        rows.iter().map(|(cells, _)| cells.iter().map(|it| visible(it).into_owned()).collect()).collect();
    let widths = widths(names, &shown, columns.saturating_sub(count_width + GAP + NARROWEST_BAR));
    let values: usize = widths.iter().map(|width| width + GAP).sum();
    let room = columns.saturating_sub(count_width + GAP + values).clamp(1, WIDEST_BAR);
    let mut text = String::new();
    let mut line = |count: &str, cells: &[String], bar: usize| {
        // Writing into a String cannot fail.
        let _ = write!(text, "{count:>count_width$}  ");
        for (width, cell) in widths.iter().zip(cells) {
            let _ = write!(text, "{:width$}  ", cut(cell, *width));
        }
        text.push_str(&"█".repeat(bar));
        let end = text.trim_end_matches(' ').len();
        text.truncate(end);
        text.push('\n');
    };
    line("COUNT", names, 0);
    for ((_, count), cells) in rows.iter().zip(&shown) {
        line(&count.to_string(), cells, length(*count, most, room));
    }
    text
}

/// Returns the length of a bar: in proportion to the count, and at least 1 for a count that is not zero.
fn length(count: u64, most: u64, room: usize) -> usize {
    let length = u128::from(count) * room as u128 / u128::from(most.max(1));
    usize::try_from(length).unwrap_or(room).max(usize::from(count > 0))
}

/// Returns the widths of the columns of values: as wide as their longest value, but not wider than `room` together.
fn widths(names: &[String], rows: &[Vec<String>], room: usize) -> Vec<usize> {
    let mut widths: Vec<usize> = names.iter().map(|name| name.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    while widths.iter().map(|width| width + GAP).sum::<usize>() > room {
        match widths.iter_mut().max() {
            Some(widest) if *widest > NARROWEST => *widest -= 1,
            _ => break,
        }
    }
    widths
}

/// Cuts a text to a width, with a mark.
fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn columns_are_aligned_and_widen() {
        let mut table = Table::new(&names(&["a", "name"]));
        let mut align = |text: &str| String::from_utf8(table.align(text.as_bytes())).unwrap();
        assert_eq!(align("a\tname\nxyz\tb\n"), "a    name\nxyz  b\n");
        assert_eq!(align("1\tb\n"), "1    b\n");
        assert_eq!(align("größer\tb\n"), "größer  b\n");
        assert_eq!(align("1\tb\n"), "1       b\n");
        let long = "x".repeat(WIDEST + 1);
        assert_eq!(align(&format!("{long}\tb\n1\tb\n")), format!("{long}  b\n1       b\n"));
    }

    #[test]
    fn bars_are_in_proportion_and_never_nothing() {
        assert_eq!([0, 1, 50, 100].map(|count| length(count, 100, 10)), [0, 1, 5, 10]);
        assert_eq!(length(u64::MAX, u64::MAX, 60), 60);
        assert_eq!(length(0, 0, 60), 0);
    }

    #[test]
    fn values_cannot_control_the_terminal() {
        let text = bars(&names(&["a"]), &[(names(&["\u{1b}[31m\n"]), 1)], 80);
        assert!(text.contains("\\u{1b}[31m\\n") && text.lines().count() == 2, "{text:?}");
    }

    proptest! {
        #[test]
        fn lines_fit_the_terminal(
            columns in 40_usize..200,
            rows in prop::collection::vec(("\\PC{0,80}", "\\PC{0,80}", any::<u64>()), 1..20),
        ) {
            let rows: Vec<_> = rows.into_iter().map(|(one, other, count)| (vec![one, other], count)).collect();
            let text = bars(&names(&["ct.name", "ct.user"]), &rows, columns);
            prop_assert_eq!(text.lines().count(), rows.len() + 1);
            for line in text.lines() {
                // The largest count has 20 digits.
                prop_assert!(line.chars().count() <= columns.max(20 + 10 + 3 * GAP + 2 * NARROWEST), "{}", line);
            }
        }
    }
}
