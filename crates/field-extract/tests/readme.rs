//! Checks that the README's list of fields matches the table. `UPDATE_EXPECT=1` writes the list.

use field_extract::{Field, Kind, fields};

const BEGIN: &str = "<!-- fields -->\n";
const END: &str = "<!-- /fields -->";

#[test]
fn the_list_of_fields_is_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = std::fs::read_to_string(path).unwrap();
    let (before, rest) = readme.split_once(BEGIN).expect("where the list begins");
    let (_, after) = rest.split_once(END).expect("where the list ends");
    let rows: String = fields().iter().map(row).collect();
    let expected = format!("{before}{BEGIN}|field|read from|description|\n|---|---|---|\n{rows}{END}{after}");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(path, &expected).unwrap();
    } else {
        assert!(
            readme == expected,
            "README.md is behind the table: UPDATE_EXPECT=1 cargo test -p field-extract --test readme"
        );
    }
}

/// Fields that are read from one member and described. Most such fields are the member as text, which their description
/// only repeats.
const DESCRIBED: [&str; 8] = [
    "ct.shortsrc",
    "ct.resources",
    "ct.sessioncredentialfromconsole",
    "ec2.name",
    "ct.user.invokedby",
    "ct.user.assumedroot",
    "ct.user.sourceidentity",
    "ct.user.sessionmfa",
];

fn row(field: &Field) -> String {
    let from: Vec<String> = field.from.iter().map(|path| format!("`{path}`")).collect();
    let argument = if field.takes_index() { "[]" } else { "" };
    let is_text = from.len() == 1 && field.kind() == Kind::String && !field.list;
    let is_described = !is_text || DESCRIBED.contains(&field.name);
    // Some Markdown readers take `<` for a tag and `[` for a link.
    let description = field.description.replace('<', "\\<").replace('[', "\\[");
    let description = if is_described { description } else { String::new() };
    format!("|`{}{argument}`|{}|{description}|\n", field.name, from.join(" "))
}
