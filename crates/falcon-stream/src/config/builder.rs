//! Builds a configuration.

use super::problem::{ConfigError, Problem, base_url_problem, is_app_id, is_event_type, timing_problems};
use super::stream::{ApiClient, Config, Start};
use super::timing::Timing;
use crate::api::region::Region;
use crate::partition::Partition;
use reqwest::header::HeaderValue;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use url::Url;

/// Builds a [`Config`].
#[derive(Debug)]
pub struct ConfigBuilder {
    pub(crate) config: Config,
    pub(crate) problems: Vec<Problem>,
}

impl Config {
    /// Returns a builder for an API client with the scope Event streams READ, with its id and secret.
    #[must_use]
    pub fn builder(client_id: impl Into<String>, client_secret: impl Into<SecretString>) -> ConfigBuilder {
        ConfigBuilder {
            config: Self {
                client: ApiClient { id: client_id.into(), secret: client_secret.into() },
                renewal: None,
                member_cid: None,
                region: Some(Region::Us1),
                base_url: None,
                app_id: "falcon-stream".to_owned(),
                user_agent: HeaderValue::from_static(concat!("falcon-stream/", env!("CARGO_PKG_VERSION"))),
                event_types: Vec::new(),
                timing: Timing::default(),
                starts: Arc::new(|_| Box::pin(std::future::ready(Start::default()))),
                proxy: None,
                secrets: Arc::default(),
                roots: Vec::new(),
            },
            problems: Vec::new(),
        }
    }
}

impl ConfigBuilder {
    /// Sets the child account to read, for a parent's API client.
    #[must_use]
    pub fn member_cid(mut self, cid: impl Into<String>) -> Self {
        self.config.member_cid = Some(cid.into());
        self
    }

    /// Sets the tenant's cloud, which is asked for a token first. The default is us-1. If the answer names another
    /// commercial cloud, that one is used, with one line in the log. Government clouds are never left or entered this
    /// way.
    #[must_use]
    pub fn region(mut self, region: Region) -> Self {
        self.config.region = Some(region);
        self
    }

    /// Discovers the tenant's cloud: us-1 is asked for a token and names the cloud. Government clouds cannot be found
    /// this way. With a [base URL](Self::base_url) no other cloud is used.
    #[must_use]
    pub fn discover_region(mut self) -> Self {
        self.config.region = None;
        self
    }

    /// Sets the API's base URL, in place of the region's. Plain http is for loopback hosts only.
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

    /// Sets the application id. One program at a time can read with an id. The default is `falcon-stream`.
    #[must_use]
    pub fn app_id(mut self, id: impl Into<String>) -> Self {
        self.config.app_id = id.into();
        self
    }

    /// Sets the `User-Agent` header of all requests.
    #[must_use]
    pub fn user_agent(mut self, agent: &str) -> Self {
        match HeaderValue::from_str(agent) {
            Ok(agent) => self.config.user_agent = agent,
            Err(_) => self.problems.push(Problem::UserAgent),
        }
        self
    }

    /// Reads only events of these types; the service filters them. The default is all types.
    #[must_use]
    pub fn event_types(mut self, types: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.config.event_types = types.into_iter().map(Into::into).collect();
        self
    }

    /// Sets intervals and timeouts.
    #[must_use]
    pub fn timing(mut self, timing: Timing) -> Self {
        self.config.timing = timing;
        self
    }

    /// Sets the function that says where a partition starts. The default is the beginning.
    ///
    /// The function is called before a partition is opened for the first time, and before each opening after a time in
    /// which another program may have read it: after an empty list, and after an outage. An answer below the last event
    /// that was handed out changes nothing.
    #[must_use]
    pub fn start<F, A>(mut self, start: F) -> Self
    where
        F: Fn(Partition) -> A + Send + Sync + 'static,
        A: Future<Output = Start> + Send + 'static,
    {
        self.config.starts = Arc::new(move |partition| Box::pin(start(partition)));
        self
    }

    /// Sets the function that reads the API client again. It is called after the service has refused the known client,
    /// before the next attempt. `None` keeps the known client.
    #[must_use]
    pub fn renewal<F, A>(mut self, renewal: F) -> Self
    where
        F: Fn() -> A + Send + Sync + 'static,
        A: Future<Output = Option<ApiClient>> + Send + 'static,
    {
        self.config.renewal = Some(Arc::new(move || Box::pin(renewal())));
        self
    }

    /// Adds root certificates, in PEM form, to the system's and the bundled ones: for example those of a company's own
    /// proxy.
    #[must_use]
    pub fn roots(mut self, pem: &[u8]) -> Self {
        let found: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(pem).filter_map(Result::ok).collect();
        if found.is_empty() {
            self.problems.push(Problem::Roots);
        }
        self.config.roots.extend(found);
        self
    }

    /// Adds root certificates in DER form, for programs that read certificate files themselves.
    #[must_use]
    pub fn roots_der<T: AsRef<[u8]>>(mut self, roots: impl IntoIterator<Item = T>) -> Self {
        let before = self.config.roots.len();
        self.config.roots.extend(roots.into_iter().map(|root| CertificateDer::from(root.as_ref().to_vec())));
        if self.config.roots.len() == before {
            self.problems.push(Problem::Roots);
        }
        self
    }

    /// Sets an HTTP proxy, and the hosts that are reached without it, in the form of `NO_PROXY`. This crate does not
    /// read the environment, so a program that honours `HTTPS_PROXY` passes it here.
    #[must_use]
    pub fn proxy(mut self, url: impl Into<SecretString>, no_proxy: impl Into<String>) -> Self {
        self.config.proxy = Some((url.into(), no_proxy.into()));
        self
    }

    /// Checks the settings and returns the configuration.
    ///
    /// # Errors
    /// Returns all mistakes at once.
    pub fn build(mut self) -> Result<Config, ConfigError> {
        let config = &self.config;
        let problems = &mut self.problems;
        if config.client.id.trim().is_empty() {
            problems.push(Problem::ClientId);
        }
        if config.client.secret.expose_secret().trim().is_empty() {
            problems.push(Problem::ClientSecret);
        }
        if !is_app_id(&config.app_id) {
            problems.push(Problem::AppId(config.app_id.clone()));
        }
        for kind in &config.event_types {
            if !is_event_type(kind) {
                problems.push(Problem::EventType(kind.clone()));
            }
        }
        problems.extend(timing_problems(&config.timing));
        if self.problems.is_empty() { Ok(self.config) } else { Err(ConfigError { problems: self.problems }) }
    }
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
