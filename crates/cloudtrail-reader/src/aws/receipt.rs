//! What stands for an object until its records have been handed on.

use super::feed::What;
use super::object::Location;
use crate::state::State;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;

/// The state as the source and the receipts share it.
pub(super) type SharedState = Arc<Mutex<State>>;

/// Stands for one object, or for the records of one message. To be [confirmed](Self::confirm) once all of its records have
/// been handed on for good.
///
/// Dropped unconfirmed, it says that the object has not been read: its message is not deleted, and comes back to the
/// queue when its visibility ends; its key is not noted as read.
#[must_use = "dropping a receipt says that the object has not been read"]
pub struct Receipt(Claim);

enum Claim {
    Message {
        claims: Arc<Claims>,
        /// Its number in the message, and which content S3 gave for it.
        part: usize,
        etag: Option<String>,
    },
    /// Keeps a message from being done with before the record of an API call in it has been handed on. How the part ends is
    /// noted already.
    Beside(#[expect(dead_code, reason = "dropping it is what counts")] Arc<Claims>),
    Key {
        state: Option<SharedState>,
        location: Location,
        _pass: Pass,
    },
}

/// Keeps a pass over a bucket from ending: its receiver hears the end once all clones are gone. Nothing is ever sent.
pub(super) type Pass = mpsc::Sender<std::convert::Infallible>;

impl Receipt {
    /// For a part of a message.
    pub(super) fn of_message(claims: &Arc<Claims>, part: usize, etag: Option<String>) -> Self {
        Self(Claim::Message { claims: Arc::clone(claims), part, etag })
    }

    /// For the record of the API call that wrote an object which cannot be read.
    pub(super) fn beside(claims: &Arc<Claims>) -> Self {
        Self(Claim::Beside(Arc::clone(claims)))
    }

    /// For an object that a listing has shown.
    pub(super) fn of_key(state: Option<&SharedState>, location: &Location, pass: &Pass) -> Self {
        Self(Claim::Key { state: state.map(Arc::clone), location: location.clone(), _pass: pass.clone() })
    }

    /// All records of the object have been handed on, and whoever has them will not lose them.
    ///
    /// The message that named the object is deleted once all its objects are confirmed, soon after and not within this
    /// call; a key is noted as read at once. This never blocks for long, and may be called from anywhere.
    pub fn confirm(self) {
        match self.0 {
            Claim::Message { claims, part, etag } => claims.end(part, Ended::Read(etag)),
            Claim::Key { state: Some(state), location, .. } => {
                let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                state.add(&location.bucket, &location.key);
            }
            Claim::Key { state: None, .. } | Claim::Beside(_) => {}
        }
    }

    /// What could be read of the object has been handed on, and the rest will not be any better next time: it is damaged,
    /// or it is not `CloudTrail`.
    ///
    /// Its message stays in the queue. When it comes back to this source, the object is read again only if its content has
    /// changed. A key is not noted as read.
    pub fn refuse(self) {
        if let Claim::Message { claims, part, etag } = self.0 {
            claims.end(part, Ended::Refused(etag));
        }
    }
}

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Claim::Message { .. } => "Receipt(message)",
            Claim::Beside(_) => "Receipt(API call)",
            Claim::Key { .. } => "Receipt(key)",
        })
    }
}

/// How a part of a message has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// It has not: nobody has confirmed it.
    Open,
    /// Its records have been handed on; with the content that S3 gave.
    Read(Option<String>),
    /// It was read as far as it can be; with the content that S3 gave.
    Refused(Option<String>),
    /// It cannot be read, for this reason.
    Lost(String),
}

/// A part of a message: an object, or records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) what: What,
    pub(super) ended: Ended,
    /// Whether the record of the API call that wrote the object has been handed on.
    pub(super) is_call_given: bool,
}

impl Part {
    pub(super) fn new(what: What) -> Self {
        Self { what, ended: Ended::Open, is_call_given: false }
    }
}

/// Says which message is done with, and how each of its parts has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finished {
    pub(super) message: u64,
    pub(super) parts: Vec<Part>,
}

impl Finished {
    /// Returns whether all of it was read. What names nothing to read has no parts.
    pub(super) fn is_read(&self) -> bool {
        self.parts.iter().all(|part| matches!(part.ended, Ended::Read(_)))
    }

    /// Returns whether a part of it cannot be read at all.
    pub(super) fn is_lost(&self) -> bool {
        self.parts.iter().any(|part| matches!(part.ended, Ended::Lost(_)))
    }
}

/// The claims on one message. When the last one is gone, one `Finished` says how all of them ended.
pub(super) struct Claims {
    message: u64,
    parts: Mutex<Vec<Part>>,
    finished: mpsc::Sender<Finished>,
}

impl Claims {
    /// For these parts. The channel must have room for one word of each message that is in flight.
    pub(super) fn new(message: u64, parts: Vec<Part>, finished: mpsc::Sender<Finished>) -> Arc<Self> {
        Arc::new(Self { message, parts: Mutex::new(parts), finished })
    }

    /// Notes that the record of a part's API call is handed on. Returns whether it is for the first time.
    pub(super) fn give_call(&self, part: usize) -> bool {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        parts.get_mut(part).is_some_and(|part| !std::mem::replace(&mut part.is_call_given, true))
    }

    /// Notes how a part has ended.
    pub(super) fn end(&self, part: usize, ended: Ended) {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(part) = parts.get_mut(part) {
            part.ended = ended;
        }
    }
}

impl Drop for Claims {
    fn drop(&mut self) {
        let parts = std::mem::take(self.parts.get_mut().unwrap_or_else(PoisonError::into_inner));
        // Where nobody listens any more, the message comes back, which is right.
        let _ = self.finished.try_send(Finished { message: self.message, parts });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(key: &str) -> Part {
        Part::new(What::Object(Location { bucket: "b".to_owned(), key: key.to_owned() }))
    }

    #[test]
    fn a_message_is_done_when_all_its_objects_are_and_only_then() {
        let (sender, mut finished) = mpsc::channel(8);
        let mut check = |end: &dyn Fn(Receipt, Receipt), is_read: bool, expected: [Ended; 2]| {
            let claims = Claims::new(7, vec![part("x"), part("y")], sender.clone());
            let receipts = [0, 1].map(|part| Receipt::of_message(&claims, part, Some(format!("e{part}"))));
            drop(claims);
            let [first, second] = receipts;
            end(first, second);
            let word = finished.try_recv().unwrap();
            assert_eq!((word.message, word.is_read()), (7, is_read));
            assert_eq!(word.parts.into_iter().map(|it| it.ended).collect::<Vec<_>>(), expected);
            assert!(finished.try_recv().is_err(), "one word");
        };
        let etag = |text: &str| Some(text.to_owned());
        let read = Ended::Read(etag("e1"));
        check(
            &|first, second| {
                first.confirm();
                second.confirm();
            },
            true,
            [Ended::Read(etag("e0")), read.clone()],
        );
        check(
            &|first, second| {
                drop(first);
                second.confirm();
            },
            false,
            [Ended::Open, read.clone()],
        );
        check(
            &|first, second| {
                second.confirm();
                first.refuse();
            },
            false,
            [Ended::Refused(etag("e0")), read],
        );
        drop(Claims::new(9, Vec::new(), sender.clone()));
        assert!(finished.try_recv().unwrap().is_read(), "nothing to read");
    }

    #[test]
    fn a_key_is_noted_when_it_is_confirmed() {
        let state = SharedState::default();
        let location = Location { bucket: "b".to_owned(), key: "x.json".to_owned() };
        let (pass, _ended) = mpsc::channel(1);
        let is_read = || state.lock().unwrap().is_read("b", "x.json", None);
        drop(Receipt::of_key(Some(&state), &location, &pass));
        Receipt::of_key(Some(&state), &location, &pass).refuse();
        assert!(!is_read());
        Receipt::of_key(Some(&state), &location, &pass).confirm();
        assert!(is_read());
    }
}
