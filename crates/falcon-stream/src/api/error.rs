//! Failures of requests and feeds. No failure ends the stream.

mod advice;
mod kind;

pub use kind::{Call, ErrorKind};

use advice::advice;
use std::fmt;
use std::time::Duration;

/// A failed request or feed. The text says what was received, what it means, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{call}: {kind}{}{}{}", Said(.said), Trace(.trace), Advice(*.call, .kind))]
pub struct Error {
    /// The request that failed.
    pub call: Call,
    /// The kind of failure.
    pub kind: ErrorKind,
    /// The message of the service's own error, shortened, if it sent one.
    pub said: Option<String>,
    /// The service's `X-Cs-Traceid`, for its support.
    pub trace: Option<String>,
}

struct Said<'a>(&'a Option<String>);

impl fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(said) => write!(f, " (the service says: {said})"),
            None => Ok(()),
        }
    }
}

struct Trace<'a>(&'a Option<String>);

impl fmt::Display for Trace<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(trace) => write!(f, " (trace {trace})"),
            None => Ok(()),
        }
    }
}

struct Advice<'a>(Call, &'a ErrorKind);

impl fmt::Display for Advice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match advice(self.0, self.1) {
            Some(advice) => write!(f, "; {advice}"),
            None => Ok(()),
        }
    }
}

impl Error {
    pub(crate) fn new(call: Call, kind: ErrorKind) -> Self {
        Self { call, kind, said: None, trace: None }
    }

    /// Returns the error for an answer with status 200 that contains an error of the service.
    pub(crate) fn inside(call: Call, code: Option<u16>, said: String) -> Self {
        let without = || ErrorKind::Answer("is an error, although its status is success".to_owned());
        let kind = code.map_or_else(without, |code| ErrorKind::of_status(code, None));
        Self { said: Some(said).filter(|said| !said.is_empty()), ..Self::new(call, kind) }
    }

    /// Returns the wait that the service asks for.
    pub(crate) fn least_wait(&self) -> Option<Duration> {
        match self.kind {
            ErrorKind::RateLimited { wait } => wait,
            _ => None,
        }
    }

    /// Returns whether the service refuses the credentials, so that other ones may help.
    pub(crate) fn is_about_credentials(&self) -> bool {
        self.call == Call::Token
            && matches!(self.kind, ErrorKind::Unauthorized | ErrorKind::Forbidden | ErrorKind::Refused(400))
    }

    /// Returns whether the feed ended normally. Feeds end from time to time.
    pub(crate) fn is_usual(&self) -> bool {
        matches!(self.kind, ErrorKind::Ended | ErrorKind::StartOver)
    }
}
