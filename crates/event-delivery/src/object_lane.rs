//! Delivers events to one backend that keeps objects. Each event is in exactly one object, after any number of crashes.
//!
//! # The promise
//!
//! Events of a partition come in the order of their offsets. The lane cuts them into *segments*: events that come one after
//! the other. A segment is written as one object for each day that its events have, named by the day, the partition and
//! the first event of that day in the segment. Three rules follow:
//!
//! 1. **A segment is confirmed as a whole.** The ledger publishes no position inside a segment: it confirms all events
//!    together, and holds the position until nothing else (a dead letter, another backend) waits inside of it. So a
//!    stored offset is always between two segments, apart from events that no object has.
//! 2. **A segment is written only after the offset before it is stored.** So at any moment at most one segment of a
//!    partition is written, or half written, and not counted by the stored offset.
//! 3. **The day of an event is always the same**, also when it is read again.
//!
//! Where a segment ends does not matter: by age, size, memory, the end of the program or another cut after a restart.
//!
//! Let `S` be the stored offset. An object whose first event is at or below `S` has only events up to `S`, and each event
//! up to `S` is in one such object. Of every *other* object, the first event is the first of its day after `S`:
//!
//! - A segment that begins after `S` makes only such objects, by rule 2. A crash leaves some, or all, or none of them.
//! - After the restart, a segment `S..B` writes an object for each of its days, named by the first event of that day after
//!   `S`. It replaces each old object whose first event is at or below `B`, because that has the same day and the same first
//!   event, hence the same name. So nothing old is left up to `B`, and each event up to `B` is in one object.
//! - An old object whose first event is after `B` is still named by the first event of its day after `S`. That day
//!   has no event between `S` and `B`, since such an event would be the first. So it is also the first after `B`, and `B`
//!   may be stored.
//!
//! A segment that is written again may end earlier than before a crash. The objects then have fewer events for a moment, until
//! the following segments bring the rest. A reader that works with notices should expect an object twice.
//!
//! The promise holds as long as the partition brings the same events again, with the same filter, the same place and the
//! same compression. A limit of age is a filter that moves: if the first event of an object becomes too old between a
//! crash and the restart, the new object has another name, and the events in the old one come twice. If offsets start
//! again, or fall, nothing is lost, but some events may come twice: the mark in a name keeps an object from replacing
//! another that has the same day and offset.
//!
//! # Other backends
//!
//! Each backend has a lane, with its own batches and its own trouble. All of them share one stored offset for each partition,
//! which waits for the slowest. The promise holds beside other backends, because nothing in it depends on who else gets an
//! event:
//!
//! - Rule 1: another backend may end the events of a written segment in any order, and later than the objects. The ledger
//!   then holds the position before the segment until all of them have ended.
//! - Rule 2: the next segment waits for the stored offset, and so for the other backends. It grows meanwhile.
//! - Before its objects are written, none of the segment's events has ended, so the position is before the first of them.
//!
//! An event that has ended for one backend is not marked anywhere but here in memory. So a crash sends the others what they had
//! got after the stored offset. Bounds limit that, of the events that a lane takes too, however long its backend was down:
//!
//! - At most [`MOST_EVENTS_BESIDE`] events of all partitions wait for their objects, and in each partition as many may be
//!   written and wait for their offset. While all backends work, both are at most as old as the objects. While another
//!   backend is down, or cannot take a single event, each partition has one more segment written, and the next one waits
//!   until it is stored, however old it is.
//! - A lane that sends batches holds its events in the memory budget of 4 MiB, 8,192 events at most. So while its backend
//!   is down, the reader stops, and the others have at most that many of its events more.
//!
//! A position of its own for each backend would shorten this. But if a partition's offsets start again, or a person sets them
//! back, such a position would hide events from one backend. An event twice is better than an event lost.
//!
//! # Another instance
//!
//! Falcon gives a partition to one instance at a time. But one that has lost its connection may still have a segment when
//! its successor, which has begun after the same stored offset, writes the same names. If it replaced those, events would be
//! lost. So an object says when its first event was read, and stays if the writer has read that earlier: see
//! [`Objects::put`](crate::Objects::put). The instance that was too late confirms nothing.
//!
//! # Memory
//!
//! An event gives back its share of the budget as soon as its line is compressed, and no other lane needs it. The lane takes no
//! event while [`MOST_EVENTS`] are not written, beside other backends [`MOST_EVENTS_BESIDE`], or while all objects hold as
//! many bytes as two full ones without compression, one full one with it, and 8 MiB at least.

mod answers;
mod body;
mod feed;
mod seal;
mod segment;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use offset_store::State;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use self::feed::{FeedObjects, FinishedPut};
pub(crate) use self::segment::Segment;
use crate::backend::objects::{Compression, Object, ObjectLimits, Objects};
use crate::backend::{Backend, Unfit};
use crate::error::LaneError;
use crate::event::PendingEvent;
use crate::health::Health;
use crate::lane::{LaneContext, sleep_until};
use crate::partition::Partition;
use crate::trouble::Trouble;

/// The most events in objects that are not written yet, at some 80 bytes each here and in the ledger. At 50,000 events a
/// second, this is what comes between two writes of the offsets, twice.
const MOST_EVENTS: usize = 100_000;
/// The same beside other backends, which get these events again after a crash: 25,000 with the 257 that the lane has not
/// taken yet, and that others may have. `PutAuditEvents` takes 10,000 events a second, so this is what comes between two
/// writes of the offsets, twice.
const MOST_EVENTS_BESIDE: usize = 25_000 - 257;
/// Events that are taken in one go.
const AT_ONCE: usize = 256;
/// The least bytes of all objects in memory, so that small objects of many days have space.
const LEAST_MEMORY: usize = 8 << 20;

pub(crate) struct ObjectLane {
    name: &'static str,
    backend: Arc<dyn Backend>,
    objects: Arc<dyn Objects>,
    limits: ObjectLimits,
    context: LaneContext,
    trouble: Trouble,
    stored: Option<watch::Receiver<State>>,
    feeds: BTreeMap<Partition, FeedObjects>,
    /// Objects that no call carries now.
    waiting: VecDeque<Object>,
    /// An event that the open segment of its partition cannot take.
    held_up: Option<Arc<PendingEvent>>,
    /// While the backend fails: no call before this time.
    pause: Option<Instant>,
    /// The partitions whose last call failed. An object of another one that is written does not end their failure.
    failing: BTreeSet<Partition>,
    calls: JoinSet<FinishedPut>,
    /// How many objects were written.
    written: u64,
    /// The most events in objects that are not written yet.
    most_events: usize,
}

impl ObjectLane {
    /// Returns a lane, or `None` if the backend keeps no objects. `is_alone` says that it is the only one.
    pub(crate) fn new(
        backend: &Arc<dyn Backend>,
        context: &LaneContext,
        health: &Arc<dyn Health>,
        is_alone: bool,
    ) -> Option<Self> {
        let objects = Arc::clone(backend).objects()?;
        let (limits, stored, name) = (objects.limits(), objects.stored(), backend.name());
        health.mark_ready();
        context.observer.calls_in_flight(name, 0);
        context.observer.failing(name, false);
        context.observer.events_failing(name, 0);
        Some(Self {
            name,
            backend: Arc::clone(backend),
            objects,
            limits,
            context: context.clone(),
            trouble: Trouble::new(name, Arc::clone(health)),
            stored,
            feeds: BTreeMap::new(),
            waiting: VecDeque::new(),
            held_up: None,
            pause: None,
            failing: BTreeSet::new(),
            calls: JoinSet::new(),
            written: 0,
            most_events: if is_alone { MOST_EVENTS } else { MOST_EVENTS_BESIDE },
        })
    }

    /// Runs until the channel is closed and all events are confirmed, or until `give_up`.
    ///
    /// # Errors
    /// Returns an error if a call panics: only a restart brings its events again.
    pub(crate) async fn run(mut self, mut events: mpsc::Receiver<Arc<PendingEvent>>) -> Result<(), LaneError> {
        let mut is_open = true;
        loop {
            let due = self.seal_due(!is_open).await;
            let wake = [self.begin_calls(), due].into_iter().flatten().min();
            self.context.observer.events_waiting(self.name, self.waiting());
            if !is_open && self.held_up.is_none() && self.feeds.values().all(|feed| feed.len() == 0) {
                return Ok(());
            }
            let can_take = is_open && self.held_up.is_none() && !self.is_full();
            tokio::select! {
                () = self.context.give_up.cancelled() => {
                    let waiting = events.len() + self.waiting();
                    tracing::warn!(
                        part = self.name, events = waiting, calls = self.calls.len(),
                        "not finished in time: events whose object is not written, or whose offset is not stored, are read \
                         and written again after the next start"
                    );
                    return Ok(());
                }
                Some(ended) = self.calls.join_next() => {
                    self.settle(ended.map_err(|source| LaneError { backend: self.name, source })?).await;
                }
                event = events.recv(), if can_take => match event {
                    Some(event) => self.receive(event, &mut events).await,
                    None => is_open = false,
                },
                () = stored_changes(&mut self.stored), if self.stored.is_some() => {}
                () = sleep_until(wake), if wake.is_some() => {}
            }
        }
    }

    /// Takes the events that are there.
    async fn receive(&mut self, event: Arc<PendingEvent>, events: &mut mpsc::Receiver<Arc<PendingEvent>>) {
        self.take(event).await;
        for _ in 1..AT_ONCE {
            if self.held_up.is_some() || self.is_full() {
                return;
            }
            let Ok(event) = events.try_recv() else { return };
            self.take(event).await;
        }
    }

    /// Adds an event to the open segment of its partition, if that can take it.
    async fn take(&mut self, event: Arc<PendingEvent>) {
        let text = match self.objects.line(&event) {
            Ok(text) => text,
            Err(Unfit { code, reason }) => {
                return self.context.dead_letter(self.name, event, code.to_owned(), reason).await;
            }
        };
        let feed = self.feeds.entry(event.partition).or_default();
        let open = feed.open.get_or_insert_with(|| Segment::new(&event, self.limits.compression));
        if !open.takes(&event, &text) {
            self.held_up = Some(event);
        } else {
            open.push(event, &text);
        }
    }

    /// Returns how many events are in objects that are not written.
    fn events(&self) -> usize {
        self.feeds.values().map(FeedObjects::len).sum()
    }

    /// Returns how many events the lane has.
    fn waiting(&self) -> usize {
        self.events() + usize::from(self.held_up.is_some())
    }

    /// Returns whether no event can be taken before objects are written.
    fn is_full(&self) -> bool {
        let memory: usize = self.feeds.values().map(FeedObjects::memory).sum();
        // A full object that is compressed has a sixth of the bytes, or less.
        let full = match self.limits.compression {
            Compression::None => self.limits.bytes.saturating_mul(2),
            Compression::Gzip => self.limits.bytes,
        };
        self.events() >= self.most_events || memory >= LEAST_MEMORY.max(full)
    }
}

/// Waits for the next write of the offsets. Without a writer, none comes.
async fn stored_changes(stored: &mut Option<watch::Receiver<State>>) {
    let changed = match stored {
        Some(stored) => stored.changed().await,
        None => Ok(()),
    };
    if changed.is_err() {
        std::future::pending().await
    }
}

#[cfg(test)]
mod tests;
