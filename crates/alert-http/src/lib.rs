#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod client;
mod failure;
mod options;
mod poster;
mod status;

pub use options::{ContentType, Header, OptionError, Options};
pub use poster::Poster;
pub use rustls::pki_types::CertificateDer;
pub use status::{Counts, Status};
