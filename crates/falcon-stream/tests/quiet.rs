//! A stream that is about to stop: it opens nothing more, and keeps what is open.

mod common;

use common::{config, good, open, timing, until};
use falcon_stream::{Partition, PartitionState};
use stand_ins::falcon::{Call, Ending, Falcon, FeedPlan, Setup};
use std::time::{Duration, Instant};

/// Longer than any wait between two tries.
const TRIES: Duration = Duration::from_millis(1500);

fn state(stream: &falcon_stream::EventStream, partition: u32) -> Option<PartitionState> {
    stream.monitor().status().borrow().partitions.get(&Partition(partition)).cloned()
}

#[tokio::test]
async fn a_quiet_stream_opens_nothing_and_keeps_what_is_open() {
    let falcon = Falcon::start(Setup { partitions: vec![0, 1], ..Setup::default() }).await.unwrap();
    for _ in 0..50 {
        falcon.plan(1, FeedPlan { status: Some(403), ..FeedPlan::default() });
    }
    let stream = open(config(&falcon));
    until("one feed is read, and the other refused", || {
        falcon.connected() == [0] && falcon.requests_of(Call::Feed).len() > 3
    })
    .await;
    stream.quiet().cancel();
    until("nobody opens the refused feed any more", || state(&stream, 1) == Some(PartitionState::Stopped)).await;
    let asked = falcon.requests().len();
    assert!(TRIES > timing().retry_cap && TRIES > timing().standby);
    tokio::time::sleep(TRIES).await;
    assert_eq!(falcon.requests().len(), asked, "{:?}", falcon.requests().last());
    assert_eq!(falcon.connected(), [0], "it keeps other programs away");

    falcon.disconnect(0, Ending::Eof);
    until("the feed has ended", || state(&stream, 0) == Some(PartitionState::Stopped)).await;
    tokio::time::sleep(TRIES).await;
    assert_eq!((falcon.requests().len(), falcon.connected()), (asked, vec![]), "it is not opened again");
    stream.close().await;
    good(&falcon);
}

#[tokio::test]
async fn a_quiet_stream_refreshes_its_sessions_and_ends_when_it_is_closed() {
    let falcon = Falcon::start(Setup { session_life: 1, ..Setup::default() }).await.unwrap();
    let stream = open(config(&falcon));
    until("it is read", || falcon.connected() == [0]).await;
    stream.quiet().cancel();
    let before = falcon.requests_of(Call::Refresh).len();
    until("the session is refreshed", || falcon.requests_of(Call::Refresh).len() > before).await;
    assert_eq!(falcon.connected(), [0]);
    let asked = Instant::now();
    stream.close().await;
    assert!(asked.elapsed() < Duration::from_secs(2));
    until("the connection is closed", || falcon.connected().is_empty()).await;
    good(&falcon);
}
