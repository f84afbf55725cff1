//! The dead letter keeps events that no backend takes, so that none is lost. A letter counts once it is on disk or in
//! the queue; before that its event is not confirmed.

mod claim;
mod file;
mod letter;
mod log;
#[cfg(feature = "sqs")]
mod messages;
#[cfg(feature = "sqs")]
pub(crate) mod place;
#[cfg(feature = "sqs")]
mod queue;
mod record;
pub(crate) mod replay;
pub(crate) mod report;
pub(crate) mod resend;
pub(crate) mod select;
pub(crate) mod source;
mod store;
pub(crate) mod stored;
mod writer;

pub(crate) use self::letter::Letter;
pub use self::store::DeadLetterStore;
pub(crate) use self::writer::{Letters, start};
