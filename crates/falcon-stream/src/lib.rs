#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod api;
mod backoff;
mod config;
mod feed;
mod lock;
mod partition;
mod session;
mod stream;

pub use api::error::{Call, Error, ErrorKind};
pub use api::region::{Region, UnknownRegion};
/// The type of a line, exported so that users need not depend on the same version of the `bytes` crate.
pub use bytes::Bytes;
pub use config::{
    ApiClient, Config, ConfigBuilder, ConfigError, Problem, Start, Timing, is_app_id, is_base_url, is_event_type,
};
pub use feed::item::{Event, StreamItem, Unreadable, UnreadableReason};
pub use feed::lines::{Line, Lines, MAX_LINE};
pub use feed::position::{Position, position};
pub use partition::Partition;
/// The type of the client secret, exported for the same reason.
pub use secrecy::SecretString;
pub use session::counters::{Counters, Errors};
pub use session::monitor::{Monitor, PartitionSnapshot, Snapshot};
pub use session::status::{PartitionState, SessionState, Status};
pub use stream::{EventStream, ProbeError, Probed, connect, probe};
/// Stops a stream. Exported for the same reason.
pub use tokio_util::sync::CancellationToken;
