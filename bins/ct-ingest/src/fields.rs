//! `ct-ingest fields`: the table of fields.

use field_extract::{Field, fields, fields_json};
use program_kit::exit::Exit;
use program_kit::stdout::print;

/// Prints the table for people, or as the plugin's `get_fields` gives it.
pub(crate) fn print_all(json: bool) -> anyhow::Result<Exit> {
    print(if json { fields_json() + "\n" } else { table() }.as_bytes())
}

fn table() -> String {
    let name = |field: &Field| match field.takes_index() {
        true => format!("{}[N]", field.name),
        false => field.name.to_owned(),
    };
    let width = fields().iter().map(|field| name(field).len()).max().unwrap_or(0);
    let rows = fields()
        .iter()
        .map(|field| format!("{:width$}  {:6}  {}\n", name(field), field.kind().name(), field.description.trim_end()));
    format!("{:width$}  {:6}  {}\n", "FIELD", "TYPE", "WHAT IT IS") + &rows.collect::<String>()
}
