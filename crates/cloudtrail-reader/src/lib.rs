#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

#[cfg(feature = "aws")]
pub mod aws;
pub mod bucket;
mod carrier;
mod compact;
mod damage;
mod findings;
mod looks;
mod members;
pub mod notification;
mod path;
mod pool;
mod records;
#[cfg(feature = "aws")]
pub mod source;
mod split;
pub mod state;
mod typed;
mod unpack;

/// The type of records and the argument of [`Records::from_bytes`]. It is re-exported, so a user does not need the `bytes`
/// crate in the same version.
pub use bytes::Bytes;
pub use damage::{Damage, DamageReason, Filler, Found, GzipError, MAX_INFLATED, MAX_RECORD, PackedError, Unfinished};
pub use findings::{Completeness, Findings, Origin};
/// The types with which [`Records::next_in_place`] finds the end of a record.
pub use json_scan::{Depth, LayoutFinder};
pub use looks::Kind;
pub use path::{LogFile, PathError, files, files_and_others, is_system_file};
pub use pool::BufferPool;
pub use records::{InPlace, Record, Records};
pub use split::Content;
