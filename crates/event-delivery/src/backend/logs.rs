//! Puts events into a log stream of CloudWatch Logs. Events are formatted when their call is made, so they wait in memory
//! only as lines.

mod call;
mod place;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use audit_schema::Verdict;
use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::config::retry::RetryConfig;
use aws_sdk_cloudwatchlogs::config::timeout::TimeoutConfig;

use self::call::Call;
pub use self::place::{LogStream, LogStreamError, LogStreamState};
use super::failure::Failure;
use super::format::FormatEvent;
use super::{Backend, BatchPolicy, Outcome, Sending};
use crate::event::PendingEvent;

/// A call without an answer after this time is made again, which may put its events twice. So it is ten times what a
/// slow call takes.
const ANSWERED_WITHIN: Duration = Duration::from_secs(20);
/// The code for a call whose order, span or size CloudWatch Logs does not take.
const INVALID: &str = "InvalidParameterException";

/// The settings of [`CloudWatchLogsBackend`].
pub struct CloudWatchLogsOptions {
    /// The name for logs, metrics and letters.
    pub name: &'static str,
    /// Where events go.
    pub stream: LogStream,
    /// The most calls in flight.
    pub calls: usize,
    /// Makes the text of an event.
    pub format: FormatEvent,
    /// About how many bytes the format adds to a line. It serves only to guess how many events fill a call.
    pub overhead: usize,
    /// The address of the client's proxy without a password, for errors.
    pub proxy: Option<String>,
}

/// A log stream of CloudWatch Logs.
///
/// Log events that an answer rejects as too old, expired or too new, and those that are too large, go to the dead letter.
/// The backend sends no entity, so the answer rejects none.
pub struct CloudWatchLogsBackend {
    /// Without the SDK's retries.
    client: Client,
    /// With them, to create what is missing.
    patient: Client,
    options: CloudWatchLogsOptions,
    /// Whether the program has created the group and could not set its retention yet.
    owes_retention: AtomicBool,
}

/// Shows the name and the place.
impl fmt::Debug for CloudWatchLogsBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CloudWatchLogsOptions { name, stream, .. } = &self.options;
        f.debug_struct("CloudWatchLogsBackend").field("name", name).field("stream", stream).finish_non_exhaustive()
    }
}

impl CloudWatchLogsBackend {
    /// Returns a backend that puts events into the stream. A missing stream is created, or is an error. Without the
    /// permission to look for it, the first event shows whether it exists.
    ///
    /// Retries of the client are turned off for events: the engine repeats them itself, without end.
    ///
    /// # Errors
    /// Returns an error that names the group and the stream, and the permission that is missing.
    pub async fn open(client: &Client, options: CloudWatchLogsOptions) -> Result<Self, LogStreamError> {
        let (at, proxy) = (&options.stream, options.proxy.as_deref());
        let owes_retention = AtomicBool::new(false);
        if at.create {
            match place::create(client, at, &owes_retention, proxy).await {
                // The group may be there now. Another opening would not know that it has to set the retention.
                Err(error) if owes_retention.load(Ordering::Acquire) && error.may_pass() => {
                    tracing::warn!(%error, "the log group is not set up yet: no event is put before it is");
                }
                done => done?,
            }
        } else if !place::look(client, at, proxy).await? {
            tracing::info!(
                group = at.group,
                stream = at.stream,
                "the role has no permission logs:DescribeLogStreams: only the first event shows whether the log stream exists"
            );
        }
        // The client's other timeouts stay.
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout(ANSWERED_WITHIN).build();
        let config = client.config().to_builder().retry_config(RetryConfig::disabled()).timeout_config(timeouts);
        Ok(Self { client: Client::from_conf(config.build()), patient: client.clone(), options, owes_retention })
    }

    /// Looks for the stream, and changes nothing.
    ///
    /// # Errors
    /// Returns an error if the group or the stream is missing, or the call fails. With [`LogStream::create`], a missing
    /// one is not an error.
    pub async fn check(
        client: &Client,
        stream: &LogStream,
        proxy: Option<&str>,
    ) -> Result<LogStreamState, LogStreamError> {
        match place::look(client, stream, proxy).await {
            Ok(true) => Ok(LogStreamState::Exists),
            Ok(false) if stream.create => Ok(LogStreamState::HiddenOrCreatedAtStart),
            Ok(false) => Ok(LogStreamState::Hidden),
            Err(LogStreamError::NoGroup { .. } | LogStreamError::NoStream { .. }) if stream.create => {
                Ok(LogStreamState::CreatedAtStart)
            }
            Err(error) => Err(error),
        }
    }

    async fn put(&self, events: &[Arc<PendingEvent>]) -> Result<Vec<Outcome>, Failure> {
        let CloudWatchLogsOptions { stream, format, proxy, .. } = &self.options;
        let mut call = Call::fill(events, format);
        if call.events.is_empty() {
            return Ok(call.outcomes(None));
        }
        self.set_retention().await?;
        let request = self.client.put_log_events().log_group_name(&stream.group).log_stream_name(&stream.stream);
        let answer = request.set_log_events(Some(std::mem::take(&mut call.events))).send().await;
        match answer {
            Ok(answer) => Ok(call.outcomes(answer.rejected_log_events_info())),
            Err(error) => Err(self.failed(Failure::of(&error, proxy.as_deref())).await),
        }
    }

    /// Sets the retention of a group that the program has created, if that has failed before. No event is put before it
    /// works: the next start would not set it.
    async fn set_retention(&self) -> Result<(), Failure> {
        let CloudWatchLogsOptions { stream, proxy, .. } = &self.options;
        match place::set_retention(&self.patient, stream, &self.owes_retention, proxy.as_deref()).await {
            // Without a group, `failed` creates it again.
            Err(LogStreamError::Call { call, source, .. }) if !place::is_gone(&source) => {
                Err(place::in_operation(call, source))
            }
            _ => Ok(()),
        }
    }

    /// Returns the failure of a call. A stream that was deleted is created again first, if that is wanted.
    async fn failed(&self, failure: Failure) -> Failure {
        if failure.code == INVALID {
            return Failure { verdict: Verdict::Permanent, ..failure };
        }
        let CloudWatchLogsOptions { stream, proxy, .. } = &self.options;
        if !stream.create || !place::is_gone(&failure) {
            return failure;
        }
        match place::create(&self.patient, stream, &self.owes_retention, proxy.as_deref()).await {
            Ok(()) => {
                let (group, stream) = (&stream.group, &stream.stream);
                tracing::warn!(group, stream, "the log group or stream was deleted, and is created again");
                Failure { verdict: Verdict::Retry, ..failure }
            }
            Err(LogStreamError::Call { call, source, .. }) => place::in_operation(call, source),
            Err(_) => failure,
        }
    }
}

impl Backend for CloudWatchLogsBackend {
    fn name(&self) -> &'static str {
        self.options.name
    }

    fn policy(&self) -> BatchPolicy {
        let overhead = call::AROUND + self.options.overhead;
        BatchPolicy { overhead, ..BatchPolicy::new(call::MOST_EVENTS, call::MOST_BYTES, self.options.calls) }
    }

    fn send<'a>(&'a self, batch: &'a [Arc<PendingEvent>]) -> Sending<'a> {
        Box::pin(async { Ok(self.put(batch).await?) })
    }

    fn advice(&self, failure: &Failure) -> &'static str {
        match failure.code.as_str() {
            _ if place::is_gone(failure) => {
                "create the log group and the log stream, or let the program create them (create = true); check their \
                 names and the region"
            }
            "AccessDeniedException" if self.options.stream.create => {
                "allow logs:PutLogEvents and logs:CreateLogStream on the log group, and logs:CreateLogGroup and \
                 logs:PutRetentionPolicy if the program creates it"
            }
            "AccessDeniedException" => "allow logs:PutLogEvents on the log stream",
            INVALID => {
                "every call is refused: check the names of the log group and stream, and the clock of this machine"
            }
            _ => failure.advice(),
        }
    }
}
