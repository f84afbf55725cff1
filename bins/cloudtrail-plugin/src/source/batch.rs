//! An open source: gives Falco its events in batches.

use super::ahead::{Ahead, GROUPS_AHEAD};
use super::folder::Folder;
use super::group::Group;
use super::handed::Handed;
use super::params::Params;
use super::remote;
use super::state::SourceState;
use crate::guard::guarded;
use crate::in_place;
use crate::metrics::Counters;
use crate::parsed::Parsed;
use crate::plugin::Cloudtrail;
use anyhow::Context;
use cloudtrail_reader::aws::Settings;
use cloudtrail_reader::source::SourceControl;
use falco_plugin::FailureReason;
use falco_plugin::source::{EventBatch, ProgressInfo, SourcePluginInstance};
use std::ffi::CString;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long one call waits for the first event. Falco calls again at once and checks its signals in between, so the API
/// asks for 10 to 100 ms: 30 calls a second cost nothing, and Falco still ends quickly.
const WAIT: Duration = Duration::from_millis(30);

/// The work of the reading thread.
type Work = Box<dyn FnOnce(Ahead) + Send>;

/// An open source.
pub struct Instance {
    groups: Option<Receiver<Group>>,
    /// Returns groups that Falco has finished with.
    taken: SyncSender<Group>,
    /// The group that Falco reads in place.
    shown: Option<Arc<Group>>,
    /// Pointers to its events.
    events: in_place::Events,
    handed: Handed,
    state: Arc<SourceState>,
    counters: Arc<Counters>,
    reader: Option<JoinHandle<()>>,
    remote: Option<SourceControl>,
    progress: CString,
}

impl std::fmt::Debug for Instance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Instance").field("state", &self.state).finish_non_exhaustive()
    }
}

impl Instance {
    /// Starts reading.
    pub(super) fn open(params: &Params, settings: &Settings, counters: &Arc<Counters>) -> Result<Self, anyhow::Error> {
        let state = Arc::new(SourceState::default());
        let ((sender, groups), (taken, to_empty)) = (sync_channel(GROUPS_AHEAD), sync_channel(GROUPS_AHEAD));
        let ahead = Ahead::new(&state, counters, settings.emit_insights, sender, to_empty);
        let (work, remote): (Work, _) = match params {
            Params::Path(path) => {
                let folder = Folder::open(path)?;
                (Box::new(move |ahead| folder.read(ahead)), None)
            }
            Params::Remote(source) => {
                let (objects, control) = remote::open(source, settings, &state, counters)?;
                (Box::new(move |ahead| remote::read(objects, ahead)), Some(control))
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
            taken,
            shown: None,
            events: in_place::Events::default(),
            handed: Handed::default(),
            state,
            counters: Arc::clone(counters),
            reader: Some(reader.context("starting a thread")?),
            remote,
            progress: CString::default(),
        })
    }

    /// Ends reading and waits for it: for the current record, and a moment until confirmed messages are deleted.
    pub(super) fn close(&mut self) {
        self.state.stop.store(true, Relaxed);
        if let Some(remote) = &self.remote {
            remote.stop();
        }
        // Unconfirmed objects come again. Dropping the channel wakes a reading thread that waits to send.
        (self.groups, self.handed, self.shown) = (None, Handed::default(), None);
        // A reading thread that waits for a part of an object, which may never come, wakes when the network's side has
        // ended.
        if let Some(remote) = self.remote.take() {
            remote::finish(remote);
        }
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }

    /// Returns the next group with events, and waits for it until the given time. Objects that ended before it are
    /// noted.
    fn next(&mut self, until: Instant) -> Result<Group, anyhow::Error> {
        loop {
            let Some(groups) = &self.groups else { return Err(FailureReason::Eof.into()) };
            match groups.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(group) if group.count() > 0 => return Ok(group),
                Ok(mut group) => group.ended.drain(..).for_each(|receipt| self.handed.end(receipt)),
                Err(RecvTimeoutError::Timeout) => return Err(FailureReason::Timeout.into()),
                Err(RecvTimeoutError::Disconnected) => return Err(self.end_reason()),
            }
            // The call ends in time even if many groups without events come.
            if until <= Instant::now() {
                return Err(FailureReason::Timeout.into());
            }
        }
    }

    /// Returns why no more events will come.
    fn end_reason(&self) -> anyhow::Error {
        match self.state.failure.get() {
            Some(failure) => anyhow::Error::from(FailureReason::Failure).context(failure.clone()),
            None => FailureReason::Eof.into(),
        }
    }

    /// Gives Falco the next group as a batch, and waits for it if necessary.
    fn fill(&mut self, parsed: &mut Parsed, batch: &mut EventBatch<'_>) -> Result<(), anyhow::Error> {
        self.state.looks_inside.store(parsed.looks_inside(), Relaxed);
        let mut group = self.next(Instant::now() + WAIT)?;
        // The previous group is released only now: libs looks at its last event again at the end, although by the API
        // events are valid only until the next call.
        parsed.show(None);
        self.return_group();
        group.ended.drain(..).for_each(|receipt| self.handed.end(receipt));
        self.counters.events.fetch_add(group.count() as u64, Relaxed);
        self.counters.bytes.fetch_add(group.record_bytes as u64, Relaxed);
        let group = self.shown.insert(Arc::new(group));
        self.events.set(group.events());
        if self.events.hand() {
            parsed.show(Some(Arc::clone(group)));
        } else {
            batch.reserve(group.count());
            group.events().try_for_each(|event| batch.add(event))?;
        }
        Ok(())
    }

    /// Returns the group for reuse. If the reading thread has ended, the group is dropped.
    fn return_group(&mut self) {
        if let Some(group) = self.shown.take().and_then(Arc::into_inner) {
            let _ = self.taken.try_send(group);
        }
    }
}

/// After [`close`](Instance::close), which Falco calls, nothing is left to do.
impl Drop for Instance {
    fn drop(&mut self) {
        let counters = Arc::clone(&self.counters);
        // The error has been logged, and cannot be returned.
        let _ = guarded(&counters, "closing the source", || {
            self.close();
            Ok(())
        });
    }
}

impl SourcePluginInstance for Instance {
    type Plugin = Cloudtrail;

    fn next_batch(&mut self, plugin: &mut Cloudtrail, batch: &mut EventBatch<'_>) -> Result<(), anyhow::Error> {
        self.handed.confirm();
        let Cloudtrail { counters, parsed, .. } = plugin;
        let filled = guarded(counters, "filling a batch", || self.fill(parsed, batch));
        self.handed.settle(filled)
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

    /// Returns an instance whose groups come from a thread of the test.
    fn instance(groups: Receiver<Group>) -> Instance {
        Instance {
            groups: Some(groups),
            taken: sync_channel(1).0,
            shown: None,
            events: in_place::Events::default(),
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
            let Err(error) = instance.next(Instant::now() + WAIT) else { panic!("there are no events") };
            assert!(matches!(error.downcast_ref(), Some(FailureReason::Timeout)), "{error:#}");
        }
        drop(instance);
        reader.join().unwrap();
    }
}
