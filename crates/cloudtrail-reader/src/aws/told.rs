//! What is said of messages: each kind of thing once, and counts of what follows, so that the log of a busy queue can be
//! read.

use super::feed::What;
use std::collections::BTreeMap;
use std::fmt::{Display, Write};
use std::sync::{Mutex, PoisonError};

/// API calls whose objects are not `CloudTrail`, named one by one. The others are counted: a queue that gets every API call
/// of an account has many.
const CALLS_NAMED: u64 = 20;

/// What has been said of the messages of a queue.
#[derive(Debug, Default)]
pub(super) struct Told(Mutex<Counted>);

#[derive(Debug, Default)]
struct Counted {
    /// What was acknowledged without reading since that was last said, by kind.
    acknowledged: BTreeMap<&'static str, u64>,
    calls: u64,
    calls_unsaid: u64,
    /// Messages that came back and were left again.
    again: u64,
}

impl Told {
    /// Something was acknowledged without reading. The first of each kind is named.
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

    /// The record of an API call takes the place of the object that it wrote.
    pub(super) fn call_instead(&self, what: &What) {
        let is_named = self.with(|counted| {
            counted.calls += 1;
            counted.calls_unsaid += u64::from(counted.calls > CALLS_NAMED);
            counted.calls <= CALLS_NAMED
        });
        if is_named {
            tracing::warn!(%what, "holds no CloudTrail records; the record of the API call that wrote it is handed on");
        } else {
            tracing::debug!(%what, "holds no CloudTrail records; the record of the API call that wrote it is handed on");
        }
    }

    /// A message came back and was left to the queue again.
    pub(super) fn left_again(&self) {
        self.with(|counted| counted.again += 1);
    }

    /// Says what was counted and not named since this was last called.
    pub(super) fn sum_up(&self) {
        let (kinds, calls, again) = self.with(|counted| {
            let mut kinds = String::new();
            for (kind, more) in counted.acknowledged.iter_mut().filter(|(_, more)| **more > 0) {
                let comma = if kinds.is_empty() { "" } else { ", " };
                // Writing to a text does not fail.
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
                "more objects held no CloudTrail records; the records of their API calls were handed on"
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
