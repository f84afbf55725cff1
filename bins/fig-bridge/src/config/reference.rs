//! The table of settings, as text for `--help` and as Markdown for the README.

use super::rows::{ROWS, Row};
use program_kit::text::wrapped;
use std::fmt::Write;

/// How wide help text is.
const WIDTH: usize = 100;
/// How far a setting's description is indented.
const INDENT: usize = 6;

/// All settings, for `--help`.
pub(crate) fn help() -> String {
    let mut text = String::from("Settings (in an INI file: KEY under [SECTION]):\n");
    for row in ROWS {
        // Writing into a String cannot fail.
        let _ = writeln!(text, "  {}", heading(row));
        let about = format!("{}. {}", row.about.replace('`', ""), rule(row));
        text.extend(wrapped(&about, INDENT, WIDTH).into_iter().map(|line| line + "\n"));
    }
    text.truncate(text.trim_end().len());
    text
}

fn heading(row: &Row) -> String {
    let variable = row.env.map(|name| format!(" [env: {name}]")).unwrap_or_default();
    let default = if row.default.is_empty() { String::new() } else { format!(" [default: {}]", row.default) };
    format!("{}{variable}{default}", row.name())
}

fn rule(row: &Row) -> String {
    let text = row.rule.to_string();
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase).into_iter().flatten();
    // Words that are typed as they stand.
    let is_literal = ["https", "ssm", "file", "arn", "true"].iter().any(|word| text.starts_with(word));
    let sentence: String = if is_literal { text } else { first.chain(letters).collect() };
    // A rule may end with the full stop that it allows.
    if sentence.ends_with('.') { sentence } else { sentence + "." }
}

/// All settings, for the README.
#[cfg(test)]
fn markdown() -> String {
    let mut text = String::from("| setting | variable | default | allowed | what it does |\n|---|---|---|---|---|\n");
    for row in ROWS {
        let variable = row.env.map(|name| format!("`{name}`")).unwrap_or_default();
        let default = if row.default.is_empty() { String::new() } else { format!("`{}`", row.default) };
        let new = if row.new { " (new)" } else { "" };
        let (name, rule, about) = (row.name(), row.rule, row.about);
        let _ = writeln!(text, "| `{name}`{new} | {variable} | {default} | {rule} | {about} |");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `UPDATE_EXPECT=1` writes the table into the README, as expect-test does with its own texts.
    #[test]
    fn the_readme_has_the_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
        let readme = std::fs::read_to_string(path).unwrap();
        let (before, rest) = readme.split_once("<!-- settings -->\n").expect("the README marks where the table begins");
        let (found, after) = rest.split_once("<!-- end of settings -->").expect("and where it ends");
        let expected = markdown();
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(path, format!("{before}<!-- settings -->\n{expected}<!-- end of settings -->{after}"))
                .unwrap();
            return;
        }
        assert_eq!(found, expected, "run this test with UPDATE_EXPECT=1");
    }

    #[test]
    fn every_line_of_the_help_fits() {
        for line in help().lines() {
            assert!(line.chars().count() <= WIDTH, "{line}");
        }
    }
}
