#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

#[cfg(feature = "endpoint")]
pub mod endpoint;
#[cfg(feature = "failure")]
pub mod failure;
pub mod names;
#[cfg(feature = "queue")]
pub mod queue;
