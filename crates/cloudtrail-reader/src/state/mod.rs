//! The read state: which objects and log events have been read, so that the next run reads only new ones.
//!
//! Of a log group, it keeps the time up to which everything was read, and the ids of the log events in a window before
//! that time, since log events may become visible late. `log_events.rs` has the rules. The following is about buckets.
//!
//! For each lane (an account's region) and day it keeps a set of names. Files of a day may arrive late: CloudTrail
//! tries for up to 30 days. So a set is kept for [`LOOK_BACK_DAYS`]. Then the day is closed: one time replaces the set,
//! and every object of the day that was last modified up to that time counts as read. A listing closes a day only if it
//! has returned the whole day and all of its objects were read, and the time is a day or more before that listing;
//! newer objects stay in the set by name. So a file that comes to a closed day is read, however late it comes, and no
//! read name is lost: either it is in the set, or it is not newer than the time.

mod file;
mod keeper;
mod log_events;
mod objects;

pub use file::{StateError, StateFile};
pub use keeper::StateKeeper;
pub use log_events::LogEventId;
pub use objects::{LOOK_BACK_DAYS, ListedKey, ReadState};

#[cfg(test)]
mod tests;
