//! Puts events into CloudTrail Lake. Events are mapped when their call is made, so they wait in memory only as lines.

mod answers;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use audit_schema::{Batch, ChannelArn, Entry, Refused, Why, limits};
use aws_sdk_cloudtraildata::Client;
use aws_sdk_cloudtraildata::config::retry::RetryConfig;
use aws_sdk_cloudtraildata::config::timeout::TimeoutConfig;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;

use self::answers::Answers;
use super::failure::Failure;
use super::{Backend, BatchPolicy, Outcome, Sending, Unfit};
use crate::event::PendingEvent;
use crate::limiter::Limiter;

/// A call without an answer after this time is made again, which may publish its events twice. So it is ten times what a
/// slow call takes.
const ANSWERED_WITHIN: Duration = Duration::from_secs(20);

/// Makes the entry of an event.
pub type MapEvent = Box<dyn Fn(&PendingEvent) -> Result<Mapped, Unfit> + Send + Sync>;

/// The entry of an event.
#[derive(Debug)]
pub struct Mapped {
    /// The audit event with its id.
    pub entry: Entry,
    /// Whether it holds the whole original. If not, the original goes to the dead letter, too.
    pub is_whole: bool,
}

/// The settings of [`LakeBackend`].
pub struct LakeOptions {
    /// The name for logs, metrics and letters.
    pub name: &'static str,
    /// The channel of the event data store.
    pub channel: ChannelArn,
    /// The most calls in flight.
    pub calls: usize,
    /// Makes the entry of an event.
    pub map: MapEvent,
    /// About how many bytes the mapping adds to a line. It serves only to guess how many events fill a call.
    pub overhead: usize,
    /// The address of the client's proxy without a password, for errors.
    pub proxy: Option<String>,
    /// Returns advice that names your settings, instead of the library's.
    pub advise: fn(&Failure) -> Option<&'static str>,
}

/// A channel of CloudTrail Lake.
pub struct LakeBackend {
    client: Client,
    options: LakeOptions,
}

/// Shows the name and the channel.
impl fmt::Debug for LakeBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LakeOptions { name, channel, .. } = &self.options;
        f.debug_struct("LakeBackend").field("name", name).field("channel", channel).finish_non_exhaustive()
    }
}

/// An entry of a call, and the index of its event in the batch.
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

/// An entry of a call that was made.
struct Sent {
    id: String,
    number: usize,
    is_whole: bool,
}

impl Sent {
    fn of(Numbered { entry, number, is_whole }: Numbered) -> Self {
        Self { id: entry.into_parts().0, number, is_whole }
    }
}

impl LakeBackend {
    /// Returns a backend that puts events into the channel. The client's region must be the channel's.
    ///
    /// Retries of the client are turned off: the engine repeats failed entries itself, without end, and counts each call
    /// against the limit.
    #[must_use]
    pub fn new(client: &Client, options: LakeOptions) -> Self {
        // The client's other timeouts stay.
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout(ANSWERED_WITHIN).build();
        let config = client.config().to_builder().retry_config(RetryConfig::disabled()).timeout_config(timeouts);
        Self { client: Client::from_conf(config.build()), options }
    }

    /// Puts the events that fit into one call.
    async fn put(&self, events: &[Arc<PendingEvent>]) -> Result<Vec<Outcome>, Failure> {
        let (call, mut outcomes) = self.fill(events);
        if call.is_empty() {
            return Ok(outcomes);
        }
        let body = Bytes::from(call.to_body());
        // The texts of the events are in the body now.
        let sent: Vec<_> = call.into_items().into_iter().map(Sent::of).collect();
        let request = self.client.put_audit_events().channel_arn(self.options.channel.as_str()).customize();
        let answer = request.mutate_request(move |request| replace(request, &body)).send().await;
        let answer = answer.map_err(|error| Failure::of(&error, self.options.proxy.as_deref()))?;
        let mut answers = Answers::new(&answer);
        for Sent { id, number, is_whole } in sent {
            if let Some(outcome) = outcomes.get_mut(number) {
                *outcome = answers.of(&id, is_whole);
            }
        }
        Ok(outcomes)
    }

    /// Maps events until the call is full. Returns the call, and the outcomes of the events outside of it.
    fn fill(&self, events: &[Arc<PendingEvent>]) -> (Batch<Numbered>, Vec<Outcome>) {
        let mut call = Batch::new();
        let mut outcomes = vec![Outcome::NotSent; events.len()];
        let mut outcome = outcomes.iter_mut();
        for (number, event) in events.iter().enumerate() {
            let outcome = outcome.next();
            let added = match (self.options.map)(event) {
                Ok(Mapped { entry, is_whole }) => match call.push(Numbered { entry, number, is_whole }) {
                    Ok(()) => continue,
                    Err(Refused { why: Why::Full, .. }) => break,
                    // One event twice, or different events with one offset. AWS refuses a call that has an id twice,
                    // and the id must stay feed and offset, so the second goes into another call.
                    Err(Refused { why: Why::Duplicate, .. }) => Outcome::NotSent,
                    Err(refused) => Outcome::Unfit(Unfit { code: "TooLarge", reason: refused.why.to_string() }),
                },
                Err(unfit) => Outcome::Unfit(unfit),
            };
            if let Some(outcome) = outcome {
                *outcome = added;
            }
        }
        (call, outcomes)
    }
}

impl Backend for LakeBackend {
    fn name(&self) -> &'static str {
        self.options.name
    }

    fn policy(&self) -> BatchPolicy {
        BatchPolicy {
            overhead: self.options.overhead,
            heaviest: limits::MAX_ADDITIONAL_EVENT_DATA,
            ..BatchPolicy::new(limits::MAX_CALL_ENTRIES, limits::MAX_CALL_BYTES, self.options.calls)
        }
    }

    fn limiter(&self) -> Option<Limiter> {
        Some(Limiter::put_audit_events())
    }

    fn send<'a>(&'a self, batch: &'a [Arc<PendingEvent>]) -> Sending<'a> {
        Box::pin(async { Ok(self.put(batch).await?) })
    }

    fn advice(&self, failure: &Failure) -> &'static str {
        (self.options.advise)(failure).unwrap_or_else(|| match failure.code.as_str() {
            "AccountNotSubscribed" | "InvalidRecipient" => {
                "the account of the channel does not take these events: check the channel, its event data store and the \
                 account in its ARN"
            }
            "ChannelNotFound" => "check the ARN of the channel; the channel may have been deleted",
            "ChannelInsufficientPermission" | "AccessDeniedException" => {
                "allow cloudtrail-data:PutAuditEvents on the channel, in the role's policy and the channel's"
            }
            "ChannelUnsupportedSchema" => "the channel is not one for a CrowdStrike or custom integration",
            "InvalidChannelARN" | "InvalidChannelArn" => "check the ARN of the channel",
            "UnsupportedOperationException" => "CloudTrail Lake is not available in this region or to this account",
            _ => failure.advice(),
        })
    }
}

/// Replaces the body of a call. The SDK still signs and sends it; the way in which it writes a body took a sixth of all CPU
/// time.
fn replace(request: &mut HttpRequest, body: &Bytes) {
    request.headers_mut().insert("content-length", body.len().to_string());
    *request.body_mut() = SdkBody::from(body.clone());
}
