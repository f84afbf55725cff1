//! Reads INI files like Python's `configparser`.
//!
//! Other crates read another syntax: rust-ini keeps case, and treats quotes and backslashes as syntax; configparser
//! ends values at inline comments; neither keeps line numbers or reports repeated keys. These rules apply
//! (docs.python.org, configparser, and `RawConfigParser._read` of Python 3.11):
//!
//! - `[section]`; `key = value` or `key: value`, split at the first of the two. Keys have any case, sections their own.
//! - A line that is indented deeper than its key continues the key's value. Blank lines inside of a value belong to it.
//! - `#` and `;` begin a comment at the start of a line, indented or not, and nowhere else.
//! - A repeated section or key is a mistake, and so is a line that is neither.

use std::collections::BTreeMap;
use std::collections::btree_map;

/// The section whose values every `%(key)s` can name.
pub(crate) const DEFAULT_SECTION: &str = "DEFAULT";

/// One key with its value, which may be a secret, so there is no `Debug`.
pub(crate) struct Entry {
    pub(crate) section: String,
    /// In lower case.
    pub(crate) key: String,
    /// As written, before interpolation.
    pub(crate) value: String,
    /// Counted from 1.
    pub(crate) line: usize,
}

/// A line with a mistake. Its text is not repeated, since it may be a secret.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Counted from 1.
    pub(crate) line: usize,
    pub(crate) wrong: String,
    /// Whether a value may be lost by it.
    pub(crate) hides_value: bool,
}

/// The contents of a file, and all mistakes in it.
#[derive(Default)]
pub(crate) struct Parsed {
    pub(crate) entries: Vec<Entry>,
    /// Every section with its line, including `[DEFAULT]` and empty ones.
    pub(crate) sections: Vec<(String, usize)>,
    pub(crate) faults: Vec<Fault>,
}

/// Reads a whole file.
pub(crate) fn parse(text: &str) -> Parsed {
    // Editors on Windows write a byte order mark, and Python reads all three kinds of line ends.
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text).replace("\r\n", "\n").replace('\r', "\n");
    let mut parser = IniParser::default();
    for (line, number) in text.split('\n').zip(1..) {
        parser.read(line, number);
    }
    for entry in &mut parser.parsed.entries {
        entry.value.truncate(entry.value.trim_end().len());
    }
    parser.parsed
}

#[derive(Default)]
struct IniParser {
    parsed: Parsed,
    section: Option<String>,
    /// Whether the next line can continue the last entry.
    open: bool,
    /// The indentation of the last key or section, in characters.
    indent: usize,
    /// Whether a line before the first section is reported: one report is enough for all of them.
    is_early_reported: bool,
    /// The first line of each section and each key.
    seen: BTreeMap<(String, Option<String>), usize>,
}

impl IniParser {
    fn read(&mut self, line: &str, number: usize) {
        let value = line.trim();
        if value.starts_with(['#', ';']) {
            return;
        }
        if value.is_empty() {
            self.continue_value(value);
            return;
        }
        let indent = line.chars().take_while(|letter| letter.is_whitespace()).count();
        if self.open && indent > self.indent {
            self.continue_value(value);
            return;
        }
        self.indent = indent;
        if let Some(name) = section_name(value) {
            self.begin_section(name, number);
        } else if let Some((name, wrong)) = half_section(value) {
            // The keys below belong to this section, whatever it lacks.
            self.begin_section(name, number);
            self.fault(number, wrong.to_owned());
        } else {
            self.begin_entry(value, number);
        }
    }

    fn continue_value(&mut self, value: &str) {
        if let Some(entry) = self.parsed.entries.last_mut().filter(|_| self.open) {
            entry.value.push('\n');
            entry.value.push_str(value);
        }
    }

    fn begin_section(&mut self, name: &str, line: usize) {
        self.open = false;
        self.section = Some(name.to_owned());
        self.parsed.sections.push((name.to_owned(), line));
        // Python allows [DEFAULT] twice.
        if name != DEFAULT_SECTION {
            self.reject_repeat((name.to_owned(), None), line, &format!("[{name}]"));
        }
    }

    fn begin_entry(&mut self, text: &str, line: usize) {
        let Some(section) = self.section.clone() else {
            if !std::mem::replace(&mut self.is_early_reported, true) {
                self.fault(line, "is before the first [section]".to_owned());
            }
            return;
        };
        let Some((key, value)) = text.split_once(['=', ':']) else {
            let hint = "is neither [section] nor key = value (indent a line to continue a value)";
            self.fault(line, hint.to_owned());
            return;
        };
        let key = key.trim().to_lowercase();
        if key.is_empty() {
            self.fault(line, "has no key before its = or :".to_owned());
            return;
        }
        self.reject_repeat((section.clone(), Some(key.clone())), line, &format!("{section}.{key}"));
        self.parsed.entries.push(Entry { section, key, value: value.trim().to_owned(), line });
        self.open = true;
    }

    fn reject_repeat(&mut self, what: (String, Option<String>), line: usize, name: &str) {
        match self.seen.entry(what) {
            btree_map::Entry::Vacant(entry) => {
                entry.insert(line);
            }
            btree_map::Entry::Occupied(first) => {
                let wrong = format!("{name} is in line {} too; remove one of the two", first.get());
                self.parsed.faults.push(Fault { line, wrong, hides_value: false });
            }
        }
    }

    fn fault(&mut self, line: usize, wrong: String) {
        self.parsed.faults.push(Fault { line, wrong, hides_value: true });
    }
}

/// Returns everything up to the last `]`, like Python, which ignores the rest of the line.
fn section_name(value: &str) -> Option<&str> {
    let (name, _) = value.strip_prefix('[')?.rsplit_once(']')?;
    (!name.is_empty()).then_some(name)
}

/// Returns the name in a section's line that lacks one bracket, and what it lacks.
fn half_section(value: &str) -> Option<(&str, &'static str)> {
    let (name, wrong) = match (value.strip_prefix('['), value.strip_suffix(']')) {
        (Some(name), None) => (name, "begins a [section], but has no ] at its end"),
        (None, Some(name)) => (name, "ends a [section], but has no [ at its beginning"),
        _ => return None,
    };
    let name = name.trim();
    (!name.is_empty() && !name.contains(['=', ':', '[', ']'])).then_some((name, wrong))
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;
    use std::fmt::Write;

    #[expect(clippy::needless_pass_by_value, reason = "as expect! gives it")]
    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let parsed = parse(text);
        let mut found = String::new();
        for Entry { section, key, value, line } in &parsed.entries {
            writeln!(found, "{line} {section}.{key} {value:?}").unwrap();
        }
        for Fault { line, wrong, .. } in &parsed.faults {
            writeln!(found, "{line} fault: {wrong}").unwrap();
        }
        expected.assert_eq(&found);
    }

    #[test]
    fn keys_and_delimiters() {
        check(
            "[main]\nBackends = A\nworker_threads:4\n a b =c=d:e \nurl: http://h:1\nempty =\n",
            expect![[r#"
                2 main.backends "A"
                3 main.worker_threads "4\na b =c=d:e"
                5 main.url "http://h:1"
                6 main.empty ""
            "#]],
        );
    }

    #[test]
    fn a_comment_takes_a_whole_line() {
        check(
            "# one\n[a] ; no matter\n; two\n  # three\nkey = value # kept ; kept\n",
            expect![[r#"
                5 a.key "value # kept ; kept"
            "#]],
        );
    }

    #[test]
    fn values_continue_value_over_indented_lines_blanks_and_comments() {
        check(
            "[a]\nkey = one\n  two\n\n# not this\n\tthree\n\nother = x\n  y=z\n  [w]\n\n[b]\n  deep = 1\n  even = 2\n    more\n",
            expect![[r#"
                2 a.key "one\ntwo\n\nthree"
                8 a.other "x\ny=z\n[w]"
                13 b.deep "1"
                14 b.even "2\nmore"
            "#]],
        );
    }

    #[test]
    fn line_ends_and_byte_order_marks_are_allowed() {
        check(
            "\u{FEFF}[a]\r\nkey = 1\rother = 2\r\n",
            expect![[r#"
                2 a.key "1"
                3 a.other "2"
            "#]],
        );
    }

    #[test]
    fn every_fault_is_reported_without_its_text() {
        check(
            "secret = 1\n[a]\nsecret\n= 2\nkey = 1\nKEY = 2\n[b]\n[a]\n[DEFAULT]\n[DEFAULT]\n[]\n",
            expect![[r#"
                5 a.key "1"
                6 a.key "2"
                1 fault: is before the first [section]
                3 fault: is neither [section] nor key = value (indent a line to continue a value)
                4 fault: has no key before its = or :
                6 fault: a.key is in line 5 too; remove one of the two
                8 fault: [a] is in line 2 too; remove one of the two
                11 fault: is neither [section] nor key = value (indent a line to continue a value)
            "#]],
        );
    }

    #[test]
    fn a_section_without_one_bracket_keeps_its_keys_and_early_lines_are_reported_once() {
        check(
            "key = 0\nother = 0\n[a\nkey = 1\nb]\nkey = 2\n[c = d\n",
            expect![[r#"
                4 a.key "1"
                6 b.key "2"
                7 b.[c "d"
                1 fault: is before the first [section]
                3 fault: begins a [section], but has no ] at its end
                5 fault: ends a [section], but has no [ at its beginning
            "#]],
        );
    }

    #[test]
    fn brackets_may_hold_brackets() {
        assert_eq!(section_name("[a]b] c"), Some("a]b"));
        assert_eq!(section_name("[a"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in r"([\[\]=:;#%() a-cA-C\r\n\t]|\PC)*") {
            let lines = text.replace("\r\n", "\n").split(['\n', '\r']).count();
            let parsed = parse(&text);
            for entry in &parsed.entries {
                prop_assert!((1..=lines).contains(&entry.line) && !entry.key.is_empty());
                prop_assert_eq!(entry.value.trim_end(), &entry.value);
            }
        }
    }
}
