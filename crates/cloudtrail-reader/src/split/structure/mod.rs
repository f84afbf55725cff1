//! Parses the part of a log file that is outside records, and reports its damage.

mod abandon;
mod brackets;
mod character;
mod comment;
mod content;
mod end;
mod in_front;
mod level;
mod non_json;
mod parser;
mod prefix;
mod report;
mod stamp;
mod text;

pub use content::Content;
pub(super) use parser::StructureParser;
