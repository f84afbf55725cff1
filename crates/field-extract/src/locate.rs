//! Where the members of a record are.

mod absent;
mod colons;
pub(crate) mod inner;
mod listed;
pub(crate) mod masks;
mod members;
pub(crate) mod scratch;
mod seek;
mod walk;
