//! Counters of the engine, for metrics.

use crate::ledger::Counts;
use crate::partition::Partition;

/// Receives the engine's counters. Each method does nothing by default, and must return quickly.
///
/// `()` ignores everything.
pub trait Observer: Send + Sync {
    /// The counts of one moment, after each change.
    fn counts(&self, _counts: &Counts) {}
    /// An event had an offset that is not above the last one, and was not taken before.
    fn out_of_order(&self, _partition: Partition) {}
    /// The offsets of a partition have started again.
    fn restarted(&self, _partition: Partition) {}
    /// An event is left out because of its age. The counts have it as filtered out.
    fn too_old(&self, _partition: Partition) {}
    /// An event was put into the dead letter, or will be.
    fn dead_letter(&self, _code: &str) {}
    /// A backend has a part of an event; the dead letter gets the whole.
    fn published_in_part(&self) {}
    /// A call to a backend was started.
    fn call_started(&self, _backend: &'static str) {}
    /// This many calls to a backend are in flight.
    fn calls_in_flight(&self, _backend: &'static str, _calls: usize) {}
    /// A backend has not confirmed this many events yet.
    fn events_waiting(&self, _backend: &'static str, _events: usize) {}
    /// This many events will be sent again because of this code.
    fn retried(&self, _backend: &'static str, _code: &str, _events: usize) {}
    /// A backend throttled a call or an event.
    fn throttled(&self, _backend: &'static str) {}
    /// Whether a backend takes no event, and the log says why.
    fn failing(&self, _backend: &'static str, _is_failing: bool) {}
    /// This many events keep failing while a backend accepts others.
    fn events_failing(&self, _backend: &'static str, _events: usize) {}
}

impl Observer for () {}
