//! An object, ready for reading.

use super::budget::Share;
use super::error::AccessError;
use super::log_once::LogOnce;
use super::loss::{Announced, LossError};
use super::name::InputName;
use super::receipt::{Claims, Receipt};
use crate::bucket::is_of_cloudtrail;
use crate::notification::is_certain;
use crate::{BufferPool, Records};
use bytes::{Buf, Bytes};
use jiff::Timestamp;
use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;
use tokio::sync::mpsc;

/// An object that has been downloaded, a large one that is being downloaded, or the records of a message.
#[derive(Debug)]
#[non_exhaustive]
pub struct Object {
    /// The name of the object or the message.
    pub what: InputName,
    /// The size in bytes, as stored.
    pub size: u64,
    /// The time of the last modification, if S3 has returned it.
    pub modified: Option<Timestamp>,
    /// The content.
    pub body: Body,
    /// Confirm it once all records have been delivered.
    pub receipt: Receipt,
    /// The API call that wrote the object, if the message named the object by the call.
    pub call: Option<Call>,
}

/// The record of the API call that wrote an object. A queue that receives every API call names many objects that are
/// not `CloudTrail` files. Unless the object contains a record that is certainly one of `CloudTrail`, deliver this
/// record: it is an audit record, and the message has the only copy that this queue gets.
pub struct Call {
    text: Bytes,
    what: InputName,
    log: Arc<LogOnce>,
    /// The number of the object's part in its message.
    claims: Arc<Claims>,
    part: usize,
    /// Whether the object contains a record that is certainly one of `CloudTrail`.
    is_log: bool,
}

impl Call {
    pub(super) fn new(text: String, what: InputName, log: &Arc<LogOnce>, claims: &Arc<Claims>, part: usize) -> Self {
        let (log, claims) = (Arc::clone(log), Arc::clone(claims));
        Self { text: Bytes::from(text), what, log, claims, part, is_log: false }
    }

    /// Takes a record of the object into account.
    ///
    /// A record is recognised by the name of one member, which other JSON may have too. Only a record with all members
    /// that every `CloudTrail` record has shows that the object is a log file.
    pub fn saw(&mut self, record: &[u8]) {
        self.is_log = self.is_log || is_certain(record);
    }

    /// Returns whether the record may take the place of the object if that is not a log. Not if the key is one of
    /// CloudTrail's: then the log was replaced or lost, and the message must stay.
    #[must_use]
    pub fn may_replace_object(&self) -> bool {
        !matches!(&self.what, InputName::Object(location) if is_of_cloudtrail(&location.key))
    }

    /// Returns the record if it must be delivered in addition to the object, and logs that. `None` if the object is a
    /// log file, or if this run has delivered the record before.
    #[must_use]
    pub fn records(self, pool: &BufferPool) -> Option<Records<'static>> {
        if self.is_log || !self.claims.take_call(self.part) {
            return None;
        }
        self.log.call_instead(&self.what);
        Some(Records::from_bytes(self.text, pool))
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Call({})", self.what)
    }
}

/// The content of an object.
#[derive(Debug)]
pub struct Body(pub(super) Inner);

#[derive(Debug)]
pub(super) enum Inner {
    Whole(Bytes),
    Pieces(Pieces),
}

impl Object {
    pub(super) fn new(what: InputName, fetched: Fetched, receipt: Receipt) -> Self {
        let Fetched { size, modified, body, .. } = fetched;
        Self { what, size, modified, body, receipt, call: None }
    }

    /// Opens the object: returns its records and the receipt for them. If the object is not compressed, its memory
    /// stays in use until the records are dropped.
    ///
    /// Reading the records of a large object waits for the network. Read them in a thread, not in an asynchronous task,
    /// where tokio would panic.
    pub fn open(self, pool: &BufferPool) -> (Records<'static>, Receipt) {
        (self.body.records(pool), self.receipt)
    }
}

impl Body {
    pub(crate) fn records(self, pool: &BufferPool) -> Records<'static> {
        match self.0 {
            Inner::Whole(bytes) => Records::from_bytes(bytes, pool),
            Inner::Pieces(pieces) => Records::from_read(pieces, pool),
        }
    }
}

/// The result of a download.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) size: u64,
    pub(super) modified: Option<Timestamp>,
    /// The `ETag` of the content.
    pub(super) etag: Option<String>,
    pub(super) body: Body,
}

impl Fetched {
    /// Returns the loss if the object holds nothing but blanks, and its message announced more: another size, or a key
    /// of CloudTrail's without a size. Blanks that were announced are all that was written.
    pub(super) fn missing_content(&self, announced: Option<u64>, is_log: bool) -> Option<LossError> {
        let is_blank = match &self.body.0 {
            Inner::Whole(bytes) => bytes.iter().all(u8::is_ascii_whitespace),
            Inner::Pieces(_) => false,
        };
        let announced = match announced {
            Some(0) => return None,
            Some(bytes) => (bytes != self.size).then_some(Announced::Bytes(bytes)),
            None => is_log.then_some(Announced::Log),
        };
        announced.filter(|_| is_blank).map(|announced| LossError::NoContent { size: self.size, announced })
    }

    /// Wraps a text that a message contains.
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

/// A large object that arrives in pieces.
#[derive(Debug)]
pub(super) struct Pieces {
    pub(super) pieces: mpsc::Receiver<Result<Bytes, AccessError>>,
    pub(super) current: Bytes,
    /// The bytes that have not been read yet.
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
