//! Reads settings from the layers, each by its rule.

use std::collections::BTreeSet;

use crate::{Mistake, Setting, SettingOrigin, Sources, Table, layers::Layers};

/// Reads settings and collects all mistakes: after a mistake it returns `None`, and reading goes on.
pub struct SettingsReader {
    layers: Layers,
}

impl SettingsReader {
    /// Reads all layers. Mistakes are reported by [`finish`](Self::finish).
    #[must_use]
    pub fn new(table: Table, sources: &Sources<'_>) -> Self {
        Self { layers: Layers::read(table, sources) }
    }

    /// Adds a warning.
    pub fn warn(&mut self, warning: impl Into<String>) {
        self.layers.warnings.push(warning.into());
    }

    /// Adds a mistake.
    pub fn add(&mut self, mistake: Mistake) {
        self.layers.mistakes.push(mistake);
    }

    /// Adds a mistake about the value `text` of a setting.
    pub fn reject(&mut self, setting: &Setting, origin: &SettingOrigin, text: &str, wrong: &str) {
        self.add(Mistake::of_value(setting, origin, text, wrong));
    }

    /// Returns whether there is a mistake so far.
    #[must_use]
    pub fn has_mistakes(&self) -> bool {
        !self.layers.mistakes.is_empty()
    }

    /// Returns whether every line of every file was read. If not, a setting that seems to be missing may be in such a
    /// line: [`required`](Self::required) does not report it.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.layers.is_complete
    }

    /// Returns all mistakes, each once, and all warnings.
    #[must_use]
    pub fn finish(self) -> (Vec<Mistake>, Vec<String>) {
        let mut mistakes: Vec<Mistake> = Vec::new();
        for mistake in self.layers.mistakes {
            // A setting that several others depend on is read more than once.
            if !mistakes.contains(&mistake) {
                mistakes.push(mistake);
            }
        }
        (mistakes, self.layers.warnings)
    }

    /// Returns the value and its origin.
    pub fn text(&mut self, setting: &Setting) -> Option<(String, SettingOrigin)> {
        self.layers.get(setting).map_err(|mistake| self.layers.mistakes.extend(mistake)).ok()
    }

    /// Returns the value; `None` if it is empty.
    pub fn optional(&mut self, setting: &Setting) -> Option<String> {
        self.text(setting).map(|(text, _)| text).filter(|text| !text.is_empty())
    }

    /// Returns the value. If it is empty, that is a mistake, because of `why`.
    pub fn required(&mut self, setting: &Setting, why: &str) -> Option<String> {
        self.required_as(setting, why, |text| Some(text.to_owned()))
    }

    /// Returns the parsed value. If it is empty, that is a mistake, because of `why`.
    pub fn required_as<T>(&mut self, setting: &Setting, why: &str, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let (text, origin) = self.text(setting)?;
        if text.is_empty() {
            // With a file that cannot be read, this would be one more message for the same mistake.
            if self.is_complete() {
                self.add(Mistake::not_set(setting, why));
            }
            return None;
        }
        self.parsed(setting, &text, &origin, parse)
    }

    /// Returns the parsed value; `None` if it is empty.
    pub fn optional_as<T>(&mut self, setting: &Setting, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let (text, origin) = self.text(setting).filter(|(text, _)| !text.is_empty())?;
        self.parsed(setting, &text, &origin, parse)
    }

    /// Returns the parsed value. An empty value is parsed like any other.
    pub fn always_as<T>(&mut self, setting: &Setting, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let (text, origin) = self.text(setting)?;
        self.parsed(setting, &text, &origin, parse)
    }

    fn parsed<T>(
        &mut self,
        setting: &Setting,
        text: &str,
        origin: &SettingOrigin,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let found = parse(text);
        if found.is_none() {
            let default = match (text, setting.default) {
                ("", default) if !default.is_empty() => format!("; leave it out for {default}"),
                _ => String::new(),
            };
            let hint = (setting.hint)(text).map(|hint| format!("; {hint}")).unwrap_or_default();
            self.reject(setting, origin, text, &format!("must be {}{default}{hint}", setting.rule));
        }
        found
    }

    /// Returns a whole number in the range of the setting's rule.
    pub fn number<T: TryFrom<u64>>(&mut self, setting: &Setting) -> Option<T> {
        self.always_as(setting, |text| setting.rule.number(text)?.try_into().ok())
    }

    /// Returns `true` or `false`.
    pub fn flag(&mut self, setting: &Setting) -> Option<bool> {
        self.always_as(setting, |text| text.parse().ok())
    }

    /// Returns the words of a list that the setting's rule knows. Each other word is a mistake.
    pub fn words(&mut self, setting: &Setting) -> Option<BTreeSet<&'static str>> {
        let known = |word: &str| setting.rule.words().iter().copied().find(|known| *known == word);
        self.list(setting, known, |_| None)
    }

    /// Returns the words of a list that `parse` knows. Each other word is a mistake, for which `refuse` may return a text
    /// of its own. The known words are returned even then, so that settings that depend on them are checked too.
    pub fn list<T: Ord>(
        &mut self,
        setting: &Setting,
        parse: impl Fn(&str) -> Option<T>,
        refuse: impl Fn(&str) -> Option<String>,
    ) -> Option<BTreeSet<T>> {
        let (text, origin) = self.text(setting)?;
        let mut found = BTreeSet::new();
        for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            if let Some(known) = parse(word) {
                found.insert(known);
                continue;
            }
            let wrong = refuse(word).unwrap_or_else(|| unknown_word(setting, word));
            self.reject(setting, &origin, &text, &wrong);
        }
        Some(found)
    }
}

fn unknown_word(setting: &Setting, word: &str) -> String {
    match setting.rule.words().iter().find(|known| known.eq_ignore_ascii_case(word)) {
        Some(known) => format!("write {known}, not {word}"),
        None => format!("{word} is unknown; must be {}", setting.rule),
    }
}
