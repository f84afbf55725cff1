//! The README's list of fields is the table's. `UPDATE_EXPECT=1` writes it.

use field_extract::{Field, fields};

const BEGIN: &str = "<!-- fields -->\n";
const END: &str = "<!-- /fields -->";

#[test]
fn the_list_of_fields_is_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = std::fs::read_to_string(path).unwrap();
    let (before, rest) = readme.split_once(BEGIN).expect("where the list begins");
    let (_, after) = rest.split_once(END).expect("where the list ends");
    let rows: String = fields().iter().map(row).collect();
    let expected =
        format!("{before}{BEGIN}| field | type | description | read from |\n|---|---|---|---|\n{rows}{END}{after}");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(path, &expected).unwrap();
    } else {
        assert!(
            readme == expected,
            "README.md is behind the table: UPDATE_EXPECT=1 cargo test -p field-extract --test readme"
        );
    }
}

fn row(field: &Field) -> String {
    let from: Vec<String> = field.from.iter().map(|place| format!("`{place}`")).collect();
    let argument = if field.takes_index() { "[]" } else { "" };
    // What looks like a tag or a link would be one for some readers of Markdown.
    let description = field.description.replace('<', "\\<").replace('[', "\\[");
    format!("| `{}{argument}` | {} | {description} | {} |\n", field.name, field.kind().name(), from.join(", "))
}
