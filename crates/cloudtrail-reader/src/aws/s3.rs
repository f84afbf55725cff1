//! Objects of a bucket, in the order of their keys.

use super::access::Buckets;
use super::error::{AccessError, Trouble};
use super::feed::{Feed, Item, Lost, LostError, What};
use super::fetch::{Fetcher, Patience, Wanted};
use super::listing::{Found, Listed, Listing};
use super::monitor::{Monitor, count};
use super::object::{Fetched, Location, Object};
use super::receipt::{Pass, Receipt, SharedState};
use crate::bucket::{BucketUri, Filter, Siblings};
use crate::state::State;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// How often a request is tried again before what it was for is given up: with the backoff, some two minutes.
pub(super) const TRIES: Patience = Patience::Tries(10);
/// Keys that wait between the listing and the downloads: as many as a page has.
const KEYS_AHEAD: usize = 1000;
/// Downloads begun, done or waiting for those before them, per download that runs. One slow object must not stop those
/// behind it; memory is bounded by bytes.
const BEGUN_PER_DOWNLOAD: usize = 4;
/// While following, so much before now is listed each time: files are delivered within minutes, seldom hours.
const RECENT: SignedDuration = SignedDuration::from_hours(48);
/// While following, all is listed that often, for files that come to older days.
const WHOLE_EVERY: Duration = Duration::from_secs(3600);
/// Keys that were tried in vain and are remembered while following. Beyond it they are tried again each time.
const MOST_GIVEN_UP: usize = 100_000;

/// How a bucket is read.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct S3Options {
    /// What of it is wanted.
    pub filter: Filter,
    /// Downloads at the same time, 1 to [`MOST_DOWNLOADS`](super::MOST_DOWNLOADS).
    pub downloads: usize,
    /// What has been read before, which is passed over; what is confirmed is added.
    pub state: Option<Arc<Mutex<State>>>,
    /// How long to wait before it is listed again; none for one listing.
    pub follow: Option<Duration>,
}

impl Default for S3Options {
    fn default() -> Self {
        Self { filter: Filter::default(), downloads: super::DOWNLOADS, state: None, follow: None }
    }
}

/// Reads a bucket.
#[derive(Debug)]
pub struct S3Source {
    fetcher: Fetcher,
    uri: BucketUri,
    options: S3Options,
    items: mpsc::Sender<Item>,
    given_up: HashSet<String>,
    siblings: Siblings,
}

/// An object whose download has begun, or what could not be listed.
enum Begun {
    Download(Location, AbortOnDropHandle<Result<Fetched, AccessError>>),
    Failed(Lost),
}

impl S3Source {
    /// Starts to list and to download. The feed has the objects in the order of their keys, with what could not be read
    /// where it would have been; it ends with the listing, unless the bucket is followed.
    ///
    /// # Panics
    /// Where there is no tokio runtime.
    pub fn start(buckets: &Buckets, uri: BucketUri, mut options: S3Options) -> Feed {
        let (stop, monitor) = (CancellationToken::new(), Monitor::default());
        let fetcher = Fetcher::new(buckets.clone(), options.downloads, monitor.clone(), TRIES, stop.clone());
        let (sender, items) = mpsc::channel(options.downloads.clamp(1, super::MOST_DOWNLOADS));
        if options.follow.is_some() {
            options.state.get_or_insert_default();
        }
        look_at(&uri);
        let siblings = Siblings::of(&uri.prefix);
        let source = Self { fetcher, uri, options, items: sender, given_up: HashSet::new(), siblings };
        let task = tokio::spawn(source.run());
        Feed { items, monitor, stop, task: Some(task) }
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
                monitor.nothing_since(asked)
            } else {
                monitor.busy()
            }
            let stop = &self.fetcher.stop;
            if stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                return;
            }
        }
    }

    /// Lists and downloads once, and, where the bucket is followed, waits until all receipts are gone. Whether something was wrong that will stay so.
    async fn pass(&mut self, filter: Filter) -> bool {
        let (pass, mut ended) = mpsc::channel(1);
        let (listed, keys) = mpsc::channel(KEYS_AHEAD);
        let listing = Listing {
            fetcher: self.fetcher.clone(),
            bucket: self.uri.bucket.clone(),
            filter,
            state: self.options.state.clone(),
            given_up: Arc::new(self.given_up.clone()),
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
            // Nothing is ever sent; this is the end of the last receipt. What is still being read is not in the state,
            // and the next listing would show it once more.
            self.fetcher.stop.run_until_cancelled(ended.recv()).await;
        }
        fatal
    }

    /// Hands out downloads in the order in which they were begun.
    async fn hand_out(&mut self, mut in_order: mpsc::Receiver<Begun>, pass: &Pass) -> bool {
        let stop = self.fetcher.stop.clone();
        while let Some(Some(begun)) = stop.run_until_cancelled(in_order.recv()).await {
            let item = match begun {
                Begun::Failed(lost) => Some(Item::Lost(lost)),
                Begun::Download(location, download) => {
                    let Some(fetched) = stop.run_until_cancelled(download).await else { return true };
                    self.item(location, fetched.unwrap_or_else(|error| Err(of_task(&error))), pass)
                }
            };
            let Some(item) = item else { continue };
            let fatal = matches!(&item, Item::Lost(lost) if lost.fatal);
            if !matches!(stop.run_until_cancelled(self.items.send(item)).await, Some(Ok(()))) || fatal {
                return true;
            }
        }
        stop.is_cancelled()
    }

    /// What to hand out for an object; none where it has become empty since it was listed. That is not noted: what is
    /// empty in a listing is passed over each time, and read once it no longer is.
    fn item(&mut self, location: Location, fetched: Result<Fetched, AccessError>, pass: &Pass) -> Option<Item> {
        warn_of_siblings(&mut self.siblings, &self.uri.prefix, &location.key);
        match fetched {
            Ok(Fetched { size: 0, .. }) => {
                count(&self.fetcher.monitor.0.tally.empty);
                None
            }
            Ok(fetched) => {
                let receipt = Receipt::of_key(self.options.state.as_ref() as Option<&SharedState>, &location, pass);
                Some(Item::Object(Object::new(What::Object(location), fetched, receipt)))
            }
            Err(error) => {
                if self.given_up.len() < MOST_GIVEN_UP && self.options.follow.is_some() && !error.is_transient() {
                    self.given_up.insert(location.key.clone());
                }
                let fatal = matches!(error.trouble(), Trouble::Credentials | Trouble::Expired);
                Some(Item::Lost(Lost { what: What::Object(location), error: LostError::Access(error), fatal }))
            }
        }
    }
}

/// Begins downloads in order: as many as may run, and as memory allows. The first that waits for memory is the first that
/// is handed out next, so that it gets what those before it give back.
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

/// Warns of a prefix that S3 understands otherwise than a shell would.
pub(super) fn look_at(uri: &BucketUri) {
    if uri.has_wildcard() {
        tracing::warn!(
            bucket = uri.bucket,
            prefix = uri.prefix,
            "S3 takes * and ? in a prefix as they are; end the prefix before them to read all that begins with it"
        );
    }
}

/// Warns, once, where the prefix is the name of a folder and matches what lies beside that folder, too.
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
    AccessError::new(Trouble::Other, format!("a task of this program failed: {error}"))
}
