//! Helpers for the tests: a configuration with short times, and waits with a time limit.
#![allow(dead_code, reason = "not every test file needs everything")]
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are parts of tests")]

use falcon_stream::{
    CancellationToken, Config, ConfigBuilder, Event, EventStream, Snapshot, StreamItem, Timing, connect,
};
use stand_ins::falcon::Falcon;
use std::time::Duration;

/// A time limit that is long enough on a busy machine.
pub(crate) const LONG: Duration = Duration::from_secs(20);

pub(crate) fn timing() -> Timing {
    let ms = Duration::from_millis;
    Timing {
        idle: ms(1500),
        retry_first: ms(40),
        retry_cap: ms(400),
        standby: ms(200),
        start_over: ms(700),
        ..Timing::default()
    }
}

pub(crate) fn config(falcon: &Falcon) -> ConfigBuilder {
    Config::builder("client-of-the-tests", "secret-of-the-tests")
        .base_url(falcon.url())
        .app_id("falcon-stream-tests")
        .timing(timing())
}

pub(crate) fn open(config: ConfigBuilder) -> EventStream {
    connect(config.build().unwrap(), &CancellationToken::new()).unwrap()
}

pub(crate) async fn item(stream: &mut EventStream) -> StreamItem {
    let monitor = stream.monitor();
    match tokio::time::timeout(LONG, stream.next()).await {
        Ok(item) => item.expect("the stream has ended"),
        Err(_) => panic!("nothing came; {:?}", monitor.snapshot()),
    }
}

pub(crate) async fn event(stream: &mut EventStream) -> Event {
    match item(stream).await {
        StreamItem::Event(event) => event,
        StreamItem::Unreadable(other) => panic!("{other:?}"),
    }
}

/// Returns the partitions and offsets of the next `count` events.
pub(crate) async fn positions(stream: &mut EventStream, count: usize) -> Vec<(u32, u64)> {
    let mut found = Vec::new();
    while found.len() < count {
        let event = event(stream).await;
        found.push((event.partition.0, event.offset));
    }
    found
}

pub(crate) async fn offsets(stream: &mut EventStream, count: usize) -> Vec<u64> {
    positions(stream, count).await.into_iter().map(|(_, offset)| offset).collect()
}

/// Checks that nothing comes for a while.
pub(crate) async fn nothing(stream: &mut EventStream) {
    let item = tokio::time::timeout(Duration::from_millis(300), stream.next()).await;
    assert!(item.is_err(), "{item:?}");
}

pub(crate) async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let waited = tokio::time::timeout(LONG, async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    assert!(waited.await.is_ok(), "never: {what}");
}

pub(crate) fn errors(snapshot: &Snapshot, call: &str, kind: &str) -> u64 {
    let found = snapshot.errors.iter().find(|((of, what), _)| (*of, *what) == (call, kind));
    found.map_or(0, |(_, count)| *count)
}

pub(crate) fn good(falcon: &Falcon) {
    assert_eq!(falcon.violations(), Vec::<String>::new());
}
