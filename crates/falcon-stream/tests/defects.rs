//! The defects of CrowdStrike's own gateway (falcon-integration-gateway 3.6.2) that concern a stream, by their number
//! in the project's list. Each test fails with the original's behaviour.

mod common;

use common::{config, errors, event, good, item, nothing, offsets, open, positions, timing, until};
use falcon_stream::{Partition, PartitionState, Start, StreamItem, UnreadableReason};
use stand_ins::falcon::{Answer, Call, Ending, Falcon, FeedPlan, Setup};
use std::future::ready;
use std::time::{Duration, Instant};

/// A line that was not an event ended the feed, and the next connection met it again.
#[tokio::test]
async fn d4_lines_that_are_no_events_come_out_and_the_feed_goes_on() {
    let falcon = Falcon::start(Setup::default()).await.unwrap();
    falcon.push(0, "A", "{}");
    for line in ["{\"metadata\":{\"offset\":1}", "400", "{\"metadata\":{\"offset\":-1}}", "\u{feff}{}", "}"] {
        falcon.push_raw(0, line);
    }
    falcon.push_raw(0, vec![b'x'; falcon_stream::MAX_LINE + 1]);
    falcon.push(0, "A", "{}");
    let mut stream = open(config(&falcon));
    assert_eq!(offsets(&mut stream, 1).await, [0]);
    let mut reasons = Vec::new();
    for _ in 0..6 {
        let StreamItem::Unreadable(it) = item(&mut stream).await else { panic!("an event") };
        assert_eq!((it.partition, it.after), (Partition(0), Some(0)));
        reasons.push(it.reason);
    }
    use UnreadableReason::{NoOffset, NotAnObject, NotJson, TooLong};
    assert_eq!(reasons, [NotJson, NotAnObject, NoOffset, NotJson, NotJson, TooLong]);
    assert_eq!(offsets(&mut stream, 1).await, [1]);
    assert_eq!(falcon.requests_of(Call::Feed).len(), 1, "one connection for all of it");
    good(&falcon);
}

/// One failure while reconnecting ended the streaming, and the process minutes later, with exit code 0.
#[tokio::test]
async fn d5_failures_while_reconnecting_are_outlived() {
    let falcon = Falcon::start(Setup::default()).await.unwrap();
    falcon.push(0, "A", "{}");
    let mut stream = open(config(&falcon));
    assert_eq!(offsets(&mut stream, 1).await, [0]);
    falcon.fail(Call::List, 3, &Answer::Status(500));
    falcon.fail(Call::List, 1, &Answer::EmptyBody);
    falcon.fail(Call::List, 1, &Answer::Body("<html>".into()));
    falcon.fail(Call::List, 1, &Answer::Redirect("http://127.0.0.1:1/".into()));
    falcon.plan(0, FeedPlan { status: Some(503), ..FeedPlan::default() });
    falcon.disconnect(0, Ending::Abort);
    falcon.push(0, "A", "{}");
    assert_eq!(offsets(&mut stream, 1).await, [1]);
    let snapshot = stream.monitor().snapshot();
    let found = ["server", "answer", "page", "redirected"].map(|kind| errors(&snapshot, "list", kind));
    assert_eq!(found, [3, 1, 1, 1], "{snapshot:?}");
    assert_eq!(errors(&snapshot, "feed", "server"), 1);
    good(&falcon);
}

/// After a disconnect nothing was read for up to a minute.
#[tokio::test]
async fn d6_a_feed_that_ends_is_opened_again_at_once() {
    let falcon = Falcon::start(Setup::default()).await.unwrap();
    falcon.push(0, "A", "{}");
    let timing = falcon_stream::Timing::default();
    let mut stream = open(config(&falcon).timing(timing));
    assert_eq!(offsets(&mut stream, 1).await, [0]);
    falcon.disconnect(0, Ending::Eof);
    falcon.push(0, "A", "{}");
    let ended = Instant::now();
    assert_eq!(offsets(&mut stream, 1).await, [1]);
    assert!(ended.elapsed() < Duration::from_secs(3), "{:?} with the default times", ended.elapsed());
    good(&falcon);
}

/// A stored offset was not used to open the feed.
#[tokio::test]
async fn d7_the_feed_is_opened_behind_the_stored_offset() {
    let falcon = Falcon::start(Setup::default()).await.unwrap();
    falcon.push_many(0, 100);
    let mut stream = open(config(&falcon).start(|_| ready(Start::After(41))));
    assert_eq!(offsets(&mut stream, 2).await, [42, 43]);
    assert_eq!(falcon.requests_of(Call::Feed)[0].query("offset"), Some("42"));
    good(&falcon);
}

/// After each disconnect the feed is opened after the last event, which the original read twice (pull request 44).
#[tokio::test]
async fn d7_reconnecting_goes_on_behind_the_last_event() {
    let falcon = Falcon::start(Setup::default()).await.unwrap();
    falcon.push_many(0, 200);
    let endings = [Ending::Eof, Ending::Abort, Ending::AbortInLine, Ending::Silence];
    for ending in endings {
        falcon.plan(0, FeedPlan { after: Some(40), ending, chunk: Some(100), ..FeedPlan::default() });
    }
    let mut stream = open(config(&falcon));
    assert_eq!(offsets(&mut stream, 200).await, (0..200).collect::<Vec<u64>>());
    let opened: Vec<_> =
        falcon.requests_of(Call::Feed).iter().map(|it| it.query("offset").map(str::to_owned)).collect();
    assert_eq!(opened, ["0", "40", "80", "120", "160"].map(|it| Some(it.to_owned())));
    let snapshot = stream.monitor().snapshot();
    assert_eq!(errors(&snapshot, "feed", "idle"), 1);
    assert_eq!(snapshot.partitions[0].counters.behind, 0);
    good(&falcon);
}

/// `start_from_newest` ignored the stored offset.
#[tokio::test]
async fn d8_newest_loses_nothing_once_it_has_begun() {
    let falcon = Falcon::start(Setup { partitions: vec![0, 1], ..Setup::default() }).await.unwrap();
    falcon.push_many(0, 50);
    falcon.push_many(1, 50);
    let start = |partition| ready(if partition == Partition(0) { Start::After(47) } else { Start::Newest });
    let mut stream = open(config(&falcon).start(start));
    assert_eq!(positions(&mut stream, 2).await, [(0, 48), (0, 49)]);
    until("both are read", || falcon.connected() == [0, 1]).await;
    // Partition 1 has sent nothing yet. It breaks, and an event happens before it is opened again.
    falcon.disconnect(1, Ending::Abort);
    falcon.push(1, "A", "{}");
    assert_eq!(positions(&mut stream, 1).await, [(1, 50)]);
    let asked = |name| -> Vec<Option<String>> {
        let of_1 = falcon.requests_of(Call::Feed).into_iter().filter(|it| it.partition() == Some(1));
        of_1.map(|it| it.query(name).map(str::to_owned)).collect()
    };
    assert_eq!(asked("whence"), [Some("2".to_owned()), None]);
    assert_eq!(asked("offset"), [None, Some("0".to_owned())]);
    falcon.disconnect(1, Ending::Abort);
    falcon.push(1, "A", "{}");
    assert_eq!(positions(&mut stream, 1).await, [(1, 51)]);
    good(&falcon);
}

/// The queue had no bound: a backlog filled the memory.
#[tokio::test]
async fn d14_a_slow_reader_stops_the_reading() {
    let falcon = Falcon::start(Setup::default()).await.unwrap();
    // 42 MB: more than the queue, sockets and buffers hold.
    falcon.push_many(0, 60_000);
    let mut stream = open(config(&falcon));
    assert_eq!(offsets(&mut stream, 1).await, [0]);
    let monitor = stream.monitor();
    let bytes = || monitor.snapshot().partitions[0].counters.bytes;
    let mut before = 0;
    while before != bytes() {
        before = bytes();
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    assert!(before < 8 << 20, "{before} bytes were read ahead");
    // Longer than the idle timeout: waiting for the caller does not count as silence of the feed.
    tokio::time::sleep(timing().idle + Duration::from_millis(300)).await;
    assert_eq!(bytes(), before);
    assert_eq!(offsets(&mut stream, 59_999).await, (1..60_000).collect::<Vec<u64>>());
    assert_eq!(falcon.requests_of(Call::Feed).len(), 1);
    good(&falcon);
}

/// The queue is bounded in bytes, too: fewer long lines wait than short ones.
#[tokio::test]
async fn d14_long_lines_do_not_fill_the_memory() {
    let falcon = Falcon::start(Setup::default()).await.unwrap();
    let filler = "x".repeat(3 << 20);
    for offset in 0..20 {
        let line = format!("{{\"metadata\":{{\"offset\":{offset}}},\"event\":\"{filler}\"}}");
        falcon.push_line(0, offset, "A", line);
    }
    let mut stream = open(config(&falcon));
    assert_eq!(offsets(&mut stream, 1).await, [0]);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let bytes = stream.monitor().snapshot().partitions[0].counters.bytes;
    assert!(bytes < 16 << 20, "{bytes} bytes were read ahead");
    assert_eq!(offsets(&mut stream, 19).await, (1..20).collect::<Vec<u64>>());
    good(&falcon);
}

/// One failing partition tore down all of them.
#[tokio::test]
async fn d20_a_failing_partition_does_not_disturb_the_others() {
    let falcon = Falcon::start(Setup { partitions: vec![0, 1], ..Setup::default() }).await.unwrap();
    for _ in 0..1000 {
        falcon.plan(1, FeedPlan { status: Some(500), ..FeedPlan::default() });
    }
    let mut stream = open(config(&falcon));
    let mut monitor = stream.monitor().status();
    for offset in 0..20 {
        falcon.push(0, "A", "{}");
        assert_eq!(positions(&mut stream, 1).await, [(0, offset)]);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(!matches!(monitor.borrow_and_update().partitions[&Partition(1)], PartitionState::Streaming));
    let of_0 = falcon.requests_of(Call::Feed).into_iter().filter(|it| it.partition() == Some(0));
    assert_eq!(of_0.count(), 1, "partition 0 was opened once");
    good(&falcon);
}

/// Each reconnect leaked a thread that refreshed. Each session is now refreshed by its own connection, once.
#[tokio::test]
async fn d20_each_partition_refreshes_its_own_session() {
    let setup = Setup { partitions: vec![0, 3], session_life: 2, ..Setup::default() };
    let falcon = Falcon::start(setup).await.unwrap();
    let mut timing = timing();
    timing.refresh_fraction = 0.25;
    let mut stream = open(config(&falcon).timing(timing));
    for _ in 0..5 {
        until("both are read", || falcon.connected() == [0, 3]).await;
        falcon.disconnect(0, Ending::Eof);
        until("it is noticed", || falcon.connected() == [3]).await;
    }
    until("both are read", || falcon.connected() == [0, 3]).await;
    let from = Instant::now();
    tokio::time::sleep(Duration::from_millis(2600)).await;
    for partition in [0, 3] {
        let refreshed = falcon.requests_of(Call::Refresh).into_iter();
        let count = refreshed.filter(|it| it.at > from && it.partition() == Some(partition)).count();
        assert!((3..=6).contains(&count), "{count} in 2.6 s, one each 0.5 s");
    }
    falcon.push(3, "A", "{}");
    assert_eq!(positions(&mut stream, 1).await, [(3, 0)]);
    let opened = falcon.requests_of(Call::Feed).into_iter().filter(|it| it.partition() == Some(3));
    assert_eq!(opened.count(), 1, "a quiet feed lives on");
    good(&falcon);
}

/// One offset was applied to all partitions, and event 0 was read again or skipped.
#[tokio::test]
async fn d21_each_partition_has_its_own_start_and_event_0_is_read_once() {
    let falcon = Falcon::start(Setup { partitions: vec![0, 1, 2], ..Setup::default() }).await.unwrap();
    for partition in [0, 1, 2] {
        falcon.push_many(partition, 3);
    }
    let start = |partition: Partition| {
        ready(match partition.0 {
            0 => Start::Beginning,
            1 => Start::After(0),
            _ => Start::After(1),
        })
    };
    let mut stream = open(config(&falcon).start(start));
    let mut found = positions(&mut stream, 6).await;
    found.sort_unstable();
    assert_eq!(found, [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)]);
    nothing(&mut stream).await;
    good(&falcon);
}

/// An event whose offset is not above the last one is handed out: it may be a repetition, but it may also be new.
#[tokio::test]
async fn events_behind_the_last_are_handed_on_and_counted() {
    let falcon = Falcon::start(Setup::default()).await.unwrap();
    falcon.push_many(0, 3);
    for offset in [0, 2] {
        falcon.push_raw(0, format!("{{\"metadata\":{{\"offset\":{offset}}}}}"));
    }
    falcon.set_next_offset(0, 10);
    falcon.push(0, "A", "{\"b\":1}");
    let mut stream = open(config(&falcon));
    assert_eq!(offsets(&mut stream, 5).await, [0, 1, 2, 0, 2]);
    let last = event(&mut stream).await;
    assert_eq!(last.offset, 10);
    assert!(last.line.ends_with(b"\"event\":{\"b\":1}}"), "the line is as it was sent");
    assert_eq!(stream.monitor().snapshot().partitions[0].counters.behind, 1);
}

/// A feed whose offsets start again is opened after the new ones.
#[tokio::test]
async fn a_feed_whose_offsets_start_again_is_followed() {
    let falcon = Falcon::start(Setup::default()).await.unwrap();
    let mut stream = open(config(&falcon).start(|_| ready(Start::After(900_000))));
    falcon.set_next_offset(0, 1);
    while falcon.connected().is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    falcon.push_many(0, 3);
    assert_eq!(offsets(&mut stream, 3).await, [1, 2, 3]);
    falcon.disconnect(0, Ending::Eof);
    falcon.push_many(0, 2);
    assert_eq!(offsets(&mut stream, 2).await, [4, 5]);
    let opened: Vec<_> =
        falcon.requests_of(Call::Feed).iter().map(|it| it.query("offset").map(str::to_owned)).collect();
    assert_eq!(opened, ["900001", "4"].map(|it| Some(it.to_owned())));
}
