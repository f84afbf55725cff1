#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod about;
mod alerts;
mod collect;
mod head;
mod left_out;
mod page;
mod row;
mod seen;
mod svg;
mod tables;
mod text;

pub use about::{About, Totals};
pub use collect::{Report, format};
