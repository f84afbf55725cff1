//! Counters.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

/// Failures, by call ([`Call::label`](crate::Call::label)) and kind of error
/// ([`ErrorKind::label`](crate::ErrorKind::label)).
pub type Errors = BTreeMap<(&'static str, &'static str), u64>;

/// The counters of one partition since the stream began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Events handed out.
    pub events: u64,
    /// Bytes received, of any kind.
    pub bytes: u64,
    /// Blank lines.
    pub keep_alives: u64,
    /// Connections opened. All but the first are reconnections.
    pub connections: u64,
    /// Sessions refreshed.
    pub refreshes: u64,
    /// Events handed out although their offset is not above the last one.
    pub behind: u64,
    /// Events skipped because they are older than a start with [`Start::Newest`](crate::Start::Newest).
    pub passed_over: u64,
    /// Lines that are not an event with an offset.
    pub unreadable: u64,
    /// Lines cut off by the end of a connection. The service sends them again.
    pub cut_lines: u64,
}

/// Counters that tasks increment.
#[derive(Debug, Default)]
pub(crate) struct LiveCounters {
    pub(crate) events: AtomicU64,
    pub(crate) bytes: AtomicU64,
    pub(crate) keep_alives: AtomicU64,
    pub(crate) connections: AtomicU64,
    pub(crate) refreshes: AtomicU64,
    pub(crate) behind: AtomicU64,
    pub(crate) passed_over: AtomicU64,
    pub(crate) unreadable: AtomicU64,
    pub(crate) cut_lines: AtomicU64,
}

/// Adds to a counter. Nothing depends on the order in which other threads see it.
pub(crate) fn add(counter: &AtomicU64, more: u64) {
    counter.fetch_add(more, Ordering::Relaxed);
}

impl LiveCounters {
    pub(crate) fn read(&self) -> Counters {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counters {
            events: read(&self.events),
            bytes: read(&self.bytes),
            keep_alives: read(&self.keep_alives),
            connections: read(&self.connections),
            refreshes: read(&self.refreshes),
            behind: read(&self.behind),
            passed_over: read(&self.passed_over),
            unreadable: read(&self.unreadable),
            cut_lines: read(&self.cut_lines),
        }
    }
}
