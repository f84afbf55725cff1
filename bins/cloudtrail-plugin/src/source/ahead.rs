//! Makes events of records ahead of Falco, and sends them in groups.

use super::group::Group;
use super::state::SourceState;
use crate::logging;
use crate::metrics::Counters;
use cloudtrail_reader::aws::Receipt;
use cloudtrail_reader::source::{Check, Log, Outcome, Reading, Report};
use cloudtrail_reader::{BufferPool, Origin, Records};
use field_extract::{Depth, Scratch, Skip};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Receiver, SyncSender};

/// The groups of events read ahead: a few MB in all, so that Falco has work while a file is inflated.
pub(super) const GROUPS_AHEAD: usize = 4;

/// The source was closed, and nobody takes events any more.
pub(super) struct Gone;

/// The data of the thread that reads ahead.
pub(super) struct Ahead {
    pub(super) state: Arc<SourceState>,
    pub(super) counters: Arc<Counters>,
    pub(super) pool: BufferPool,
    report: Report,
    scratch: Scratch,
    /// Insights events are emitted.
    emits_insights: bool,
    group: Group,
    groups: SyncSender<Group>,
    /// Groups that Falco has finished with, for reuse.
    taken: Receiver<Group>,
    /// The events sent so far.
    pub(super) sent: usize,
}

impl Ahead {
    pub(super) fn new(
        state: &Arc<SourceState>,
        counters: &Arc<Counters>,
        emits_insights: bool,
        groups: SyncSender<Group>,
        taken: Receiver<Group>,
    ) -> Self {
        Self {
            state: Arc::clone(state),
            counters: Arc::clone(counters),
            pool: BufferPool::default(),
            report: Report::new("they are counted in n_skipped_files"),
            scratch: Scratch::new(),
            emits_insights,
            group: Group::default(),
            groups,
            taken,
            sent: 0,
        }
    }

    /// Reads an input to its end, and reports it. The receipt of a log that was read travels with the last of its
    /// records.
    pub(super) fn read(&mut self, opened: Result<Log, Box<Outcome>>) -> Result<(), Gone> {
        let pool = self.pool.clone();
        let mut outcome = match opened {
            Ok(log) => log.read(&pool, Check::UnlessVouched, |records, reading| self.read_records(records, reading))?,
            Err(outcome) => *outcome,
        };
        let counted = self.report.add(&outcome, logging::report);
        self.counters.files.fetch_add(u64::from(!outcome.is_lost()), Relaxed);
        self.counters.damages.fetch_add(counted.damaged, Relaxed);
        self.counters.warnings.fetch_add(outcome.findings.warnings(), Relaxed);
        self.counters.others.fetch_add(counted.others + counted.empty, Relaxed);
        match outcome.settle() {
            Some(receipt) => self.end(receipt),
            None => {
                if outcome.origin == Origin::Announced && !outcome.is_lost() {
                    log::error!("{}: its message is left in the queue", outcome.name);
                }
                Ok(())
            }
        }
    }

    fn read_records(&mut self, records: &mut Records<'_>, reading: &mut Reading) -> Result<(), Gone> {
        let (before, size) = (self.state.bytes_done.load(Relaxed), reading.size());
        loop {
            let depth = if self.state.looks_inside.load(Relaxed) { Depth::Nested } else { Depth::Own };
            match records.next_in_place(depth, self.scratch.finder()) {
                Some(Ok(record)) => {
                    let bytes = records.bytes(&record);
                    reading.add_record(bytes);
                    match self.add(bytes) {
                        Ok(()) => {}
                        Err(Skip::Insight) => count(&self.counters.insights),
                        Err(skip) => {
                            count(&self.counters.incomplete);
                            reading.add_untaken(&record, &skip);
                        }
                    }
                    if self.send_if_full()? {
                        let read = records.consumed().min(size);
                        self.state.bytes_done.store(before + read, Relaxed);
                        self.state.percent.store(read * 100 / size.max(1), Relaxed);
                    }
                }
                Some(Err(damage)) => reading.add_damage(damage),
                None => break,
            }
            if self.state.is_stopped() {
                return Err(Gone);
            }
        }
        self.state.bytes_done.store(before + size, Relaxed);
        Ok(())
    }

    /// Adds the record that was just found to the group, if it is an event for Falco.
    fn add(&mut self, record: &[u8]) -> Result<(), Skip> {
        let mut record = self.scratch.found_record(record);
        let time = match record.time_if_emitted() {
            Err(Skip::Insight) if self.emits_insights => record.event_time().ok_or(Skip::BadTime),
            time => time,
        };
        self.group.add(&record, time?);
        Ok(())
    }

    fn end(&mut self, receipt: Receipt) -> Result<(), Gone> {
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

    /// Sends the current group.
    pub(super) fn send(&mut self) -> Result<(), Gone> {
        if self.group.is_empty() {
            return Ok(());
        }
        self.sent += self.group.count();
        let next = self.taken.try_iter().last().map(Group::into_empty).unwrap_or_default();
        self.groups.send(std::mem::replace(&mut self.group, next)).map_err(|_| Gone)
    }
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}
