#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod field;
mod index;
mod keys;
mod masks;
mod reader;
mod rules;
mod schema;
mod table;
mod time;
mod tree;
mod unescape;
mod value;
mod walk;

pub use field::{Field, Kind, closest, field, fields};
pub use index::{Event, Index, Measured};
pub use rules::InfoError;
pub use schema::fields_json;
pub use time::Skip;
pub use value::{Text, Value};
