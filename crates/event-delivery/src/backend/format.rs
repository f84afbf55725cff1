//! The text of an event, for backends that keep text.

use std::fmt;

use bytes::Bytes;

use super::unfit::Unfit;
use crate::event::PendingEvent;

/// Makes the text of an event.
pub type FormatEvent = Box<dyn Fn(&PendingEvent) -> Result<Formatted, Unfit> + Send + Sync>;

/// The text of an event.
#[derive(Clone, PartialEq, Eq)]
pub struct Formatted {
    /// When the event happened, in ms since 1970. `None` if it has no time. A second reading of the event must give the
    /// same time.
    pub time_ms: Option<i64>,
    /// One line of JSON.
    pub text: Bytes,
    /// Whether it holds the whole original. If not, the original goes to the dead letter, too.
    pub is_whole: bool,
}

/// Shows the time and the size, without any content.
impl fmt::Debug for Formatted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Formatted({:?}, {} bytes)", self.time_ms, self.text.len())
    }
}
