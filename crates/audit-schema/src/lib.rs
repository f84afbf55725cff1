#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod batch;
mod channel;
mod code;
mod entry;
mod event;
pub mod falcon;
mod invalid;
mod json;
pub mod limits;
mod object;
mod shrink;
mod time;
mod validate;

pub use batch::{Batch, Refused, Why};
pub use channel::{ChannelArn, ChannelArnError};
pub use code::{Verdict, of_call, of_entry};
/// The ID of an AWS account, exported so that users need not depend on `common-aws`.
pub use common_aws::names::{AccountId, NotAnAccountId};
pub use entry::{Entry, EntryError};
pub use event::{AuditEvent, UserIdentity};
pub use invalid::Invalid;
pub use object::{JsonObject, NotAnObject};
pub use time::EventTime;
