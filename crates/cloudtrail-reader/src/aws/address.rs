//! The text with which a user names a source: a bucket, a queue, or a path.

mod meaning;
mod mistyped;
mod parse;
mod web;

pub use meaning::{Address, AddressError};
pub use mistyped::mistyped;
pub use parse::without_password;
