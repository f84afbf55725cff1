//! Receipts: the right to acknowledge an object.

use super::logs::SliceClaim;
use super::name::{InputName, Location};
use super::pass::{Pass, SharedState};
use crate::state::LogEventId;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;

/// The right to acknowledge one object, or the records of one message. [Confirm](Self::confirm) it once all records
/// have been delivered.
///
/// A receipt that is dropped unconfirmed means that the object has not been read. Its message is not deleted and comes
/// back when its visibility timeout ends, and its key is not recorded as read.
#[must_use = "dropping a receipt says that the object has not been read"]
pub struct Receipt(Claim);

enum Claim {
    Message {
        claims: Arc<Claims>,
        /// The number of the part in its message, and the content that S3 returned for it.
        part: usize,
        etag: Option<String>,
    },
    /// Keeps a message from being finished before an API call's record in it has been delivered. The end of the part is
    /// recorded already.
    ApiCall(Arc<Claims>),
    Key {
        state: Option<SharedState>,
        location: Location,
        _pass: Pass,
    },
    LogEvents {
        slice: Arc<SliceClaim>,
        events: Vec<LogEventId>,
    },
}

impl Receipt {
    /// Creates a receipt for a message part.
    pub(super) fn of_message(claims: &Arc<Claims>, part: usize, etag: Option<String>) -> Self {
        Self(Claim::Message { claims: Arc::clone(claims), part, etag })
    }

    /// Creates a receipt for the record of the API call that wrote an object which cannot be read.
    pub(super) fn of_call(claims: &Arc<Claims>) -> Self {
        Self(Claim::ApiCall(Arc::clone(claims)))
    }

    /// Creates a receipt for an object that was listed.
    pub(super) fn of_key(state: Option<&SharedState>, location: &Location, pass: &Pass) -> Self {
        Self(Claim::Key { state: state.map(Arc::clone), location: location.clone(), _pass: pass.clone() })
    }

    /// Creates a receipt for log events.
    pub(super) fn of_log_events(slice: &Arc<SliceClaim>, events: Vec<LogEventId>) -> Self {
        slice.open();
        Self(Claim::LogEvents { slice: Arc::clone(slice), events })
    }

    /// Records that the records of the object will be delivered. A soft stop then reads the rest of its message.
    pub(crate) fn begin(&self) {
        if let Claim::Message { claims, .. } | Claim::ApiCall(claims) = &self.0 {
            claims.begun.0.store(true, Ordering::Relaxed);
        }
    }

    /// Returns whether a part of the message was begun.
    pub(crate) fn is_begun(&self) -> bool {
        match &self.0 {
            Claim::Message { claims, .. } | Claim::ApiCall(claims) => claims.begun.is_set(),
            Claim::Key { .. } | Claim::LogEvents { .. } => false,
        }
    }

    /// Confirms that all records of the object have been delivered and will not be lost.
    ///
    /// The message that named the object is deleted soon after all its objects are confirmed, not within this call. A
    /// key is recorded as read at once. This never blocks for long, and may be called from any thread.
    pub fn confirm(self) {
        match self.0 {
            Claim::Message { claims, part, etag } => claims.end(part, PartEnd::Read(etag)),
            Claim::Key { state: Some(state), location, .. } => {
                let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                state.add(&location.bucket, &location.key);
            }
            Claim::LogEvents { slice, events } => slice.settle(events),
            Claim::Key { state: None, .. } | Claim::ApiCall(_) => {}
        }
    }

    /// Records that all readable records were delivered and that the rest will stay unreadable: the object is damaged,
    /// or it is not a `CloudTrail` file.
    ///
    /// Its message stays in the queue. When the message comes back to this source, the object is read again only if its
    /// content has changed. A key is skipped for the rest of this run, and read again by the next run. A log event never
    /// changes, so it counts as read.
    pub fn refuse(self) {
        match self.0 {
            Claim::Message { claims, part, etag } => claims.end(part, PartEnd::Refused(etag)),
            Claim::Key { state: Some(state), location, .. } => {
                let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                state.skip(&location.bucket, &location.key);
            }
            Claim::LogEvents { slice, events } => slice.settle(events),
            Claim::Key { state: None, .. } | Claim::ApiCall(_) => {}
        }
    }
}

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Claim::Message { .. } => "Receipt(message)",
            Claim::ApiCall(_) => "Receipt(API call)",
            Claim::Key { .. } => "Receipt(key)",
            Claim::LogEvents { .. } => "Receipt(log events)",
        })
    }
}

/// The end of a message part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PartEnd {
    /// Not ended: it was not confirmed.
    Open,
    /// All records were delivered; with the `ETag` of the content.
    Read(Option<String>),
    /// It was read as far as possible; with the `ETag` of the content.
    Refused(Option<String>),
    /// It cannot be read, for this reason.
    Lost(String),
}

/// A message part: an object, or records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MessagePart {
    pub(super) what: InputName,
    pub(super) end: PartEnd,
    /// Whether the record of the API call that wrote the object has been delivered.
    pub(super) is_call_delivered: bool,
}

impl MessagePart {
    pub(super) fn new(what: InputName) -> Self {
        Self { what, end: PartEnd::Open, is_call_delivered: false }
    }
}

/// A finished message, with the end of each part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finished {
    pub(super) message: u64,
    pub(super) parts: Vec<MessagePart>,
}

impl Finished {
    /// Returns whether all parts were read. True for a message without parts.
    pub(super) fn is_read(&self) -> bool {
        self.parts.iter().all(|part| matches!(part.end, PartEnd::Read(_)))
    }

    /// Returns whether a part cannot be read at all.
    pub(super) fn is_lost(&self) -> bool {
        self.parts.iter().any(|part| matches!(part.end, PartEnd::Lost(_)))
    }
}

/// Whether a part of a message was handed to a reader that delivers its records.
#[derive(Clone, Debug, Default)]
pub(super) struct Begun(Arc<AtomicBool>);

impl Begun {
    pub(super) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The claims on one message. When the last one is dropped, one `Finished` reports the end of each part.
pub(super) struct Claims {
    message: u64,
    parts: Mutex<Vec<MessagePart>>,
    finished: mpsc::Sender<Finished>,
    begun: Begun,
}

impl Claims {
    /// Creates claims for these parts. The channel must hold one `Finished` for each message in flight.
    pub(super) fn new(
        message: u64,
        parts: Vec<MessagePart>,
        finished: mpsc::Sender<Finished>,
        begun: Begun,
    ) -> Arc<Self> {
        Arc::new(Self { message, parts: Mutex::new(parts), finished, begun })
    }

    /// Records that a part's API call record is delivered. Returns whether it is the first time.
    pub(super) fn take_call(&self, part: usize) -> bool {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        parts.get_mut(part).is_some_and(|part| !std::mem::replace(&mut part.is_call_delivered, true))
    }

    /// Records the end of a part.
    pub(super) fn end(&self, part: usize, end: PartEnd) {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(part) = parts.get_mut(part) {
            part.end = end;
        }
    }
}

impl Drop for Claims {
    fn drop(&mut self) {
        let parts = std::mem::take(self.parts.get_mut().unwrap_or_else(PoisonError::into_inner));
        // Without a receiver, the message comes back, which is right.
        let _ = self.finished.try_send(Finished { message: self.message, parts });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(key: &str) -> MessagePart {
        MessagePart::new(InputName::Object(Location { bucket: "b".to_owned(), key: key.to_owned() }))
    }

    #[test]
    fn a_message_is_done_when_all_its_objects_are_and_only_then() {
        let (sender, mut finished) = mpsc::channel(8);
        let mut check = |end: &dyn Fn(Receipt, Receipt), is_read: bool, expected: [PartEnd; 2]| {
            let claims = Claims::new(7, vec![part("x"), part("y")], sender.clone(), Begun::default());
            let receipts = [0, 1].map(|part| Receipt::of_message(&claims, part, Some(format!("e{part}"))));
            drop(claims);
            let [first, second] = receipts;
            end(first, second);
            let word = finished.try_recv().unwrap();
            assert_eq!((word.message, word.is_read()), (7, is_read));
            assert_eq!(word.parts.into_iter().map(|it| it.end).collect::<Vec<_>>(), expected);
            assert!(finished.try_recv().is_err(), "one word");
        };
        let etag = |text: &str| Some(text.to_owned());
        let read = PartEnd::Read(etag("e1"));
        check(
            &|first, second| {
                first.confirm();
                second.confirm();
            },
            true,
            [PartEnd::Read(etag("e0")), read.clone()],
        );
        check(
            &|first, second| {
                drop(first);
                second.confirm();
            },
            false,
            [PartEnd::Open, read.clone()],
        );
        check(
            &|first, second| {
                second.confirm();
                first.refuse();
            },
            false,
            [PartEnd::Refused(etag("e0")), read],
        );
        drop(Claims::new(9, Vec::new(), sender.clone(), Begun::default()));
        assert!(finished.try_recv().unwrap().is_read(), "nothing to read");
    }

    #[test]
    fn a_key_is_noted_when_it_is_confirmed() {
        let state = SharedState::default();
        let location = Location { bucket: "b".to_owned(), key: "x.json".to_owned() };
        let (pass, _ended) = mpsc::channel(1);
        let is_read = || state.lock().unwrap().is_read("b", "x.json", None);
        drop(Receipt::of_key(Some(&state), &location, &pass));
        assert!(!is_read());
        Receipt::of_key(Some(&state), &location, &pass).refuse();
        assert!(is_read(), "passed over in this run");
        assert!(!state.lock().unwrap().take_changed(), "and not noted for the next one");
        Receipt::of_key(Some(&state), &location, &pass).confirm();
        assert!(is_read() && state.lock().unwrap().take_changed());
    }
}
