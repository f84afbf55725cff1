//! An open source: events that wait for Falco, and the batches that it takes them in.

use super::ahead::{Ahead, End, GROUPS_AHEAD, Group, Ready};
use super::folder::Folder;
use super::handed::Handed;
use super::params::Params;
use super::remote::Remote;
use super::state::State;
use crate::guard::guarded;
use crate::metrics::Counters;
use crate::plugin::Cloudtrail;
use anyhow::Context;
use cloudtrail_reader::aws::Settings;
use falco_plugin::FailureReason;
use falco_plugin::source::{EventBatch, ProgressInfo, SourcePluginInstance};
use std::ffi::CString;
use std::iter::Peekable;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use std::vec::IntoIter;

/// How long one call waits for the first event. Falco calls again at once and looks at its signals in between, so that
/// the API asks for 10 to 100 ms: 30 calls a second cost nothing, and nobody waits longer for Falco to end.
const WAIT: Duration = Duration::from_millis(30);
/// Events in one batch at most: enough that a call's cost vanishes, few enough that a batch stays in the cache.
const BATCH_EVENTS: usize = 128;
/// A batch is handed on once its records are of this size in all, in bytes; the last one may go beyond.
const BATCH_BYTES: usize = 1 << 20;

/// What the reading thread does.
type Work = Box<dyn FnOnce(Ahead) + Send>;

/// An open source.
pub struct Instance {
    groups: Option<Receiver<Group>>,
    current: Current,
    handed: Handed,
    state: Arc<State>,
    counters: Arc<Counters>,
    reader: Option<JoinHandle<()>>,
    remote: Option<Remote>,
    progress: CString,
}

impl std::fmt::Debug for Instance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Instance").field("state", &self.state).finish_non_exhaustive()
    }
}

/// The group that events are being taken from.
struct Current {
    events: IntoIter<Ready>,
    taken: usize,
    ends: Peekable<IntoIter<End>>,
}

impl Current {
    fn new(group: Group) -> Self {
        Self { events: group.events.into_iter(), taken: 0, ends: group.ends.into_iter().peekable() }
    }

    /// The next event, and the objects that end before and behind it.
    fn next(&mut self, handed: &mut Handed) -> Option<Ready> {
        self.end_objects(handed);
        let event = self.events.next()?;
        self.taken += 1;
        self.end_objects(handed);
        Some(event)
    }

    fn end_objects(&mut self, handed: &mut Handed) {
        while let Some(end) = self.ends.next_if(|end| end.after <= self.taken) {
            handed.end(end.receipt);
        }
    }
}

impl Instance {
    /// Starts reading.
    pub(super) fn open(params: &Params, settings: &Settings, counters: &Arc<Counters>) -> Result<Self, anyhow::Error> {
        let state = Arc::new(State::default());
        let (sender, groups) = sync_channel(GROUPS_AHEAD);
        let ahead = Ahead::new(&state, counters, sender);
        let (work, remote): (Work, _) = match params {
            Params::Path(path) => {
                let folder = Folder::open(path)?;
                (Box::new(move |ahead| folder.read(ahead)), None)
            }
            Params::Remote(source) => {
                let (remote, objects) = Remote::open(source, settings, &state, counters)?;
                (Box::new(move |ahead| objects.read(ahead)), Some(remote))
            }
        };
        let for_panics = Arc::clone(counters);
        let reader = std::thread::Builder::new().name("cloudtrail-read".to_owned()).spawn(move || {
            let _ = guarded(&for_panics, "reading ahead", || {
                work(ahead);
                Ok(())
            });
        });
        Ok(Self {
            groups: Some(groups),
            current: Current::new(Group::default()),
            handed: Handed::default(),
            state,
            counters: Arc::clone(counters),
            reader: Some(reader.context("starting a thread")?),
            remote,
            progress: CString::default(),
        })
    }

    /// Ends reading and waits for that: for the record in work, and a moment for what was confirmed to be deleted.
    pub(super) fn close(&mut self) {
        self.state.stop.store(true, Relaxed);
        if let Some(remote) = &self.remote {
            remote.stop();
        }
        // What was not confirmed comes again. A reader that waits for us to take what it has is woken by this.
        (self.groups, self.current, self.handed) = (None, Current::new(Group::default()), Handed::default());
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
        if let Some(remote) = self.remote.take() {
            remote.finish();
        }
    }

    /// The next event, if there is one until then; without a time, if there is one now.
    fn next(&mut self, until: Option<Instant>) -> Result<Ready, anyhow::Error> {
        loop {
            if let Some(ready) = self.current.next(&mut self.handed) {
                return Ok(ready);
            }
            let Some(groups) = &self.groups else { return Err(FailureReason::Eof.into()) };
            let group = match until.map(|until| until.saturating_duration_since(Instant::now())) {
                // Groups may have no events: however many of them come, the call comes to its end.
                Some(Duration::ZERO) => Err(true),
                Some(wait) => groups.recv_timeout(wait).map_err(|error| error == RecvTimeoutError::Timeout),
                None => groups.try_recv().map_err(|error| error == TryRecvError::Empty),
            };
            match group {
                Ok(group) => self.current = Current::new(group),
                Err(true) => return Err(FailureReason::Timeout.into()),
                Err(false) => return Err(self.ended()),
            }
        }
    }

    /// Why nothing more will come.
    fn ended(&self) -> anyhow::Error {
        match self.state.failure.get() {
            Some(failure) => anyhow::Error::from(FailureReason::Failure).context(failure.clone()),
            None => FailureReason::Eof.into(),
        }
    }

    /// Fills the batch with what is there; with nothing there, waits for the first event.
    fn fill(&mut self, batch: &mut EventBatch<'_>) -> Result<(), anyhow::Error> {
        let (mut events, mut bytes) = (0, 0);
        let until = Instant::now() + WAIT;
        while events < BATCH_EVENTS && bytes < BATCH_BYTES {
            let ready = match self.next((events == 0).then_some(until)) {
                Ok(ready) => ready,
                // An error would take the events along that the batch already has: it comes with the next call.
                Err(_) if events > 0 => break,
                Err(reason) => return Err(reason),
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
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.close();
    }
}

impl SourcePluginInstance for Instance {
    type Plugin = Cloudtrail;

    fn next_batch(&mut self, plugin: &mut Cloudtrail, batch: &mut EventBatch<'_>) -> Result<(), anyhow::Error> {
        self.handed.confirm();
        let filled = guarded(&plugin.counters, "filling a batch", || self.fill(batch));
        filled.map_err(|error| {
            if error.is::<FailureReason>() {
                return error;
            }
            self.handed.lose();
            // Anything else would end Falco.
            FailureReason::Timeout.into()
        })
    }

    fn get_progress(&mut self) -> ProgressInfo<'_> {
        let Ok((value, text)) = guarded(&self.counters, "telling the progress", || self.state.progress()) else {
            return ProgressInfo { value: 0.0, detail: None };
        };
        self.progress = text;
        ProgressInfo { value, detail: Some(&self.progress) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An instance whose groups come from a thread of the test's.
    fn instance(groups: Receiver<Group>) -> Instance {
        Instance {
            groups: Some(groups),
            current: Current::new(Group::default()),
            handed: Handed::default(),
            state: Arc::default(),
            counters: Arc::default(),
            reader: None,
            remote: None,
            progress: CString::default(),
        }
    }

    #[test]
    fn groups_without_events_do_not_hold_a_call_up() {
        let (sender, groups) = sync_channel(GROUPS_AHEAD);
        let reader = std::thread::spawn(move || while sender.send(Group::default()).is_ok() {});
        let mut instance = instance(groups);
        for _ in 0..3 {
            let Err(error) = instance.next(Some(Instant::now() + WAIT)) else { panic!("there are no events") };
            assert!(matches!(error.downcast_ref(), Some(FailureReason::Timeout)), "{error:#}");
        }
        drop(instance);
        reader.join().unwrap();
    }
}
