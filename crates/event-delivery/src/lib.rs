#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod age_log;
mod backend;
mod budget;
mod dead_letter;
mod delivery;
mod error;
mod event;
#[cfg(feature = "falcon")]
pub mod falcon;
mod health;
#[cfg(feature = "offsets")]
mod idle;
mod intake;
mod lane;
mod ledger;
mod limiter;
#[cfg(feature = "s3")]
mod object_lane;
mod observer;
#[cfg(feature = "offsets")]
mod offsets;
mod opening;
mod order_log;
mod partition;
pub mod private_file;
mod trouble;

pub use audit_schema::Verdict;
pub use backend::format::{FormatEvent, Formatted};
#[cfg(feature = "lake")]
pub use backend::lake::{LakeBackend, LakeOptions, MapEvent, Mapped};
pub use backend::lines::LineBackend;
#[cfg(feature = "cloudwatch-logs")]
pub use backend::logs::{CloudWatchLogsBackend, CloudWatchLogsOptions, LogStream, LogStreamError, LogStreamState};
#[cfg(feature = "s3")]
pub use backend::objects::{Compression, Object, ObjectLimits, Objects, Putting};
#[cfg(feature = "sqs")]
pub use backend::queue::{Queue, QueueAddress, QueueError};
#[cfg(feature = "s3")]
pub use backend::s3::{S3Backend, S3CheckError, S3Options, S3Place};
#[cfg(feature = "sqs")]
pub use backend::sqs::SqsBackend;
pub use backend::{Backend, BatchPolicy, Failure, Outcome, Sending, Unfit, Unsent};
pub use budget::Share;
pub use dead_letter::DeadLetterStore;
#[cfg(feature = "sqs")]
pub use dead_letter::place::LetterPlace;
pub use dead_letter::replay::{Replay, ReplayOptions};
pub use dead_letter::report::{ReplayCounts, Replayed};
pub use dead_letter::resend::Resent;
pub use dead_letter::select::LetterFilter;
pub use dead_letter::source::LetterSource;
pub use dead_letter::stored::{StoredLetter, TRUNCATED};
pub use delivery::{Delivery, DeliveryOptions, log_panic};
pub use error::{DeadLetterError, LaneError};
pub use event::{Parsed, PendingEvent, ReceivedLine, UnreadableLine};
pub use health::Health;
#[cfg(feature = "offsets")]
pub use idle::{Idle, Stalled, stalled_after, wait_until_idle, wait_until_stalled};
pub use intake::{Intake, Route};
pub use ledger::{Counts, Ledger};
pub use limiter::Limiter;
pub use observer::Observer;
#[cfg(feature = "offsets")]
pub use offsets::{
    FirstOffsets, OffsetPlace, OffsetWriter, Reopen, Reopened, are_stored, open_offsets, parse_offsets, positions,
    reset_offsets, set_offsets,
};
pub use opening::open_when_answered;
pub use partition::{Partition, Positions, StartOffsets};
pub use tokio_util::sync::CancellationToken;
pub use trouble::Trouble;
