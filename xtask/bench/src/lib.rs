//! The project's benchmark: the items, the corpus and the limits. `cargo xtask bench` runs it.
//!
//! The unit is I: the time that libdeflate takes to inflate the same files alone, on one core, in the same round. Every
//! figure is a multiple of it, so that figures of different machines and days can be compared.
#![forbid(unsafe_code)]

pub mod apart;
pub mod baseline;
pub mod corpus;
pub mod idle;
pub mod items;
pub mod large;
pub mod limits;
pub mod plugin;
pub mod process;
pub mod report;
pub mod rounds;
