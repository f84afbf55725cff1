//! Lists a bucket: many folders and lanes at a time, handed out in the order of their keys.

mod pages;
mod walk;

use super::error::{AccessError, Trouble};
use super::feed::{Lost, LostError, What};
use super::fetch::Fetcher;
use super::object::Location;
use super::receipt::SharedState;
use crate::bucket::{Filter, Node};
use jiff::Timestamp;
use std::collections::HashSet;
use std::sync::Arc;
use tokio::sync::mpsc;
use walk::Walk;

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

/// What is in a folder.
enum Child {
    Node(Node),
    Found(Found),
}

impl Listing {
    /// Lists what is under the prefix until there is no more or nobody listens.
    pub(super) async fn run(self, prefix: String, out: mpsc::Sender<Listed>) {
        let only = (!self.followed).then(|| self.fetcher.monitor.clone());
        let mut walk = Walk::new(self, &prefix, out);
        while walk.step().await.is_some() {}
        if let Some(monitor) = only {
            monitor.listed();
        }
    }

    /// What to tell of a part that cannot be listed. Where it is the first that was asked for, there will be no other.
    fn lost(&self, prefix: String, error: AccessError, is_first: bool) -> Lost {
        // What may pass is left to the next pass, where there is one.
        let may_pass = self.followed && error.is_transient();
        let no_access = matches!(error.trouble(), Trouble::Credentials | Trouble::Expired);
        let fatal = (is_first || no_access) && !may_pass;
        Lost { what: What::Listing(self.place(prefix)), error: LostError::Access(error), fatal }
    }

    fn place(&self, prefix: String) -> Location {
        Location { bucket: self.bucket.clone(), key: prefix }
    }
}
