//! Mistakes in a configuration.

use super::timing::Timing;
use crate::api::origin::is_loopback;
use std::fmt;
use url::Url;

/// One mistake in a configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The client id is empty.
    #[error("the client id is empty")]
    ClientId,
    /// The client secret is empty.
    #[error("the client secret is empty")]
    ClientSecret,
    /// The application id is not valid.
    #[error("application id {0:?}: 1 to 32 letters, digits, `-`, `_` or `.` are allowed")]
    AppId(String),
    /// The base URL is not valid.
    #[error("base URL: {0}")]
    BaseUrl(&'static str),
    /// An event type is not a valid name.
    #[error("event type {0:?}: letters, digits and `_` are allowed")]
    EventType(String),
    /// The user agent cannot be sent in a header.
    #[error("user agent: only printable ASCII is allowed")]
    UserAgent,
    /// A time or fraction is out of range.
    #[error("timing: {0}")]
    Timing(&'static str),
    /// The proxy's URL is not valid.
    #[error("proxy: the URL cannot be used")]
    Proxy,
    /// The extra roots do not contain a certificate.
    #[error("root certificates: the text does not contain a certificate in PEM form")]
    Roots,
    /// The HTTP client cannot be built.
    #[error("the HTTP client: {0}")]
    Client(String),
}

/// All mistakes in a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The mistakes, at least one.
    pub problems: Vec<Problem>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<String> = self.problems.iter().map(Problem::to_string).collect();
        f.write_str(&all.join("; "))
    }
}

impl std::error::Error for ConfigError {}

/// The longest application id: CrowdStrike's swagger says "Max: 32 alphanumeric characters". `-`, `_` and `.` work too, and
/// are in use.
const MAX_APP_ID: usize = 32;

/// Returns whether [`ConfigBuilder::app_id`](crate::ConfigBuilder::app_id) takes the text.
#[must_use]
pub fn is_app_id(text: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=MAX_APP_ID).contains(&text.len()) && text.bytes().all(good)
}

/// Returns whether [`ConfigBuilder::event_types`](crate::ConfigBuilder::event_types) takes the name. Event types become
/// part of the stream's URL. All known ones consist of letters, digits and `_`.
#[must_use]
pub fn is_event_type(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Returns whether [`ConfigBuilder::base_url`](crate::ConfigBuilder::base_url) takes the text: a scheme, a host and a
/// port; plain http only with a loopback address, since tokens are sent there.
#[must_use]
pub fn is_base_url(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| base_url_problem(&url).is_none())
}

/// Returns what is wrong with a base URL.
pub(crate) fn base_url_problem(url: &Url) -> Option<&'static str> {
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(url) => {}
        "http" => return Some("plain http is for loopback hosts only"),
        _ => return Some("it must begin with https://"),
    }
    let more = url.query().is_some() || url.fragment().is_some() || url.path() != "/";
    let user = !url.username().is_empty() || url.password().is_some();
    (more || user || !url.has_host()).then_some("only scheme, host and port are allowed")
}

/// Returns what is wrong with the intervals.
pub(crate) fn timing_problems(timing: &Timing) -> Vec<Problem> {
    let Timing { idle, retry_first, retry_cap, standby, connect, answer, relist, start_over, .. } = *timing;
    let mut problems = Vec::new();
    if [idle, retry_first, retry_cap, standby, connect, answer, relist, start_over]
        .iter()
        .any(std::time::Duration::is_zero)
    {
        problems.push(Problem::Timing("no time but `healthy` may be zero"));
    }
    // With a larger fraction the session may end before the answer arrives.
    if !(0.1..=0.95).contains(&timing.refresh_fraction) {
        problems.push(Problem::Timing("`refresh_fraction` must be between 0.1 and 0.95"));
    }
    if retry_first > retry_cap {
        problems.push(Problem::Timing("`retry_first` must not be above `retry_cap`"));
    }
    problems
}
