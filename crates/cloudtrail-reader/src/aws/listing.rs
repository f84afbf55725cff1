//! Lists a bucket: many folders and lanes at a time, handed out in the order of their keys.

use super::access::Buckets;
use super::backoff::Backoff;
use super::error::{AccessError, Doing, Trouble};
use super::feed::{Lost, LostError, What, count};
use super::fetch::Fetcher;
use super::object::Location;
use super::receipt::SharedState;
use crate::bucket::{Filter, Folder, KeyKind, Lane, Level, LogKey, Node};
use crate::state::Shown;
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use jiff::Timestamp;
use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, PoisonError};
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

/// Folders and lanes that are listed at the same time. S3 serves thousands of listings a second; sixteen hide the
/// latency and hold some MB of keys.
const AHEAD: usize = 16;
/// Pages of a lane that wait for the lanes before it.
const PAGES_AHEAD: usize = 2;
/// Keys of one day that are remembered to see whether all were read; a day of one account and region has some hundred.
/// A day with more stays open, which costs memory alone.
const MOST_OF_A_DAY: usize = 100_000;

/// An object that is wanted.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) key: String,
    pub(super) size: u64,
}

/// What the listing tells.
#[derive(Debug)]
pub(super) enum Listed {
    Found(Found),
    Failed(Lost),
}

/// One pass over a bucket.
#[derive(Clone)]
pub(super) struct Listing {
    pub(super) fetcher: Fetcher,
    pub(super) bucket: String,
    pub(super) filter: Filter,
    pub(super) state: Option<SharedState>,
    /// Keys that this run has tried in vain.
    pub(super) given_up: Arc<HashSet<String>>,
    /// Whether there will be another pass.
    pub(super) followed: bool,
    pub(super) started: Timestamp,
}

enum Slot {
    Waiting(Node),
    Folder(String, AbortOnDropHandle<Result<Vec<Child>, AccessError>>),
    Lane(String, mpsc::Receiver<Result<Vec<Found>, AccessError>>),
}

/// What is in a folder.
enum Child {
    Node(Node),
    Found(Found),
}

impl Listing {
    /// Lists what is under the prefix until there is no more or nobody listens.
    pub(super) async fn run(self, prefix: String, out: mpsc::Sender<Listed>) {
        let listing = Arc::new(self);
        let mut slots = VecDeque::from([Slot::Waiting(Node::root(&prefix, &listing.filter))]);
        let mut is_root = true;
        loop {
            for slot in slots.iter_mut().take(AHEAD) {
                listing.begin(slot);
            }
            let Some(slot) = slots.pop_front() else { return };
            let done = match slot {
                Slot::Waiting(_) => Ok(()),
                Slot::Folder(prefix, children) => {
                    let children = children.await.unwrap_or_else(|error| {
                        Err(AccessError::new(Trouble::Other, format!("a task failed: {error}")))
                    });
                    match children {
                        Ok(children) => listing.splice(children, &mut slots, &out).await,
                        Err(error) => listing.failed(prefix, error, is_root, &out).await,
                    }
                }
                Slot::Lane(prefix, mut pages) => match pages.recv().await {
                    Some(Ok(page)) => {
                        slots.push_front(Slot::Lane(prefix, pages));
                        send(page, &out).await
                    }
                    Some(Err(error)) => listing.failed(prefix, error, is_root, &out).await,
                    None => Ok(()),
                },
            };
            is_root = false;
            if done.is_err() {
                return;
            }
        }
    }

    /// Starts what waits.
    fn begin(self: &Arc<Self>, slot: &mut Slot) {
        let Slot::Waiting(node) = slot else { return };
        let listing = Arc::clone(self);
        *slot = match node.clone() {
            Node::Folder(folder) => {
                let prefix = folder.prefix.clone();
                Slot::Folder(
                    prefix,
                    AbortOnDropHandle::new(tokio::spawn(async move { listing.children(folder).await })),
                )
            }
            Node::Lane(lane) => {
                let (sender, pages) = mpsc::channel(PAGES_AHEAD);
                let prefix = lane.prefix.clone();
                // It ends with the lane, or when nobody takes its pages.
                tokio::spawn(async move {
                    if let Err(error) = listing.lane(lane, &sender).await {
                        // Where nobody listens, nobody wants to know.
                        let _ = sender.send(Err(error)).await;
                    }
                });
                Slot::Lane(prefix, pages)
            }
        };
    }

    /// Puts what is in a folder into its place. Objects in front of the first folder leave at once; the others, which
    /// are few where they are at all, are listed as lanes of one key would be: they wait for the folders before them.
    async fn splice(
        &self,
        children: Vec<Child>,
        slots: &mut VecDeque<Slot>,
        out: &mpsc::Sender<Listed>,
    ) -> Result<(), Gone> {
        let mut behind = Vec::new();
        for child in children {
            match child {
                Child::Found(found) if behind.is_empty() => send(vec![found], out).await?,
                Child::Found(found) => {
                    let (sender, pages) = mpsc::channel(1);
                    let key = found.key.clone();
                    // There is room for one.
                    let _ = sender.try_send(Ok(vec![found]));
                    behind.push(Slot::Lane(key, pages));
                }
                Child::Node(node) => behind.push(Slot::Waiting(node)),
            }
        }
        behind.into_iter().rev().for_each(|slot| slots.push_front(slot));
        Ok(())
    }

    async fn failed(
        &self,
        prefix: String,
        error: AccessError,
        is_root: bool,
        out: &mpsc::Sender<Listed>,
    ) -> Result<(), Gone> {
        // What may pass is left to the next pass, where there is one.
        let may_pass = self.followed && error.is_transient();
        let no_access = matches!(error.trouble(), Trouble::Credentials | Trouble::Expired);
        let fatal = (is_root || no_access) && !may_pass;
        let what = What::Listing(self.place(prefix));
        let lost = Lost { what, error: LostError::Access(error), fatal };
        out.send(Listed::Failed(lost)).await.map_err(|_| Gone)
    }

    fn place(&self, prefix: String) -> Location {
        Location { bucket: self.bucket.clone(), key: prefix }
    }

    /// What is in a folder, in order.
    async fn children(&self, folder: Folder) -> Result<Vec<Child>, AccessError> {
        let mut found: Vec<(String, Child)> = Vec::new();
        let mut token = None;
        loop {
            let page = self.page(&folder.prefix, Some("/"), None, token).await?;
            token = page.next_continuation_token().map(str::to_owned);
            // So many folders beside each other are none that lead to AWSLogs.
            if token.is_some() && matches!(folder.level, Level::Outside(_)) {
                return Ok(vec![Child::Node(Node::Lane(Lane::new(folder.prefix, &self.filter)))]);
            }
            for prefix in page.common_prefixes().iter().filter_map(|it| it.prefix()) {
                match folder.child(prefix, &self.filter) {
                    Some(node) => found.push((prefix.to_owned(), Child::Node(node))),
                    None => count(&self.fetcher.monitor.0.tally.others),
                }
            }
            let objects = self.wanted(&page, None, &mut Vec::new()).0;
            found.extend(objects.into_iter().map(|it| (it.key.clone(), Child::Found(it))));
            if token.is_none() {
                break;
            }
        }
        found.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(found.into_iter().map(|(_, child)| child).collect())
    }

    /// All of a lane, page by page.
    async fn lane(&self, lane: Lane, pages: &mpsc::Sender<Result<Vec<Found>, AccessError>>) -> Result<(), AccessError> {
        let (mut token, mut start_after) = (None, lane.start_after.clone());
        let mut day = Vec::new();
        loop {
            let page = self.page(&lane.prefix, None, start_after.take(), token).await?;
            token = page.next_continuation_token().map(str::to_owned);
            let (found, beyond) = self.wanted(&page, Some(&lane), &mut day);
            let ended = beyond || token.is_none();
            if ended && !beyond {
                self.close(&lane, &day);
            }
            if (!found.is_empty() && pages.send(Ok(found)).await.is_err()) || ended {
                return Ok(());
            }
        }
    }

    /// What is wanted of a page, and whether it leads beyond the end of the lane. Days that are complete are told to the
    /// state; `day` holds the one that is not.
    fn wanted(&self, page: &ListObjectsV2Output, lane: Option<&Lane>, day: &mut Vec<Shown>) -> (Vec<Found>, bool) {
        let mut wanted = Vec::new();
        for object in page.contents() {
            let Some(key) = object.key() else { continue };
            if lane.and_then(|lane| lane.stop.as_deref()).is_some_and(|stop| key > stop) {
                return (wanted, true);
            }
            let modified = object.last_modified().and_then(|it| Timestamp::from_second(it.secs()).ok());
            let described = LogKey::parse(key);
            if !self.is_log(&described) || !self.filter.wants(&described, modified) {
                continue;
            }
            if let (Some(lane), Some(modified)) = (lane, modified)
                && self.state.is_some()
            {
                if day.last().is_some_and(|last| LogKey::parse(&last.key).day != described.day) {
                    self.close(lane, day);
                    day.clear();
                }
                if day.len() <= MOST_OF_A_DAY {
                    day.push(Shown { key: key.to_owned(), modified });
                }
            }
            if self.is_known(key, modified) {
                count(&self.fetcher.monitor.0.tally.known);
                continue;
            }
            count(&self.fetcher.monitor.0.tally.found);
            wanted.push(Found {
                key: key.to_owned(),
                size: object.size().and_then(|it| it.try_into().ok()).unwrap_or(0),
            });
        }
        (wanted, false)
    }

    fn is_log(&self, key: &LogKey<'_>) -> bool {
        key_is_log(key.kind, &self.fetcher)
    }

    fn is_known(&self, key: &str, modified: Option<Timestamp>) -> bool {
        let is_read = |state: &SharedState| {
            state.lock().unwrap_or_else(PoisonError::into_inner).is_read(&self.bucket, key, modified)
        };
        self.given_up.contains(key) || self.state.as_ref().is_some_and(is_read)
    }

    /// Tells the state about a day, unless only a part of it was listed.
    fn close(&self, lane: &Lane, day: &[Shown]) {
        let (Some(state), Some(first)) = (&self.state, day.first()) else { return };
        let whole = lane.start_after.is_none() && lane.stop.is_none() && LogKey::parse(&first.key).lane == lane.prefix;
        if whole && self.filter == Filter::default() && day.len() <= MOST_OF_A_DAY {
            state.lock().unwrap_or_else(PoisonError::into_inner).close(&self.bucket, day, self.started);
        }
    }

    /// One page, tried as often as it must be.
    async fn page(
        &self,
        prefix: &str,
        delimiter: Option<&str>,
        start_after: Option<String>,
        token: Option<String>,
    ) -> Result<ListObjectsV2Output, AccessError> {
        let (buckets, stop): (&Buckets, _) = (&self.fetcher.buckets, &self.fetcher.stop);
        let mut backoff = Backoff::default();
        loop {
            count(&self.fetcher.monitor.0.tally.listings);
            let asking = buckets.ask(&self.bucket, Doing::List, |client, payer| {
                let list = client.list_objects_v2().bucket(&self.bucket).prefix(prefix).set_request_payer(payer);
                let list = list.set_delimiter(delimiter.map(str::to_owned)).set_start_after(start_after.clone());
                list.set_continuation_token(token.clone()).send()
            });
            let stopped = || Err(AccessError::new(Trouble::Other, "stopped"));
            match stop.run_until_cancelled(asking).await.unwrap_or_else(stopped) {
                Ok(page) => {
                    self.fetcher.monitor.answered();
                    return Ok(page);
                }
                Err(error) => {
                    self.fetcher.monitor.failing(&error);
                    self.fetcher.again(&What::Listing(self.place(prefix.to_owned())), error, &mut backoff).await?;
                }
            }
        }
    }
}

/// Nobody listens any more.
struct Gone;

async fn send(page: Vec<Found>, out: &mpsc::Sender<Listed>) -> Result<(), Gone> {
    for found in page {
        out.send(Listed::Found(found)).await.map_err(|_| Gone)?;
    }
    Ok(())
}

/// Whether an object of this kind is to be read; counts it where it is not.
pub(super) fn key_is_log(kind: KeyKind, fetcher: &Fetcher) -> bool {
    let tally = &fetcher.monitor.0.tally;
    match kind {
        KeyKind::Log => return true,
        KeyKind::Digest => count(&tally.digests),
        KeyKind::Config => count(&tally.configs),
        KeyKind::Other => count(&tally.others),
    }
    false
}
