//! Makes events of records ahead of Falco, and hands them on in groups.

use super::report::Report;
use super::state::State;
use crate::metrics::Counters;
use cloudtrail_reader::aws::Receipt;
use cloudtrail_reader::{BufferPool, Bytes, Extent, Record, Records};
use field_extract::{Index, Measured, Skip};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::SyncSender;

/// Groups of events read ahead. Each refers to at most [`GROUP_BYTES`] of records and one more file, so that this also
/// bounds the memory.
pub(super) const GROUPS_AHEAD: usize = 8;
/// Events in one group at most, and objects that end in it.
const GROUP_EVENTS: usize = 256;
/// A group is complete once its records are of this size in all, in bytes.
const GROUP_BYTES: usize = 512 << 10;

/// One event for Falco.
pub(super) struct Ready {
    pub(super) record: Bytes,
    /// When it happened, in nanoseconds since 1970.
    pub(super) time: u64,
}

/// Where an object ends among the events of a group.
pub(super) struct End {
    /// Behind so many of them.
    pub(super) after: usize,
    pub(super) receipt: Receipt,
}

/// Events that have been read, in order, and the ends of objects among them, in order.
#[derive(Default)]
pub(super) struct Group {
    pub(super) events: Vec<Ready>,
    pub(super) ends: Vec<End>,
}

/// Nobody is there any more to take events.
pub(super) struct Gone;

/// What the thread that reads ahead works with.
pub(super) struct Ahead {
    pub(super) state: Arc<State>,
    pub(super) counters: Arc<Counters>,
    pub(super) pool: BufferPool,
    index: Index,
    group: Group,
    /// Of the group's records.
    bytes: usize,
    groups: SyncSender<Group>,
}

impl Ahead {
    pub(super) fn new(state: &Arc<State>, counters: &Arc<Counters>, groups: SyncSender<Group>) -> Self {
        Self {
            state: Arc::clone(state),
            counters: Arc::clone(counters),
            pool: BufferPool::default(),
            index: Index::new(),
            group: Group::default(),
            bytes: 0,
            groups,
        }
    }

    /// Reads one file to its end. `size` is its size as it is, for the progress.
    pub(super) fn read(&mut self, records: Records<'_>, size: u64) -> Result<Report, Gone> {
        let mut records = records.checked_unless_vouched();
        let mut report = Report::default();
        let before = self.state.bytes_done.load(Relaxed);
        loop {
            let index = &mut self.index;
            let item = records.next_measured(|text| {
                let Measured { length, plain } = index.measure(text)?;
                Some(Extent { length, plain })
            });
            match item {
                Some(Ok(record)) => {
                    report.findings.records += 1;
                    if self.add(record)? {
                        self.state.bytes_done.store(before + records.consumed().min(size), Relaxed);
                    }
                }
                Some(Err(damage)) => report.findings.add(damage),
                None => break,
            }
            if self.state.is_stopped() {
                return Err(Gone);
            }
        }
        report.content = records.content();
        self.state.bytes_done.store(before + size, Relaxed);
        Ok(report)
    }

    /// Puts the record that has just been measured into the group, if it is an event for Falco. Whether the group was
    /// complete with it.
    fn add(&mut self, record: Record) -> Result<bool, Gone> {
        match self.index.time_if_emitted(&record.bytes) {
            Ok(time) => {
                self.bytes += record.bytes.len();
                self.group.events.push(Ready { record: record.bytes, time });
            }
            Err(Skip::Insight) => count(&self.counters.insights),
            Err(Skip::NoTime | Skip::BadTime | Skip::NoType) => count(&self.counters.incomplete),
        }
        let complete = self.group.events.len() >= GROUP_EVENTS || self.bytes >= GROUP_BYTES;
        if complete {
            self.send()?;
        }
        Ok(complete)
    }

    /// All records of an object have been read; its receipt goes the way of the last of them.
    pub(super) fn end(&mut self, receipt: Receipt) -> Result<(), Gone> {
        self.group.ends.push(End { after: self.group.events.len(), receipt });
        if self.group.ends.len() >= GROUP_EVENTS { self.send() } else { Ok(()) }
    }

    /// Hands on what there is.
    pub(super) fn send(&mut self) -> Result<(), Gone> {
        if self.group.events.is_empty() && self.group.ends.is_empty() {
            return Ok(());
        }
        self.bytes = 0;
        let next = Group { events: Vec::with_capacity(GROUP_EVENTS), ends: Vec::new() };
        self.groups.send(std::mem::replace(&mut self.group, next)).map_err(|_| Gone)
    }
}

pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}
