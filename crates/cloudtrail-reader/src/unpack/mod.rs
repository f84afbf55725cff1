//! From a file's bytes to its text: gzip (RFC 1952), zstd (RFC 8878) and zlib (RFC 1950) are unpacked, UTF-16 and UTF-32
//! become UTF-8.
//!
//! [`inflate_whole`] is the fast way for a gzip file in memory; [`Unpack`] is the patient one, which reads anything, stops
//! at the limits and says where the damage is. Where the fast way meets anything unusual it leaves the file to the
//! other, so that both give the same text. Packed data may hold packed data: each is a [`Layer`].

mod header;
mod input;
mod layer;
mod stack;
mod whole;
mod wide;
mod zstd;

pub(crate) use stack::Unpack;
pub(crate) use whole::inflate_whole;

#[cfg(test)]
mod tests;
