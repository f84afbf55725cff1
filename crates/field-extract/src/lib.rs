#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod locate;
mod record;
mod table;
mod unescape;
mod value;
mod visible;

pub use json_scan::{Depth, Kernel, LayoutFinder, LayoutView, Layouts};
pub use locate::scratch::Scratch;
pub use record::Record;
pub use table::field::{Field, Kind};
pub use table::lookup::{closest, closest_name, field, fields, meant_field};
pub use table::schema::fields_json;
pub use value::rules::info::InfoError;
pub use value::text::{Text, Value};
pub use value::time::Skip;
pub use visible::{is_hidden, visible};
