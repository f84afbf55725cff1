//! `ct-ingest fields`: the table of fields.

use field_extract::{Field, fields, fields_json};
use program_kit::exit::Exit;
use program_kit::stdout::print;
use program_kit::text::{columns, wrapped};

/// The columns of the longest name of a type, which is also that of the heading's.
const TYPE_WIDTH: usize = 6;
/// Blanks between two columns.
const GAP: usize = 2;
/// A description in fewer columns than this is hard to read; it then comes below its field.
const NARROWEST: usize = 30;
/// How far it is indented there.
const BELOW: usize = 4;

/// Prints the table for people, or as the plugin's `get_fields` gives it.
pub(crate) fn print_all(json: bool) -> anyhow::Result<Exit> {
    print(if json { fields_json() + "\n" } else { table(columns()) }.as_bytes())
}

/// One line a field; where `width` is given, as many lines as fit.
fn table(width: Option<usize>) -> String {
    let names = fields().iter().map(|field| name(field).len()).max().unwrap_or(0);
    let indent = names + GAP + TYPE_WIDTH + GAP;
    let heading = ("FIELD".to_owned(), "TYPE", "WHAT IT IS");
    let rows = fields().iter().map(|field| (name(field), field.kind().name(), field.description.trim_end()));
    let mut text = String::new();
    for (name, kind, about) in std::iter::once(heading).chain(rows) {
        match width {
            Some(width) if width < indent + NARROWEST => {
                text.extend([&name, " ", kind, "\n"]);
                text.extend(wrapped(about, BELOW, width).into_iter().map(|line| line + "\n"));
            }
            Some(width) => {
                let lines = wrapped(about, indent, width).join("\n");
                text.push_str(&format!("{name:names$}  {kind:TYPE_WIDTH$}  {}\n", lines.trim_start()));
            }
            None => text.push_str(&format!("{name:names$}  {kind:TYPE_WIDTH$}  {about}\n")),
        }
    }
    text
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

    /// The words of a table, whatever its form.
    fn words(table: &str) -> Vec<&str> {
        table.split_whitespace().collect()
    }

    #[test]
    fn every_width_has_every_word_and_the_lines_fit() {
        let whole = table(None);
        assert_eq!(whole.lines().count(), fields().len() + 1);
        // The longest line that is not wrapped decides how narrow it can be.
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
        assert!(table(Some(40)).lines().any(|line| line == "ct.id string"));
    }
}
