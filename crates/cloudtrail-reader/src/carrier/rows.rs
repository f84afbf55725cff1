//! The rows of a query of Logs Insights.

use super::text::text;
use super::{Carried, Found};
use crate::members::{elements, members};

impl Found<'_> {
    /// Adds the values of `results`: objects, or the rows of a Logs Insights query. A row is an array of objects with
    /// `field` and `value`, and `@message` is the field with the record.
    pub(super) fn add_rows(&mut self, results: &[u8], at: usize) {
        let (mut rows, mut is_empty) = (elements(results), true);
        for range in rows.by_ref() {
            is_empty = false;
            let element = results.get(range.clone()).unwrap_or_default();
            let (start, end) = (at + range.start, at + range.end);
            match element.first() {
                Some(b'{') => self.nested.push(start..end),
                Some(b'[') => self.add_cells(element, start),
                _ => self.others.push(start..end),
            }
        }
        match rows.unread() {
            Some(unread) => self.texts.push(Carried::NotJson(at + unread)),
            // A query that found nothing.
            None if is_empty => self.texts.push(Carried::Text(b"[]".to_vec(), at..at + results.len())),
            None => {}
        }
    }

    fn add_cells(&mut self, row: &[u8], at: usize) {
        let mut cells = elements(row);
        for range in cells.by_ref() {
            let cell = row.get(range.clone()).unwrap_or_default();
            let start = at + range.start;
            if cell.first() != Some(&b'{') {
                self.others.push(start..at + range.end);
                continue;
            }
            let is_name = |name: &[u8]| matches!(name, b"\"@message\"" | b"\"message\"");
            let is_message = members(cell).any(|(key, name)| key == b"field" && cell.get(name).is_some_and(is_name));
            let mut all = members(cell);
            for (key, value) in all.by_ref() {
                let (string, place) =
                    (cell.get(value.clone()).unwrap_or_default(), start + value.start..start + value.end);
                match string.first() {
                    // The name looks like a member of a record.
                    _ if key == b"field" && !string.contains(&b'{') => {}
                    _ if !is_message || key != b"value" => self.others.push(place),
                    // Rows may be equal, if an event is in two log groups.
                    Some(b'{' | b'[') => self.texts.push(Carried::Json(place)),
                    _ => {
                        let start = place.start;
                        self.texts.push(text(string, place, false).unwrap_or(Carried::NotRecord(start)));
                    }
                }
            }
            self.add_unread(all.unread(), start);
        }
        self.add_unread(cells.unread(), at);
    }
}
