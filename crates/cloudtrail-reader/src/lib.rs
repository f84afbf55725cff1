#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod arn;
#[cfg(feature = "aws")]
pub mod aws;
pub mod bucket;
mod compact;
mod damage;
mod findings;
mod gzip;
pub mod notification;
mod path;
mod pool;
mod records;
mod split;
pub mod state;

/// What records are slices of, and what [`Records::from_bytes`] takes; handed on so that users need not depend on the
/// `bytes` crate in the same version.
pub use bytes::Bytes;
pub use damage::{Damage, Found, GzipError, MAX_INFLATED, MAX_RECORD, Reason};
pub use findings::Findings;
pub use path::{LogFile, PathError, files};
pub use pool::BufferPool;
pub use records::{InPlace, Record, Records};
pub use split::{Content, Extent};
