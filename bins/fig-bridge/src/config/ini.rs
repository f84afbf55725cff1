//! INI files as Python's `configparser` reads them, since that is what FIG's users have written.
//!
//! No crate does: rust-ini, for one, keeps case, takes quotes and backslashes for syntax, keeps no line numbers and lets
//! a key stand twice. What counts here (docs.python.org, configparser, and `RawConfigParser._read` of Python 3.11):
//!
//! - `[section]`; `key = value` or `key: value`, split at the first of the two; keys in any case, sections in their own.
//! - A line that is indented deeper than its key goes on with the key's value; blank lines inside of one belong to it.
//! - `#` and `;` begin a comment at the start of a line, indented or not, and nowhere else.
//! - A section or key that stands twice in one file is a mistake, and so is a line that is neither.

use std::collections::BTreeMap;
use std::collections::btree_map;

/// The section whose values can be named in `%(key)s` from everywhere.
pub(super) const DEFAULT_SECTION: &str = "DEFAULT";

/// One key with its value; a value may be a secret, so there is no `Debug`.
pub(super) struct Entry {
    pub(super) section: String,
    /// In lower case.
    pub(super) key: String,
    /// As written: not interpolated yet.
    pub(super) value: String,
    /// From 1.
    pub(super) line: usize,
}

/// A line that cannot be understood. Its text is not repeated, since it may hold a secret.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// From 1.
    pub(super) line: usize,
    pub(super) wrong: String,
}

/// What a file says, and all that is wrong with it.
#[derive(Default)]
pub(super) struct Parsed {
    pub(super) entries: Vec<Entry>,
    /// Every section with its line, `[DEFAULT]` and empty ones included.
    pub(super) sections: Vec<(String, usize)>,
    pub(super) faults: Vec<Fault>,
}

/// Reads a whole file.
pub(super) fn parse(text: &str) -> Parsed {
    // Windows' editors write a byte order mark, and Python reads all three kinds of line ends.
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text).replace("\r\n", "\n").replace('\r', "\n");
    let mut reader = Reader::default();
    for (line, number) in text.split('\n').zip(1..) {
        reader.read(line, number);
    }
    for entry in &mut reader.parsed.entries {
        entry.value.truncate(entry.value.trim_end().len());
    }
    reader.parsed
}

#[derive(Default)]
struct Reader {
    parsed: Parsed,
    section: Option<String>,
    /// Whether the last entry may go on.
    open: bool,
    /// How far the last key or section is indented, in characters.
    indent: usize,
    /// Where each section and each key was seen first.
    seen: BTreeMap<(String, Option<String>), usize>,
}

impl Reader {
    fn read(&mut self, line: &str, number: usize) {
        let value = line.trim();
        if value.starts_with(['#', ';']) {
            return;
        }
        if value.is_empty() {
            self.go_on(value);
            return;
        }
        let indent = line.chars().take_while(|letter| letter.is_whitespace()).count();
        if self.open && indent > self.indent {
            self.go_on(value);
            return;
        }
        self.indent = indent;
        if let Some(name) = section_name(value) {
            self.begin_section(name, number);
        } else {
            self.begin_entry(value, number);
        }
    }

    fn go_on(&mut self, value: &str) {
        if let Some(entry) = self.parsed.entries.last_mut().filter(|_| self.open) {
            entry.value.push('\n');
            entry.value.push_str(value);
        }
    }

    fn begin_section(&mut self, name: &str, line: usize) {
        self.open = false;
        self.section = Some(name.to_owned());
        self.parsed.sections.push((name.to_owned(), line));
        // Python lets [DEFAULT] stand twice.
        if name != DEFAULT_SECTION {
            self.only_once((name.to_owned(), None), line, &format!("[{name}]"));
        }
    }

    fn begin_entry(&mut self, text: &str, line: usize) {
        let Some(section) = self.section.clone() else {
            self.fault(line, "stands before the first [section]".to_owned());
            return;
        };
        let Some((key, value)) = text.split_once(['=', ':']) else {
            let hint = "is neither [section] nor key = value (a value that goes on must be indented)";
            self.fault(line, hint.to_owned());
            return;
        };
        let key = key.trim().to_lowercase();
        if key.is_empty() {
            self.fault(line, "has no key before its = or :".to_owned());
            return;
        }
        self.only_once((section.clone(), Some(key.clone())), line, &format!("{section}.{key}"));
        self.parsed.entries.push(Entry { section, key, value: value.trim().to_owned(), line });
        self.open = true;
    }

    fn only_once(&mut self, what: (String, Option<String>), line: usize, name: &str) {
        match self.seen.entry(what) {
            btree_map::Entry::Vacant(entry) => {
                entry.insert(line);
            }
            btree_map::Entry::Occupied(first) => {
                let wrong = format!("{name} stands in line {} already; leave one of the two out", first.get());
                self.fault(line, wrong);
            }
        }
    }

    fn fault(&mut self, line: usize, wrong: String) {
        self.parsed.faults.push(Fault { line, wrong });
    }
}

/// Everything up to the last `]`, as Python reads it; what stands behind is no matter.
fn section_name(value: &str) -> Option<&str> {
    let (name, _) = value.strip_prefix('[')?.rsplit_once(']')?;
    (!name.is_empty()).then_some(name)
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
        for Fault { line, wrong } in &parsed.faults {
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
    fn values_go_on_over_indented_lines_blanks_and_comments() {
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
    fn line_ends_and_byte_order_marks_are_no_hindrance() {
        check(
            "\u{FEFF}[a]\r\nkey = 1\rother = 2\r\n",
            expect![[r#"
                2 a.key "1"
                3 a.other "2"
            "#]],
        );
    }

    #[test]
    fn every_fault_is_told_and_no_text_is_repeated() {
        check(
            "secret = 1\n[a]\nsecret\n= 2\nkey = 1\nKEY = 2\n[b]\n[a]\n[DEFAULT]\n[DEFAULT]\n[]\n",
            expect![[r#"
                5 a.key "1"
                6 a.key "2"
                1 fault: stands before the first [section]
                3 fault: is neither [section] nor key = value (a value that goes on must be indented)
                4 fault: has no key before its = or :
                6 fault: a.key stands in line 5 already; leave one of the two out
                8 fault: [a] stands in line 2 already; leave one of the two out
                11 fault: is neither [section] nor key = value (a value that goes on must be indented)
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
