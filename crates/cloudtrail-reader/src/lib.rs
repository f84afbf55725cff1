#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod compact;
mod damage;
mod gzip;
mod path;
mod pool;
mod records;
mod split;

pub use damage::{Damage, Found, GzipError, MAX_INFLATED, MAX_RECORD, Reason};
pub use path::{PathError, files};
pub use pool::BufferPool;
pub use records::{Record, Records};
pub use split::{Content, Extent};
