//! Lists a bucket: many folders and lanes at a time, handed out in the order of their keys.

mod pages;

use super::error::{AccessError, Trouble};
use super::feed::{Lost, LostError, What};
use super::fetch::Fetcher;
use super::object::Location;
use super::receipt::SharedState;
use crate::bucket::{Filter, Node};
use jiff::Timestamp;
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

/// Folders and lanes that are listed at the same time. S3 serves thousands of listings a second; sixteen hide the
/// latency and hold some MB of keys.
const AHEAD: usize = 16;
/// Pages of a lane that wait for the lanes before it.
const PAGES_AHEAD: usize = 2;

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
}

/// Nobody listens any more.
struct Gone;

async fn send(page: Vec<Found>, out: &mpsc::Sender<Listed>) -> Result<(), Gone> {
    for found in page {
        out.send(Listed::Found(found)).await.map_err(|_| Gone)?;
    }
    Ok(())
}
