//! The table of settings, as text for `--help` and as Markdown for the README.

use program_kit::text::wrapped;

use super::table::SETTINGS;

/// The width of help text.
const WIDTH: usize = 100;
/// The indentation of a setting's description.
const INDENT: usize = 6;

/// Returns all settings, for `--help`.
pub(crate) fn help() -> String {
    let settings = layered_settings::help(SETTINGS, |text| wrapped(text, INDENT, WIDTH));
    format!("Settings (in an INI file: KEY under [SECTION]):\n{settings}")
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
        let expected = layered_settings::markdown(SETTINGS);
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
