//! The stored offsets: read at the start, written as the watermark moves.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use falcon_stream::Start;
use offset_store::{Feed, Offsets, Reporter, State, Store, Writer};
use program_kit::admin::Part;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::falcon::Places;
use super::ledger::{Ledger, Positions};
use super::trouble::Trouble;
use crate::backoff::PASSING;
use crate::metrics as table;

/// The writer writes once a second at most; to tell it twenty times as often is enough, and costs nothing at any rate
/// of events.
const TELL_EVERY: Duration = Duration::from_millis(50);
/// Failures in a row before the store is called out of order: throttling is over by then.
const FAILURES: u32 = 3;

/// What is stored. Waits for a store that cannot be reached just now; nothing if `stop` comes first.
///
/// # Errors
/// A store that cannot be read as it is: only somebody can mend it.
pub(super) async fn load(store: &dyn Store, health: Part, stop: &CancellationToken) -> anyhow::Result<Option<Offsets>> {
    let mut trouble = Trouble::new("offsets", health);
    loop {
        let Some(opened) = stop.run_until_cancelled(store.open()).await else { return Ok(None) };
        match opened {
            Ok(offsets) => return Ok(Some(offsets)),
            Err(error) if !error.is_transient() => return Err(error.into()),
            Err(error) => {
                let wait = PASSING.after(trouble.again(&error.to_string(), None));
                if stop.run_until_cancelled(tokio::time::sleep(wait)).await.is_none() {
                    return Ok(None);
                }
            }
        }
    }
}

/// The offsets of feeds that are partitions. Others are another program's, and stay as they are.
pub(super) fn positions(offsets: &Offsets) -> Positions {
    offsets.iter().filter_map(|(feed, offset)| Some((feed.as_str().parse().ok()?, offset))).collect()
}

/// How long a feed that is to be opened waits for a store that cannot be read. Its feeds are this program's by then, so
/// that waiting longer would delay events; going on costs events that come twice, and none that are lost.
const READ_AGAIN_WITHIN: Duration = Duration::from_secs(30);
/// One reading serves all feeds that are opened at the same time.
const SAME_TIME: Duration = Duration::from_secs(1);

/// Reads the stored offsets again before a feed is opened: another instance may have had it since the last look.
#[derive(Clone)]
pub(super) struct Again(Arc<Reading>);

struct Reading {
    store: Arc<dyn Store>,
    reporter: Reporter,
    state: watch::Receiver<State>,
    stop: CancellationToken,
    /// What was read last, when, and how many writes there were then.
    last: tokio::sync::Mutex<Option<(Instant, u64, Offsets)>>,
    /// Feeds whose beginning was asked for before.
    met: Mutex<BTreeSet<u32>>,
}

impl Again {
    pub(super) fn new(store: Arc<dyn Store>, writer: &Writer, stop: CancellationToken) -> Self {
        let (reporter, state) = (writer.reporter(), writer.state());
        Self(Arc::new(Reading { store, reporter, state, stop, last: Default::default(), met: Mutex::default() }))
    }

    /// Where the feed is to be read from. A feed that was read by this program before goes on where it was, unless the
    /// store holds something that this program does not know of.
    pub(super) async fn start(&self, places: &Places, feed: u32) -> Start {
        let name = Feed::of_partition(feed);
        let begun = Instant::now();
        let (known, found) = loop {
            let (known, writes) = {
                let state = self.0.state.borrow();
                (state.stored.get(&name), state.writes)
            };
            let found = self.read(feed).await.map_or(known, |offsets| offsets.get(&name));
            // Only what was known and found between the same two writes can be compared.
            if self.0.state.borrow().writes == writes {
                break (known, found);
            }
            // A store that is slower than our writes never gives that: the feed goes on behind what is known.
            if begun.elapsed() > READ_AGAIN_WITHIN {
                break (known, known);
            }
        };
        let is_first = self.0.met.lock().unwrap_or_else(PoisonError::into_inner).insert(feed);
        if !is_first && found <= known {
            return Start::Beginning;
        }
        let mut places = places.clone();
        match found {
            Some(offset) => _ = places.stored.insert(feed, offset),
            None => _ = places.stored.remove(&feed),
        }
        places.start(feed)
    }

    /// What is stored now; none where the store cannot be read, which is told.
    async fn read(&self, feed: u32) -> Option<Offsets> {
        let mut last = self.0.last.lock().await;
        let writes = || self.0.state.borrow().writes;
        // What was read before a write of ours may be an offset that this program has lowered or removed since.
        if let Some((_, _, offsets)) =
            last.as_ref().filter(|(at, since, _)| at.elapsed() < SAME_TIME && *since == writes())
        {
            return Some(offsets.clone());
        }
        let begun = Instant::now();
        let mut failures = 0;
        loop {
            let (at, before) = (Instant::now(), writes());
            let error = match self.0.store.load().await {
                // A write comes once a second at most.
                Ok(_) if before != writes() && begun.elapsed() <= READ_AGAIN_WITHIN => continue,
                Ok(_) if before != writes() => return None,
                Ok(offsets) => {
                    self.0.reporter.learn(&offsets);
                    *last = Some((at, before, offsets.clone()));
                    return Some(offsets);
                }
                Err(error) => error,
            };
            failures += 1;
            let wait = PASSING.after(failures);
            if !error.is_transient() || begun.elapsed() + wait > READ_AGAIN_WITHIN {
                tracing::warn!(
                    feed, %error,
                    "the stored offsets cannot be read again before this feed is opened: it goes on behind the offset that \
                     this program knows of, and events that another instance has delivered since then come twice"
                );
                return None;
            }
            self.0.stop.run_until_cancelled(tokio::time::sleep(wait)).await?;
        }
    }
}

/// Tells the writer how far the feeds are, and the metrics how far the writer is.
pub(super) struct Telling {
    pub(super) ledger: Ledger,
    /// What the writer was told last.
    pub(super) told: Positions,
    /// A feed without a stored offset begins with what comes next, not at its beginning.
    pub(super) starts_from_newest: bool,
    /// The feeds whose stored offset the metrics show.
    pub(super) shown: BTreeSet<String>,
    pub(super) reporter: Reporter,
    pub(super) state: watch::Receiver<State>,
    pub(super) health: Part,
}

impl Telling {
    /// Runs until `stop`, and tells the last positions then.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        let mut positions = self.ledger.positions();
        self.show();
        while !stop.is_cancelled() {
            tokio::select! {
                () = stop.cancelled() => {}
                Ok(()) = positions.changed() => {
                    let moved = positions.borrow_and_update().clone();
                    self.tell(&moved);
                    stop.run_until_cancelled(tokio::time::sleep(TELL_EVERY)).await;
                }
                Ok(()) = self.state.changed() => self.show(),
                else => break,
            }
        }
        let last = positions.borrow_and_update().clone();
        self.tell(&last);
    }

    fn tell(&mut self, positions: &Positions) {
        for (feed, offset) in positions {
            let name = Feed::of_partition(*feed);
            match self.told.insert(*feed, *offset) {
                // What was stored at the start is no news, and another offset may be stored by now.
                Some(told) if told == *offset => {}
                // The ledger takes a position back only where the feed's offsets have started again.
                Some(told) if *offset < told => self.reporter.set(&name, *offset),
                _ => _ = self.reporter.report(&name, *offset),
            }
        }
        let begun_again: Vec<u32> = self.told.keys().filter(|feed| !positions.contains_key(feed)).copied().collect();
        for feed in begun_again {
            let name = Feed::of_partition(feed);
            if self.starts_from_newest {
                // Without an entry a restart would pass over all that was not delivered; with this one it passes over
                // no more than the event with offset 0. A store cannot say "from the beginning".
                if self.told.insert(feed, 0) != Some(0) {
                    self.reporter.set(&name, 0);
                }
            } else {
                self.told.remove(&feed);
                self.reporter.forget(&name);
            }
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "offsets are far below 2^53")]
    fn show(&mut self) {
        let state = self.state.borrow_and_update();
        for (feed, offset) in state.stored.iter() {
            table::OFFSET_STORED.of([feed.to_string()]).set(offset as f64);
        }
        let stored: BTreeSet<String> = state.stored.iter().map(|(feed, _)| feed.to_string()).collect();
        for feed in self.shown.difference(&stored) {
            table::OFFSET_STORED.of([feed.clone()]).set(f64::NAN);
        }
        self.shown = stored;
        table::OFFSET_WRITES.one().absolute(state.writes);
        table::OFFSET_WRITE_FAILURES.one().set(f64::from(state.failures));
        table::OFFSET_CONFLICTS.one().absolute(state.conflicts);
        match &state.last_error {
            Some(error) if state.failures >= FAILURES => self.health.waits_for(error.to_string()),
            _ => self.health.is_ready(),
        }
    }
}

/// Whether all that is done with is stored, too.
pub(super) fn is_all_stored(positions: &Positions, state: &State) -> bool {
    positions.iter().all(|(feed, offset)| state.settled.get(&Feed::of_partition(*feed)) == Some(*offset))
}

/// Feeds that begin with the newest event: as long as nothing is stored of them, a crash would begin anew with what is
/// newest then, and lose what was read before it. So the offset before the first event is stored first of all.
pub(super) struct FirstOffsets {
    /// Feeds of which something is stored; `None` where no feed begins so.
    known: Option<BTreeSet<u32>>,
    reporter: Reporter,
    state: watch::Receiver<State>,
}

impl FirstOffsets {
    pub(super) fn new(places: &Places, writer: &Writer) -> Self {
        let known = (places.newest && places.at_least == 0).then(|| places.stored.keys().copied().collect());
        Self { known, reporter: writer.reporter(), state: writer.state() }
    }

    /// Makes sure that the feed of this event will be opened there or before. Whether it will; if not, `stop` came.
    pub(super) async fn is_stored(&mut self, feed: u32, offset: u64, stop: &CancellationToken) -> bool {
        let Some(known) = &mut self.known else { return true };
        // Before the event with offset 0 there is none: a feed without anything behind it begins there anyway.
        if !known.insert(feed) || offset == 0 {
            return true;
        }
        let name = Feed::of_partition(feed);
        self.reporter.report(&name, offset - 1);
        let stored = self.state.wait_for(|state| state.stored.get(&name).is_some());
        matches!(stop.run_until_cancelled(stored).await, Some(Ok(_)))
    }
}

/// Opens the store and reads it.
pub(super) async fn open(
    store: &Arc<dyn Store>,
    health: Part,
    stop: &CancellationToken,
) -> anyhow::Result<Option<Offsets>> {
    load(&**store, health, stop).await.with_context(|| format!("offsets in {}", store.name()))
}
