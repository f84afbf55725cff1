//! Reads the log events of a log group of CloudWatch Logs.

mod group;
mod pages;
mod requests;
mod settle;
mod slices;
mod source;

pub use group::{LogGroup, LogGroupError, LogGroupOwner};
pub use requests::logs_client;
pub(super) use settle::SliceClaim;
pub use source::{LogsOptions, LogsSource, MOST_WINDOW, WINDOW};

#[cfg(test)]
mod tests;
