//! An object, ready to be read.

use super::budget::Share;
use super::error::AccessError;
use super::feed::What;
use super::log_once::LogOnce;
use super::receipt::{Claims, Receipt};
use crate::{BufferPool, Records};
use bytes::{Buf, Bytes};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;
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
/// every API call names many of those. Unless a record that is certainly `CloudTrail`'s comes out of the object, this
/// record must be handed on: it is an audit record, and the message has the only copy that this queue gets.
pub struct Call {
    text: Bytes,
    what: What,
    log: Arc<LogOnce>,
    /// The object's part of its message.
    claims: Arc<Claims>,
    part: usize,
    /// Whether the object has given a record that is certainly one of `CloudTrail`'s.
    is_log: bool,
}

impl Call {
    pub(super) fn new(text: String, what: What, log: &Arc<LogOnce>, claims: &Arc<Claims>, part: usize) -> Self {
        let (log, claims) = (Arc::clone(log), Arc::clone(claims));
        Self { text: Bytes::from(text), what, log, claims, part, is_log: false }
    }

    /// Notes a record that came out of the object.
    ///
    /// Records are told apart by one member's name, which other programs' JSON may have too. Only a record with all the
    /// members that each `CloudTrail` record has shows that the object is a log.
    pub fn saw(&mut self, record: &[u8]) {
        self.is_log = self.is_log || is_certain(record);
    }

    /// Returns the record where it must be handed on beside, or in place of, what came out of the object, and logs that.
    /// Returns `None` where the object is a log, or where this run has handed the record on before.
    #[must_use]
    pub fn records(self, pool: &BufferPool) -> Option<Records<'static>> {
        if self.is_log || !self.claims.give_call(self.part) {
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

/// The members that each record has since version 1.01, those of Insights included: AWS, "CloudTrail record contents". An
/// event of S3, which also calls itself `Records`, has no `eventID`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "it only matters that they are there")]
struct Certain {
    event_version: IgnoredAny,
    event_time: IgnoredAny,
    #[serde(rename = "eventID")]
    event_id: IgnoredAny,
}

fn is_certain(record: &[u8]) -> bool {
    serde_json::from_slice::<Certain>(record).is_ok()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_certain_by_the_members_that_all_have() {
        for (record, expected) in [
            (r#"{"eventVersion":"1.11","eventTime":"t","eventName":"E","eventID":"i"}"#, true),
            (r#"{"eventID":"i","eventTime":"t","insightDetails":{},"eventVersion":"1.07"}"#, true),
            (r#"{"name":"x","eventName":"y"}"#, false),
            (r#"{"foo":1}"#, false),
            // An event of S3.
            (r#"{"eventVersion":"2.1","eventSource":"aws:s3","eventTime":"t","eventName":"E"}"#, false),
            (r#"{"eventName":"y","of":{"eventVersion":"1","eventTime":"t","eventID":"i"}}"#, false),
            (r#"{"eventVersion":"1","eventTime":"t","eventID":"i""#, false),
        ] {
            assert_eq!(is_certain(record.as_bytes()), expected, "{record}");
        }
    }
}
