//! Where offsets are kept, as a person writes it.

use std::fmt;
use std::path::PathBuf;

use offset_store::{ParameterName, Place};

/// The store for offsets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OffsetPlace {
    /// A parameter of the SSM Parameter Store. Without a region, the region of the default chain.
    Ssm {
        /// The parameter's name.
        name: ParameterName,
        /// Its region.
        region: Option<String>,
    },
    /// A file.
    File(PathBuf),
    /// The process's memory: a restart loses the offsets.
    Memory,
}

impl OffsetPlace {
    /// The form of the setting, for messages.
    pub const SHAPE: &str = "ssm, ssm:/NAME, file:PATH or memory";

    /// Returns `None` if `text` has another form, or AWS does not allow the name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.parse().ok()? {
            Place::Ssm(name) => Some(Self::Ssm { name, region: None }),
            Place::File(path) => Some(Self::File(path)),
            Place::Memory => Some(Self::Memory),
            _ => None,
        }
    }
}

/// Writes it as in a configuration.
impl fmt::Display for OffsetPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ssm { name, .. } => write!(f, "ssm:{name}"),
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Memory => f.write_str("memory"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offset_stores() {
        for text in ["ssm:/fig/offsets", "ssm:other_offsets", "file:a b/c:d", "memory"] {
            assert_eq!(OffsetPlace::parse(text).map(|kind| kind.to_string()).as_deref(), Some(text));
        }
        let ssm = OffsetPlace::parse("ssm").unwrap();
        assert_eq!(ssm.to_string(), "ssm:last_seen_offsets");
        for wrong in ["", "SSM", "ssm:", "ssm:a/b", "ssm:/aws/x", "file:", "file", "s3:x"] {
            assert_eq!(OffsetPlace::parse(wrong), None, "{wrong}");
        }
    }
}
