//! The stores for offsets.

use offset_store::{ParameterName, Place};
use std::fmt;
use std::path::PathBuf;

/// The store for offsets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OffsetStoreKind {
    /// A parameter of the SSM Parameter Store. Without a region, the region of the default chain.
    Ssm { name: ParameterName, region: Option<String> },
    /// A file.
    File(PathBuf),
    /// The process's memory: a restart loses the offsets.
    Memory,
}

impl OffsetStoreKind {
    /// The form of the setting, for messages.
    pub(crate) const SHAPE: &str = "ssm, ssm:/NAME, file:PATH or memory";

    /// Returns `None` if `text` has another form, or AWS does not allow the name.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text.parse().ok()? {
            Place::Ssm(name) => Some(Self::Ssm { name, region: None }),
            Place::File(path) => Some(Self::File(path)),
            Place::Memory => Some(Self::Memory),
            _ => None,
        }
    }
}

/// Writes it as in a configuration.
impl fmt::Display for OffsetStoreKind {
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
            assert_eq!(OffsetStoreKind::parse(text).map(|kind| kind.to_string()).as_deref(), Some(text));
        }
        let ssm = OffsetStoreKind::parse("ssm").unwrap();
        assert_eq!(ssm.to_string(), "ssm:last_seen_offsets");
        for wrong in ["", "SSM", "ssm:", "ssm:a/b", "ssm:/aws/x", "file:", "file", "s3:x"] {
            assert_eq!(OffsetStoreKind::parse(wrong), None, "{wrong}");
        }
    }
}
