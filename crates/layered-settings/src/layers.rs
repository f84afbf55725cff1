//! The layers of the settings, the later winning: defaults, files, the environment, flags.

use std::{collections::BTreeMap, ffi::OsString, io::ErrorKind, path::Path};

use crate::{
    Flag, Mistake, Setting, SettingOrigin, Sources, Table,
    ini::{self, DEFAULT_SECTION},
    interpolate::{Named, interpolate},
    variables,
};

/// All values, and the messages about them.
pub(crate) struct Layers {
    table: Table,
    values: BTreeMap<(String, String), Value>,
    pub(crate) warnings: Vec<String>,
    pub(crate) mistakes: Vec<Mistake>,
    /// Whether every line of every file was read. If not, a setting that seems to be missing may be in such a line.
    pub(crate) is_complete: bool,
}

/// A value before interpolation; it may be a secret, so there is no `Debug`.
struct Value {
    text: String,
    origin: SettingOrigin,
}

impl Value {
    /// Returns whether `%` has no meaning in this value. It has one only in files: secrets in variables often contain it.
    fn is_literal(&self) -> bool {
        !matches!(self.origin, SettingOrigin::File(..))
    }
}

impl Layers {
    pub(crate) fn read(table: Table, sources: &Sources<'_>) -> Self {
        let mut layers =
            Self { table, values: BTreeMap::new(), warnings: Vec::new(), mistakes: Vec::new(), is_complete: true };
        for setting in table.settings {
            layers.set(setting.section, setting.key, setting.default.to_owned(), SettingOrigin::Default);
        }
        for path in &sources.files {
            match read_text(path, table.file_flag) {
                Ok(text) => layers.read_file(path, &text),
                Err(mistake) => {
                    layers.is_complete = false;
                    layers.mistakes.push(mistake);
                }
            }
        }
        layers.read_env(sources.env);
        layers.warnings.extend(variables::misspelt(&table, sources));
        for flag in &sources.flags {
            layers.read_flag(flag);
        }
        layers
    }

    fn set(&mut self, section: &str, key: &str, text: String, origin: SettingOrigin) {
        self.values.insert((section.to_owned(), key.to_owned()), Value { text, origin });
    }

    /// Sets a value. Two values of one layer, by the two names of a setting, are a mistake.
    fn set_once(&mut self, setting: &Setting, text: String, origin: SettingOrigin) {
        let before = self.values.get(&(setting.section.to_owned(), setting.key.to_owned()));
        if let Some(before) = before.filter(|_| setting.also.is_some()).filter(|it| it.origin.is_beside(&origin))
            && before.text != text
        {
            let wrong = format!("{} sets another value; remove one of the two", before.origin);
            self.mistakes.push(Mistake::of_value(setting, &origin, &text, &wrong));
        }
        self.set(setting.section, setting.key, text, origin);
    }

    fn read_file(&mut self, path: &Path, text: &str) {
        let at = |line| SettingOrigin::File(path.to_owned(), line);
        let parsed = ini::parse(text);
        for fault in parsed.faults {
            self.is_complete &= !fault.hides_value;
            self.mistakes.push(Mistake::new(format!("{}: {}", at(fault.line), fault.wrong)));
        }
        for (section, line) in parsed.sections {
            self.check_section(&section, &at(line));
        }
        for entry in parsed.entries {
            match self.table.find(&entry.section, &entry.key) {
                Some(setting) => self.set_once(setting, entry.value, at(entry.line)),
                None => {
                    self.warn_of_key(&entry.section, &entry.key, &at(entry.line));
                    self.set(&entry.section, &entry.key, entry.value, at(entry.line));
                }
            }
        }
    }

    /// Warns about an unknown section.
    fn check_section(&mut self, section: &str, origin: &SettingOrigin) {
        let is_known = self.table.has_section(section) || self.table.other_sections.contains(&section);
        if !is_known && section != DEFAULT_SECTION {
            let hint = did_you_mean(self.table.closest_section(section).map(|near| format!("[{near}]")));
            self.warnings.push(format!("{origin}: the section [{section}] is not known and has no effect{hint}"));
        }
    }

    /// Warns about an unknown key of a known section.
    fn warn_of_key(&mut self, section: &str, key: &str, origin: &SettingOrigin) {
        if self.table.has_section(section) {
            let hint = did_you_mean(self.table.closest(section, key).map(Setting::name));
            self.warnings.push(format!("{origin}: {section}.{key} is not known and has no effect{hint}"));
        }
    }

    fn read_env(&mut self, env: &dyn Fn(&str) -> Option<OsString>) {
        let named = self.table.settings.iter().flat_map(|it| it.variables().map(move |name| (*it, name)));
        for (setting, name) in named {
            let Some(value) = env(name).filter(|value| !value.is_empty()) else { continue };
            let origin = SettingOrigin::Variable(name);
            match value.into_string() {
                Ok(text) => self.set_once(setting, text, origin),
                Err(_) => self.mistakes.push(Mistake::of_value(setting, &origin, "", "is not UTF-8")),
            }
        }
    }

    fn read_flag(&mut self, Flag { name, value, flag }: &Flag) {
        let typed = name.split_once('.');
        match typed.and_then(|(section, key)| self.table.find(section, key)) {
            Some(Setting { secret: true, section, key, variable, .. }) => {
                let variable = variable.map(|name| format!("the variable {name}, or ")).unwrap_or_default();
                self.mistakes.push(Mistake::new(format!(
                    "{flag}: {name} is a secret, and every user of the machine can see a command line; set {variable}{key} \
                     under [{section}] in a file"
                )));
            }
            Some(setting) => self.set(setting.section, setting.key, value.clone(), SettingOrigin::Flag(flag)),
            None => {
                let near = typed.and_then(|(section, key)| self.table.closest(section, key));
                let hint = did_you_mean(near.map(Setting::name));
                self.mistakes.push(Mistake::new(format!("{flag}: the setting {name} does not exist{hint}")));
            }
        }
    }

    /// Returns a setting's value without blanks around it, and its origin.
    ///
    /// # Errors
    /// Returns the mistake in it; none if it names a key that may be in a line that could not be read.
    pub(crate) fn get(&self, setting: &Setting) -> Result<(String, SettingOrigin), Option<Mistake>> {
        let Some(value) = self.values.get(&(setting.section.to_owned(), setting.key.to_owned())) else {
            return Ok((setting.default.to_owned(), SettingOrigin::Default));
        };
        let text = if value.is_literal() {
            value.text.clone()
        } else {
            let look_up = |key: &str| self.named(setting.section, key);
            interpolate(&value.text, &look_up).map_err(|error| {
                let is_mistake = self.is_complete || !error.is_key_missing;
                is_mistake.then(|| Mistake::of_value(setting, &value.origin, &value.text, &error.wrong))
            })?
        };
        let text = text.trim().to_owned();
        match (setting.slip)(&text) {
            Some(wrong) => Err(Some(Mistake::of_value(setting, &value.origin, &text, &wrong))),
            None => Ok((text, value.origin.clone())),
        }
    }

    fn named(&self, section: &str, key: &str) -> Option<Named> {
        let find = |section: &str| {
            let key = self.table.find(section, key).map_or(key, |setting| setting.key);
            self.values.get(&(section.to_owned(), key.to_owned()))
        };
        let value = find(section).or_else(|| find(DEFAULT_SECTION))?;
        Some(Named { text: value.text.clone(), literal: value.is_literal() })
    }
}

fn did_you_mean(name: Option<String>) -> String {
    name.map(|name| format!("; did you mean {name}?")).unwrap_or_default()
}

/// Reads a file as text, or returns why that failed.
fn read_text(path: &Path, file_flag: &str) -> Result<String, Mistake> {
    let bytes = std::fs::read(path).map_err(|error| {
        let wrong = match error.kind() {
            ErrorKind::NotFound => format!("there is no such file; name another one with {file_flag}"),
            ErrorKind::IsADirectory => format!("is a folder; name a file with {file_flag}"),
            _ => format!("cannot be read: {error}"),
        };
        Mistake::new(format!("{}: {wrong}", path.display()))
    })?;
    if is_utf16(&bytes) {
        let wrong = "is UTF-16, which Windows calls Unicode; save the file as UTF-8";
        return Err(Mistake::new(format!("{}: {wrong}", path.display())));
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = error.as_bytes().iter().take(error.utf8_error().valid_up_to());
        let line = good.filter(|byte| **byte == b'\n').count() + 1;
        let origin = SettingOrigin::File(path.to_owned(), line);
        Mistake::new(format!("{origin}: is not UTF-8; save the file as UTF-8"))
    })
}

/// Recognises UTF-16 by its byte order mark, or by the zeros next to ASCII letters.
fn is_utf16(bytes: &[u8]) -> bool {
    matches!(bytes, [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [0, 1..=0xFF, ..] | [1..=0xFF, 0, ..])
}
