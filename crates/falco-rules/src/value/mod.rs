//! Values while a record is checked, and the functions over them.

pub(crate) mod base64;
pub(crate) mod buffer;
pub(crate) mod getopt;
pub(crate) mod glob;
pub(crate) mod network;
pub(crate) mod path;
pub(crate) mod pattern;
