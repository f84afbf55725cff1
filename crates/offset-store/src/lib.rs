#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod error;
mod feed;
mod file;
mod memory;
mod offsets;
mod parameter;
mod parse;
mod place;
#[cfg(feature = "ssm")]
mod ssm;
mod store;
mod watermark;
#[cfg(feature = "writer")]
mod writer;

pub use error::{AwsError, StoreError};
pub use feed::{Feed, FeedError, MAX_FEED};
pub use file::{FileStore, MAX_FILE};
pub use memory::MemoryStore;
pub use offsets::Offsets;
pub use parameter::{DEFAULT_PARAMETER, ParameterName, ParameterNameError};
pub use parse::{ParseError, Problem};
pub use place::{Place, PlaceError};
#[cfg(feature = "ssm")]
pub use ssm::{MAX_VALUE, SsmStore};
pub use store::{Answer, Changes, Saved, Store};
pub use watermark::{Begun, Confirmed, Watermark};
#[cfg(feature = "writer")]
pub use writer::{CloseError, INTERVAL, Reporter, State, Writer};
