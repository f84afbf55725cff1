//! Reads the objects of a bucket in the order of their keys.

use super::access::Buckets;
use super::budget::{DOWNLOADS, MOST_DOWNLOADS};
use super::error::{AccessError, AccessErrorKind};
use super::fetch::{Fetcher, Wanted};
use super::listing::{Found, Listed, Listing};
use super::loss::{Loss, LossError};
use super::monitor::{Monitor, count};
use super::name::{InputName, Location};
use super::object::{Fetched, Object};
use super::pass::{Pass, SharedState};
use super::receipt::Receipt;
use super::retry::RetryLimit;
use super::stream::{ObjectStream, SourceItem};
use crate::bucket::{BucketUri, Filter, Siblings};
use crate::state::ReadState;
use jiff::{SignedDuration, Timestamp};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// How often a request is retried before its object is given up: about two minutes, with the backoff.
pub(super) const TRIES: RetryLimit = RetryLimit::Tries(10);
/// The listing may be ahead of the downloads by this number of keys: one page.
const KEYS_AHEAD: usize = 1000;
/// Started downloads for each one that may run; the others are finished or wait for those before them. One slow object
/// must not stop the objects behind it. The budget bounds the memory.
const BEGUN_PER_DOWNLOAD: usize = 4;
/// While following, each listing covers this time before now: files are delivered within minutes, rarely hours.
const RECENT: SignedDuration = SignedDuration::from_hours(48);
/// While following, everything is listed this often, for files that come to older days.
const WHOLE_EVERY: Duration = Duration::from_secs(3600);

/// Options for reading a bucket.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct S3Options {
    /// Selects objects.
    pub filter: Filter,
    /// The number of concurrent downloads, 1 to [`MOST_DOWNLOADS`].
    pub downloads: usize,
    /// The keys that have been read; they are skipped. Confirmed keys are added.
    pub state: Option<Arc<Mutex<ReadState>>>,
    /// The pause before the bucket is listed again. `None` lists once.
    pub follow: Option<Duration>,
}

impl Default for S3Options {
    fn default() -> Self {
        Self { filter: Filter::default(), downloads: DOWNLOADS, state: None, follow: None }
    }
}

/// Reads a bucket.
#[derive(Debug)]
pub struct S3Source {
    fetcher: Fetcher,
    uri: BucketUri,
    options: S3Options,
    items: mpsc::Sender<SourceItem>,
    siblings: Siblings,
}

/// An object whose download has started, or a part that could not be listed.
enum Begun {
    Download(Location, AbortOnDropHandle<Result<Fetched, AccessError>>),
    Failed(Loss),
}

impl S3Source {
    /// Starts to list and download. The stream returns objects in the order of their keys, with a loss in the place of
    /// an object that cannot be read. It ends with the listing, unless the bucket is followed.
    ///
    /// # Panics
    /// If called outside a tokio runtime.
    pub fn start(buckets: &Buckets, uri: BucketUri, mut options: S3Options) -> ObjectStream {
        let (stop, monitor) = (CancellationToken::new(), Monitor::default());
        let fetcher = Fetcher::new(buckets.clone(), options.downloads, monitor.clone(), TRIES, stop.clone());
        let (sender, items) = mpsc::channel(options.downloads.clamp(1, MOST_DOWNLOADS));
        if options.follow.is_some() {
            options.state.get_or_insert_default();
        }
        warn_of_wildcards(&uri);
        let siblings = Siblings::of(&uri.prefix);
        let source = Self { fetcher, uri, options, items: sender, siblings };
        let task = tokio::spawn(source.run());
        ObjectStream::without_messages(items, monitor, stop, task)
    }

    async fn run(mut self) {
        let mut whole: Option<Instant> = None;
        loop {
            let (asked, found_before) = (Instant::now(), self.fetcher.monitor.counts().found);
            let mut filter = self.options.filter.clone();
            match whole {
                Some(last) if last.elapsed() < WHOLE_EVERY => {
                    filter.listed_from = Timestamp::now().checked_sub(RECENT).ok();
                }
                _ => whole = Some(asked),
            }
            let fatal = self.pass(filter).await;
            let Some(pause) = self.options.follow.filter(|_| !fatal) else { return };
            let monitor = &self.fetcher.monitor;
            if monitor.counts().found == found_before {
                monitor.note_idle(asked)
            } else {
                monitor.note_busy()
            }
            let stop = &self.fetcher.stop;
            if stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                return;
            }
        }
    }

    /// Lists and downloads once. If the bucket is followed, waits until all receipts are gone. Returns whether a
    /// failure is permanent.
    async fn pass(&mut self, filter: Filter) -> bool {
        let (pass, mut ended) = mpsc::channel(1);
        let (listed, keys) = mpsc::channel(KEYS_AHEAD);
        let listing = Listing {
            fetcher: self.fetcher.clone(),
            bucket: self.uri.bucket.clone(),
            filter,
            state: self.options.state.clone(),
            followed: self.options.follow.is_some(),
            started: Timestamp::now(),
        };
        let listing = AbortOnDropHandle::new(tokio::spawn(listing.run(self.uri.prefix.clone(), listed)));
        let (begun, in_order) = mpsc::channel(self.options.downloads.max(1) * BEGUN_PER_DOWNLOAD);
        let starting = begin(self.fetcher.clone(), self.uri.bucket.clone(), keys, begun);
        let starting = AbortOnDropHandle::new(tokio::spawn(starting));
        let fatal = self.hand_out(in_order, &pass).await;
        drop((listing, starting, pass));
        if self.options.follow.is_some() {
            // Nothing is ever sent: this waits for the end of the last receipt. An object that is still being read is
            // not in the state, and the next listing would return it again.
            self.fetcher.stop.run_until_cancelled(ended.recv()).await;
        }
        fatal
    }

    /// Hands out downloads in the order in which they were started.
    async fn hand_out(&mut self, mut in_order: mpsc::Receiver<Begun>, pass: &Pass) -> bool {
        let stop = self.fetcher.stop.clone();
        while let Some(Some(begun)) = stop.run_until_cancelled(in_order.recv()).await {
            let item = match begun {
                Begun::Failed(lost) => Some(SourceItem::Lost(lost)),
                Begun::Download(location, download) => {
                    let Some(fetched) = stop.run_until_cancelled(download).await else { return true };
                    self.item(location, fetched.unwrap_or_else(|error| Err(of_task(&error))), pass)
                }
            };
            let Some(item) = item else { continue };
            let fatal = matches!(&item, SourceItem::Lost(lost) if lost.fatal);
            if !matches!(stop.run_until_cancelled(self.items.send(item)).await, Some(Ok(()))) || fatal {
                return true;
            }
        }
        stop.is_cancelled()
    }

    /// Returns the item for an object. `None` if it has become empty since it was listed. That is not recorded, so the
    /// object is read once it has content.
    fn item(&mut self, location: Location, fetched: Result<Fetched, AccessError>, pass: &Pass) -> Option<SourceItem> {
        warn_of_siblings(&mut self.siblings, &self.uri.prefix, &location.key);
        match fetched {
            Ok(Fetched { size: 0, .. }) => {
                count(&self.fetcher.monitor.0.counts.empty);
                None
            }
            Ok(fetched) => {
                let receipt = Receipt::of_key(self.options.state.as_ref() as Option<&SharedState>, &location, pass);
                Some(SourceItem::Object(Object::new(InputName::Object(location), fetched, receipt)))
            }
            Err(error) => {
                // The next listing would find it again. A stop says nothing about the object.
                let is_refused = !error.is_transient() && !self.fetcher.stop.is_cancelled();
                if let Some(state) = self.options.state.as_ref().filter(|_| is_refused) {
                    state.lock().unwrap_or_else(PoisonError::into_inner).skip(&location.bucket, &location.key);
                }
                let fatal = matches!(error.kind(), AccessErrorKind::Credentials | AccessErrorKind::Expired);
                Some(SourceItem::Lost(Loss {
                    what: InputName::Object(location),
                    error: LossError::Access(error),
                    fatal,
                }))
            }
        }
    }
}

/// Starts downloads in order, as far as their number and the memory allow. The first one that waits for memory is also
/// the next one to be handed out, so it gets the memory that earlier ones return.
async fn begin(fetcher: Fetcher, bucket: String, mut keys: mpsc::Receiver<Listed>, begun: mpsc::Sender<Begun>) {
    while let Some(listed) = keys.recv().await {
        let next = match listed {
            Listed::Failed(lost) => Begun::Failed(lost),
            Listed::Found(Found { key, size }) => {
                // The semaphore is never closed.
                let Ok(permit) = Arc::clone(&fetcher.downloads).acquire_owned().await else { return };
                let share = fetcher.share(size).await;
                let location = Location { bucket: bucket.clone(), key };
                let (fetcher, wanted) = (fetcher.clone(), Wanted::new(location.clone()));
                let download = tokio::spawn(async move {
                    let fetched = fetcher.fetch(&wanted, Some(share)).await;
                    drop(permit);
                    fetched
                });
                Begun::Download(location, AbortOnDropHandle::new(download))
            }
        };
        if begun.send(next).await.is_err() {
            return;
        }
    }
}

/// Warns about a prefix with wildcards, which S3 does not expand.
pub(super) fn warn_of_wildcards(uri: &BucketUri) {
    if uri.has_wildcard() {
        tracing::warn!(
            bucket = uri.bucket,
            prefix = uri.prefix,
            "S3 takes * and ? in a prefix as they are; end the prefix before them to read all that begins with it"
        );
    }
}

/// Warns once if the prefix is the name of a folder and matches more than that folder.
pub(super) fn warn_of_siblings(siblings: &mut Siblings, prefix: &str, key: &str) {
    if let Some(beside) = siblings.add(key) {
        tracing::warn!(
            prefix,
            beside,
            "the prefix is a folder's name and matches more than the folder: end it with a slash to read the folder alone"
        );
    }
}

fn of_task(error: &tokio::task::JoinError) -> AccessError {
    AccessError::new(AccessErrorKind::Other, format!("a task of this program failed: {error}"))
}
