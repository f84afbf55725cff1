//! Makes events of records ahead of Falco, and hands them on in groups.

use super::group::Group;
use super::report::Report;
use super::state::State;
use crate::metrics::Counters;
use cloudtrail_reader::aws::{Call, Receipt};
use cloudtrail_reader::{BufferPool, Extent, Records};
use field_extract::{Index, Measured, Skip};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Receiver, SyncSender};

/// Groups of events read ahead: a few MB in all, enough that Falco has work while a file is inflated.
pub(super) const GROUPS_AHEAD: usize = 4;

/// Nobody is there any more to take events.
pub(super) struct Gone;

/// What the thread that reads ahead works with.
pub(super) struct Ahead {
    pub(super) state: Arc<State>,
    pub(super) counters: Arc<Counters>,
    pub(super) pool: BufferPool,
    index: Index,
    group: Group,
    groups: SyncSender<Group>,
    /// Groups that Falco has taken, to be emptied.
    taken: Receiver<Group>,
    /// Events handed on so far.
    pub(super) sent: usize,
}

impl Ahead {
    pub(super) fn new(
        state: &Arc<State>,
        counters: &Arc<Counters>,
        groups: SyncSender<Group>,
        taken: Receiver<Group>,
    ) -> Self {
        Self {
            state: Arc::clone(state),
            counters: Arc::clone(counters),
            pool: BufferPool::default(),
            index: Index::new(),
            group: Group::default(),
            groups,
            taken,
            sent: 0,
        }
    }

    /// Reads one file to its end. `size` is its size as it is, for the progress. `call` is the call that wrote it.
    pub(super) fn read(
        &mut self,
        records: Records<'_>,
        size: u64,
        mut call: Option<&mut Call>,
    ) -> Result<Report, Gone> {
        let mut records = records.checked_unless_vouched();
        let mut report = Report::default();
        let before = self.state.bytes_done.load(Relaxed);
        loop {
            let (index, inside) = (&mut self.index, self.state.looks_inside.load(Relaxed));
            let item = records.next_measured(|text| {
                let Measured { length, plain } = if inside { index.outline(text)? } else { index.measure(text)? };
                Some(Extent { length, plain })
            });
            match item {
                Some(Ok(record)) => {
                    report.findings.records += 1;
                    if let Some(call) = &mut call {
                        call.saw(records.bytes(&record));
                    }
                    if self.add(records.bytes(&record))? {
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

    /// Puts the record that has just been outlined into the group, if it is an event for Falco. Whether the group was
    /// complete with it.
    fn add(&mut self, record: &[u8]) -> Result<bool, Gone> {
        match self.index.time_if_emitted(record) {
            Ok(time) => self.group.add(record, time, &self.index),
            Err(Skip::Insight) => count(&self.counters.insights),
            Err(Skip::NoTime | Skip::BadTime | Skip::NoType) => count(&self.counters.incomplete),
        }
        self.send_if_full()
    }

    /// All records of an object have been read; its receipt goes the way of the last of them.
    pub(super) fn end(&mut self, receipt: Receipt) -> Result<(), Gone> {
        self.group.ended.push(receipt);
        self.send_if_full().map(|_| ())
    }

    fn send_if_full(&mut self) -> Result<bool, Gone> {
        let full = self.group.is_full();
        if full {
            self.send()?;
        }
        Ok(full)
    }

    /// Hands on what there is.
    pub(super) fn send(&mut self) -> Result<(), Gone> {
        if self.group.is_empty() {
            return Ok(());
        }
        self.sent += self.group.count();
        let next = self.taken.try_iter().last().map(Group::emptied).unwrap_or_default();
        self.groups.send(std::mem::replace(&mut self.group, next)).map_err(|_| Gone)
    }
}

pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}
