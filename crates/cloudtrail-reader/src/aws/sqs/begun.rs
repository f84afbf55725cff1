//! What a stop does to a message in flight.

use super::super::receipt::Begun;
use tokio_util::sync::CancellationToken;

/// Ends the work on one message. A soft stop lets a message that is begun finish.
#[derive(Clone, Debug, Default)]
pub(super) struct MessageStop {
    /// Ends the work. A hard stop of the source cancels it, too.
    pub(super) token: CancellationToken,
    pub(super) begun: Begun,
}

impl MessageStop {
    /// Returns the means to stop one message. The token `hard` stops it in any case.
    pub(super) fn new(hard: &CancellationToken) -> Self {
        Self { token: hard.child_token(), begun: Begun::default() }
    }

    pub(super) fn end_unless_begun(&self) {
        if !self.begun.is_set() {
            self.token.cancel();
        }
    }
}
