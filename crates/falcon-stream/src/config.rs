//! What a stream is told.

use crate::builder::ConfigBuilder;
use crate::item::Partition;
use crate::region::Region;
use crate::timing::Timing;
use reqwest::header::HeaderValue;
use rustls::pki_types::CertificateDer;
use secrecy::SecretString;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use url::Url;

/// Where a partition is to be read from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// Behind the event with this offset, which has been dealt with: the feed is opened at the offset after it.
    After(u64),
    /// From the oldest event that the service still has.
    #[default]
    Beginning,
    /// With the next event that happens. Only for a partition of which no offset has been stored: with one, what
    /// happened in between would be lost.
    Newest,
}

/// An API client of the Falcon console.
#[derive(Clone, Debug)]
pub struct ApiClient {
    /// Its id.
    pub id: String,
    /// Its secret.
    pub secret: SecretString,
}

/// What a caller's function answers.
pub(crate) type Soon<T> = Pin<Box<dyn Future<Output = T> + Send>>;
type Starts = Arc<dyn Fn(Partition) -> Soon<Start> + Send + Sync>;
type Renewal = Arc<dyn Fn() -> Soon<Option<ApiClient>> + Send + Sync>;

/// What a stream is told; made by [`Config::builder`].
#[derive(Clone)]
pub struct Config {
    pub(crate) client: ApiClient,
    /// Where the API client is asked for again after it was refused.
    pub(crate) renewal: Option<Renewal>,
    pub(crate) member_cid: Option<String>,
    /// None: to be found out.
    pub(crate) region: Option<Region>,
    pub(crate) base_url: Option<Url>,
    pub(crate) app_id: String,
    pub(crate) user_agent: HeaderValue,
    pub(crate) event_types: Vec<String>,
    pub(crate) timing: Timing,
    pub(crate) starts: Starts,
    pub(crate) proxy: Option<(SecretString, String)>,
    /// Roots besides the system's and the bundled ones.
    pub(crate) roots: Vec<CertificateDer<'static>>,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("region", &self.region)
            .field("base_url", &self.base_url.as_ref().map(Url::as_str))
            .field("app_id", &self.app_id)
            .field("event_types", &self.event_types)
            .field("timing", &self.timing)
            .finish_non_exhaustive()
    }
}

impl Config {
    /// A configuration for an API client with the scope Event streams READ: its id and its secret.
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
                roots: Vec::new(),
            },
            problems: Vec::new(),
        }
    }
}
