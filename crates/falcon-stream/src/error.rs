//! What goes wrong between us and the service. None of it ends the stream.

use crate::item::Partition;
use std::fmt;
use std::time::Duration;

/// What was being asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Call {
    /// An OAuth token.
    Token,
    /// The list of feeds.
    List,
    /// A feed, by its opening or its reading.
    Feed(Partition),
    /// That a feed's session goes on.
    Refresh(Partition),
}

impl Call {
    /// A short name for it, for metrics.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::List => "list",
            Self::Feed(_) => "feed",
            Self::Refresh(_) => "refresh",
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token => f.write_str("asking for a token"),
            Self::List => f.write_str("listing the feeds"),
            Self::Feed(partition) => write!(f, "reading feed {partition}"),
            Self::Refresh(partition) => write!(f, "refreshing the session of feed {partition}"),
        }
    }
}

/// A request or a feed that has failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{call}: {kind}{}", Trace(.trace))]
pub struct Error {
    /// What was being asked for.
    pub call: Call,
    /// What went wrong.
    pub kind: ErrorKind,
    /// The service's `X-Cs-Traceid`, to name to its support.
    pub trace: Option<String>,
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

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// 401.
    #[error("401: the token or session is not accepted")]
    Unauthorized,
    /// 403.
    #[error(
        "403: the API client needs the scope Event streams READ, id and secret must be right, this machine's address must be on the \
         tenant's API allowlist, and another program may be using the application id"
    )]
    Forbidden,
    /// 404: the session is gone.
    #[error("404: there is no such session any more")]
    NotFound,
    /// 429.
    #[error("429: too many requests; to wait at least {} s", .wait.map_or(0, |wait| wait.as_secs()))]
    RateLimited {
        /// How long the service asks to wait, at most [five minutes](crate::Error).
        wait: Option<Duration>,
    },
    /// 5xx.
    #[error("{0}: the service has failed; where it stays so, Event Streams may not be enabled for this tenant")]
    Server(u16),
    /// Another status that is not success.
    #[error("{0}: the service refuses")]
    Refused(u16),
    /// A redirection, which is never followed with a token.
    #[error("{0}: a redirection, which is not followed with a token; is the region right?")]
    Redirected(u16),
    /// There is no connection, or it broke.
    #[error("no connection: {0}")]
    Network(String),
    /// There was no answer in time.
    #[error("no answer in time")]
    TimedOut,
    /// The answer makes no sense.
    #[error("the answer is {0}")]
    Answer(&'static str),
    /// A list names a place that must not be sent a token.
    #[error("the list speaks of {0}, which is not of the API's own domain and is not sent a token")]
    Untrusted(String),
    /// The feed said nothing for too long.
    #[error("nothing was received for {} s, not even a keep-alive", .0.as_secs_f32())]
    Idle(Duration),
    /// The service ended the feed, as it does from time to time.
    #[error("the service has ended the feed")]
    Ended,
    /// The feed was given up so that all can be listed together.
    #[error("given up so that all feeds can be listed together")]
    StartOver,
    /// The task has failed, which is a mistake in this crate.
    #[error("the task has failed")]
    Panicked,
}

impl ErrorKind {
    /// A short name for it, for metrics.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::RateLimited { .. } => "rate_limited",
            Self::Server(_) => "server",
            Self::Refused(_) => "refused",
            Self::Redirected(_) => "redirected",
            Self::Network(_) => "network",
            Self::TimedOut => "timed_out",
            Self::Answer(_) => "answer",
            Self::Untrusted(_) => "untrusted",
            Self::Idle(_) => "idle",
            Self::Ended => "ended",
            Self::StartOver => "start_over",
            Self::Panicked => "panicked",
        }
    }
}

impl Error {
    pub(crate) fn new(call: Call, kind: ErrorKind) -> Self {
        Self { call, kind, trace: None }
    }

    /// How long the service asks to wait.
    pub(crate) fn least_wait(&self) -> Option<Duration> {
        match self.kind {
            ErrorKind::RateLimited { wait } => wait,
            _ => None,
        }
    }

    /// Feeds end every now and then; that is no trouble.
    pub(crate) fn is_usual(&self) -> bool {
        matches!(self.kind, ErrorKind::Ended | ErrorKind::StartOver)
    }
}
