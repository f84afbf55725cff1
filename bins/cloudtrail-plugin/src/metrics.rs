//! What the plugin counts.

use falco_plugin::base::{Metric, MetricLabel, MetricType, MetricValue};
use std::ffi::CStr;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

/// Counters since the plugin was loaded, of all its open sources together.
///
/// Falco asks for them from its web server's thread while the main loop runs: nothing else may be touched there.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Events handed to Falco.
    pub(crate) events: AtomicU64,
    /// Bytes of these events' records.
    pub(crate) bytes: AtomicU64,
    /// Log files read to their end.
    pub(crate) files: AtomicU64,
    /// Parts of log files that could not be read, files that could not be opened included.
    pub(crate) damages: AtomicU64,
    /// Insights records, which the original does not hand on either.
    pub(crate) insights: AtomicU64,
    /// Records without a usable `eventTime` or without an `eventType`.
    pub(crate) incomplete: AtomicU64,
    /// Objects that were downloaded.
    pub(crate) objects: AtomicU64,
    /// Their bytes, packed.
    pub(crate) object_bytes: AtomicU64,
    /// Messages that were received.
    pub(crate) messages: AtomicU64,
    /// Messages that were deleted, all their records being with Falco.
    pub(crate) messages_deleted: AtomicU64,
    /// Messages that are left to the queue: not understood, not readable, or not confirmed.
    pub(crate) messages_left: AtomicU64,
    /// Requests to AWS that were tried again.
    pub(crate) retries: AtomicU64,
    /// Panics that were caught.
    pub(crate) panics: AtomicU64,
}

impl Counters {
    /// As Falco wants them; it puts `cloudtrail.` before each name.
    pub(crate) fn all(&self) -> Vec<Metric> {
        let one = |name: &'static CStr, value: &AtomicU64| {
            Metric::new(MetricLabel::new(name, MetricType::Monotonic), MetricValue::U64(value.load(Relaxed)))
        };
        vec![
            one(c"n_events", &self.events),
            one(c"n_bytes", &self.bytes),
            one(c"n_files", &self.files),
            one(c"n_damages", &self.damages),
            one(c"n_skipped_insights", &self.insights),
            one(c"n_skipped_incomplete", &self.incomplete),
            one(c"n_objects", &self.objects),
            one(c"n_object_bytes", &self.object_bytes),
            one(c"n_messages", &self.messages),
            one(c"n_messages_deleted", &self.messages_deleted),
            one(c"n_messages_left", &self.messages_left),
            one(c"n_retries", &self.retries),
            one(c"n_panics", &self.panics),
        ]
    }
}
