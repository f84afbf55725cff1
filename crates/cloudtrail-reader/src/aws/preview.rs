//! Lists the objects of a bucket that would be read.

use super::access::Buckets;
use super::fetch::Fetcher;
use super::listing::{Found, Listed, Listing};
use super::loss::Loss;
use super::monitor::Monitor;
use super::name::Location;
use super::s3::{S3Options, TRIES, warn_of_siblings, warn_of_wildcards};
use crate::bucket::{BucketUri, Siblings};
use jiff::Timestamp;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// The listing may be ahead of the caller by this number of keys: one page.
const KEYS_AHEAD: usize = 1000;

/// An object that was listed and not downloaded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListedObject {
    /// Its bucket and key.
    pub location: Location,
    /// Its size in bytes, as stored.
    pub size: u64,
}

/// Lists the objects that [`S3Source`](super::S3Source) would read with the same options, in the same order, and
/// downloads nothing. It reads the state and does not change it. It ignores `follow` and lists once.
#[derive(Debug)]
pub struct S3Preview {
    uri: BucketUri,
    siblings: Siblings,
    listed: mpsc::Receiver<Listed>,
    monitor: Monitor,
    /// Ends requests that wait for their next try.
    stop: CancellationToken,
    _task: AbortOnDropHandle<()>,
}

impl S3Preview {
    /// Starts the listing.
    ///
    /// # Panics
    /// If called outside a tokio runtime.
    #[must_use]
    pub fn start(buckets: &Buckets, uri: BucketUri, options: S3Options) -> Self {
        let (stop, monitor) = (CancellationToken::new(), Monitor::default());
        let S3Options { filter, downloads, state, .. } = options;
        // The listing records complete days in the state, so it gets a copy.
        let copy =
            state.map(|state| Arc::new(Mutex::new(state.lock().unwrap_or_else(PoisonError::into_inner).clone())));
        let listing = Listing {
            fetcher: Fetcher::new(buckets.clone(), downloads, monitor.clone(), TRIES, stop.clone()),
            bucket: uri.bucket.clone(),
            filter,
            state: copy,
            followed: false,
            started: Timestamp::now(),
        };
        let (sender, listed) = mpsc::channel(KEYS_AHEAD);
        let task = AbortOnDropHandle::new(tokio::spawn(listing.run(uri.prefix.clone(), sender)));
        warn_of_wildcards(&uri);
        let siblings = Siblings::of(&uri.prefix);
        Self { uri, siblings, listed, monitor, stop, _task: task }
    }

    /// Returns the next object, or an error for a part that could not be listed. `None` at the end. Cancel-safe.
    pub async fn next(&mut self) -> Option<Result<ListedObject, Loss>> {
        self.listed.recv().await.map(|listed| match listed {
            Listed::Found(Found { key, size }) => {
                warn_of_siblings(&mut self.siblings, &self.uri.prefix, &key);
                Ok(ListedObject { location: Location { bucket: self.uri.bucket.clone(), key }, size })
            }
            Listed::Failed(lost) => Err(lost),
        })
    }

    /// Returns the counts so far: objects that were found and objects that were skipped.
    #[must_use]
    pub fn monitor(&self) -> Monitor {
        self.monitor.clone()
    }
}

impl Drop for S3Preview {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
