//! These tests pause time: it moves only while all tasks wait, so a second is exactly a second.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};

use tokio::time::{advance, sleep};

use super::*;
use crate::{Answer, MemoryStore, Saved};

/// A store in memory that fails on demand and notes its write times.
#[derive(Debug, Default)]
struct Shaky {
    inner: MemoryStore,
    /// The number of saves that fail from now on.
    failing: AtomicU32,
    /// A failing save writes all the same, like a call whose answer is lost.
    writes_anyway: AtomicBool,
    /// Saves never return.
    hangs: AtomicBool,
    saves: Mutex<Vec<(Instant, Offsets)>>,
}

impl Shaky {
    fn saves(&self) -> Vec<(Instant, Offsets)> {
        self.saves.lock().unwrap().clone()
    }

    fn fails(&self) -> bool {
        self.failing.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok()
    }
}

impl Store for Shaky {
    fn open(&self) -> Answer<'_, Offsets> {
        self.inner.open()
    }

    fn load(&self) -> Answer<'_, Offsets> {
        self.inner.load()
    }

    fn save<'a>(&'a self, changes: &'a Changes) -> Answer<'a, Saved> {
        Box::pin(async move {
            self.saves.lock().unwrap().push((Instant::now(), changes.apply(&Offsets::new())));
            if self.hangs.load(SeqCst) {
                std::future::pending::<()>().await;
            }
            if !self.fails() {
                return self.inner.save(changes).await;
            }
            if self.writes_anyway.load(SeqCst) {
                self.inner.save(changes).await?;
            }
            Err(StoreError::Locked { path: "shaky".into() })
        })
    }

    fn replace<'a>(&'a self, offsets: &'a Offsets) -> Answer<'a, ()> {
        self.inner.replace(offsets)
    }

    fn name(&self) -> String {
        "shaky".to_owned()
    }
}

const LIMIT: Duration = Duration::from_secs(5);

fn feed(partition: u32) -> Feed {
    Feed::of_partition(partition)
}

fn offsets(entries: &[(u32, u64)]) -> Offsets {
    entries.iter().map(|(partition, offset)| (feed(*partition), *offset)).collect()
}

async fn start(stored: &[(u32, u64)]) -> (Arc<Shaky>, Writer, Reporter) {
    let store = Arc::new(Shaky { inner: MemoryStore::new(offsets(stored)), ..Shaky::default() });
    let loaded = store.open().await.unwrap();
    let writer = Writer::spawn(Arc::clone(&store) as Arc<dyn Store>, loaded);
    let reporter = writer.reporter();
    (store, writer, reporter)
}

#[tokio::test(start_paused = true)]
async fn at_most_one_write_a_second_and_one_at_the_end() {
    let (store, writer, reporter) = start(&[]).await;
    for offset in 1..=10_000 {
        assert!(reporter.report(&feed(0), offset));
        assert!(reporter.report(&feed(1), offset + 7));
        sleep(Duration::from_millis(1)).await;
    }
    let ten_seconds = store.saves();
    assert!((9..=11).contains(&ten_seconds.len()), "{}", ten_seconds.len());
    for pair in ten_seconds.windows(2) {
        assert!(pair[1].0 - pair[0].0 >= INTERVAL, "{pair:?}");
    }
    let before = Instant::now();
    let state = writer.close(LIMIT).await.unwrap();
    assert_eq!(before.elapsed(), Duration::ZERO, "the last write does not wait");
    assert!(store.saves().len() <= ten_seconds.len() + 1);
    assert_eq!(store.inner.get(), offsets(&[(0, 10_000), (1, 10_007)]));
    assert_eq!(state.stored, store.inner.get());
    assert_eq!(state.writes, store.saves().len() as u64);
}

#[tokio::test(start_paused = true)]
async fn to_create_the_store_counts_as_a_write() {
    let started = Instant::now();
    let (store, _writer, reporter) = start(&[]).await;
    assert!(reporter.report(&feed(0), 1));
    sleep(2 * INTERVAL).await;
    let saves: Vec<Duration> = store.saves().iter().map(|(at, _)| *at - started).collect();
    assert_eq!(saves, [INTERVAL]);
}

#[tokio::test(start_paused = true)]
async fn the_first_report_is_written_at_once_and_nothing_new_is_not_written() {
    let (store, writer, reporter) = start(&[(0, 41), (7, 5)]).await;
    let mut state = writer.state();
    assert!(!reporter.report(&feed(0), 41), "it is stored already");
    sleep(10 * INTERVAL).await;
    assert_eq!(store.saves(), []);
    assert!(reporter.report(&feed(0), 42));
    state.changed().await.unwrap();
    assert_eq!(state.borrow().stored, offsets(&[(0, 42), (7, 5)]));
    assert_eq!(state.borrow().stored_at, Some(Instant::now()));
    sleep(10 * INTERVAL).await;
    writer.close(LIMIT).await.unwrap();
    let written: Vec<Offsets> = store.saves().into_iter().map(|(_, offsets)| offsets).collect();
    assert_eq!(written, [offsets(&[(0, 42)])], "once, and our feed only");
    assert_eq!(store.inner.get(), offsets(&[(0, 42), (7, 5)]));
}

#[tokio::test(start_paused = true)]
async fn lower_offsets_are_no_news_unless_set() {
    let (store, writer, reporter) = start(&[(0, 900)]).await;
    assert!(!reporter.report(&feed(0), 41));
    assert!(reporter.report(&feed(0), 901));
    assert!(!reporter.report(&feed(0), 900));
    sleep(INTERVAL * 3 / 2).await;
    assert_eq!(store.inner.get(), offsets(&[(0, 901)]));
    reporter.set(&feed(0), 7);
    assert!(reporter.report(&feed(0), 8), "from there on it goes up again");
    let state = writer.close(LIMIT).await.unwrap();
    assert_eq!((store.inner.get(), state.conflicts), (offsets(&[(0, 8)]), 0));
}

#[tokio::test(start_paused = true)]
async fn a_failing_store_gets_the_newest_when_it_is_well_again() {
    let (store, writer, reporter) = start(&[(0, 1)]).await;
    store.failing.store(20, SeqCst);
    let state = writer.state();
    let started = Instant::now();
    let mut offset = 1;
    while store.failing.load(SeqCst) > 0 {
        offset += 1;
        assert!(reporter.report(&feed(0), offset));
        sleep(Duration::from_millis(100)).await;
        let state = state.borrow();
        if state.failures > 0 && state.failures < 20 {
            assert!(matches!(state.last_error.as_deref(), Some(StoreError::Locked { .. })));
            assert!(state.behind() >= started.elapsed() - Duration::from_millis(100), "{state:?}");
            assert_eq!(state.stored, offsets(&[(0, 1)]));
        }
    }
    sleep(Duration::from_secs(31)).await;
    {
        let state = state.borrow();
        assert_eq!(state.stored, offsets(&[(0, offset)]));
        assert_eq!((state.failures, state.writes, state.behind()), (0, 1, Duration::ZERO));
        assert!(state.last_error.is_none());
    }
    let saves = store.saves();
    for pair in saves.windows(2) {
        let pause = pair[1].0 - pair[0].0;
        assert!((INTERVAL..=Duration::from_secs(31)).contains(&pause), "{pause:?}");
    }
    // The reports ended with the last failure.
    for pair in saves[..20].windows(2) {
        assert!(pair[0].1.get(&feed(0)) < pair[1].1.get(&feed(0)), "the newest each time");
    }
    writer.close(LIMIT).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn closing_tries_again_while_there_is_time() {
    let (store, writer, reporter) = start(&[]).await;
    reporter.report(&feed(0), 5);
    store.failing.store(2, SeqCst);
    let started = Instant::now();
    writer.close(LIMIT).await.unwrap();
    assert!(started.elapsed() >= INTERVAL / 2 && started.elapsed() <= INTERVAL, "{:?}", started.elapsed());
    assert_eq!(store.inner.get(), offsets(&[(0, 5)]));
}

#[tokio::test(start_paused = true)]
async fn closing_ends_in_time_and_says_what_is_missing() {
    let (store, writer, reporter) = start(&[(1, 3)]).await;
    reporter.report(&feed(0), 5);
    store.failing.store(u32::MAX, SeqCst);
    // Earlier failures do not delay the last attempts.
    sleep(Duration::from_secs(600)).await;
    let (started, attempts) = (Instant::now(), store.saves().len());
    let error = writer.close(LIMIT).await.unwrap_err();
    assert_eq!(started.elapsed(), LIMIT);
    assert!(store.saves().len() >= attempts + 3);
    assert_eq!(error.missing, offsets(&[(0, 5)]));
    assert_eq!(error.to_string(), "the last offsets are not stored: shaky: another process holds its lock");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_hangs_stops_neither_reports_nor_the_end() {
    let (store, writer, reporter) = start(&[]).await;
    store.hangs.store(true, SeqCst);
    for offset in 1..1000 {
        assert!(reporter.report(&feed(0), offset));
        sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(store.saves().len(), 1, "one at a time");
    let error = writer.close(LIMIT).await.unwrap_err();
    assert_eq!(error.missing, offsets(&[(0, 999)]));
    assert_eq!(error.to_string(), "the last offsets are not stored: no time left");
    assert_eq!(Arc::strong_count(&store), 1, "the task is gone");
}

#[tokio::test(start_paused = true)]
async fn a_dropped_writer_ends_its_task() {
    let (store, writer, reporter) = start(&[]).await;
    store.failing.store(u32::MAX, SeqCst);
    reporter.report(&feed(0), 1);
    sleep(INTERVAL).await;
    drop(writer);
    sleep(INTERVAL).await;
    assert_eq!(Arc::strong_count(&store), 1);
}

/// Facts D10: a second program with the same parameter and the same feed.
#[tokio::test(start_paused = true)]
async fn another_program_at_our_feed_is_noticed_and_the_higher_offset_stays() {
    let (store, writer, reporter) = start(&[(0, 41)]).await;
    let state = writer.state();
    reporter.report(&feed(0), 42);
    sleep(2 * INTERVAL).await;
    assert_eq!(state.borrow().conflicts, 0);

    store.inner.save(&Changes::set(offsets(&[(0, 5000), (3, 9)]))).await.unwrap();
    reporter.report(&feed(0), 43);
    sleep(2 * INTERVAL).await;
    assert_eq!(state.borrow().conflicts, 1);
    assert_eq!(store.inner.get(), offsets(&[(0, 5000), (3, 9)]), "it never moves backwards");
    assert_eq!(state.borrow().stored.get(&feed(0)), Some(5000));
    assert_eq!(state.borrow().settled.get(&feed(0)), Some(43), "there is nothing left to write");

    // FIG writes the feeds that it remembers, which are not ours.
    store.inner.replace(&offsets(&[(3, 10)])).await.unwrap();
    reporter.report(&feed(0), 44);
    sleep(2 * INTERVAL).await;
    assert_eq!(state.borrow().conflicts, 2);
    assert_eq!(store.inner.get(), offsets(&[(0, 44), (3, 10)]));
    writer.close(LIMIT).await.unwrap();
}

/// A standby instance, whose feeds another instance has read meanwhile, reads the store again before it opens them.
#[tokio::test(start_paused = true)]
async fn what_was_learned_of_the_store_is_no_conflict() {
    let (store, writer, reporter) = start(&[(0, 41)]).await;
    store.inner.save(&Changes::raise(offsets(&[(0, 5000)]))).await.unwrap();
    reporter.learn(&store.load().await.unwrap());
    assert!(!reporter.report(&feed(0), 60), "it is below what is stored");
    // A person has lowered it before this program had the feed.
    store.inner.replace(&offsets(&[(0, 4000)])).await.unwrap();
    reporter.learn(&store.load().await.unwrap());
    assert!(reporter.report(&feed(0), 4001));
    sleep(2 * INTERVAL).await;
    // From then on the entry belongs to this program.
    reporter.learn(&offsets(&[(0, 7)]));
    assert!(!reporter.report(&feed(0), 4001));
    assert!(reporter.report(&feed(0), 5001));
    let state = writer.close(LIMIT).await.unwrap();
    assert_eq!((store.inner.get(), state.conflicts), (offsets(&[(0, 5001)]), 0));
}

#[tokio::test(start_paused = true)]
async fn an_offset_that_was_set_is_lowered_once_and_only_once() {
    let (store, writer, reporter) = start(&[(0, 900), (1, 5)]).await;
    store.failing.store(2, SeqCst);
    reporter.set(&feed(0), 7);
    reporter.report(&feed(1), 6);
    sleep(Duration::from_secs(10)).await;
    assert_eq!(store.inner.get(), offsets(&[(0, 7), (1, 6)]), "a failure does not forget that it was set");
    store.inner.save(&Changes::set(offsets(&[(0, 50)]))).await.unwrap();
    reporter.report(&feed(0), 8);
    sleep(2 * INTERVAL).await;
    assert_eq!(store.inner.get(), offsets(&[(0, 50), (1, 6)]), "from then on it is raised like any other");
    writer.close(LIMIT).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_write_whose_answer_got_lost_is_no_other_program() {
    let (store, writer, reporter) = start(&[(0, 41)]).await;
    store.failing.store(3, SeqCst);
    store.writes_anyway.store(true, SeqCst);
    for offset in 42..200 {
        reporter.report(&feed(0), offset);
        advance(INTERVAL / 4).await;
        sleep(Duration::from_millis(1)).await;
    }
    let state = writer.close(LIMIT).await.unwrap();
    assert_eq!((state.conflicts, store.inner.get()), (0, offsets(&[(0, 199)])));
    assert!(state.writes > 1);
}

#[tokio::test(start_paused = true)]
async fn a_new_feed_at_an_entry_of_another_program_is_noticed() {
    let (store, writer, reporter) = start(&[]).await;
    store.inner.save(&Changes::set(offsets(&[(0, 5)]))).await.unwrap();
    reporter.report(&feed(0), 7);
    assert_eq!(writer.close(LIMIT).await.unwrap().conflicts, 1);
}

/// A feed that starts again at offset 0 has no offset before its first event.
#[tokio::test(start_paused = true)]
async fn a_feed_that_was_forgotten_leaves_the_store_and_comes_back_with_any_offset() {
    let (store, writer, reporter) = start(&[(0, 900_000), (1, 5)]).await;
    let state = writer.state();
    reporter.forget(&feed(7));
    reporter.forget(&feed(0));
    // The store was read before the entry was removed.
    reporter.learn(&offsets(&[(0, 900_000), (1, 5)]));
    sleep(2 * INTERVAL).await;
    assert_eq!(store.inner.get(), offsets(&[(1, 5)]));
    assert_eq!((state.borrow().stored.clone(), state.borrow().writes), (offsets(&[(1, 5)]), 1));
    assert!(reporter.report(&feed(0), 0));
    sleep(2 * INTERVAL).await;
    assert_eq!(store.inner.get(), offsets(&[(0, 0), (1, 5)]));
    // A feed that was reported, and is reported again before the next write.
    reporter.forget(&feed(0));
    reporter.forget(&feed(1));
    assert!(reporter.report(&feed(1), 2));
    let state = writer.close(LIMIT).await.unwrap();
    assert_eq!((store.inner.get(), state.conflicts), (offsets(&[(1, 2)]), 0));
}

#[tokio::test(start_paused = true)]
async fn failed_writes_do_not_end_that_a_feed_was_forgotten() {
    for writes_anyway in [false, true] {
        for then in [None, Some(3)] {
            let (store, writer, reporter) = start(&[(0, 900_000)]).await;
            store.failing.store(2, SeqCst);
            store.writes_anyway.store(writes_anyway, SeqCst);
            reporter.forget(&feed(0));
            // Between two failures.
            sleep(3 * INTERVAL / 2).await;
            assert_eq!(store.failing.load(SeqCst), 1);
            reporter.learn(&store.load().await.unwrap());
            if let Some(offset) = then {
                assert!(reporter.report(&feed(0), offset));
            }
            sleep(Duration::from_secs(30)).await;
            let left: Vec<_> = then.map(|offset| (0, offset)).into_iter().collect();
            assert_eq!(store.inner.get(), offsets(&left), "{writes_anyway}");
            assert_eq!(writer.close(LIMIT).await.unwrap().conflicts, 0, "{writes_anyway} {then:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn closing_says_which_entry_is_not_removed() {
    let (store, writer, reporter) = start(&[(0, 900_000)]).await;
    store.failing.store(u32::MAX, SeqCst);
    reporter.forget(&feed(0));
    let error = writer.close(LIMIT).await.unwrap_err();
    assert_eq!((error.missing, error.not_removed), (offsets(&[]), [feed(0)].into()));
}
