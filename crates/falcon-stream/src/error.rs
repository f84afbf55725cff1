//! What goes wrong between us and the service. None of it ends the stream.

use crate::advice::advice;
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

/// A request or a feed that has failed. Its text says what was received, what that means, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{call}: {kind}{}{}{}", Said(.said), Trace(.trace), Advice(*.call, .kind))]
pub struct Error {
    /// What was being asked for.
    pub call: Call,
    /// What went wrong.
    pub kind: ErrorKind,
    /// The message of the service's own error, shortened, where it sent one.
    pub said: Option<String>,
    /// The service's `X-Cs-Traceid`, to name to its support.
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

/// What went wrong.
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
    #[error("404: there is nothing at this address")]
    NotFound,
    /// 429.
    #[error("429: too many requests; the next one is sent in {} s at the earliest", .wait.map_or(0, |wait| wait.as_secs()))]
    RateLimited {
        /// How long the service asks to wait, at most [five minutes](crate::Error).
        wait: Option<Duration>,
    },
    /// 5xx.
    #[error("{0}: the service has failed")]
    Server(u16),
    /// Another status that is not success.
    #[error("{0}: the service refuses the request")]
    Refused(u16),
    /// A redirection, which is never followed with a token.
    #[error("{status}: a redirection{}, which is not followed, because a token would go along", To(.to))]
    Redirected {
        /// 300 to 399.
        status: u16,
        /// Scheme and host that it leads to.
        to: Option<String>,
    },
    /// A web page in place of the service's answer.
    #[error("{status}: a web page{} came in place of the service's answer", Title(.title))]
    Page {
        /// The status that came with it.
        status: u16,
        /// The page's title, shortened.
        title: Option<String>,
    },
    /// The answer is compressed, although nobody asked for that.
    #[error("the answer is compressed (Content-Encoding: {0}), which was not asked for")]
    Compressed(String),
    /// The service's name leads to no address.
    #[error("{0}")]
    Dns(String),
    /// The certificate of the other side is not trusted.
    #[error("{0}")]
    Certificate(String),
    /// The other side does not speak TLS.
    #[error("{0}")]
    Tls(String),
    /// The proxy does not let the connection through.
    #[error("{0}")]
    Proxy(String),
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
}

impl Error {
    pub(crate) fn new(call: Call, kind: ErrorKind) -> Self {
        Self { call, kind, said: None, trace: None }
    }

    /// How long the service asks to wait.
    pub(crate) fn least_wait(&self) -> Option<Duration> {
        match self.kind {
            ErrorKind::RateLimited { wait } => wait,
            _ => None,
        }
    }

    /// Whether the service does not accept who asks: other credentials may help.
    pub(crate) fn is_about_credentials(&self) -> bool {
        self.call == Call::Token
            && matches!(self.kind, ErrorKind::Unauthorized | ErrorKind::Forbidden | ErrorKind::Refused(400))
    }

    /// Feeds end every now and then; that is no trouble.
    pub(crate) fn is_usual(&self) -> bool {
        matches!(self.kind, ErrorKind::Ended | ErrorKind::StartOver)
    }
}
