//! The bytes of a partition: lines, items and resume points.

pub(crate) mod item;
pub(crate) mod lines;
pub(crate) mod position;
pub(crate) mod prologue;
pub(crate) mod resume_point;
