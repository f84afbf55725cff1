//! Parses, filters and maps events of Falcon's event stream, and writes them in several formats.
//!
//! [`FalconEvent::parse`] reads a line once. [`Filter::judge`], [`map`], [`to_ocsf`] and [`Format::write`] use the result.
//! [`FalconSpans`] keep it without the line.

mod audit_types;
mod cut;
mod filter;
mod format;
mod map;
mod members;
mod ocsf;
mod parse;
mod spans;

pub use audit_types::{AUDIT_TYPES, EVENT_TYPES};
pub use filter::{EmptySelection, Filter, Filtered, Selection};
pub use format::{Format, Formatted, NotAFormat};
pub use map::{Mapped, Mapping, map};
pub use ocsf::to_ocsf;
pub use parse::{FalconEvent, NotAnEvent};
pub use spans::FalconSpans;
