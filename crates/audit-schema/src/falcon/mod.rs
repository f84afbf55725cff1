//! Events of Falcon's event stream: reading, filtering, mapping.
//!
//! A line is read once, by [`FalconEvent::parse`]. [`Filter::judge`] and [`map`] ask the result.

mod cut;
mod filter;
mod map;
mod members;
mod parse;

pub use filter::{EmptySelection, Filter, Filtered, Selection};
pub use map::{Mapped, Mapping, map};
pub use parse::{FalconEvent, NotAnEvent};
