//! Falcon's events for the backends: their formats, and the settings of a program that carries them.

mod format;
#[cfg(feature = "lake")]
mod lake;
#[cfg(feature = "cloudwatch-logs")]
mod logs;
#[cfg(any(feature = "cloudwatch-logs", feature = "s3"))]
mod rules;
#[cfg(feature = "s3")]
mod s3;
mod types;

pub use self::format::{EventFormat, parse};
#[cfg(feature = "lake")]
pub use self::lake::lake_options;
#[cfg(feature = "cloudwatch-logs")]
pub use self::logs::{LOGS_REGION, LOGS_SETTINGS, LogsSettings};
#[cfg(any(feature = "cloudwatch-logs", feature = "s3"))]
pub use self::rules::AWS_REGION;
#[cfg(feature = "s3")]
pub use self::s3::{S3_REGION, S3_SETTINGS, S3Settings};
pub use self::types::event_types;
