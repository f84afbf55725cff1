#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod alerts;
mod checker;
mod chunk;
mod collect;
mod count;
mod dedupe;
mod groups;
mod left_out;
mod log;
mod query;
mod report;
mod rows;
mod selection;
mod sort;
mod spill;
mod summary;
mod table;
mod timeline;

pub use chunk::{Chunk, Formatter, Output};
pub use collect::Collector;
pub use groups::Groups;
pub use left_out::LeftOut;
pub use query::{Format, Query, TimeRange};
pub use report::ReportRows;
pub use selection::{Selection, SelectionError};
pub use spill::SpillError;
pub use summary::Summary;
pub use timeline::{Timeline, Width};
