//! `ct-ingest fields`: prints the table of fields.

use field_extract::{Field, fields, fields_json};
use program_kit::exit::Exit;
use program_kit::stdout::print;
use program_kit::text::{Described, columns, described};

/// Prints the table for people, or as the plugin's `get_fields` returns it.
pub(crate) fn print_all(json: bool) -> anyhow::Result<Exit> {
    print(if json { fields_json() + "\n" } else { table(columns()) }.as_bytes())
}

/// Returns one line per field, or wrapped lines if `width` is given.
fn table(width: Option<usize>) -> String {
    let heading = Described { name: "FIELD".to_owned(), kind: "TYPE", about: "WHAT IT IS" };
    let rows = fields().iter().map(|field| Described {
        name: name(field),
        kind: field.kind().name(),
        about: field.description.trim_end(),
    });
    described(&std::iter::once(heading).chain(rows).collect::<Vec<_>>(), width)
}

fn name(field: &Field) -> String {
    match field.takes_index() {
        true => format!("{}[N]", field.name),
        false => field.name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The width of the longest type name, including the heading's.
    const TYPE_WIDTH: usize = 6;

    /// Returns the words of a table, without its layout.
    fn words(table: &str) -> Vec<&str> {
        table.split_whitespace().collect()
    }

    #[test]
    fn every_width_has_every_word_and_the_lines_fit() {
        let whole = table(None);
        assert_eq!(whole.lines().count(), fields().len() + 1);
        // The longest line that is not wrapped is the lower limit.
        let longest = fields().iter().map(|field| name(field).len() + 1 + TYPE_WIDTH).max().unwrap();
        for width in [20, longest, 80, 100, 200] {
            let table = table(Some(width));
            assert_eq!(words(&table), words(&whole), "{width}");
            for line in table.lines() {
                assert!(line.chars().count() <= width.max(longest), "{width}: {line}");
            }
        }
    }

    #[test]
    fn descriptions_stand_beside_their_fields_where_there_is_room() {
        assert!(table(Some(100)).lines().nth(1).unwrap().starts_with("ct.id"));
        assert!(table(Some(80)).lines().any(|line| line.starts_with("ct.name   ")), "a table in 80 columns");
        assert!(table(Some(40)).lines().any(|line| line == "ct.id string"));
    }
}
