//! What is wrong with the configuration: where it stands, and what would be right.

use super::rows::Row;
use std::fmt;
use std::path::PathBuf;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The program's own.
    Default,
    /// A line, from 1, of a file.
    File(PathBuf, usize),
    /// A variable of the environment.
    Env(&'static str),
    /// A flag.
    Flag(&'static str),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path, line) => write!(f, "{}:{line}", path.display()),
            Self::Env(name) => f.write_str(name),
            Self::Flag(name) => f.write_str(name),
        }
    }
}

/// One mistake, as one line. It holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mistake(pub(super) String);

impl Mistake {
    /// `place` says something that cannot be read at all.
    pub(super) fn unreadable(place: impl fmt::Display, wrong: &str) -> Self {
        Self(format!("{place}: {wrong}"))
    }

    /// The value `text` of `row`, at `place`, is wrong.
    pub(super) fn of(row: &Row, place: &Place, text: &str, wrong: &str) -> Self {
        let name = row.name();
        if *place == Place::Default {
            return Self(format!("{name}: {wrong}"));
        }
        let value = match (row.secret, text) {
            (true, _) => String::new(),
            (false, "") => " is empty".to_owned(),
            (false, text) => format!(" = {}", shortened(text)),
        };
        Self(format!("{place}: {name}{value}: {wrong}"))
    }

    /// Something outside of the settings.
    pub(crate) fn other(error: &anyhow::Error) -> Self {
        Self(format!("{error:#}"))
    }

    /// `row` must be set and is not.
    pub(super) fn missing(row: &Row, why: &str) -> Self {
        let Row { section, key, .. } = row;
        let variable = row.env.map(|name| format!(", or the variable {name}")).unwrap_or_default();
        Self(format!("{}: is not set; {why}: set {key} under [{section}]{variable}", row.name()))
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Longer values are cut in messages; a mistake is one line.
const LONGEST_VALUE: usize = 80;

fn shortened(text: &str) -> String {
    let line: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    match line.char_indices().nth(LONGEST_VALUE) {
        Some((end, _)) => format!("{}...", line.get(..end).unwrap_or_default()),
        None => line,
    }
}
