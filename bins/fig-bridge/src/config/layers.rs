//! The layers of the configuration, the later winning: defaults, files, the environment, flags.

use super::closest;
use super::ini::{self, DEFAULT_SECTION};
use super::interpolate::{Named, interpolate};
use super::mistake::{Mistake, Place};
use super::rows::{CLIENT_ID, CLIENT_SECRET, OTHER_SECTIONS, ROWS, Row, row};
use super::{search, slips};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Where the configuration is read from.
pub(crate) struct Sources<'a> {
    /// The later one wins. All of them have to be there.
    pub(crate) files: Vec<PathBuf>,
    /// The environment; an empty variable counts as none.
    pub(crate) env: &'a dyn Fn(&str) -> Option<OsString>,
    /// What was typed; the last one wins.
    pub(crate) flags: Vec<Override>,
}

/// A setting that was typed. It may be a secret, so there is no `Debug`.
pub(crate) struct Override {
    /// As it was typed: `section.key`.
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) flag: &'static str,
}

/// Everything that was set, and what is to be said about it.
pub(super) struct Layers {
    values: BTreeMap<(String, String), Value>,
    pub(super) letter_folders: Vec<PathBuf>,
    pub(super) warnings: Vec<String>,
    pub(super) mistakes: Vec<Mistake>,
}

/// A value as it stands; it may be a secret, so there is no `Debug`.
struct Value {
    text: String,
    place: Place,
}

impl Value {
    /// Only files give `%` a meaning. FIG gives it one in the environment too, and does not start where it has none.
    fn is_literal(&self) -> bool {
        !matches!(self.place, Place::File(..))
    }
}

impl Layers {
    pub(super) fn read(sources: &Sources<'_>) -> Self {
        let letter_folders = search::letter_folders(sources.env);
        let mut layers = Self { values: BTreeMap::new(), letter_folders, warnings: Vec::new(), mistakes: Vec::new() };
        for row in ROWS {
            layers.set(row.section, row.key, row.default.to_owned(), Place::Default);
        }
        for path in &sources.files {
            layers.read_file(path);
        }
        layers.read_env(sources.env);
        for flag in &sources.flags {
            layers.read_flag(flag);
        }
        layers
    }

    fn set(&mut self, section: &str, key: &str, text: String, place: Place) {
        self.values.insert((section.to_owned(), key.to_owned()), Value { text, place });
    }

    fn read_file(&mut self, path: &Path) {
        let bytes = std::fs::read(path);
        if bytes.as_ref().is_ok_and(|bytes| is_utf16(bytes)) {
            let what = "is UTF-16, which Windows calls Unicode; save the file as UTF-8";
            self.mistakes.push(Mistake::unreadable(path.display(), what));
            return;
        }
        let text = match bytes.map(String::from_utf8) {
            Ok(Ok(text)) => text,
            Ok(Err(error)) => {
                let line = error.as_bytes().iter().take(error.utf8_error().valid_up_to()).filter(|it| **it == b'\n');
                let place = Place::File(path.to_owned(), line.count() + 1);
                self.mistakes.push(Mistake::unreadable(place, "is not UTF-8; save the file as UTF-8"));
                return;
            }
            Err(error) => {
                let what = match error.kind() {
                    ErrorKind::NotFound => "there is no such file; name another one with --config".to_owned(),
                    _ => format!("cannot be read: {error}"),
                };
                self.mistakes.push(Mistake::unreadable(path.display(), &what));
                return;
            }
        };
        let parsed = ini::parse(&text);
        for fault in parsed.faults {
            self.mistakes.push(Mistake::unreadable(Place::File(path.to_owned(), fault.line), &fault.wrong));
        }
        for (section, line) in parsed.sections {
            self.look_at_section(&section, &Place::File(path.to_owned(), line));
        }
        for entry in parsed.entries {
            let place = Place::File(path.to_owned(), entry.line);
            self.look_at_key(&entry.section, &entry.key, &place);
            self.set(&entry.section, &entry.key, entry.value, place);
        }
    }

    fn look_at_section(&mut self, section: &str, place: &Place) {
        if !is_known(section) && section != DEFAULT_SECTION && !OTHER_SECTIONS.contains(&section) {
            let near = closest::section(section).map(|near| format!("; did you mean [{near}]?")).unwrap_or_default();
            self.warnings.push(format!("{place}: the section [{section}] is not known and has no effect{near}"));
        }
    }

    fn look_at_key(&mut self, section: &str, key: &str, place: &Place) {
        if is_known(section) && row(section, key).is_none() {
            let near = closest::row(section, key).map(|near| format!("; did you mean {}?", near.name()));
            let near = near.unwrap_or_default();
            self.warnings.push(format!("{place}: {section}.{key} is not known and has no effect{near}"));
        }
    }

    fn read_env(&mut self, env: &dyn Fn(&str) -> Option<OsString>) {
        for row in ROWS {
            let Some(name) = row.env else { continue };
            let Some(value) = env(name).filter(|value| !value.is_empty()) else { continue };
            match value.into_string() {
                Ok(text) => self.set(row.section, row.key, text, Place::Env(name)),
                Err(_) => self.mistakes.push(Mistake::of(row, &Place::Env(name), "", "is not UTF-8")),
            }
        }
    }

    fn read_flag(&mut self, Override { name, value, flag }: &Override) {
        let known = name.split_once('.').and_then(|(section, key)| row(section, key));
        match known {
            Some(row) if row.secret => self.mistakes.push(Mistake::unreadable(
                flag,
                &format!(
                    "{name} is a secret, and every user of the machine can see a command line; set {} or \
                     credentials_store.store",
                    row.env.unwrap_or("it in a file")
                ),
            )),
            Some(row) => self.set(row.section, row.key, value.clone(), Place::Flag(flag)),
            None => {
                let near = name.split_once('.').and_then(|(section, key)| closest::row(section, key));
                let near = near.map(|near| format!("; did you mean {}?", near.name())).unwrap_or_default();
                self.mistakes.push(Mistake::unreadable(flag, &format!("there is no setting {name}{near}")));
            }
        }
    }

    /// What `row` is set to, without blanks around it, and where.
    pub(super) fn get(&self, row: &Row) -> Result<(String, Place), Mistake> {
        let Some(value) = self.values.get(&(row.section.to_owned(), row.key.to_owned())) else {
            return Ok((row.default.to_owned(), Place::Default));
        };
        let text = if value.is_literal() {
            value.text.clone()
        } else {
            let look_up = |key: &str| self.named(row.section, key);
            interpolate(&value.text, &look_up).map_err(|wrong| Mistake::of(row, &value.place, &value.text, &wrong))?
        };
        let text = text.trim().to_owned();
        let is_credential = row == CLIENT_ID || row == CLIENT_SECRET;
        let slip = if is_credential { slips::in_credential(&text) } else { slips::in_any(&text) };
        match slip {
            Some(wrong) => Err(Mistake::of(row, &value.place, &text, &wrong)),
            None => Ok((text, value.place.clone())),
        }
    }

    fn named(&self, section: &str, key: &str) -> Option<Named> {
        let find = |section: &str| self.values.get(&(section.to_owned(), key.to_owned()));
        let value = find(section).or_else(|| find(DEFAULT_SECTION))?;
        Some(Named { text: value.text.clone(), literal: value.is_literal() })
    }
}

/// By its byte order mark, or by the zeros beside the letters of ASCII.
fn is_utf16(bytes: &[u8]) -> bool {
    matches!(bytes, [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [0, 1..=0xFF, ..] | [1..=0xFF, 0, ..])
}

fn is_known(section: &str) -> bool {
    ROWS.iter().any(|row| row.section == section)
}
