//! What has been counted.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

/// Failures, by what was asked ([`Call::label`](crate::Call::label)) and what went wrong
/// ([`ErrorKind::label`](crate::ErrorKind::label)).
pub type Errors = BTreeMap<(&'static str, &'static str), u64>;

/// What has been counted of one partition since the stream began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Events handed on.
    pub events: u64,
    /// Bytes received, of whatever kind.
    pub bytes: u64,
    /// Blank lines.
    pub keep_alives: u64,
    /// Connections that were opened. All but the first are reconnections.
    pub connections: u64,
    /// Sessions refreshed.
    pub refreshes: u64,
    /// Events handed on although their offset is not above the last one.
    pub behind: u64,
    /// Events passed over because they are from before a start with [`Start::Newest`](crate::Start::Newest).
    pub passed_over: u64,
    /// Lines that are no event with a position.
    pub unreadable: u64,
    /// Lines that a connection broke off in; the service sends them again.
    pub cut_lines: u64,
}

/// Counters that are being counted.
#[derive(Debug, Default)]
pub(crate) struct Tally {
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

/// Counts further. Nothing depends on the order in which others see it.
pub(crate) fn add(counter: &AtomicU64, more: u64) {
    counter.fetch_add(more, Ordering::Relaxed);
}

impl Tally {
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
