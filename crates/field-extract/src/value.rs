//! The values of fields.

mod date;
pub(crate) mod falcon;
pub(crate) mod inner;
mod nested;
pub(crate) mod reader;
pub(crate) mod rules;
pub(crate) mod text;
pub(crate) mod time;
