//! What stands for an object until its records have been handed on.

use super::object::Location;
use crate::state::State;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;

/// The state as the source and the receipts share it.
pub(super) type SharedState = Arc<Mutex<State>>;

/// Stands for one object. To be [confirmed](Self::confirm) once all of its records have been handed on for good.
///
/// Dropped unconfirmed, it says that the object has not been read: its message is not deleted, and comes back to the
/// queue when its visibility ends; its key is not noted as read. That is also what to do with an object whose content is
/// damaged, where the message is to end in the dead-letter queue.
#[must_use = "dropping a receipt says that the object has not been read"]
pub struct Receipt(Claim);

enum Claim {
    Message(Arc<Claims>),
    Key { state: Option<SharedState>, location: Location, _pass: Pass },
}

/// Keeps a pass over a bucket from ending: its receiver hears the end once all clones are gone. Nothing is ever sent.
pub(super) type Pass = mpsc::Sender<std::convert::Infallible>;

impl Receipt {
    /// For an object of a message.
    pub(super) fn of_message(claims: &Arc<Claims>) -> Self {
        Self(Claim::Message(Arc::clone(claims)))
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
        match &self.0 {
            Claim::Message(claims) => {
                claims.confirmed.fetch_add(1, Ordering::AcqRel);
            }
            Claim::Key { state: Some(state), location, .. } => {
                let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                state.add(&location.bucket, &location.key);
            }
            Claim::Key { state: None, .. } => {}
        }
    }
}

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Claim::Message(_) => "Receipt(message)",
            Claim::Key { .. } => "Receipt(key)",
        })
    }
}

/// Says which message is done with, and whether all of it was confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Finished {
    pub(super) message: u64,
    pub(super) confirmed: bool,
}

/// The claims on one message. When the last one is gone, it is told how they ended, exactly once.
pub(super) struct Claims {
    message: u64,
    objects: usize,
    confirmed: AtomicUsize,
    finished: mpsc::Sender<Finished>,
}

impl Claims {
    /// For so many objects. The channel must have room for one word of each message that is in flight.
    pub(super) fn new(message: u64, objects: usize, finished: mpsc::Sender<Finished>) -> Arc<Self> {
        Arc::new(Self { message, objects, confirmed: AtomicUsize::new(0), finished })
    }
}

impl Drop for Claims {
    fn drop(&mut self) {
        let confirmed = *self.confirmed.get_mut() == self.objects;
        // Where nobody listens any more, the message comes back, which is right.
        let _ = self.finished.try_send(Finished { message: self.message, confirmed });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_done_when_all_its_objects_are_and_only_then() {
        let (sender, mut finished) = mpsc::channel(8);
        let claims = Claims::new(7, 2, sender.clone());
        let (first, second) = (Receipt::of_message(&claims), Receipt::of_message(&claims));
        drop(claims);
        first.confirm();
        assert!(finished.try_recv().is_err());
        second.confirm();
        assert_eq!(finished.try_recv(), Ok(Finished { message: 7, confirmed: true }));

        let claims = Claims::new(8, 2, sender.clone());
        let (first, second) = (Receipt::of_message(&claims), Receipt::of_message(&claims));
        drop(claims);
        drop(first);
        second.confirm();
        assert_eq!(finished.try_recv(), Ok(Finished { message: 8, confirmed: false }));

        drop(Claims::new(9, 0, sender));
        assert_eq!(finished.try_recv(), Ok(Finished { message: 9, confirmed: true }), "nothing to read");
    }

    #[test]
    fn a_key_is_noted_when_it_is_confirmed() {
        let state = SharedState::default();
        let location = Location { bucket: "b".to_owned(), key: "x.json".to_owned() };
        let (pass, _ended) = mpsc::channel(1);
        let is_read = || state.lock().unwrap().is_read("b", "x.json", None);
        drop(Receipt::of_key(Some(&state), &location, &pass));
        assert!(!is_read());
        Receipt::of_key(Some(&state), &location, &pass).confirm();
        assert!(is_read());
    }
}
