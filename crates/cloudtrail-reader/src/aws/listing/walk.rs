//! The walk over folders and lanes.

use super::pass::{Child, Found, Listed, Listing};
use crate::aws::error::{AccessError, AccessErrorKind};
use crate::aws::loss::Loss;
use crate::bucket::Node;
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::task::AbortOnDropHandle;

/// The number of folders and lanes that are listed concurrently; their results wait for those before them. S3 serves
/// thousands of listings a second; sixteen hide the latency and hold a few MB of keys.
const AHEAD: usize = 16;
/// Pages of a lane that wait for the lanes before it.
const PAGES_AHEAD: usize = 2;

/// The rest of the listing, in the order of the keys.
pub(super) struct Walk {
    listing: Arc<Listing>,
    slots: VecDeque<Slot>,
    folders: JoinSet<Children>,
    out: mpsc::Sender<Listed>,
    /// Whether the bucket has not answered yet.
    is_new: bool,
}

type Children = Result<Vec<Child>, AccessError>;
type Page = Result<Vec<Found>, AccessError>;

enum Slot {
    /// Not requested yet.
    Waiting(Node),
    /// A folder with this prefix, which this task lists.
    Folder(String, Id),
    /// A lane with this prefix, which is listed page by page.
    Lane {
        prefix: String,
        pages: mpsc::Receiver<Page>,
        _task: AbortOnDropHandle<()>,
    },
    Objects(Vec<Found>),
    Failed(Loss),
}

impl Walk {
    pub(super) fn new(listing: Listing, prefix: &str, out: mpsc::Sender<Listed>) -> Self {
        let root = Slot::Waiting(Node::root(prefix, &listing.filter));
        Self { listing: Arc::new(listing), slots: [root].into(), folders: JoinSet::new(), out, is_new: true }
    }

    /// Takes the next step. `None` at the end, or if the receiver is dropped.
    pub(super) async fn step(&mut self) -> Option<()> {
        self.begin();
        match self.slots.front_mut()? {
            Slot::Waiting(_) | Slot::Folder(..) => {
                let folder = self.folders.join_next_with_id().await?;
                self.open(folder);
            }
            // Lanes of a listed folder behind this lane need not wait for it.
            Slot::Lane { pages, .. } => tokio::select! {
                page = pages.recv() => self.turn(page),
                Some(folder) = self.folders.join_next_with_id() => self.open(folder),
            },
            Slot::Objects(_) | Slot::Failed(_) => self.hand_out().await?,
        }
        Some(())
    }

    /// Starts the first of the waiting slots.
    fn begin(&mut self) {
        let listed = self.slots.iter_mut().filter(|slot| !matches!(slot, Slot::Objects(_) | Slot::Failed(_)));
        for slot in listed.take(AHEAD) {
            let Slot::Waiting(node) = slot else { continue };
            let (listing, prefix) = (Arc::clone(&self.listing), node.prefix().to_owned());
            *slot = match node.clone() {
                Node::Folder(folder) => {
                    let task = self.folders.spawn(async move { listing.children(folder).await });
                    Slot::Folder(prefix, task.id())
                }
                Node::Lane(lane) => {
                    let (sender, pages) = mpsc::channel(PAGES_AHEAD);
                    let task = tokio::spawn(async move {
                        if let Err(error) = listing.lane(lane, &sender).await {
                            // Without a receiver, the error is not needed.
                            let _ = sender.send(Err(error)).await;
                        }
                    });
                    Slot::Lane { prefix, pages, _task: AbortOnDropHandle::new(task) }
                }
            };
        }
    }

    /// Replaces a folder's slot with its entries.
    fn open(&mut self, folder: Result<(Id, Children), JoinError>) {
        let (id, children) = folder.unwrap_or_else(|error| {
            (
                error.id(),
                Err(AccessError::new(AccessErrorKind::Other, format!("a task of this program failed: {error}"))),
            )
        });
        let place = self.slots.iter_mut().enumerate().find_map(|(at, slot)| match slot {
            Slot::Folder(prefix, task) if *task == id => Some((at, std::mem::take(prefix))),
            _ => None,
        });
        let Some((at, prefix)) = place else { return };
        let behind = self.slots.split_off(at + 1);
        self.slots.pop_back();
        match children {
            Ok(children) => self.slots.extend(slots(children)),
            Err(error) => self.slots.push_back(Slot::Failed(self.listing.lost(prefix, error, self.is_new))),
        }
        self.slots.extend(behind);
        self.is_new = false;
    }

    /// Handles a page of the first lane, or its end.
    fn turn(&mut self, page: Option<Page>) {
        match page {
            Some(Ok(objects)) => self.slots.push_front(Slot::Objects(objects)),
            Some(Err(error)) => {
                if let Some(Slot::Lane { prefix, .. }) = self.slots.pop_front() {
                    self.slots.push_front(Slot::Failed(self.listing.lost(prefix, error, self.is_new)));
                }
            }
            None => drop(self.slots.pop_front()),
        }
        self.is_new = false;
    }

    /// Hands out the first slot. `None` if the receiver is dropped.
    async fn hand_out(&mut self) -> Option<()> {
        match self.slots.pop_front()? {
            Slot::Objects(objects) => {
                for found in objects {
                    self.out.send(Listed::Found(found)).await.ok()?;
                }
            }
            Slot::Failed(lost) => self.out.send(Listed::Failed(lost)).await.ok()?,
            other => self.slots.push_front(other),
        }
        Some(())
    }
}

/// Adjacent objects become one slot, so that there are not many more slots than folders.
fn slots(children: Vec<Child>) -> Vec<Slot> {
    let mut slots = Vec::new();
    for child in children {
        match (child, slots.last_mut()) {
            (Child::Node(node), _) => slots.push(Slot::Waiting(node)),
            (Child::Found(found), Some(Slot::Objects(objects))) => objects.push(found),
            (Child::Found(found), _) => slots.push(Slot::Objects(vec![found])),
        }
    }
    slots
}
