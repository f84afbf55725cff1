//! Keeps events in objects of S3: lines of JSON, by region, account and day.

mod advice;
mod check;
mod place;
mod put;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use offset_store::State;
use tokio::sync::watch;

pub use self::check::S3CheckError;
pub use self::place::S3Place;
use self::put::{Bucket, Replaces};
use super::failure::Failure;
use super::format::{FormatEvent, Formatted};
use super::objects::{Object, ObjectLimits, Objects, Putting};
use super::{Backend, BatchPolicy, Outcome, Sending, Unfit};
use crate::event::PendingEvent;
use crate::object_lane::Segment;

/// A call without an answer after this time is made again, with the same object under the same name. An object of 64 MiB
/// takes so long at 1 MiB a second.
const ANSWERED_WITHIN: Duration = Duration::from_secs(64);
const MOST_LETTER_BYTES: usize = 4 << 20;

/// The settings of [`S3Backend`].
pub struct S3Options {
    /// The name for logs, metrics and letters.
    pub name: &'static str,
    /// The place of the objects.
    pub place: S3Place,
    /// When an object is written.
    pub limits: ObjectLimits,
    /// Makes the line of an event. The time that it gives must not depend on when the event was read.
    pub format: FormatEvent,
    /// The offsets that are stored: [`OffsetWriter::state`](crate::OffsetWriter::state). Without them, a crash may leave
    /// events in two objects.
    pub stored: Option<watch::Receiver<State>>,
    /// The address of the client's proxy without a password, for errors.
    pub proxy: Option<String>,
}

/// A bucket that keeps events in objects. The documentation of the settings says when an object is written.
///
/// The key of an object is `PREFIX/region=R/accountId=A/eventDay=YYYYMMDD/FEED-OFFSET-MARK.jsonl.gz`, with the offset of
/// its first event and the beginning of the SHA-256 of that event's line. Each letter that is sent again is in an
/// object of its own, whose name begins with `letters-`.
pub struct S3Backend {
    client: Client,
    options: S3Options,
}

/// Shows the name and the place.
impl fmt::Debug for S3Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let S3Options { name, place, .. } = &self.options;
        f.debug_struct("S3Backend").field("name", name).field("place", place).finish_non_exhaustive()
    }
}

impl S3Backend {
    /// Returns a backend that writes objects. The client's region must be the bucket's.
    ///
    /// Retries of the client are turned off: the engine repeats calls itself, without end.
    #[must_use]
    pub fn new(client: &Client, options: S3Options) -> Self {
        // The client's other timeouts stay.
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout(ANSWERED_WITHIN).build();
        let config = client.config().to_builder().retry_config(RetryConfig::disabled()).timeout_config(timeouts);
        Self { client: Client::from_conf(config.build()), options }
    }

    /// Checks that the bucket is there and that its objects can be written. S3 writes nothing. `proxy` is the address of the
    /// client's proxy without a password, for errors.
    ///
    /// # Errors
    /// Returns what is missing, and the permission for it. The error for a service that ignores the conditions of writes names
    /// the empty object that it may have written.
    pub async fn check(client: &Client, place: &S3Place, proxy: Option<&str>) -> Result<(), S3CheckError> {
        check::check(client, place, proxy).await
    }

    fn bucket(&self) -> Bucket<'_> {
        let S3Options { place, proxy, .. } = &self.options;
        Bucket { client: &self.client, place, proxy: proxy.as_deref() }
    }

    /// Writes a letter that is sent again into an object of its own, named by the letter alone. So nothing that the object
    /// may replace has another letter.
    async fn put_letter(&self, event: &Arc<PendingEvent>) -> Result<Outcome, Failure> {
        let text = match self.line(event) {
            Ok(text) => text,
            Err(unfit) => return Ok(Outcome::Unfit(unfit)),
        };
        let mut segment = Segment::new(event, self.options.limits.compression);
        segment.push(Arc::clone(event), &text);
        let sealed = segment.seal().map_err(|error| Failure::permanent("NotCompressed", &error.to_string()))?;
        for object in sealed.objects {
            let key = self.options.place.key(&object.day_name(), &format!("letters-{}", object.name()));
            self.bucket().write(&object, &key, Replaces::Anything).await?;
        }
        Ok(Outcome::taken(text.is_whole))
    }

    async fn put_letters(&self, events: &[Arc<PendingEvent>]) -> Result<Vec<Outcome>, Failure> {
        let mut outcomes = Vec::with_capacity(events.len());
        for event in events {
            outcomes.push(self.put_letter(event).await?);
        }
        Ok(outcomes)
    }
}

impl Objects for S3Backend {
    fn limits(&self) -> ObjectLimits {
        self.options.limits
    }

    fn stored(&self) -> Option<watch::Receiver<State>> {
        self.options.stored.clone()
    }

    fn line(&self, event: &PendingEvent) -> Result<Formatted, Unfit> {
        (self.options.format)(event)
    }

    fn put<'a>(&'a self, object: &'a Object) -> Putting<'a> {
        Box::pin(async { self.bucket().put(object).await })
    }
}

impl Backend for S3Backend {
    fn name(&self) -> &'static str {
        self.options.name
    }

    fn policy(&self) -> BatchPolicy {
        // One letter for each call, so that a failed call repeats no other.
        BatchPolicy::new(1, MOST_LETTER_BYTES, self.options.limits.calls)
    }

    fn send<'a>(&'a self, batch: &'a [Arc<PendingEvent>]) -> Sending<'a> {
        Box::pin(async { Ok(self.put_letters(batch).await?) })
    }

    fn objects(self: Arc<Self>) -> Option<Arc<dyn Objects>> {
        Some(self)
    }

    fn advice(&self, failure: &Failure) -> &'static str {
        advice::advice(failure)
    }
}
