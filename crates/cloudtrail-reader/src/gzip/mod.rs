//! The gzip layer (RFC 1952): one file may hold several members, and all of them count.
//!
//! [`inflate_whole`] is the fast way for a file in memory; [`Inflate`] is the patient one, which reads anything, stops
//! at the limits and says where the damage is. Where the fast way meets anything unusual it leaves the file to the
//! other, so that both give the same text.

mod header;
mod input;
mod stream;
mod whole;

pub(crate) use header::MAGIC;
pub(crate) use stream::Inflate;
pub(crate) use whole::inflate_whole;

#[cfg(test)]
mod tests;
