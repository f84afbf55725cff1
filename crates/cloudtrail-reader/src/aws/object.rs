//! An object, ready to be read.

use super::budget::Share;
use super::error::AccessError;
use super::feed::What;
use super::log_once::LogOnce;
use super::receipt::Receipt;
use crate::{BufferPool, Records};
use bytes::{Buf, Bytes};
use jiff::Timestamp;
use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;
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

/// An object that has been downloaded, or is being downloaded where it is large; or the records of a message.
#[derive(Debug)]
#[non_exhaustive]
pub struct Object {
    /// The object, or the message, that it is.
    pub what: What,
    /// Its size in bytes, packed.
    pub size: u64,
    /// When it was last modified, where S3 has said so.
    pub modified: Option<Timestamp>,
    /// Its bytes.
    pub body: Body,
    /// To be confirmed once all of its records have been handed on.
    pub receipt: Receipt,
    /// The API call that wrote the object, where that is how a message named it.
    pub call: Option<Call>,
}

/// The record of the API call that wrote an object. The object may turn out not to be `CloudTrail`, as a queue that gets
/// every API call names many of those. Then this record is handed on in its place.
#[derive(Debug)]
pub struct Call {
    pub(super) text: Bytes,
    pub(super) what: What,
    pub(super) log: Arc<LogOnce>,
}

impl Call {
    /// Returns the record, to be handed on in place of the object's. Logs that.
    #[must_use]
    pub fn records(self, pool: &BufferPool) -> Records<'static> {
        self.log.call_instead(&self.what);
        Records::from_bytes(self.text, pool)
    }
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
    pub(super) fn new(what: What, fetched: Fetched, receipt: Receipt) -> Self {
        let Fetched { size, modified, body, .. } = fetched;
        Self { what, size, modified, body, receipt, call: None }
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
    /// Which content it is, as S3 calls it.
    pub(super) etag: Option<String>,
    pub(super) body: Body,
}

impl Fetched {
    /// A text that a message has brought along.
    pub(super) fn of_text(text: &str, share: Share) -> Self {
        let bytes = Bytes::copy_from_slice(text.as_bytes());
        let size = bytes.len() as u64;
        let body = Body(Inner::Whole(Bytes::from_owner(Held { bytes, _share: share })));
        Self { size, modified: None, etag: None, body }
    }
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
