#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod arn;
#[cfg(feature = "aws")]
pub mod aws;
pub mod bucket;
mod compact;
mod damage;
mod findings;
mod looks;
pub mod notification;
mod path;
mod pool;
mod records;
mod split;
pub mod state;
mod unpack;

/// What records are slices of, and what [`Records::from_bytes`] takes; handed on so that users need not depend on the
/// `bytes` crate in the same version.
pub use bytes::Bytes;
pub use damage::{Damage, Filler, Found, GzipError, MAX_INFLATED, MAX_RECORD, PackedError, Reason};
pub use findings::{Findings, Origin, Verdict};
pub use looks::Kind;
pub use path::{LogFile, PathError, files, is_system_file};
pub use pool::BufferPool;
pub use records::{InPlace, Record, Records};
pub use split::{Content, Extent};
