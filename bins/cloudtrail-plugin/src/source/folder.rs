//! Reads a log file, or the log files of a folder, ahead of Falco.

use super::batch::{GROUP_BYTES, GROUP_EVENTS, Group, Ready, State};
use super::report::{Report, lost};
use crate::guard::guarded;
use crate::metrics::Counters;
use anyhow::{Context, bail};
use cloudtrail_reader::{BufferPool, Extent, PathError, Record, Records, files};
use field_extract::{Index, Measured, Skip};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::SyncSender;

/// A file, or a folder of files.
pub(super) struct Folder {
    root: PathBuf,
    state: Arc<State>,
    counters: Arc<Counters>,
    pool: BufferPool,
    index: Index,
    group: Group,
    bytes: usize,
}

/// Nobody is there any more to take events.
struct Gone;

impl Folder {
    pub(super) fn open(root: &Path, state: Arc<State>, counters: Arc<Counters>) -> Result<Self, anyhow::Error> {
        let kind = std::fs::metadata(root).with_context(|| format!("open_params {}", root.display()))?.file_type();
        // Reading a pipe or a terminal may take for ever, and nothing can end it when Falco wants to close.
        if !kind.is_file() && !kind.is_dir() {
            bail!("open_params {}: is neither a file nor a folder", root.display());
        }
        let (pool, index, group) = (BufferPool::default(), Index::new(), Group::with_capacity(GROUP_EVENTS));
        Ok(Self { root: root.to_owned(), state, counters, pool, index, group, bytes: 0 })
    }

    /// Reads all files, each in its turn, until they are through or the other side has gone.
    pub(super) fn read(mut self, sender: &SyncSender<Group>) {
        // Listing twice tells the progress without keeping the names of millions of files.
        let found = files(&self.root).take_while(|_| !self.is_stopped()).count();
        self.state.files.store(found as u64, Relaxed);
        let root = self.root.clone();
        for file in files(&root) {
            if self.is_stopped() {
                return;
            }
            let counters = Arc::clone(&self.counters);
            let read = guarded(&counters, "reading a file", || Ok(self.file(file, sender)));
            if let Ok(Err(Gone)) = read {
                return;
            }
            self.state.files_done.fetch_add(1, Relaxed);
        }
        if found == 0 {
            log::warn!("cloudtrail: {}: there are no files", root.display());
        }
        let _ = self.send(sender);
    }

    fn is_stopped(&self) -> bool {
        self.state.stop.load(Relaxed)
    }

    /// Reads one file to its end.
    fn file(&mut self, file: Result<PathBuf, PathError>, sender: &SyncSender<Group>) -> Result<(), Gone> {
        let opened = file.and_then(|path| Ok((Records::open(&path, &self.pool)?.checked_unless_vouched(), path)));
        let (mut records, path) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                lost(&error, &self.counters);
                return Ok(());
            }
        };
        let mut report = Report::default();
        loop {
            let index = &mut self.index;
            let item = records.next_measured(|text| {
                let Measured { length, plain } = index.measure(text)?;
                Some(Extent { length, plain })
            });
            match item {
                Some(Ok(record)) => {
                    report.records += 1;
                    self.add(record, sender)?;
                }
                Some(Err(damage)) => report.add(damage),
                None => break,
            }
            if self.is_stopped() {
                return Err(Gone);
            }
        }
        report.finish(&path, path != self.root, records.content(), &self.counters);
        Ok(())
    }

    /// Puts the record that has just been measured into the group, if it is an event for Falco.
    fn add(&mut self, record: Record, sender: &SyncSender<Group>) -> Result<(), Gone> {
        match self.index.time_if_emitted(&record.bytes) {
            Ok(time) => {
                self.bytes += record.bytes.len();
                self.group.push(Ready { record: record.bytes, time });
            }
            Err(Skip::Insight) => count(&self.counters.insights),
            Err(Skip::NoTime | Skip::BadTime | Skip::NoType) => count(&self.counters.incomplete),
        }
        if self.group.len() >= GROUP_EVENTS || self.bytes >= GROUP_BYTES { self.send(sender) } else { Ok(()) }
    }

    fn send(&mut self, sender: &SyncSender<Group>) -> Result<(), Gone> {
        if self.group.is_empty() {
            return Ok(());
        }
        self.bytes = 0;
        let group = std::mem::replace(&mut self.group, Group::with_capacity(GROUP_EVENTS));
        sender.send(group).map_err(|_| Gone)
    }
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}
