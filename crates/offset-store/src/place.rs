//! Which store, as a user names it.

use std::{fmt, path::PathBuf, str::FromStr};

use crate::{ParameterName, ParameterNameError};

/// A store as a user names it: `ssm`, `ssm:/name`, `file:PATH` or `memory`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// An SSM parameter.
    Ssm(ParameterName),
    /// A file.
    File(PathBuf),
    /// This process's memory.
    Memory,
}

/// Why a text names no store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlaceError {
    /// No store of this kind.
    #[error("`{0}` is no store; those there are: ssm, ssm:/name, file:PATH, memory")]
    Unknown(String),
    /// `file:` without a path.
    #[error("file: wants the path of a file after it")]
    NoPath,
    /// `ssm:` with a name that AWS does not take.
    #[error("`{name}` is no name of an SSM parameter: {error}")]
    Parameter {
        /// The name.
        name: String,
        /// What is wrong with it.
        error: ParameterNameError,
    },
}

/// The original's parameter in SSM.
impl Default for Place {
    fn default() -> Self {
        Self::Ssm(ParameterName::default())
    }
}

impl FromStr for Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        match text.split_once(':') {
            None if text == "ssm" => Ok(Self::default()),
            None if text == "memory" => Ok(Self::Memory),
            Some(("file", "")) => Err(PlaceError::NoPath),
            Some(("file", path)) => Ok(Self::File(path.into())),
            Some(("ssm", name)) => ParameterName::new(name)
                .map(Self::Ssm)
                .map_err(|error| PlaceError::Parameter { name: name.to_owned(), error }),
            _ => Err(PlaceError::Unknown(text.to_owned())),
        }
    }
}

/// As it is read.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ssm(name) => write!(f, "ssm:{name}"),
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Memory => f.write_str("memory"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_store_has_a_name() {
        for (text, shown) in [
            ("ssm", "ssm:last_seen_offsets"),
            ("ssm:/fig/offsets", "ssm:/fig/offsets"),
            ("ssm:offsets", "ssm:offsets"),
            ("file:a:b.json", "file:a:b.json"),
            ("memory", "memory"),
        ] {
            let place: Place = text.parse().unwrap();
            assert_eq!(place.to_string(), shown);
            assert_eq!(shown.parse(), Ok(place));
        }
        for (text, message) in [
            ("", "`` is no store; those there are: ssm, ssm:/name, file:PATH, memory"),
            ("s3:x", "`s3:x` is no store; those there are: ssm, ssm:/name, file:PATH, memory"),
            ("memory:", "`memory:` is no store; those there are: ssm, ssm:/name, file:PATH, memory"),
            ("file:", "file: wants the path of a file after it"),
            ("ssm:", "`` is no name of an SSM parameter: a level of the name is empty"),
            ("ssm:a/b", "`a/b` is no name of an SSM parameter: a name with levels begins with /"),
        ] {
            assert_eq!(text.parse::<Place>().unwrap_err().to_string(), message);
        }
    }
}
