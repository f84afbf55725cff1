#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod absent;
mod colons;
mod field;
mod follow;
mod index;
mod keys;
mod listed;
mod masks;
mod members;
mod outlines;
mod reader;
mod rules;
mod schema;
mod seek;
mod table;
mod time;
mod tree;
mod unescape;
mod value;
mod walk;

pub use field::{Field, Kind, closest, field, fields};
pub use index::{Event, Index, Measured};
pub use outlines::Outlines;
pub use rules::InfoError;
pub use schema::fields_json;
pub use time::Skip;
pub use value::{Text, Value};
