//! Mistakes in settings, with their place and what would be right.

use std::{fmt, path::PathBuf};

use crate::Setting;

/// The longest value that a message shows: a mistake is one line.
const LONGEST_VALUE: usize = 80;

/// The origin of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SettingOrigin {
    /// The program's default.
    Default,
    /// A line, counted from 1, of a file.
    File(PathBuf, usize),
    /// An environment variable.
    Variable(&'static str),
    /// A flag on the command line.
    Flag(&'static str),
}

impl SettingOrigin {
    /// Returns whether both are in the same file, or both are variables.
    pub(crate) fn is_beside(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::File(path, _), Self::File(other, _)) => path == other,
            (Self::Variable(_), Self::Variable(_)) => true,
            _ => false,
        }
    }
}

impl fmt::Display for SettingOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path, line) => write!(f, "{}:{line}", path.display()),
            Self::Variable(name) | Self::Flag(name) => f.write_str(name),
        }
    }
}

/// A mistake, as one line. It never contains a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake(String);

impl Mistake {
    /// Returns a mistake with this text, which must not contain a secret.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the mistake's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns a mistake of the value `text` of a setting.
    pub(crate) fn of_value(setting: &Setting, origin: &SettingOrigin, text: &str, wrong: &str) -> Self {
        let name = setting.name();
        if *origin == SettingOrigin::Default {
            return Self(format!("{name}: {wrong}"));
        }
        let value = match (setting.secret, text) {
            (true, _) => String::new(),
            (false, "") => " is empty".to_owned(),
            (false, text) => format!(" = {}", shortened(text)),
        };
        Self(format!("{origin}: {name}{value}: {wrong}"))
    }

    /// Returns the mistake of a setting that must be set and is not.
    pub(crate) fn not_set(setting: &Setting, why: &str) -> Self {
        let Setting { section, key, .. } = setting;
        let variable = setting.variable.map(|name| format!(", or the variable {name}")).unwrap_or_default();
        Self(format!("{}: is not set; {why}: set {key} under [{section}]{variable}", setting.name()))
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Returns the beginning of a value, on one line.
fn shortened(text: &str) -> String {
    let line: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    match line.char_indices().nth(LONGEST_VALUE) {
        Some((end, _)) => format!("{}...", line.get(..end).unwrap_or_default()),
        None => line,
    }
}
