//! Log lines about messages. Each kind of line is written once, and further ones are counted and reported later, so
//! that the log of a busy queue stays readable.

use super::error::AccessError;
use super::name::InputName;
use std::collections::BTreeMap;
use std::fmt::{Display, Write};
use std::sync::{Mutex, PoisonError};

/// This many API calls whose objects are not `CloudTrail` files are logged one by one, and the others are counted: a
/// queue that receives every API call of an account has many.
const CALLS_NAMED: u64 = 20;

/// The lines that were written about a queue's messages, and the counts of those that were not.
#[derive(Debug, Default)]
pub(super) struct LogOnce(Mutex<Counted>);

#[derive(Debug, Default)]
struct Counted {
    /// How many parts of each kind were acknowledged unread and are not in the log yet.
    acknowledged: BTreeMap<&'static str, u64>,
    calls: u64,
    calls_unsaid: u64,
    /// Messages that came back and stayed in the queue again.
    again: u64,
}

impl LogOnce {
    /// Records that a message part was acknowledged unread. The first of each kind is logged by name.
    pub(super) fn acknowledged(&self, kind: &'static str, id: &str, what: &dyn Display) {
        let is_first = self.with(|counted| match counted.acknowledged.get_mut(kind) {
            Some(more) => {
                *more += 1;
                false
            }
            None => counted.acknowledged.insert(kind, 0).is_none(),
        });
        if is_first {
            tracing::info!(id, kind, %what, "acknowledged without reading");
        } else {
            tracing::debug!(id, kind, %what, "acknowledged without reading");
        }
    }

    /// Records that an API call's record is returned in place of the object that the call wrote.
    pub(super) fn call_instead(&self, what: &InputName) {
        if self.names_call() {
            tracing::warn!(
                %what,
                "gives no record that is certainly CloudTrail's; the record of the API call that wrote it is handed on"
            );
        } else {
            tracing::debug!(%what, "the record of the API call that wrote it is handed on");
        }
    }

    /// Records that an object does not exist any more, and that the API call's record is returned instead.
    pub(super) fn object_gone(&self, what: &InputName, error: &AccessError) {
        if self.names_call() {
            tracing::warn!(
                %what, %error,
                "cannot be read any more; the record of the API call that wrote it is handed on, and its message is acknowledged"
            );
        } else {
            tracing::debug!(%what, %error, "the record of the API call that wrote it is handed on");
        }
    }

    /// Counts an API call whose record is returned. Returns whether to log its object.
    fn names_call(&self) -> bool {
        self.with(|counted| {
            counted.calls += 1;
            counted.calls_unsaid += u64::from(counted.calls > CALLS_NAMED);
            counted.calls <= CALLS_NAMED
        })
    }

    /// Records that a message came back and stays in the queue again.
    pub(super) fn left_again(&self) {
        self.with(|counted| counted.again += 1);
    }

    /// Logs the counts since the last call.
    pub(super) fn sum_up(&self) {
        let (kinds, calls, again) = self.with(|counted| {
            let mut kinds = String::new();
            for (kind, more) in counted.acknowledged.iter_mut().filter(|(_, more)| **more > 0) {
                let comma = if kinds.is_empty() { "" } else { ", " };
                // Writing to a string does not fail.
                let _ = write!(kinds, "{comma}{} more of kind {kind}", std::mem::take(more));
            }
            (kinds, std::mem::take(&mut counted.calls_unsaid), std::mem::take(&mut counted.again))
        });
        if !kinds.is_empty() {
            tracing::info!("acknowledged without reading: {kinds}");
        }
        if calls > 0 {
            tracing::warn!(
                calls,
                "more objects gave no record that is certainly CloudTrail's; the records of their API calls were handed on"
            );
        }
        if again > 0 {
            tracing::warn!(times = again, "messages that stay in the queue came back, and were left again");
        }
    }

    fn with<T>(&self, work: impl FnOnce(&mut Counted) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
