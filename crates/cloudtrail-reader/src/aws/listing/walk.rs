//! The walk over folders and lanes.

use super::{Child, Found, Listed, Listing};
use crate::aws::error::{AccessError, Trouble};
use crate::aws::feed::Lost;
use crate::bucket::Node;
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::task::AbortOnDropHandle;

/// Folders and lanes that are listed at the same time, and what they have shown waits for those before them. S3 serves
/// thousands of listings a second; sixteen hide the latency and hold some MB of keys.
const AHEAD: usize = 16;
/// Pages of a lane that wait for the lanes before it.
const PAGES_AHEAD: usize = 2;

/// What is still to be handed out, in the order of the keys.
pub(super) struct Walk {
    listing: Arc<Listing>,
    slots: VecDeque<Slot>,
    folders: JoinSet<Children>,
    out: mpsc::Sender<Listed>,
    /// Whether the bucket has answered nothing yet.
    is_new: bool,
}

type Children = Result<Vec<Child>, AccessError>;
type Page = Result<Vec<Found>, AccessError>;

enum Slot {
    /// Nobody has asked for it yet.
    Waiting(Node),
    /// What begins with this is being listed, by this task.
    Folder(String, Id),
    /// So is this, page by page.
    Lane {
        prefix: String,
        pages: mpsc::Receiver<Page>,
        _task: AbortOnDropHandle<()>,
    },
    Objects(Vec<Found>),
    Failed(Lost),
}

impl Walk {
    pub(super) fn new(listing: Listing, prefix: &str, out: mpsc::Sender<Listed>) -> Self {
        let root = Slot::Waiting(Node::root(prefix, &listing.filter));
        Self { listing: Arc::new(listing), slots: [root].into(), folders: JoinSet::new(), out, is_new: true }
    }

    /// Takes the next step; none once there is no more, or nobody listens.
    pub(super) async fn step(&mut self) -> Option<()> {
        self.begin();
        match self.slots.front_mut()? {
            Slot::Waiting(_) | Slot::Folder(..) => {
                let folder = self.folders.join_next_with_id().await?;
                self.open(folder);
            }
            // A folder behind it that has been listed has lanes, and these need not wait.
            Slot::Lane { pages, .. } => tokio::select! {
                page = pages.recv() => self.turn(page),
                Some(folder) = self.folders.join_next_with_id() => self.open(folder),
            },
            Slot::Objects(_) | Slot::Failed(_) => self.hand_out().await?,
        }
        Some(())
    }

    /// Starts the first of what waits.
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
                            // Where nobody listens, nobody wants to know.
                            let _ = sender.send(Err(error)).await;
                        }
                    });
                    Slot::Lane { prefix, pages, _task: AbortOnDropHandle::new(task) }
                }
            };
        }
    }

    /// Puts what is in a folder into its place.
    fn open(&mut self, folder: Result<(Id, Children), JoinError>) {
        let (id, children) = folder.unwrap_or_else(|error| {
            (error.id(), Err(AccessError::new(Trouble::Other, format!("a task of this program failed: {error}"))))
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

    /// Takes in a page of the first lane, or its end.
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

    /// Hands out what comes first; none where nobody listens.
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

/// Objects beside each other are one slot, so that there are not many more slots than folders.
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
