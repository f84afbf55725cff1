//! CloudTrail Lake: events are mapped when their call is made, so that they wait as lines, not as lines and mapped.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use audit_schema::falcon::{FalconEvent, Mapping, map};
use audit_schema::{AccountId, Batch, Entry, Refused, Why, of_entry};
use aws_sdk_cloudtraildata::Client;
use aws_sdk_cloudtraildata::config::retry::RetryConfig;
use aws_sdk_cloudtraildata::config::timeout::TimeoutConfig;
use aws_sdk_cloudtraildata::config::{Builder, Region};
use aws_sdk_cloudtraildata::operation::put_audit_events::PutAuditEventsOutput;
use aws_sdk_cloudtraildata::types::AuditEvent;
use program_kit::aws::SdkConfig;

use super::failure::Failure;
use super::{Event, Outcome};
use crate::config::settings::CloudTrailLake;

/// A call that is not answered by then will not be. It is made again, which may publish its events twice; so it is ten
/// times what a slow call takes.
const ANSWERED_WITHIN: Duration = Duration::from_secs(20);

/// What the mapping puts around a line, and its escapes, roughly: only a guess of how many events fill a call.
pub(super) const AROUND: usize = 900;

/// A channel that events are put into.
#[derive(Clone, Debug)]
pub(in crate::delivery) struct Channel {
    client: Client,
    arn: String,
    account: AccountId,
}

/// An entry of a call, and the place of its event in the batch.
struct Numbered {
    entry: Entry,
    number: usize,
    is_whole: bool,
}

impl AsRef<Entry> for Numbered {
    fn as_ref(&self) -> &Entry {
        &self.entry
    }
}

impl Channel {
    pub(super) fn new(lake: &CloudTrailLake, aws: &SdkConfig) -> anyhow::Result<Self> {
        let timeouts = aws.timeout_config().cloned().unwrap_or_else(|| TimeoutConfig::builder().build());
        let timeouts = timeouts.to_builder().operation_attempt_timeout(ANSWERED_WITHIN).build();
        let config = Builder::from(aws)
            .region(Region::new(lake.region.clone()))
            // We try again ourselves: per entry, without end, and counted against the limit of calls.
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts);
        let account = lake.account().as_str().parse().context("cloudtrail_lake.channel_arn")?;
        Ok(Self { client: Client::from_conf(config.build()), arn: lake.channel.as_str().to_owned(), account })
    }

    /// Puts what fits into one call.
    pub(super) async fn send(&self, events: &[Arc<Event>]) -> Result<Vec<Outcome>, Failure> {
        let (call, mut outcomes) = self.fill(events);
        if call.is_empty() {
            return Ok(outcomes);
        }
        let mut sent = Vec::with_capacity(call.len());
        let mut request = self.client.put_audit_events().channel_arn(&self.arn);
        for Numbered { entry, number, is_whole } in call.into_items() {
            let (id, data, checksum) = entry.into_parts();
            let event = AuditEvent::builder().id(&id).event_data(data).set_event_data_checksum(checksum).build();
            request =
                request.audit_events(event.map_err(|error| Failure::permanent("BuildError", &error.to_string()))?);
            sent.push((id, number, is_whole));
        }
        let answer = request.send().await.map_err(|error| Failure::of(&error))?;
        for (id, number, is_whole) in sent {
            if let Some(outcome) = outcomes.get_mut(number) {
                *outcome = of_answer(&answer, &id, is_whole);
            }
        }
        Ok(outcomes)
    }

    /// Maps events until the call is full. The outcomes are those of events that are not part of it.
    fn fill(&self, events: &[Arc<Event>]) -> (Batch<Numbered>, Vec<Outcome>) {
        let mut call = Batch::new();
        let mut outcomes = vec![Outcome::NotSent; events.len()];
        let mut outcome = outcomes.iter_mut();
        for (number, event) in events.iter().enumerate() {
            let outcome = outcome.next();
            let added = match self.map(event) {
                Ok((entry, is_whole)) => match call.push(Numbered { entry, number, is_whole }) {
                    Ok(()) => continue,
                    Err(Refused { why: Why::Full, .. }) => break,
                    // Two readings of one event: the second goes into another call.
                    Err(Refused { why: Why::Duplicate, .. }) => Outcome::NotSent,
                    Err(refused) => refusal("TooLarge", refused.why.to_string()),
                },
                Err(refused) => refused,
            };
            if let Some(outcome) = outcome {
                *outcome = added;
            }
        }
        (call, outcomes)
    }

    fn map(&self, event: &Event) -> Result<(Entry, bool), Outcome> {
        let parsed = FalconEvent::parse(&event.line).map_err(|error| refusal("NotAnEvent", error.to_string()))?;
        let mapping = Mapping { account: &self.account, received_ms: event.received_ms };
        // A line without an offset goes to the dead letter before it comes here.
        let mapped = map(&parsed, &event.feed.to_string(), event.offset.unwrap_or_default(), &mapping);
        let is_whole = mapped.is_whole && mapped.cut_fields.is_empty();
        let entry = mapped.event.to_entry().map_err(|error| refusal("Invalid", error.to_string()))?;
        Ok((entry, is_whole))
    }
}

fn refusal(code: &'static str, reason: String) -> Outcome {
    Outcome::Unfit { code, reason }
}

/// What the answer says of one entry. One that it does not name is not confirmed.
fn of_answer(answer: &PutAuditEventsOutput, id: &str, is_whole: bool) -> Outcome {
    if let Some(failed) = answer.failed().iter().find(|failed| failed.id() == id) {
        let code = failed.error_code();
        return Outcome::Failed(Failure::of_entry(of_entry(code), code, failed.error_message()));
    }
    if !answer.successful().iter().any(|entry| entry.id() == id) {
        return Outcome::Failed(Failure::not_answered());
    }
    if is_whole { Outcome::Confirmed } else { Outcome::ConfirmedInPart }
}
