//! Objects of S3, found by listing a bucket or named by the messages of a queue.
//!
//! [`S3Source`] and [`SqsSource`] start tasks in the tokio runtime that they are started in, and both give a [`Feed`] of
//! [`Item`]s. Bytes are downloaded ahead of whoever takes the items, as far as memory and the given number of downloads
//! allow. Each object comes with a [`Receipt`], which is to be [confirmed](Receipt::confirm) once all of its records have
//! been handed on. The argument why nothing is lost is in `design.md`, beside this module.
//! [`S3Preview`] lists what would be read, and downloads nothing.
//!
//! Inflating and splitting are work for a thread of its own: [`Object::open`] gives [`Records`](crate::Records), which
//! may block. A program that is not asynchronous keeps a runtime and asks it: `runtime.block_on(feed.next())`.

mod access;
mod address;
mod backoff;
mod budget;
mod error;
mod feed;
mod fetch;
mod listing;
mod log_once;
mod monitor;
mod object;
mod preview;
mod queue;
mod receipt;
mod s3;
mod settings;
mod sqs;

pub use access::{Buckets, s3_client, sqs_client};
pub use address::{Address, AddressError, mistyped, without_password};
pub use error::{AccessError, Trouble};
pub use feed::{Feed, Item, Lost, LostError, What};
pub use monitor::{Counts, Monitor};
pub use object::{Body, Call, Location, Object};
pub use preview::{ListedObject, S3Preview};
pub use queue::{QueueName, QueueNameError, queue_client};
pub use receipt::Receipt;
pub use s3::{S3Options, S3Source};
pub use settings::{AwsNames, Given, Settings};
pub use sqs::{SqsOptions, SqsSource};

/// How many downloads run at the same time where nothing else is said: the original's default.
pub const DOWNLOADS: usize = 32;
/// Downloads at the same time, at most: each is a connection, and a process may commonly have 1024 files open.
pub const MOST_DOWNLOADS: usize = 512;
