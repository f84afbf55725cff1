//! Stored offsets: read at the start and before a partition opens, and written as the positions of the ledger move.

mod by_hand;
mod first;
mod names;
mod open;
mod place;
mod reopen;
mod writer;

pub use self::by_hand::{reset_offsets, set_offsets};
pub use self::first::FirstOffsets;
#[cfg(feature = "s3")]
pub(crate) use self::names::key;
pub use self::names::{are_stored, parse_offsets, positions};
pub use self::open::open_offsets;
pub use self::place::OffsetPlace;
pub use self::reopen::{Reopen, Reopened};
pub use self::writer::OffsetWriter;
