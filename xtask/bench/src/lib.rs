//! The project's benchmark: what is measured, on which corpus, against which limits. `cargo xtask bench` runs it.
//!
//! The unit is I: libdeflate inflating the same files alone, on one core, in the same round. Every item is told as a
//! multiple of it, so that figures of different machines and days can be compared.
#![forbid(unsafe_code)]

pub mod baseline;
pub mod corpus;
pub mod idle;
pub mod items;
pub mod large;
pub mod plugin;
pub mod process;
pub mod report;
pub mod rounds;
