//! The text by which a user names a store.

use std::{fmt, path::PathBuf, str::FromStr};

use crate::{ParameterName, ParameterNameError};

/// The store that a user chose: `ssm`, `ssm:/name`, `file:PATH` or `memory`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// An SSM parameter.
    Ssm(ParameterName),
    /// A file.
    File(PathBuf),
    /// The memory of this process.
    Memory,
}

/// Why a text does not name a store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlaceError {
    /// A store of this kind does not exist.
    #[error("`{0}` is not a store; use ssm, ssm:/name, file:PATH or memory")]
    Unknown(String),
    /// `file:` without a path.
    #[error("file: needs the path of a file after it")]
    NoPath,
    /// `ssm:` with a name that AWS does not accept.
    #[error("`{name}` cannot be the name of an SSM parameter: {error}")]
    Parameter {
        /// The name.
        name: String,
        /// The rule that the name breaks.
        error: ParameterNameError,
    },
}

/// FIG's parameter in SSM.
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

/// Writes the text that [`FromStr`] reads.
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
            ("", "`` is not a store; use ssm, ssm:/name, file:PATH or memory"),
            ("s3:x", "`s3:x` is not a store; use ssm, ssm:/name, file:PATH or memory"),
            ("memory:", "`memory:` is not a store; use ssm, ssm:/name, file:PATH or memory"),
            ("file:", "file: needs the path of a file after it"),
            ("ssm:", "`` cannot be the name of an SSM parameter: a level of the name is empty"),
            ("ssm:a/b", "`a/b` cannot be the name of an SSM parameter: a name with levels begins with /"),
        ] {
            assert_eq!(text.parse::<Place>().unwrap_err().to_string(), message);
        }
    }
}
