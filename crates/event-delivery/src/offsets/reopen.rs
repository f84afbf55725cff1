//! Reads the stored offsets again before a partition opens.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use offset_store::{Offsets, Reporter, State, Store};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::names::key;
use crate::partition::{Partition, StartOffsets};
use common_retry::PASSING;

/// How long the opening of a partition waits for a store that cannot be read. This program holds the partition then, so
/// a longer wait would delay events. To go on without the store may deliver events twice, but loses none.
const READ_AGAIN_WITHIN: Duration = Duration::from_secs(30);
/// One read serves all partitions that open within this time.
const SAME_TIME: Duration = Duration::from_secs(1);

/// Reads the stored offsets again before a partition opens: another instance may have had it since the last read.
/// Clones share their reads.
#[derive(Clone)]
pub struct Reopen(Arc<Reading>);

/// Where a partition opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reopened {
    /// Where this program was: the store has no higher offset.
    WhereItWas,
    /// After this offset: all events up to it are confirmed.
    After(u64),
    /// Where a partition without a stored offset starts.
    WithoutOffset,
}

struct Reading {
    store: Arc<dyn Store>,
    reporter: Reporter,
    state: watch::Receiver<State>,
    stop: CancellationToken,
    /// The last read: when it was, how many writes there were before it, and its result.
    last: tokio::sync::Mutex<Option<(Instant, u64, Offsets)>>,
    /// The partitions that have been opened before.
    met: Mutex<BTreeSet<Partition>>,
}

/// Shows the name of the store.
impl fmt::Debug for Reopen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Reopen").field(&self.0.store.name()).finish()
    }
}

impl Reopen {
    pub(super) fn new(
        store: Arc<dyn Store>,
        reporter: Reporter,
        state: watch::Receiver<State>,
        stop: CancellationToken,
    ) -> Self {
        Self(Arc::new(Reading { store, reporter, state, stop, last: Default::default(), met: Mutex::default() }))
    }

    /// Returns where the partition opens. One that this program has read before goes on where it was, unless the store
    /// has a higher offset. `at_least` counts as the stored offset, if it is higher, as in [`StartOffsets`].
    pub async fn read(&self, partition: Partition, at_least: u64) -> Reopened {
        let name = key(partition);
        let begun = Instant::now();
        let (known, found) = loop {
            let (known, writes) = {
                let state = self.0.state.borrow();
                (state.stored.get(&name), state.writes)
            };
            let found = self.load(partition, begun).await.map_or(known, |offsets| offsets.get(&name));
            // The known and the stored offset can be compared only if no write came in between.
            if self.0.state.borrow().writes == writes {
                break (known, found);
            }
            // A store that is slower than our writes never allows that. The partition goes on after the known offset.
            if begun.elapsed() > READ_AGAIN_WITHIN {
                let seconds = begun.elapsed().as_secs();
                tracing::warn!(
                    feed = partition.0,
                    offset = known,
                    seconds,
                    "the offset store answers more slowly than this program writes to it: the feed is opened behind the \
                     offset that this program knows, and events that another instance has delivered since then come \
                     twice"
                );
                break (known, known);
            }
        };
        let is_first = self.0.met.lock().unwrap_or_else(PoisonError::into_inner).insert(partition);
        if !is_first && found <= known {
            return Reopened::WhereItWas;
        }
        let stored = found.map(|offset| (partition, offset)).into_iter().collect();
        StartOffsets { stored, at_least }.after(partition).map_or(Reopened::WithoutOffset, Reopened::After)
    }

    /// Returns the stored offsets, or `None` if the store cannot be read. A warning is logged then. All partitions wait
    /// for one read, and none much longer than the limit after it has `begun`.
    async fn load(&self, partition: Partition, begun: Instant) -> Option<Offsets> {
        let mut last = self.0.last.lock().await;
        let writes = || self.0.state.borrow().writes;
        // A read from before our last write may have an offset that this program has lowered or removed since.
        if let Some((_, _, offsets)) =
            last.as_ref().filter(|(at, since, _)| at.elapsed() < SAME_TIME && *since == writes())
        {
            return Some(offsets.clone());
        }
        let mut failures = 0;
        loop {
            let (at, before) = (Instant::now(), writes());
            let error = match self.0.store.load().await {
                Ok(offsets) => {
                    // After a write meanwhile, the caller reads again.
                    if before == writes() {
                        self.0.reporter.learn(&offsets);
                        *last = Some((at, before, offsets.clone()));
                    }
                    return Some(offsets);
                }
                Err(error) => error,
            };
            failures += 1;
            let wait = PASSING.after(failures);
            if !error.is_transient() || begun.elapsed() + wait > READ_AGAIN_WITHIN {
                tracing::warn!(
                    feed = partition.0, %error,
                    "the stored offsets cannot be read again before this feed is opened: it goes on behind the offset that \
                     this program knows of, and events that another instance has delivered since then come twice"
                );
                return None;
            }
            self.0.stop.run_until_cancelled(tokio::time::sleep(wait)).await?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use offset_store::{Changes, Feed, MemoryStore, Saved, StoreError, Writer};
    use tracing::field::{Field, Visit};
    use tracing::span::{Attributes, Id, Record};

    /// The log's messages.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<String>>);

    impl Visit for Log {
        fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
            if field.name() == "message" {
                self.0.lock().unwrap().push_str(&format!("{value:?}\n"));
            }
        }
    }

    impl tracing::Subscriber for Log {
        fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
            true
        }

        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }

        fn record(&self, _: &Id, _: &Record<'_>) {}

        fn record_follows_from(&self, _: &Id, _: &Id) {}

        fn event(&self, event: &tracing::Event<'_>) {
            event.record(&mut self.clone());
        }

        fn enter(&self, _: &Id) {}

        fn exit(&self, _: &Id) {}
    }

    /// A store whose reads take longer than the pause between two writes.
    struct Slow(MemoryStore);

    impl Store for Slow {
        fn open(&self) -> offset_store::Answer<'_, Offsets> {
            self.load()
        }

        fn load(&self) -> offset_store::Answer<'_, Offsets> {
            Box::pin(async {
                tokio::time::sleep(Duration::from_millis(2500)).await;
                self.0.load().await
            })
        }

        fn save<'a>(&'a self, changes: &'a Changes) -> offset_store::Answer<'a, Saved> {
            self.0.save(changes)
        }

        fn replace<'a>(&'a self, offsets: &'a Offsets) -> offset_store::Answer<'a, ()> {
            self.0.replace(offsets)
        }

        fn name(&self) -> String {
            "a slow store".to_owned()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_is_slower_than_our_writes_holds_a_feed_up_for_half_a_minute_at_most() -> Result<(), StoreError>
    {
        let log = Log::default();
        let _guard = tracing::subscriber::set_default(log.clone());
        let store: Arc<dyn Store> = Arc::new(Slow(MemoryStore::default()));
        let writer = Writer::spawn(Arc::clone(&store), store.load().await?);
        let (reporter, other) = (writer.reporter(), Feed::of_partition(1));
        reporter.report(&Feed::of_partition(0), 41);
        let writing = tokio::spawn(async move {
            for offset in 0.. {
                reporter.report(&other, offset);
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
        tokio::time::sleep(Duration::from_secs(3)).await;
        let again = Reopen::new(store, writer.reporter(), writer.state(), CancellationToken::new());
        let begun = Instant::now();
        assert_eq!(again.read(Partition(0), 0).await, Reopened::After(41));
        let took = begun.elapsed();
        assert!((READ_AGAIN_WITHIN..READ_AGAIN_WITHIN + Duration::from_secs(5)).contains(&took), "{took:?}");
        let said = log.0.lock().unwrap().clone();
        assert_eq!(said.matches("answers more slowly than this program writes to it").count(), 1, "{said}");
        // Without writes, one read is enough.
        writing.abort();
        tokio::time::sleep(Duration::from_secs(3)).await;
        let begun = Instant::now();
        assert!(matches!(again.read(Partition(1), 0).await, Reopened::After(_)));
        assert!(begun.elapsed() < Duration::from_secs(4));
        Ok(())
    }

    /// A store that cannot be reached.
    struct Away;

    impl Store for Away {
        fn open(&self) -> offset_store::Answer<'_, Offsets> {
            self.load()
        }

        fn load(&self) -> offset_store::Answer<'_, Offsets> {
            Box::pin(async { Err(StoreError::Locked { path: "away".into() }) })
        }

        fn save<'a>(&'a self, _: &'a Changes) -> offset_store::Answer<'a, Saved> {
            Box::pin(std::future::pending())
        }

        fn replace<'a>(&'a self, _: &'a Offsets) -> offset_store::Answer<'a, ()> {
            Box::pin(std::future::pending())
        }

        fn name(&self) -> String {
            "a store that is away".to_owned()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn feeds_wait_at_the_same_time_for_a_store_that_is_away() {
        let store: Arc<dyn Store> = Arc::new(Away);
        let writer = Writer::spawn(Arc::clone(&store), Offsets::default());
        let again = Reopen::new(store, writer.reporter(), writer.state(), CancellationToken::new());
        let begun = Instant::now();
        let (first, second) = tokio::join!(again.read(Partition(0), 7), again.read(Partition(1), 7));
        assert_eq!((first, second), (Reopened::After(7), Reopened::After(7)));
        assert!(begun.elapsed() < READ_AGAIN_WITHIN + Duration::from_secs(5), "{:?}", begun.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_higher_given_offset_wins_over_the_stored_one() {
        let stored = MemoryStore::default();
        stored.save(&Changes::set([(Feed::of_partition(0), 41)].into_iter().collect())).await.unwrap();
        let store: Arc<dyn Store> = Arc::new(stored);
        for (at_least, partition, opened) in [
            (0, 0, Reopened::After(41)),
            (0, 1, Reopened::WithoutOffset),
            (7, 0, Reopened::After(41)),
            (7, 1, Reopened::After(7)),
            (900, 0, Reopened::After(900)),
        ] {
            let writer = Writer::spawn(Arc::clone(&store), store.load().await.unwrap());
            let again = Reopen::new(Arc::clone(&store), writer.reporter(), writer.state(), CancellationToken::new());
            assert_eq!(again.read(Partition(partition), at_least).await, opened, "{at_least}, partition {partition}");
            assert_eq!(again.read(Partition(partition), at_least).await, Reopened::WhereItWas);
        }
    }
}
