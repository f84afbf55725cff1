#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod advice;
mod answer;
mod api;
mod backoff;
mod builder;
mod config;
mod counters;
mod descriptor;
mod error;
mod feed;
mod http;
mod item;
mod lines;
mod origin;
mod partition;
mod place;
mod position;
mod prologue;
mod reach;
mod region;
mod session;
mod shared;
mod status;
mod stream;
mod timing;
mod token;

pub use builder::{ConfigBuilder, ConfigError, Problem};
/// What lines are, handed on so that users need not depend on the `bytes` crate in the same version.
pub use bytes::Bytes;
pub use config::{ApiClient, Config, Start};
pub use counters::{Counters, Errors};
pub use error::{Call, Error, ErrorKind};
pub use item::{Event, Item, Partition, Reason, Unreadable};
pub use lines::{Line, Lines, MAX_LINE};
pub use position::{Position, position};
pub use region::{Region, UnknownRegion};
/// What the client secret is held in, handed on for the same reason.
pub use secrecy::SecretString;
pub use status::{Monitor, PartitionSnapshot, PartitionState, SessionState, Snapshot, Status};
pub use stream::{EventStream, ProbeError, Probed, connect, probe};
pub use timing::Timing;
/// What stops a stream, handed on for the same reason.
pub use tokio_util::sync::CancellationToken;
