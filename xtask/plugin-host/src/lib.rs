//! A host for a Falco plugin: it loads the shared object and calls its C functions as libs does.
//!
//! It is for tests and checks: it panics if the plugin breaks the rules of its interface.
#![allow(unsafe_code, reason = "Falco's C ABI")]
#![allow(clippy::expect_used, clippy::missing_panics_doc, reason = "a host for tests: what is wrong ends them")]

mod api;
mod event;
mod extract;
mod plugin;
mod request;
mod source;

pub use api::Library;
pub use event::{Event, InPlace};
pub use extract::Question;
pub use plugin::{Metrics, Plugin};
pub use request::{Answer, Offsets, Request};
pub use source::{Batch, Failure, Source};
