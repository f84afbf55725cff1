//! An object, ready to be read.

use super::budget::Share;
use super::error::AccessError;
use super::receipt::Receipt;
use crate::{BufferPool, Records};
use bytes::{Buf, Bytes};
use jiff::Timestamp;
use std::fmt;
use std::io::{self, Read};
use tokio::sync::mpsc;

/// Where an object is. Its text is `s3://bucket/key`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Location {
    /// The bucket.
    pub bucket: String,
    /// The key, not URL-encoded.
    pub key: String,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.key)
    }
}

/// An object that has been downloaded, or is being downloaded where it is large.
#[derive(Debug)]
#[non_exhaustive]
pub struct Object {
    /// Where it is.
    pub location: Location,
    /// Its size in bytes, packed.
    pub size: u64,
    /// When it was last modified, where S3 has said so.
    pub modified: Option<Timestamp>,
    /// Its bytes.
    pub body: Body,
    /// To be confirmed once all of its records have been handed on.
    pub receipt: Receipt,
}

/// The bytes of an object.
#[derive(Debug)]
pub struct Body(pub(super) Inner);

#[derive(Debug)]
pub(super) enum Inner {
    Whole(Bytes),
    Pieces(Pieces),
}

impl Object {
    pub(super) fn new(location: Location, fetched: Fetched, receipt: Receipt) -> Self {
        let Fetched { size, modified, body } = fetched;
        Self { location, size, modified, body, receipt }
    }

    /// The records of the object, and the receipt for them. What the records are slices of counts as memory in use until
    /// they are dropped, where the object is not packed.
    ///
    /// Reading the records of a large object waits for the network, so they must not be read in an asynchronous task
    /// (tokio panics there), but in a thread.
    pub fn open(self, pool: &BufferPool) -> (Records<'static>, Receipt) {
        let records = match self.body.0 {
            Inner::Whole(bytes) => Records::from_bytes(bytes, pool),
            Inner::Pieces(pieces) => Records::from_read(pieces, pool),
        };
        (records, self.receipt)
    }
}

/// What a download gives.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) size: u64,
    pub(super) modified: Option<Timestamp>,
    pub(super) body: Body,
}

/// Bytes with their share of the budget.
pub(super) struct Held {
    pub(super) bytes: Bytes,
    pub(super) _share: Share,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// A large object, whose pieces come one after the other.
#[derive(Debug)]
pub(super) struct Pieces {
    pub(super) pieces: mpsc::Receiver<Result<Bytes, AccessError>>,
    pub(super) current: Bytes,
    /// What has been read, of how much.
    pub(super) left: u64,
    pub(super) _share: Share,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() && self.left > 0 {
            match self.pieces.blocking_recv() {
                Some(Ok(piece)) => self.current = piece,
                Some(Err(error)) => return Err(io::Error::other(error)),
                None => return Err(io::Error::other("the download was stopped")),
            }
        }
        let count = buffer.len().min(self.current.len());
        if let Some(space) = buffer.get_mut(..count) {
            self.current.copy_to_slice(space);
        }
        self.left = self.left.saturating_sub(count as u64);
        Ok(count)
    }
}
