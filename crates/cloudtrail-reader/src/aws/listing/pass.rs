//! A pass over a bucket, and its results.

use crate::aws::error::{AccessError, AccessErrorKind};
use crate::aws::fetch::Fetcher;
use crate::aws::loss::{Loss, LossError};
use crate::aws::name::{InputName, Location};
use crate::aws::pass::SharedState;
use crate::bucket::{Filter, Node};
use jiff::Timestamp;

/// An object that is wanted.
#[derive(Debug)]
pub(in crate::aws) struct Found {
    pub(in crate::aws) key: String,
    pub(in crate::aws) size: u64,
}

/// A result of the listing.
#[derive(Debug)]
pub(in crate::aws) enum Listed {
    Found(Found),
    Failed(Loss),
}

/// One pass over a bucket.
#[derive(Clone)]
pub(in crate::aws) struct Listing {
    pub(in crate::aws) fetcher: Fetcher,
    pub(in crate::aws) bucket: String,
    pub(in crate::aws) filter: Filter,
    pub(in crate::aws) state: Option<SharedState>,
    /// Whether there will be another pass.
    pub(in crate::aws) followed: bool,
    pub(in crate::aws) started: Timestamp,
}

/// An entry of a folder.
pub(super) enum Child {
    Node(Node),
    Found(Found),
}

impl Listing {
    /// Returns the loss for a part that cannot be listed. If it is the first request of all, nothing else can be
    /// listed.
    pub(super) fn lost(&self, prefix: String, error: AccessError, is_first: bool) -> Loss {
        // The next pass, if there is one, tries a transient failure again.
        let may_pass = self.followed && error.is_transient();
        let no_access = matches!(error.kind(), AccessErrorKind::Credentials | AccessErrorKind::Expired);
        let fatal = (is_first || no_access) && !may_pass;
        Loss { what: InputName::Listing(self.location(prefix)), error: LossError::Access(error), fatal }
    }

    pub(super) fn location(&self, prefix: String) -> Location {
        Location { bucket: self.bucket.clone(), key: prefix }
    }
}
