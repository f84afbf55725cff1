//! The log group and the log stream.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use audit_schema::Verdict;
use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::error::{ProvideErrorMetadata, SdkError};

use crate::backend::failure::{CONNECTION_FAILED, Failure};

/// The log stream of a group, and how it is created.
#[derive(Clone, Debug)]
pub struct LogStream {
    /// The log group.
    pub group: String,
    /// The log stream.
    pub stream: String,
    /// Whether a missing group or stream is created.
    pub create: bool,
    /// How many days a group that is created keeps its events. `None` for ever.
    pub retention_days: Option<i32>,
}

/// The result of a look at a log stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogStreamState {
    /// It exists.
    Exists,
    /// It, or its group, is missing, and the start creates it.
    CreatedAtStart,
    /// The permission to look is missing. The start creates the stream if it is missing.
    HiddenOrCreatedAtStart,
    /// The permission to look is missing.
    Hidden,
}

impl fmt::Display for LogStreamState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Exists => "exists",
            Self::CreatedAtStart => "does not exist; the start creates it",
            Self::HiddenOrCreatedAtStart => {
                "cannot be looked for without logs:DescribeLogStreams; if it does not exist, the start creates it"
            }
            Self::Hidden => {
                "cannot be looked for without logs:DescribeLogStreams; only the first event shows whether it exists"
            }
        })
    }
}

/// A log group or stream cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogStreamError {
    /// The group does not exist.
    #[error(
        "CloudWatch Logs: the log group {group} does not exist in {region}; create it, set create, or set its region"
    )]
    NoGroup {
        /// The group.
        group: String,
        /// The region that was asked.
        region: String,
    },
    /// The stream does not exist.
    #[error("CloudWatch Logs: the log group {group} has no log stream {stream}; create it, or set create")]
    NoStream {
        /// The group.
        group: String,
        /// The stream.
        stream: String,
    },
    /// A call failed.
    #[error("CloudWatch Logs: {call} for {name}: {source}{}{}", advice(source, call), at_start(source, call))]
    Call {
        /// The operation.
        call: &'static str,
        /// The group, and the stream.
        name: String,
        /// The reason.
        source: Failure,
    },
}

impl LogStreamError {
    /// Returns whether the failure of a call may pass by itself.
    pub(super) fn may_pass(&self) -> bool {
        matches!(self, Self::Call { source, .. } if source.may_pass())
    }
}

/// Returns the permission that a failed call needs.
fn permission(failure: &Failure, call: &str) -> String {
    if failure.code == DENIED { format!("; allow logs:{call}") } else { String::new() }
}

/// Returns what a person can do about a failed call, before the start is tried again.
fn advice(failure: &Failure, call: &str) -> String {
    match failure.verdict {
        _ if failure.code == DENIED => permission(failure, call),
        Verdict::Retry if failure.is_timeout() || failure.code == CONNECTION_FAILED => {
            "; check the region, the network, the firewall, the VPC endpoint and the proxy".to_owned()
        }
        Verdict::Configuration => format!("; {}", failure.advice()),
        _ => String::new(),
    }
}

/// Returns what a person can do about a call that has ended the start.
fn at_start(failure: &Failure, call: &str) -> &'static str {
    match call {
        RETENTION => {
            "; the log group exists now and keeps events for ever: set its retention by hand, a restart does not"
        }
        CREATE if failure.verdict == Verdict::Retry => {
            "; the log group may exist now, and keep events for ever: look for it, and set its retention by hand"
        }
        _ => "",
    }
}

/// Returns the failure of a call for the group or the stream in the running program. Its reason names the call.
pub(super) fn in_operation(call: &str, failure: Failure) -> Failure {
    let waits = if call == RETENTION {
        "; no event is put before that works: allow it, or set the retention by hand and restart"
    } else {
        ""
    };
    let reason = format!("{call}: {}{}{waits}", failure.reason, permission(&failure, call));
    Failure { reason, ..failure }
}

const NOT_FOUND: &str = "ResourceNotFoundException";
const EXISTS: &str = "ResourceAlreadyExistsException";
const DENIED: &str = "AccessDeniedException";
const CREATE: &str = "CreateLogGroup";
const RETENTION: &str = "PutRetentionPolicy";

/// Creates the stream, and its group, if they are missing. `is_owed` says whether a group was created, or may have been,
/// whose retention is not set yet.
pub(super) async fn create(
    client: &Client,
    at: &LogStream,
    is_owed: &AtomicBool,
    proxy: Option<&str>,
) -> Result<(), LogStreamError> {
    // A group that is there needs no permission to create one.
    match create_stream(client, at, proxy).await {
        Err(LogStreamError::Call { source, .. }) if source.code == NOT_FOUND => {}
        done => return done,
    }
    // The group was missing, so one that exists now is from a call of ours whose answer was lost, or from another instance,
    // which has the same settings.
    let made = there(client.create_log_group().log_group_name(&at.group).send().await, CREATE, &at.group, proxy);
    let is_refused = matches!(&made, Err(LogStreamError::Call { source, .. }) if source.verdict != Verdict::Retry);
    if !is_refused {
        is_owed.store(true, Ordering::Release);
    }
    made?;
    set_retention(client, at, is_owed, proxy).await?;
    create_stream(client, at, proxy).await
}

/// Sets the retention of a group that was created, unless that is done.
pub(super) async fn set_retention(
    client: &Client,
    at: &LogStream,
    is_owed: &AtomicBool,
    proxy: Option<&str>,
) -> Result<(), LogStreamError> {
    let Some(days) = at.retention_days.filter(|_| is_owed.load(Ordering::Acquire)) else { return Ok(()) };
    let set = client.put_retention_policy().log_group_name(&at.group).retention_in_days(days).send().await;
    there(set, RETENTION, &at.group, proxy)?;
    is_owed.store(false, Ordering::Release);
    Ok(())
}

async fn create_stream(client: &Client, at: &LogStream, proxy: Option<&str>) -> Result<(), LogStreamError> {
    let made = client.create_log_stream().log_group_name(&at.group).log_stream_name(&at.stream).send().await;
    there(made, "CreateLogStream", &format!("{}:{}", at.group, at.stream), proxy)
}

/// Returns `true` if the stream is there, and `false` if the permission to look is missing.
pub(super) async fn look(client: &Client, at: &LogStream, proxy: Option<&str>) -> Result<bool, LogStreamError> {
    let call = client.describe_log_streams().log_group_name(&at.group).log_stream_name_prefix(&at.stream);
    match call.send().await {
        Ok(found) if found.log_streams().iter().any(|it| it.log_stream_name() == Some(&at.stream)) => Ok(true),
        Ok(_) => Err(LogStreamError::NoStream { group: at.group.clone(), stream: at.stream.clone() }),
        Err(error) if error.code() == Some(NOT_FOUND) => {
            let region = client.config().region().map_or("this region", |region| region.as_ref()).to_owned();
            Err(LogStreamError::NoGroup { group: at.group.clone(), region })
        }
        Err(error) if error.code() == Some(DENIED) => Ok(false),
        Err(error) => there(Err::<(), _>(error), "DescribeLogStreams", &at.group, proxy).map(|()| true),
    }
}

/// Returns `Ok` if a call has made something, or it was there before.
fn there<T, E>(
    done: Result<T, SdkError<E>>,
    call: &'static str,
    name: &str,
    proxy: Option<&str>,
) -> Result<(), LogStreamError>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match done {
        Err(error) if error.code() != Some(EXISTS) => {
            let source = Failure::of(&error, proxy);
            Err(LogStreamError::Call { call, name: name.to_owned(), source })
        }
        _ => Ok(()),
    }
}

/// Returns whether the failure of a call says that the group or the stream is gone.
pub(super) fn is_gone(failure: &Failure) -> bool {
    failure.code == NOT_FOUND
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_ends_the_start_says_what_to_do() {
        for (verdict, code, expected) in [
            (Verdict::Configuration, DENIED, "; allow logs:DescribeLogStreams"),
            (Verdict::Configuration, "ExpiredTokenException", "; check the AWS credentials"),
            (Verdict::Retry, CONNECTION_FAILED, "; check the region, the network"),
            (Verdict::Retry, "Timeout", "; check the region, the network"),
        ] {
            let source = Failure::of_entry(verdict, code, "no");
            let error = LogStreamError::Call { call: "DescribeLogStreams", name: "/falcon".to_owned(), source };
            let text = error.to_string();
            let start = format!("CloudWatch Logs: DescribeLogStreams for /falcon: {code}: no{expected}");
            assert!(text.starts_with(&start), "{text}");
        }
    }
}
