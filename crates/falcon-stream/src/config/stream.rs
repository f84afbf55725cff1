//! The configuration of a stream, and where its partitions start.

use super::timing::Timing;
use crate::api::region::Region;
use crate::api::secrets::Secrets;
use crate::partition::Partition;
use reqwest::header::HeaderValue;
use rustls::pki_types::CertificateDer;
use secrecy::SecretString;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use url::Url;

/// The position from which a partition is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// After the event with this offset, which has been processed: the feed is opened at the next offset.
    After(u64),
    /// From the oldest event that the service still has.
    #[default]
    Beginning,
    /// With the next event that happens. Only for a partition without a stored offset: otherwise the events in between
    /// would be lost.
    ///
    /// If a connection breaks before the first event, the next one starts at `offset=0`, and skips and counts events that
    /// were created more than five minutes before the first opening. A program that ends before the first event starts
    /// at the newest again.
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

/// The future that a caller's function returns.
type Soon<T> = Pin<Box<dyn Future<Output = T> + Send>>;
type Starts = Arc<dyn Fn(Partition) -> Soon<Start> + Send + Sync>;
type Renewal = Arc<dyn Fn() -> Soon<Option<ApiClient>> + Send + Sync>;

/// The configuration of a stream, made by [`Config::builder`].
#[derive(Clone)]
pub struct Config {
    pub(crate) client: ApiClient,
    /// Reads the API client again after the service has refused it.
    pub(crate) renewal: Option<Renewal>,
    pub(crate) member_cid: Option<String>,
    /// `None`: the region is discovered.
    pub(crate) region: Option<Region>,
    pub(crate) base_url: Option<Url>,
    pub(crate) app_id: String,
    pub(crate) user_agent: HeaderValue,
    pub(crate) event_types: Vec<String>,
    pub(crate) timing: Timing,
    pub(crate) starts: Starts,
    pub(crate) proxy: Option<(SecretString, String)>,
    /// The secrets that no message may show.
    pub(crate) secrets: Arc<Secrets>,
    /// Root certificates in addition to the system's and the bundled ones.
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
