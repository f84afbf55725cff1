//! An open source: events that wait for Falco, and the batches that it takes them in.

use super::folder::Folder;
use super::params::Params;
use crate::config::Config;
use crate::guard::guarded;
use crate::metrics::Counters;
use crate::plugin::Cloudtrail;
use anyhow::Context;
use cloudtrail_reader::Bytes;
use falco_plugin::FailureReason;
use falco_plugin::source::{EventBatch, ProgressInfo, SourcePluginInstance};
use std::ffi::CString;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long one call waits for the first event. Falco calls again at once and looks at its signals in between, so that
/// the API asks for 10 to 100 ms: 30 calls a second cost nothing, and nobody waits longer for Falco to end.
const WAIT: Duration = Duration::from_millis(30);
/// Events in one batch at most: enough that a call's cost vanishes, few enough that a batch stays in the cache.
const BATCH_EVENTS: usize = 128;
/// A batch is handed on once its records are of this size in all, in bytes; the last one may go beyond.
const BATCH_BYTES: usize = 1 << 20;
/// Groups of events read ahead. Each refers to at most [`GROUP_BYTES`] of records and one more file, so that this also
/// bounds the memory.
const GROUPS_AHEAD: usize = 8;
/// Events in one group at most.
pub(super) const GROUP_EVENTS: usize = 256;
/// A group is complete once its records are of this size in all, in bytes.
pub(super) const GROUP_BYTES: usize = 512 << 10;

/// One event for Falco.
pub(super) struct Ready {
    pub(super) record: Bytes,
    /// When it happened, in nanoseconds since 1970.
    pub(super) time: u64,
}

/// Events that have been read, in order.
pub(super) type Group = Vec<Ready>;

/// What the reading thread does.
type Work = Box<dyn FnOnce(&SyncSender<Group>) + Send>;

/// How far reading has come, and whether it is to end.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) files: AtomicU64,
    pub(super) files_done: AtomicU64,
    pub(super) stop: AtomicBool,
}

/// An open source.
pub struct Instance {
    groups: Option<Receiver<Group>>,
    current: std::vec::IntoIter<Ready>,
    state: Arc<State>,
    counters: Arc<Counters>,
    reader: Option<JoinHandle<()>>,
    progress: CString,
}

impl std::fmt::Debug for Instance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Instance").field("state", &self.state).finish_non_exhaustive()
    }
}

impl Instance {
    /// Starts reading.
    pub(super) fn open(params: &Params, _config: &Config, counters: &Arc<Counters>) -> Result<Self, anyhow::Error> {
        let state = Arc::new(State::default());
        let (sender, groups) = sync_channel(GROUPS_AHEAD);
        let work: Work = match params {
            Params::Path(path) => {
                let folder = Folder::open(path, Arc::clone(&state), Arc::clone(counters))?;
                Box::new(move |sender| folder.read(sender))
            }
        };
        let for_panics = Arc::clone(counters);
        let reader = std::thread::Builder::new().name("cloudtrail-read".to_owned()).spawn(move || {
            let _ = guarded(&for_panics, "reading ahead", || {
                work(&sender);
                Ok(())
            });
        });
        Ok(Self {
            groups: Some(groups),
            current: Vec::new().into_iter(),
            state,
            counters: Arc::clone(counters),
            reader: Some(reader.context("starting a thread")?),
            progress: CString::default(),
        })
    }

    /// Ends reading and waits for that: for the record in work, no more.
    pub(super) fn close(&mut self) {
        self.state.stop.store(true, Relaxed);
        // A reader that waits for us to take what it has is woken by that.
        self.groups = None;
        self.current = Vec::new().into_iter();
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }

    /// The next event, if there is one within the wait.
    fn next(&mut self, wait: Option<Duration>) -> Result<Ready, FailureReason> {
        loop {
            if let Some(ready) = self.current.next() {
                return Ok(ready);
            }
            let groups = self.groups.as_ref().ok_or(FailureReason::Eof)?;
            let group = match wait {
                Some(wait) => groups.recv_timeout(wait).map_err(|error| match error {
                    RecvTimeoutError::Timeout => FailureReason::Timeout,
                    RecvTimeoutError::Disconnected => FailureReason::Eof,
                }),
                None => groups.try_recv().map_err(|error| match error {
                    TryRecvError::Empty => FailureReason::Timeout,
                    TryRecvError::Disconnected => FailureReason::Eof,
                }),
            };
            self.current = group?.into_iter();
        }
    }

    /// Fills the batch with what is there; with nothing there, waits for the first event.
    fn fill(&mut self, batch: &mut EventBatch<'_>) -> Result<(), anyhow::Error> {
        let (mut events, mut bytes) = (0, 0);
        while events < BATCH_EVENTS && bytes < BATCH_BYTES {
            let ready = match self.next((events == 0).then_some(WAIT)) {
                Ok(ready) => ready,
                // An error would take the events along that the batch already has: it comes with the next call.
                Err(_) if events > 0 => break,
                Err(reason) => return Err(reason.into()),
            };
            let mut event = Self::plugin_event(&ready.record);
            event.metadata.ts = ready.time;
            batch.add(event)?;
            events += 1;
            bytes += ready.record.len();
        }
        self.counters.events.fetch_add(events as u64, Relaxed);
        self.counters.bytes.fetch_add(bytes as u64, Relaxed);
        Ok(())
    }

    fn progress(&mut self) -> Result<ProgressInfo<'_>, anyhow::Error> {
        let (done, files) = (self.state.files_done.load(Relaxed), self.state.files.load(Relaxed));
        let value = if files == 0 { 0.0 } else { 100.0 * done as f64 / files as f64 };
        self.progress = CString::new(format!("{value:.2}% - {done}/{files} files"))?;
        Ok(ProgressInfo { value, detail: Some(&self.progress) })
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.close();
    }
}

impl SourcePluginInstance for Instance {
    type Plugin = Cloudtrail;

    fn next_batch(&mut self, plugin: &mut Cloudtrail, batch: &mut EventBatch<'_>) -> Result<(), anyhow::Error> {
        let filled = guarded(&plugin.counters, "filling a batch", || self.fill(batch));
        // Anything else would end Falco.
        filled.map_err(|error| if error.is::<FailureReason>() { error } else { FailureReason::Timeout.into() })
    }

    fn get_progress(&mut self) -> ProgressInfo<'_> {
        let counters = Arc::clone(&self.counters);
        let none = ProgressInfo { value: 0.0, detail: None };
        guarded(&counters, "telling the progress", || self.progress()).unwrap_or(none)
    }
}
