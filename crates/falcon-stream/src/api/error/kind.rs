//! The kinds of calls and failures.

use crate::partition::Partition;
use std::fmt;
use std::time::Duration;

/// The request that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Call {
    /// An OAuth token.
    Token,
    /// The list of feeds.
    List,
    /// Opening or reading a feed.
    Feed(Partition),
    /// Refreshing the session of a feed.
    Refresh(Partition),
}

impl Call {
    /// Returns a short name for metrics.
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

/// The kind of failure.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// 401.
    #[error("401: the id and secret, or the token, are not accepted")]
    Unauthorized,
    /// 403.
    #[error("403: the service refuses access")]
    Forbidden,
    /// 404.
    #[error("404: the service has nothing at this address")]
    NotFound,
    /// 429.
    #[error("429: too many requests; the next one is sent in {} s at the earliest", .wait.map_or(0, |wait| wait.as_secs()))]
    RateLimited {
        /// The wait that the service asks for, at most five minutes.
        wait: Option<Duration>,
    },
    /// 5xx.
    #[error("{0}: the service has failed")]
    Server(u16),
    /// Any other status except success.
    #[error("{0}: the service refuses the request")]
    Refused(u16),
    /// A redirection. It is not followed, because the token would go along.
    #[error("{status}: a redirection{}, which is not followed because the token would be sent along", To(.to))]
    Redirected {
        /// 300 to 399.
        status: u16,
        /// The scheme and host of the target.
        to: Option<String>,
    },
    /// A web page instead of the service's answer.
    #[error("{status}: a web page{} came instead of the service's answer", Title(.title))]
    Page {
        /// The status that came with it.
        status: u16,
        /// The page's title, shortened.
        title: Option<String>,
    },
    /// The answer is compressed, which was not requested.
    #[error("the answer is compressed (Content-Encoding: {0}), which was not requested")]
    Compressed(String),
    /// The service's name cannot be resolved.
    #[error("{0}")]
    Dns(String),
    /// The server's certificate is not trusted.
    #[error("{0}")]
    Certificate(String),
    /// The server does not speak TLS.
    #[error("{0}")]
    Tls(String),
    /// The proxy cannot be used or refuses the connection.
    #[error("{0}")]
    Proxy(String),
    /// The connection failed or broke.
    #[error("no connection: {0}")]
    Network(String),
    /// The answer did not arrive in time.
    #[error("no answer in time")]
    TimedOut,
    /// The answer cannot be used. The text says why, as words that follow "the answer".
    #[error("the answer {0}")]
    Answer(String),
    /// A list names a host that must not receive a token.
    #[error("the list names {0}, which is not in the API's own domain and does not receive a token")]
    Untrusted(String),
    /// The feed was silent for too long.
    #[error("the feed sent nothing for {} s, not even a keep-alive", .0.as_secs_f32())]
    Idle(Duration),
    /// The service ended the feed, as it does from time to time.
    #[error("the service has ended the feed")]
    Ended,
    /// The feed was closed so that all can be listed together.
    #[error("closed so that all feeds can be listed together")]
    StartOver,
    /// The task panicked, which is a bug of this crate.
    #[error("the task has failed")]
    Panicked,
}

struct To<'a>(&'a Option<String>);

impl fmt::Display for To<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(to) => write!(f, " to {to}"),
            None => Ok(()),
        }
    }
}

struct Title<'a>(&'a Option<String>);

impl fmt::Display for Title<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(title) => write!(f, " with the title \"{title}\""),
            None => Ok(()),
        }
    }
}

impl ErrorKind {
    /// Returns a short name for metrics.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::RateLimited { .. } => "rate_limited",
            Self::Server(_) => "server",
            Self::Refused(_) => "refused",
            Self::Redirected { .. } => "redirected",
            Self::Page { .. } => "page",
            Self::Compressed(_) => "compressed",
            Self::Dns(_) => "dns",
            Self::Certificate(_) => "certificate",
            Self::Tls(_) => "tls",
            Self::Proxy(_) => "proxy",
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

    /// Returns the kind of error for a status.
    pub(crate) fn of_status(status: u16, wait: Option<Duration>) -> Self {
        match status {
            401 => Self::Unauthorized,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            429 => Self::RateLimited { wait },
            500..=599 => Self::Server(status),
            _ => Self::Refused(status),
        }
    }
}
