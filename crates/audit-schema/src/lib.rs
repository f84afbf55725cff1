#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod batch;
mod channel;
mod code;
mod entry;
mod event;
pub mod falcon;
mod json;
pub mod limits;
mod object;
mod shrink;
mod time;
mod validate;

pub use batch::{Batch, Refused, Why};
pub use channel::{AccountId, ChannelArn, ChannelArnError, NotAnAccountId};
pub use code::{Verdict, of_call, of_entry};
pub use entry::{Entry, EntryError};
pub use event::{AuditEvent, UserIdentity};
pub use object::{JsonObject, NotAnObject};
pub use time::EventTime;
pub use validate::Invalid;
