//! The configuration: what is in force, and everything that is wrong with it.
#![allow(dead_code, reason = "the pipeline, which reads most of it, is being written")]

pub(crate) mod kinds;
pub(crate) mod settings;
