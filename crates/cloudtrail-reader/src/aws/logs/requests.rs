//! Requests for pages of log events.

use super::super::backoff::Backoff;
use super::super::error::{AccessError, AccessErrorKind, Operation};
use super::super::monitor::{Monitor, count};
use super::super::name::InputName;
use super::super::retry::{self, RetryLimit};
use super::group::LogGroup;
use super::slices::Slice;
use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::config::retry::RetryConfig;
use aws_sdk_cloudwatchlogs::config::{Builder, Region};
use aws_sdk_cloudwatchlogs::operation::filter_log_events::FilterLogEventsOutput;
use aws_types::SdkConfig;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

/// The time between two requests. AWS allows 5 requests for `FilterLogEvents` a second in an account and Region (AWS
/// re:Post, "How do I determine throttling in my CloudWatch logs?"), so one is left to people and other programs.
const PACE: Duration = Duration::from_millis(250);
/// The empty pages that are read to find the first log event. If there are more, the range is read as one slice.
const MOST_EMPTY: usize = 100;

/// Returns a client for CloudWatch Logs, in the region of the log group's ARN, or else the configured one. The SDK's
/// retries are off, as in [`s3_client`](super::super::s3_client).
#[must_use]
pub fn logs_client(config: &SdkConfig, group: &LogGroup) -> Client {
    let mut builder = Builder::from(config).retry_config(RetryConfig::disabled());
    if let Some(region) = group.region() {
        builder.set_region(Some(Region::new(region.to_owned())));
    }
    Client::from_conf(builder.build())
}

/// Requests pages of one log group, one after the other in time.
#[derive(Debug)]
pub(super) struct Requests {
    pub(super) client: Client,
    pub(super) group: LogGroup,
    pub(super) limit: RetryLimit,
    pub(super) monitor: Monitor,
    pub(super) stop: CancellationToken,
    /// The time of the next request.
    next: Mutex<Option<Instant>>,
    has_answered: AtomicBool,
}

impl Requests {
    pub(super) fn new(
        client: Client,
        group: LogGroup,
        limit: RetryLimit,
        monitor: Monitor,
        stop: CancellationToken,
    ) -> Self {
        let has_answered = AtomicBool::new(false);
        Self { client, group, limit, monitor, stop, next: Mutex::new(None), has_answered }
    }

    /// Returns the name of a slice.
    pub(super) fn name(&self, slice: Slice) -> InputName {
        InputName::LogEvents { group: self.group.to_string(), from: slice.from, to: slice.to }
    }

    /// Returns whether CloudWatch Logs has answered a request.
    pub(super) fn has_answered(&self) -> bool {
        self.has_answered.load(Ordering::Relaxed)
    }

    /// Returns the time of the first log event, if it is found soon.
    pub(super) async fn earliest(&self, range: Slice) -> Result<Option<i64>, AccessError> {
        let mut token = None;
        for _ in 0..MOST_EMPTY {
            let page = self.page(range, token.take(), Some(1)).await?;
            if let Some(time) = page.events().iter().filter_map(|event| event.timestamp()).min() {
                return Ok(Some(time));
            }
            token = page.next_token;
            if token.is_none() {
                break;
            }
        }
        Ok(None)
    }

    /// Requests one page, with retries.
    pub(super) async fn page(
        &self,
        slice: Slice,
        token: Option<String>,
        most: Option<i32>,
    ) -> Result<FilterLogEventsOutput, AccessError> {
        let mut backoff = Backoff::default();
        let stopped = || AccessError::new(AccessErrorKind::Other, "stopped");
        loop {
            self.stop.run_until_cancelled(self.wait_for_turn()).await.ok_or_else(stopped)?;
            count(&self.monitor.0.counts.log_requests);
            let request = self.request(slice, token.clone(), most).send();
            let error = match self.stop.run_until_cancelled(Box::pin(request)).await.ok_or_else(stopped)? {
                Ok(page) => {
                    self.has_answered.store(true, Ordering::Relaxed);
                    self.monitor.note_answer();
                    return Ok(page);
                }
                Err(error) => AccessError::of(&error, Operation::FilterLogEvents),
            };
            self.monitor.note_failure(&error);
            retry::again(&self.name(slice), error, &mut backoff, self.limit, (&self.monitor, &self.stop)).await?;
        }
    }

    fn request(
        &self,
        slice: Slice,
        token: Option<String>,
        most: Option<i32>,
    ) -> aws_sdk_cloudwatchlogs::operation::filter_log_events::builders::FilterLogEventsFluentBuilder {
        let request = self.client.filter_log_events();
        let request = match self.group.arn() {
            Some(arn) => request.log_group_identifier(arn),
            None => request.log_group_name(&self.group.name),
        };
        let prefix = Some(self.group.stream_prefix.clone()).filter(|prefix| !prefix.is_empty());
        // Whether the end is part of the range is documented in two ways, so the caller drops log events at the end.
        let request = request.set_log_stream_name_prefix(prefix).set_start_time(slice.from).set_end_time(slice.to);
        request.set_next_token(token).set_limit(most)
    }

    /// Waits until the next request may be made.
    async fn wait_for_turn(&self) {
        let mut next = self.next.lock().await;
        let now = Instant::now();
        let turn = next.map_or(now, |next| next.max(now));
        *next = Some(turn + PACE);
        drop(next);
        sleep_until(turn).await;
    }
}
