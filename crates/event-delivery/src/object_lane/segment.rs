//! The events of one partition that are written together: one object for each of their days.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

use super::body::Body;
use crate::backend::format::Formatted;
use crate::backend::objects::{Compression, Object, ObjectLimits, day_of};
use crate::budget::OVERHEAD;
use crate::event::{PendingEvent, Written};
use crate::ledger::Epoch;
use crate::partition::Partition;

/// The most days of a segment. Each has a compressor in memory. The events of a live feed are of one day or two; those of
/// a backlog come day by day.
const MOST_DAYS: usize = 8;

/// Events that come one after the other in a partition.
pub(crate) struct Segment {
    partition: Partition,
    pub(super) epoch: Epoch,
    begun: Instant,
    /// The highest offset.
    last: u64,
    /// The bytes of the lines.
    bytes: usize,
    /// The shares of the memory budget of the events in `cut`, which keep them.
    kept: usize,
    events: Vec<Written>,
    cut: Vec<Arc<PendingEvent>>,
    compression: Compression,
    days: BTreeMap<i64, Day>,
}

struct Day {
    first: u64,
    mark: u32,
    read_ms: i64,
    body: Body,
}

/// A segment whose objects can be written.
pub(crate) struct Sealed {
    pub(crate) epoch: Epoch,
    pub(crate) last: u64,
    /// The events that are confirmed when all objects are written.
    pub(crate) events: Vec<Written>,
    /// Events of which the objects have only a part. The dead letter gets the whole.
    pub(crate) cut: Vec<Arc<PendingEvent>>,
    pub(crate) objects: Vec<Object>,
}

impl Segment {
    pub(crate) fn new(event: &PendingEvent, compression: Compression) -> Self {
        Self {
            partition: event.partition,
            epoch: event.epoch,
            begun: Instant::now(),
            last: event.offset,
            bytes: 0,
            kept: 0,
            events: Vec::new(),
            cut: Vec::new(),
            compression,
            days: BTreeMap::new(),
        }
    }

    /// Returns whether the segment can take the event. If not, it must be written first.
    pub(super) fn takes(&self, event: &PendingEvent, text: &Formatted) -> bool {
        let has_day = self.days.len() < MOST_DAYS || self.days.contains_key(&day_of(text.time_ms));
        has_day && self.epoch == event.epoch
    }

    /// Adds an event.
    pub(crate) fn push(&mut self, event: Arc<PendingEvent>, text: &Formatted) {
        let compression = self.compression;
        let day = self.days.entry(day_of(text.time_ms)).or_insert_with(|| Day {
            first: event.offset,
            mark: mark(&event.line),
            read_ms: event.received_ms,
            body: Body::new(compression),
        });
        day.body.push(&text.text);
        self.last = self.last.max(event.offset);
        self.bytes += text.text.len();
        if text.is_whole {
            self.events.push(Written::of(event));
        } else {
            self.kept += event.line.len() + OVERHEAD;
            self.cut.push(event);
        }
    }

    /// Returns the number of events.
    pub(super) fn len(&self) -> usize {
        self.events.len() + self.cut.len()
    }

    /// Returns the bytes that its objects have in memory.
    pub(super) fn memory(&self) -> usize {
        self.days.values().map(|day| day.body.memory()).sum()
    }

    /// Returns whether it is large enough to be written.
    pub(super) fn is_full(&self, limits: &ObjectLimits) -> bool {
        self.bytes >= limits.bytes
    }

    /// Returns the bytes of the memory budget that its events keep, because the dead letter needs their lines.
    pub(super) fn kept(&self) -> usize {
        self.kept
    }

    /// Returns when it is old enough.
    pub(super) fn due(&self, age: Duration) -> Instant {
        self.begun + age
    }

    /// Ends the segment.
    ///
    /// # Errors
    /// Returns why its lines cannot be compressed.
    pub(crate) fn seal(self) -> std::io::Result<Sealed> {
        let Self { partition, epoch, last, events, cut, compression, days, .. } = self;
        let object = |(day, Day { first, mark, read_ms, body })| {
            body.finish().map(|body| Object { partition, day, first, mark, read_ms, compression, body })
        };
        let objects = days.into_iter().map(object).collect::<Result<_, _>>()?;
        Ok(Sealed { epoch, last, events, cut, objects })
    }
}

/// Returns the beginning of the hash of a line.
fn mark(line: &[u8]) -> u32 {
    let hash = Sha256::digest(line);
    hash.first_chunk().map_or(0, |first| u32::from_be_bytes(*first))
}
