//! From a file's bytes to its text: gzip (RFC 1952), zstd (RFC 8878) and zlib (RFC 1950) are unpacked, UTF-16 and UTF-32
//! become UTF-8.
//!
//! [`inflate_whole`] is the fast way for a gzip file in memory. [`Unpack`] reads any format in pieces, stops at the limits
//! and locates the damage. If the fast way meets anything unusual, it leaves the file to [`Unpack`], so both give the same
//! text. Packed data may hold packed data: each is a [`Layer`].

mod ahead;
mod binary;
mod faults;
mod header;
mod input;
mod layer;
mod member;
mod next;
mod source;
mod stack;
mod whole;
mod wide;
mod zstd;

pub(crate) use binary::is_binary;
pub(crate) use faults::SharedFaults;
pub(crate) use source::TextSource;
pub(crate) use stack::PackedState;
pub(crate) use whole::inflate_whole;

#[cfg(test)]
pub(crate) mod tests;
