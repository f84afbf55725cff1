//! An event for the dead letter.

use std::sync::Arc;

use jiff::Timestamp;

use super::record::About;
use crate::event::PendingEvent;

/// An event for the dead letter, with the reason.
#[derive(Debug)]
pub(crate) struct Letter {
    pub(crate) event: Arc<PendingEvent>,
    pub(crate) code: String,
    pub(crate) reason: String,
    /// The backend that refused it. `None` for a line that is not an event.
    pub(crate) backend: Option<&'static str>,
    /// Whether a backend has a part of it. The letter has the whole.
    pub(crate) is_published: bool,
}

impl Letter {
    /// Returns the members of the letter next to its line.
    pub(crate) fn about(&self) -> About<'_> {
        let Self { event, code, reason, backend, .. } = self;
        About {
            time: Timestamp::now(),
            partition: event.partition,
            offset: event.known_offset(),
            code,
            reason,
            backend: *backend,
        }
    }
}
