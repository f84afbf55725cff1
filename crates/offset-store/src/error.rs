//! Why a store could not be read or written.

use std::{fmt, io, path::PathBuf};

use crate::ParseError;

/// Why a store could not be read or written. Nothing was changed, except that after a timeout ([`StoreError::Aws`]) the
/// value may have been written.
///
/// The message is complete: it names the file or parameter and the cause.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The stored data are not offsets. They stay as they are.
    #[error("{place}: {error}")]
    Unreadable {
        /// The file or parameter.
        place: String,
        /// The mistake and its position.
        error: ParseError,
    },
    /// The value is too long for the store.
    #[error("{place}: the offsets of all feeds take {size} characters, at most {limit} are allowed")]
    TooLarge {
        /// The file or parameter.
        place: String,
        /// The size in characters, which are all ASCII.
        size: usize,
        /// The limit in characters.
        limit: usize,
    },
    /// The system refused an operation on the file.
    #[error("{}: cannot {doing}: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The operation, as in "cannot read it".
        doing: &'static str,
        /// The system's error.
        error: io::Error,
    },
    /// Another process kept the file locked.
    #[error("{}: another process holds its lock", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// The parameter's type is not String.
    #[error("SSM parameter {parameter} is a {found}, and offsets are kept in a String")]
    WrongType {
        /// The parameter's name.
        parameter: String,
        /// The parameter's type.
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
    /// The operation, such as `GetParameter`.
    pub operation: &'static str,
    /// AWS's code, such as `ThrottlingException`; without an answer, `timeout` or `no connection`.
    pub code: String,
    /// AWS's message.
    pub message: String,
    /// Whether a retry may succeed: throttling, another update at the same time, 5xx, the network.
    pub transient: bool,
}

impl fmt::Display for AwsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SSM parameter {}: {}: ", self.parameter, self.operation)?;
        let Self { code, message, .. } = self;
        f.write_str(code)?;
        if !message.is_empty() && message != code {
            write!(f, ": {message}")?;
        }
        self.advice().map_or(Ok(()), |advice| write!(f, "; {advice}"))
    }
}

impl std::error::Error for AwsError {}

impl AwsError {
    /// Returns what to do about the failure, if that is known. The error's text includes it.
    #[must_use]
    pub fn advice(&self) -> Option<&'static str> {
        match self.code.as_str() {
            "AccessDeniedException" | "AccessDenied" | "NotAuthorized" => {
                Some("allow ssm:GetParameter and ssm:PutParameter on this parameter in the role's policy")
            }
            NO_CONNECTION | NO_ANSWER => Some(
                "see whether this machine reaches SSM: the network, the firewall, the region, and HTTPS_PROXY and NO_PROXY \
                 if a proxy is used",
            ),
            _ => None,
        }
    }
}

/// The code of a connection that failed or broke.
pub(crate) const NO_CONNECTION: &str = "no connection";
/// The code of an answer that did not come in time.
pub(crate) const NO_ANSWER: &str = "timeout";

impl StoreError {
    /// Returns whether the stored data are damaged, so that a person must repair them, for example with `offsets
    /// reset`.
    #[must_use]
    pub fn is_unreadable(&self) -> bool {
        matches!(self, Self::Unreadable { .. })
    }

    /// Returns whether the error's text says what to do about it.
    #[must_use]
    pub fn has_advice(&self) -> bool {
        matches!(self, Self::Aws(error) if error.advice().is_some())
    }

    /// Returns whether a retry may succeed without a change of the configuration.
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
        for code in [NO_CONNECTION, NO_ANSWER] {
            let text = of(code).to_string();
            assert!(
                text.starts_with(&format!("SSM parameter /fig/offsets: PutParameter: {code}: no; see whether")),
                "{text}"
            );
        }
        assert_eq!(of("TooManyUpdates").to_string(), "SSM parameter /fig/offsets: PutParameter: TooManyUpdates: no");
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
