//! How a configuration is made, and what can be wrong with it.

use crate::config::{ApiClient, Config, Start};
use crate::item::Partition;
use crate::origin::is_loopback;
use crate::region::Region;
use crate::timing::Timing;
use reqwest::header::HeaderValue;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use std::sync::Arc;
use url::Url;

/// Longest application id: "Max: 32 alphanumeric characters" in the API's description.
const MAX_APP_ID: usize = 32;

/// Something that is wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// There is no client id.
    #[error("the client id is empty")]
    ClientId,
    /// There is no client secret.
    #[error("the client secret is empty")]
    ClientSecret,
    /// The application id is not one.
    #[error("application id {0:?}: 1 to 32 letters, digits, `-`, `_` or `.` are allowed")]
    AppId(String),
    /// The base URL is not one.
    #[error("base URL: {0}")]
    BaseUrl(&'static str),
    /// An event type is not a name.
    #[error("event type {0:?}: letters, digits and `_` are allowed")]
    EventType(String),
    /// The user agent cannot be sent.
    #[error("user agent: only printable ASCII is allowed")]
    UserAgent,
    /// A time makes no sense.
    #[error("timing: {0}")]
    Timing(&'static str),
    /// The proxy's URL is not one.
    #[error("proxy: not a URL that can be used")]
    Proxy,
    /// The extra roots hold no certificate.
    #[error("root certificates: there is no certificate in PEM form among them")]
    Roots,
    /// There can be no HTTP client.
    #[error("the HTTP client: {0}")]
    Client(String),
}

/// Everything that is wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// All of it, at least one.
    pub problems: Vec<Problem>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<String> = self.problems.iter().map(Problem::to_string).collect();
        f.write_str(&all.join("; "))
    }
}

impl std::error::Error for ConfigError {}

/// Makes a [`Config`].
#[derive(Debug)]
pub struct ConfigBuilder {
    pub(crate) config: Config,
    pub(crate) problems: Vec<Problem>,
}

impl ConfigBuilder {
    /// The child account to read, for a parent's API client.
    #[must_use]
    pub fn member_cid(mut self, cid: impl Into<String>) -> Self {
        self.config.member_cid = Some(cid.into());
        self
    }

    /// The tenant's cloud, which is asked for a token first; us-1 unless told. Where the answer names another commercial
    /// cloud, that one is used, with one line in the log. The government's clouds are neither left nor entered so.
    #[must_use]
    pub fn region(mut self, region: Region) -> Self {
        self.config.region = Some(region);
        self
    }

    /// The tenant's cloud is not known: us-1 is asked for a token and says where to go. The government's clouds cannot be
    /// found so. With a [base URL](Self::base_url) no other cloud is used.
    #[must_use]
    pub fn discover_region(mut self) -> Self {
        self.config.region = None;
        self
    }

    /// The API's base URL, in place of the region's. Plain http is for loopback hosts only.
    #[must_use]
    pub fn base_url(mut self, url: &str) -> Self {
        match Url::parse(url) {
            Ok(url) => match base_url_problem(&url) {
                Some(problem) => self.problems.push(Problem::BaseUrl(problem)),
                None => self.config.base_url = Some(url),
            },
            Err(_) => self.problems.push(Problem::BaseUrl("not a URL")),
        }
        self
    }

    /// Under which name the feeds are read: one program at a time for each name. `falcon-stream` unless told.
    #[must_use]
    pub fn app_id(mut self, id: impl Into<String>) -> Self {
        self.config.app_id = id.into();
        self
    }

    /// How requests introduce themselves.
    #[must_use]
    pub fn user_agent(mut self, agent: &str) -> Self {
        match HeaderValue::from_str(agent) {
            Ok(agent) => self.config.user_agent = agent,
            Err(_) => self.problems.push(Problem::UserAgent),
        }
        self
    }

    /// Only events of these types, filtered by the service; of all types unless told.
    #[must_use]
    pub fn event_types(mut self, types: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.config.event_types = types.into_iter().map(Into::into).collect();
        self
    }

    /// How long things take.
    #[must_use]
    pub fn timing(mut self, timing: Timing) -> Self {
        self.config.timing = timing;
        self
    }

    /// Where a partition is to be read from; from the beginning unless told.
    ///
    /// It is asked before the partition is opened first, and before each opening after a time in which another program
    /// may have read it: after an empty list, and after an outage. An answer behind what was handed on already changes
    /// nothing.
    #[must_use]
    pub fn start<F, A>(mut self, start: F) -> Self
    where
        F: Fn(Partition) -> A + Send + Sync + 'static,
        A: Future<Output = Start> + Send + 'static,
    {
        self.config.starts = Arc::new(move |partition| Box::pin(start(partition)));
        self
    }

    /// Where the API client can be read again: it is asked after the service has refused the one that is known, before
    /// the next attempt. An answer of `None` keeps the known one.
    #[must_use]
    pub fn renewal<F, A>(mut self, renewal: F) -> Self
    where
        F: Fn() -> A + Send + Sync + 'static,
        A: Future<Output = Option<ApiClient>> + Send + 'static,
    {
        self.config.renewal = Some(Arc::new(move || Box::pin(renewal())));
        self
    }

    /// Root certificates, in PEM form, that are trusted besides the system's and the bundled ones: those of a company's
    /// own proxy, for one.
    #[must_use]
    pub fn roots(mut self, pem: &[u8]) -> Self {
        let found: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(pem).filter_map(Result::ok).collect();
        if found.is_empty() {
            self.problems.push(Problem::Roots);
        }
        self.config.roots.extend(found);
        self
    }

    /// The same in DER form, as a program has them that has read its files itself.
    #[must_use]
    pub fn roots_der<T: AsRef<[u8]>>(mut self, roots: impl IntoIterator<Item = T>) -> Self {
        let before = self.config.roots.len();
        self.config.roots.extend(roots.into_iter().map(|root| CertificateDer::from(root.as_ref().to_vec())));
        if self.config.roots.len() == before {
            self.problems.push(Problem::Roots);
        }
        self
    }

    /// An HTTP proxy, and the hosts not to be reached over it as `NO_PROXY` names them. The environment is not read, so a
    /// program that honours `HTTPS_PROXY` hands it over here.
    #[must_use]
    pub fn proxy(mut self, url: impl Into<SecretString>, no_proxy: impl Into<String>) -> Self {
        self.config.proxy = Some((url.into(), no_proxy.into()));
        self
    }

    /// The configuration.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once.
    pub fn build(mut self) -> Result<Config, ConfigError> {
        let config = &self.config;
        let problems = &mut self.problems;
        if config.client.id.trim().is_empty() {
            problems.push(Problem::ClientId);
        }
        if config.client.secret.expose_secret().trim().is_empty() {
            problems.push(Problem::ClientSecret);
        }
        let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if config.app_id.is_empty() || config.app_id.len() > MAX_APP_ID || !config.app_id.chars().all(good) {
            problems.push(Problem::AppId(config.app_id.clone()));
        }
        for kind in &config.event_types {
            if kind.is_empty() || !kind.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                problems.push(Problem::EventType(kind.clone()));
            }
        }
        problems.extend(timing_problems(&config.timing));
        if self.problems.is_empty() { Ok(self.config) } else { Err(ConfigError { problems: self.problems }) }
    }
}

fn base_url_problem(url: &Url) -> Option<&'static str> {
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

fn timing_problems(timing: &Timing) -> Vec<Problem> {
    let Timing { idle, retry_first, retry_cap, standby, connect, answer, relist, start_over, .. } = *timing;
    let mut problems = Vec::new();
    if [idle, retry_first, retry_cap, standby, connect, answer, relist, start_over]
        .iter()
        .any(std::time::Duration::is_zero)
    {
        problems.push(Problem::Timing("no time but `healthy` may be zero"));
    }
    // Later, and the session may have died before the answer is there.
    if !(0.1..=0.95).contains(&timing.refresh_fraction) {
        problems.push(Problem::Timing("`refresh_fraction` must be between 0.1 and 0.95"));
    }
    if retry_first > retry_cap {
        problems.push(Problem::Timing("`retry_first` must not be above `retry_cap`"));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(builder: ConfigBuilder) -> Vec<Problem> {
        builder.build().map_or_else(|error| error.problems, |_| Vec::new())
    }

    #[test]
    fn everything_wrong_is_named_at_once() {
        let found = problems(
            Config::builder(" ", "")
                .app_id("an id")
                .base_url("http://api.crowdstrike.com")
                .event_types(["A", "B,C"])
                .user_agent("a\nb")
                .timing(Timing { refresh_fraction: 1.0, ..Timing::default() }),
        );
        assert_eq!(found.len(), 7, "{found:?}");
    }

    #[test]
    fn base_urls() {
        let cases = [
            ("https://api.eu-1.crowdstrike.com", true),
            ("https://api.eu-1.crowdstrike.com/", true),
            ("http://127.0.0.1:8080", true),
            ("http://localhost:8080", true),
            ("http://[::1]:1", true),
            ("http://10.0.0.1", false),
            ("http://localhost.example.com", false),
            ("https://user@api.crowdstrike.com", false),
            ("https://api.crowdstrike.com/path", false),
            ("ftp://api.crowdstrike.com", false),
            ("api.crowdstrike.com", false),
        ];
        for (url, good) in cases {
            assert_eq!(problems(Config::builder("a", "b").base_url(url)).is_empty(), good, "{url}");
        }
    }

    #[test]
    fn application_ids() {
        for (id, good) in [
            ("fig-default-app-id", true),
            ("siem-connector-v2.0.0", true),
            ("falcon_event_stream", true),
            ("", false),
            ("a b", false),
            ("a&b", false),
            ("123456789012345678901234567890123", false),
        ] {
            assert_eq!(problems(Config::builder("a", "b").app_id(id)).is_empty(), good, "{id}");
        }
    }
}
