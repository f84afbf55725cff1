//! Why a store could not be read or written.

use std::{fmt, io, path::PathBuf};

use crate::ParseError;

/// Why a store could not be read or written. Nothing was changed, except where [`StoreError::Aws`] is a timeout: then
/// the value may have been written.
///
/// The message is whole: it names the file or parameter, and the cause with it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// What is stored is not offsets. It stays as it is.
    #[error("{place}: {error}")]
    Unreadable {
        /// The file or parameter.
        place: String,
        /// What is wrong, and where.
        error: ParseError,
    },
    /// The value to store is longer than the store takes.
    #[error("{place}: the offsets of all feeds take {size} characters, and {limit} is the most")]
    TooLarge {
        /// The file or parameter.
        place: String,
        /// In characters, all of them ASCII.
        size: usize,
        /// In characters.
        limit: usize,
    },
    /// The system refused something about the file.
    #[error("{}: cannot {doing}: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What was tried, as in "cannot read it".
        doing: &'static str,
        /// The system's answer.
        error: io::Error,
    },
    /// Another process was writing the file all the while.
    #[error("{}: another process holds its lock", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// The parameter's type is not String.
    #[error("SSM parameter {parameter} is a {found}, and offsets are kept in a String: name another parameter")]
    WrongType {
        /// Its name.
        parameter: String,
        /// Its type.
        found: String,
    },
    /// AWS refused, or did not answer.
    #[error(transparent)]
    Aws(Box<AwsError>),
}

/// A call to AWS that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AwsError {
    /// The parameter's name.
    pub parameter: String,
    /// Like `GetParameter`.
    pub operation: &'static str,
    /// AWS's code, like `ThrottlingException`; where there was no answer, what came instead: `timeout`, `no connection`.
    pub code: String,
    /// AWS's message.
    pub message: String,
    /// Whether it may go away by itself: throttling, another update at the same time, 5xx, the network.
    pub transient: bool,
}

impl fmt::Display for AwsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SSM parameter {}: {}: {}", self.parameter, self.operation, self.code)?;
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        self.advice().map_or(Ok(()), |advice| write!(f, "; {advice}"))
    }
}

impl std::error::Error for AwsError {}

impl AwsError {
    /// Returns what to do about the failure, where that is known. The error's text has it, too.
    #[must_use]
    pub fn advice(&self) -> Option<&'static str> {
        match self.code.as_str() {
            "AccessDeniedException" | "AccessDenied" | "NotAuthorized" => {
                Some("allow ssm:GetParameter and ssm:PutParameter on this parameter in the role's policy")
            }
            _ => None,
        }
    }
}

impl StoreError {
    /// Whether what is stored is damaged, so that only a person can mend it: with `offsets reset`, for one.
    #[must_use]
    pub fn is_unreadable(&self) -> bool {
        matches!(self, Self::Unreadable { .. })
    }

    /// Whether the same may succeed in a while, with nobody changing the configuration.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Aws(error) => error.transient,
            Self::Locked { .. } => true,
            Self::File { error, .. } => {
                matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::Interrupted)
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_permission_is_named() {
        let of = |code: &str| AwsError {
            parameter: "/fig/offsets".to_owned(),
            operation: "PutParameter",
            code: code.to_owned(),
            message: "no".to_owned(),
            transient: false,
        };
        let expected = "SSM parameter /fig/offsets: PutParameter: AccessDeniedException: no; allow ssm:GetParameter and \
                        ssm:PutParameter on this parameter in the role's policy";
        assert_eq!(of("AccessDeniedException").to_string(), expected);
        assert_eq!(of("timeout").to_string(), "SSM parameter /fig/offsets: PutParameter: timeout: no");
    }

    #[test]
    fn what_a_person_must_mend_is_not_transient() {
        let damaged = StoreError::Unreadable { place: "x".into(), error: crate::Offsets::parse(b"").unwrap_err() };
        assert!(damaged.is_unreadable() && !damaged.is_transient());
        let file = |kind: io::ErrorKind| StoreError::File { path: "x".into(), doing: "write it", error: kind.into() };
        assert!(file(io::ErrorKind::StorageFull).is_transient());
        assert!(!file(io::ErrorKind::PermissionDenied).is_transient());
    }
}
