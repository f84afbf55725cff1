//! Reads objects of S3: those of a bucket, or those that the messages of an SQS queue name. Reads the log events of a log
//! group of CloudWatch Logs.
//!
//! [`S3Source`], [`SqsSource`] and [`LogsSource`] start tasks in the current tokio runtime. All return a [`ObjectStream`] of [`SourceItem`]s. They
//! download ahead of the consumer, as far as memory and the number of downloads allow. Each object comes with a
//! [`Receipt`]: [confirm](Receipt::confirm) it once all records have been delivered. `design.md`, next to this module,
//! shows why no record is lost. [`S3Preview`] lists the objects that would be read, and downloads nothing.
//!
//! [`Object::open`] returns [`Records`](crate::Records). Reading them may block, so do it in a thread. A program that
//! is not asynchronous uses [`source`](crate::source).

mod access;
mod address;
mod backoff;
mod budget;
mod error;
mod fetch;
mod listing;
mod log_once;
mod logs;
mod loss;
mod monitor;
mod name;
mod object;
mod pass;
mod preview;
mod queue;
mod receipt;
mod retry;
mod s3;
mod settings;
mod sqs;
mod stream;

pub use access::{Buckets, s3_client, sqs_client};
pub use address::{Address, AddressError, mistyped, without_password};
pub use budget::{DOWNLOADS, MOST_DOWNLOADS};
pub use error::{AccessError, AccessErrorKind};
pub use logs::{LogGroup, LogGroupError, LogGroupOwner, LogsOptions, LogsSource, MOST_WINDOW, WINDOW, logs_client};
pub use loss::{Announced, Loss, LossError};
pub use monitor::{Counts, Monitor};
pub use name::{InputName, Location};
pub use object::{Body, Call, Object};
pub use preview::{ListedObject, S3Preview};
pub use queue::{QueueName, QueueNameError, queue_client};
pub use receipt::Receipt;
pub use s3::{S3Options, S3Source};
pub use settings::{AwsNames, RawSettings, Settings};
pub use sqs::{SqsOptions, SqsSource};
pub use stream::{ObjectStream, SourceItem};
