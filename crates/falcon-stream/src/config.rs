//! What a stream is told.

use crate::builder::ConfigBuilder;
use crate::item::Partition;
use crate::region::Region;
use crate::timing::Timing;
use reqwest::header::HeaderValue;
use secrecy::SecretString;
use std::fmt;
use std::sync::Arc;
use url::Url;

/// Where a partition is to be read from when it is met first.
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

type Starts = Arc<dyn Fn(Partition) -> Start + Send + Sync>;

/// What a stream is told; made by [`Config::builder`].
#[derive(Clone)]
pub struct Config {
    pub(crate) client_id: String,
    pub(crate) client_secret: SecretString,
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
                client_id: client_id.into(),
                client_secret: client_secret.into(),
                member_cid: None,
                region: Some(Region::Us1),
                base_url: None,
                app_id: "falcon-stream".to_owned(),
                user_agent: HeaderValue::from_static(concat!("falcon-stream/", env!("CARGO_PKG_VERSION"))),
                event_types: Vec::new(),
                timing: Timing::default(),
                starts: Arc::new(|_| Start::default()),
                proxy: None,
            },
            problems: Vec::new(),
        }
    }
}
