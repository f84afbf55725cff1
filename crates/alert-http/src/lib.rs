#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod client;
mod error;
mod failure;
mod identity;
mod options;
mod pem;
mod poster;
mod status;

pub use error::OptionError;
pub use identity::Identity;
pub use options::{ContentType, Header, Options};
pub use poster::Poster;
pub use rustls::pki_types::CertificateDer;
pub use status::{Counts, Status};
