//! What a bucket has that would be read.

use super::access::Buckets;
use super::feed::Lost;
use super::fetch::Fetcher;
use super::listing::{Found, Listed, Listing};
use super::monitor::Monitor;
use super::object::Location;
use super::s3::{S3Options, TRIES, look_at, warn_of_siblings};
use crate::bucket::{BucketUri, Siblings};
use jiff::Timestamp;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// Keys that wait to be taken: as many as a page has.
const KEYS_AHEAD: usize = 1000;

/// An object that is not downloaded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListedObject {
    /// Where it is.
    pub location: Location,
    /// Its size in bytes, packed.
    pub size: u64,
}

/// Lists what [`S3Source`](super::S3Source) would read with the same options, in the order in which it would, and
/// downloads nothing. A state is looked at and not changed; `follow` counts for nothing, since it is listed once.
#[derive(Debug)]
pub struct S3Preview {
    uri: BucketUri,
    siblings: Siblings,
    listed: mpsc::Receiver<Listed>,
    monitor: Monitor,
    /// Ends requests that wait to be tried again.
    stop: CancellationToken,
    _task: AbortOnDropHandle<()>,
}

impl S3Preview {
    /// Starts to list.
    ///
    /// # Panics
    /// Where there is no tokio runtime.
    #[must_use]
    pub fn start(buckets: &Buckets, uri: BucketUri, options: S3Options) -> Self {
        let (stop, monitor) = (CancellationToken::new(), Monitor::default());
        let S3Options { filter, downloads, state, .. } = options;
        // The listing notes which days are complete.
        let copy =
            state.map(|state| Arc::new(Mutex::new(state.lock().unwrap_or_else(PoisonError::into_inner).clone())));
        let listing = Listing {
            fetcher: Fetcher::new(buckets.clone(), downloads, monitor.clone(), TRIES, stop.clone()),
            bucket: uri.bucket.clone(),
            filter,
            state: copy,
            given_up: Arc::new(HashSet::new()),
            followed: false,
            started: Timestamp::now(),
        };
        let (sender, listed) = mpsc::channel(KEYS_AHEAD);
        let task = AbortOnDropHandle::new(tokio::spawn(listing.run(uri.prefix.clone(), sender)));
        look_at(&uri);
        let siblings = Siblings::of(&uri.prefix);
        Self { uri, siblings, listed, monitor, stop, _task: task }
    }

    /// The next object, or what could not be listed; none once there is no more. This is cancel-safe.
    pub async fn next(&mut self) -> Option<Result<ListedObject, Lost>> {
        self.listed.recv().await.map(|listed| match listed {
            Listed::Found(Found { key, size }) => {
                warn_of_siblings(&mut self.siblings, &self.uri.prefix, &key);
                Ok(ListedObject { location: Location { bucket: self.uri.bucket.clone(), key }, size })
            }
            Listed::Failed(lost) => Err(lost),
        })
    }

    /// What was counted so far: objects found, and what was passed over.
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
