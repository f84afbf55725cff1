//! Tokens, lists and sessions, and a stream without anything to read.

mod common;

use common::{config, errors, event, good, nothing, offsets, open, positions, timing, until};
use falcon_stream::{CancellationToken, ErrorKind, Partition, PartitionState, SessionState, Timing, connect, probe};
use stand_ins::falcon::{Answer, Call, Ending, Falcon, FeedPlan, Missing, Setup};
use std::time::{Duration, Instant};

#[tokio::test]
async fn all_partitions_come_in_their_order_with_the_line_as_sent() {
    let falcon = Falcon::start(Setup { partitions: vec![0, 1, 7], ..Setup::default() }).await.unwrap();
    for partition in [0, 1, 7] {
        falcon.push_many(partition, 500);
    }
    let line = "{\"event\":{\"Id\":1680759529306198500},\"metadata\":{\"offset\":\"500\"}}";
    falcon.push_line(7, 500, "A", line);
    let mut stream = open(config(&falcon));
    let mut next = std::collections::HashMap::new();
    for _ in 0..1501 {
        let event = event(&mut stream).await;
        let expected = next.entry(event.partition).or_insert(0);
        assert_eq!(event.offset, *expected);
        *expected += 1;
        if event.offset == 500 {
            assert_eq!(event.line, line);
        }
    }
    let snapshot = stream.monitor().snapshot();
    assert_eq!(snapshot.partitions.iter().map(|it| it.counters.events).sum::<u64>(), 1501);
    assert_eq!(snapshot.partitions[2].last_offset, Some(500));
    assert!(stream.monitor().status().borrow().is_streaming());
    good(&falcon);
}

#[tokio::test]
async fn the_service_filters_and_gaps_are_normal() {
    let falcon = Falcon::start(Setup::default()).await.unwrap();
    for number in 0..30 {
        falcon.push(0, ["A", "B", "C"][number % 3], "{}");
    }
    falcon.plan(0, FeedPlan { after: Some(5), ..FeedPlan::default() });
    let mut stream = open(config(&falcon).event_types(["A", "C"]));
    let expected: Vec<u64> = (0..30).filter(|offset| offset % 3 != 1).collect();
    assert_eq!(offsets(&mut stream, 20).await, expected);
    good(&falcon);
}

#[tokio::test]
async fn requests_say_what_the_service_wants_to_hear() {
    let falcon = Falcon::start(Setup { session_life: 1, ..Setup::default() }).await.unwrap();
    let _stream = open(config(&falcon).user_agent("falcon-integration-gateway/1.0 CLOUDTRAIL_LAKE-Backend"));
    until("the session is refreshed", || !falcon.requests_of(Call::Refresh).is_empty()).await;
    for request in falcon.requests() {
        let agent = request.header("user-agent");
        assert_eq!(agent, Some("falcon-integration-gateway/1.0 CLOUDTRAIL_LAKE-Backend"), "{:?}", request.call);
        assert_eq!(request.header("accept-encoding"), None);
    }
    good(&falcon);
}

#[tokio::test]
async fn a_revoked_token_is_replaced_once() {
    let falcon = Falcon::start(Setup { session_life: 2, ..Setup::default() }).await.unwrap();
    let timing = Timing { refresh_fraction: 0.4, ..timing() };
    let mut stream = open(config(&falcon).timing(timing));
    until("it is read", || falcon.connected() == [0]).await;
    falcon.revoke_tokens();
    until("the session is refreshed", || falcon.requests_of(Call::Refresh).iter().any(|it| it.status == 200)).await;
    let statuses: Vec<u16> = falcon.requests_of(Call::Refresh).iter().map(|it| it.status).collect();
    assert_eq!(statuses[..2], [401, 200]);
    assert_eq!(falcon.requests_of(Call::Token).len(), 2);
    assert_eq!(stream.monitor().snapshot().errors.len(), 0, "at once, not as a failure that is waited for");
    falcon.push(0, "A", "{}");
    assert_eq!(offsets(&mut stream, 1).await, [0]);
    assert_eq!(falcon.requests_of(Call::Feed).len(), 1, "the feed goes on with a new token");
    good(&falcon);
}

#[tokio::test]
async fn a_429_is_waited_for() {
    let falcon = Falcon::start(Setup::default()).await.unwrap();
    falcon.fail(Call::List, 1, &Answer::RateLimited { seconds: 2 });
    falcon.push(0, "A", "{}");
    let mut stream = open(config(&falcon));
    let monitor = stream.monitor();
    assert_eq!(offsets(&mut stream, 1).await, [0]);
    let lists = falcon.requests_of(Call::List);
    // The header has whole seconds: "in 2" may be little more than 1 from now.
    assert!(lists[1].at - lists[0].at >= Duration::from_secs(1), "{:?}", lists[1].at - lists[0].at);
    assert_eq!((lists.len(), errors(&monitor.snapshot(), "list", "rate_limited")), (2, 1));
}

#[tokio::test]
async fn wrong_credentials_are_explained_and_not_hammered() {
    let falcon = Falcon::start(Setup { client_secret: "another".into(), ..Setup::default() }).await.unwrap();
    let slow = Timing { retry_first: Duration::from_secs(30), ..Timing::default() };
    let stream = open(config(&falcon).timing(slow));
    let mut status = stream.monitor().status();
    let backing_off = |state: &falcon_stream::Status| matches!(state.session, SessionState::BackingOff { .. });
    let state = tokio::time::timeout(common::LONG, status.wait_for(backing_off)).await.unwrap().unwrap().clone();
    let SessionState::BackingOff { reason, .. } = state.session else { unreachable!() };
    let text = reason.to_string();
    assert!(text.contains("secret is wrong") && text.contains("allowlist") && text.contains("3f0e0c3a"), "{text}");
    assert!(text.contains("the service says: access denied, authorization failed"), "{text}");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(falcon.requests().len(), 1);
    let config = config(&falcon).build().unwrap();
    assert!(probe(config).await.unwrap_err().to_string().contains("403"));
}

#[tokio::test]
async fn a_probe_of_a_list_without_feeds_finds_none() {
    let falcon = Falcon::start(Setup::default()).await.unwrap();
    falcon.hold_elsewhere(true);
    let probed = probe(config(&falcon).build().unwrap()).await.unwrap();
    assert!(probed.partitions.is_empty() && probed.moved_to.is_none());
    falcon.hold_elsewhere(false);
    falcon.fail(Call::List, 1, &Answer::NullResources);
    let probed = probe(config(&falcon).build().unwrap()).await.unwrap();
    assert!(probed.partitions.is_empty());
    let probed = probe(config(&falcon).build().unwrap()).await.unwrap();
    assert_eq!(probed.partitions, [Partition(0)]);
    good(&falcon);
}

#[tokio::test]
async fn empty_lists_mean_standby_for_as_long_as_it_takes() {
    let falcon = Falcon::start(Setup::default()).await.unwrap();
    falcon.fail(Call::List, 1, &Answer::NullResources);
    falcon.hold_elsewhere(true);
    falcon.push(0, "A", "{}");
    let mut stream = open(config(&falcon));
    until("it has asked again and again", || falcon.requests_of(Call::List).len() > 5).await;
    assert!(matches!(stream.monitor().snapshot().session, SessionState::Standby { .. } | SessionState::Listing));
    let lists = falcon.requests_of(Call::List);
    assert!(lists.windows(2).all(|pair| pair[1].at - pair[0].at >= timing().standby.mul_f64(0.7)));
    falcon.hold_elsewhere(false);
    assert_eq!(offsets(&mut stream, 1).await, [0]);
    assert_eq!(stream.monitor().snapshot().session, SessionState::Running);
    good(&falcon);
}

#[tokio::test]
async fn incomplete_descriptions_are_reported_and_asked_for_again() {
    let falcon = Falcon::start(Setup::default()).await.unwrap();
    for missing in [Missing::Url, Missing::Token, Missing::Interval] {
        falcon.fail(Call::List, 1, &Answer::Incomplete(missing));
    }
    falcon.push(0, "A", "{}");
    let mut stream = open(config(&falcon));
    assert_eq!(offsets(&mut stream, 1).await, [0]);
    assert_eq!(errors(&stream.monitor().snapshot(), "list", "answer"), 3);
    good(&falcon);
}

#[tokio::test]
async fn no_token_goes_to_a_foreign_host() {
    let falcon = Falcon::start(Setup::default()).await.unwrap();
    falcon.fail(Call::List, 1, &Answer::ForeignFeed("https://firehose.crowdstrike.example.com".into()));
    falcon.fail(Call::List, 1, &Answer::ForeignRefresh("http://192.0.2.7".into()));
    falcon.push(0, "A", "{}");
    let mut stream = open(config(&falcon));
    assert_eq!(offsets(&mut stream, 1).await, [0]);
    assert_eq!(errors(&stream.monitor().snapshot(), "list", "untrusted"), 2);
}

#[tokio::test]
async fn redirections_are_not_followed() {
    let thief = Falcon::start(Setup::default()).await.unwrap();
    let falcon = Falcon::start(Setup::default()).await.unwrap();
    for call in [Call::Token, Call::List, Call::Feed] {
        falcon.fail(call, 1, &Answer::Redirect(format!("{}/stolen", thief.url())));
    }
    falcon.push(0, "A", "{}");
    let mut stream = open(config(&falcon));
    assert_eq!(offsets(&mut stream, 1).await, [0]);
    assert_eq!(thief.requests().len(), 0);
    let snapshot = stream.monitor().snapshot();
    assert_eq!(["token", "list", "feed"].map(|call| errors(&snapshot, call, "redirected")), [1, 1, 1]);
}

#[tokio::test]
async fn a_session_that_is_gone_is_listed_again() {
    let falcon = Falcon::start(Setup { session_life: 2, ..Setup::default() }).await.unwrap();
    falcon.push(0, "A", "{}");
    let timing = Timing { refresh_fraction: 0.4, ..timing() };
    let mut stream = open(config(&falcon).timing(timing));
    assert_eq!(offsets(&mut stream, 1).await, [0]);
    falcon.fail(Call::Refresh, 1, &Answer::Status(404));
    until("it has been opened again", || falcon.requests_of(Call::Feed).len() == 2).await;
    falcon.push(0, "A", "{}");
    assert_eq!(offsets(&mut stream, 1).await, [1]);
    let snapshot = stream.monitor().snapshot();
    assert_eq!(errors(&snapshot, "refresh", "not_found"), 1);
    falcon.kill_session(0);
    falcon.push(0, "A", "{}");
    assert_eq!(offsets(&mut stream, 1).await, [2]);
    good(&falcon);
}

#[tokio::test]
async fn a_refresh_that_fails_is_repeated_while_the_feed_goes_on() {
    let falcon = Falcon::start(Setup { session_life: 2, ..Setup::default() }).await.unwrap();
    falcon.fail(Call::Refresh, 2, &Answer::Status(500));
    let mut timing = timing();
    timing.refresh_fraction = 0.5;
    let mut stream = open(config(&falcon).timing(timing));
    until("it is refreshed", || falcon.requests_of(Call::Refresh).iter().any(|it| it.status == 200)).await;
    falcon.push(0, "A", "{}");
    assert_eq!(offsets(&mut stream, 1).await, [0]);
    assert_eq!(falcon.requests_of(Call::Feed).len(), 1);
    assert_eq!(errors(&stream.monitor().snapshot(), "refresh", "server"), 2);
    good(&falcon);
}

#[tokio::test]
async fn silence_is_noticed_and_keep_alives_are_not_silence() {
    let keep_alive = Some(Duration::from_millis(100));
    let falcon = Falcon::start(Setup { keep_alive, ..Setup::default() }).await.unwrap();
    falcon.plan(0, FeedPlan::default());
    let mut stream = open(config(&falcon));
    until("it is read", || falcon.connected() == [0]).await;
    tokio::time::sleep(timing().idle + Duration::from_millis(500)).await;
    assert_eq!(falcon.requests_of(Call::Feed).len(), 1);
    assert!(stream.monitor().snapshot().partitions[0].counters.keep_alives > 5);
    let mut status = stream.monitor().status();
    falcon.disconnect(0, Ending::Silence);
    let idle = |state: &falcon_stream::Status| {
        let state = state.partitions.get(&Partition(0));
        matches!(state, Some(PartitionState::BackingOff { reason, .. }) if matches!(reason.kind, ErrorKind::Idle(_)))
    };
    assert!(tokio::time::timeout(common::LONG, status.wait_for(idle)).await.is_ok());
    falcon.push(0, "A", "{}");
    assert_eq!(offsets(&mut stream, 1).await, [0]);
    good(&falcon);
}

#[tokio::test]
async fn partitions_appear_and_disappear() {
    let falcon = Falcon::start(Setup::default()).await.unwrap();
    let mut timing = timing();
    timing.relist = Duration::from_millis(200);
    let mut stream = open(config(&falcon).timing(timing));
    falcon.push(0, "A", "{}");
    assert_eq!(positions(&mut stream, 1).await, [(0, 0)]);
    falcon.push(5, "A", "{}");
    assert_eq!(positions(&mut stream, 1).await, [(5, 0)]);
    falcon.remove_partition(0);
    falcon.disconnect(0, Ending::Eof);
    falcon.kill_session(0);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    falcon.push(5, "A", "{}");
    assert_eq!(positions(&mut stream, 1).await, [(5, 1)]);
    let state = &stream.monitor().snapshot().partitions[0].state;
    assert!(matches!(state, PartitionState::Waiting), "{state:?}");
    good(&falcon);
}

#[tokio::test]
async fn a_list_that_is_empty_while_others_are_connected_does_not_starve_a_partition() {
    let setup = Setup { partitions: vec![0, 1], list_all_or_none: true, ..Setup::default() };
    let falcon = Falcon::start(setup).await.unwrap();
    let mut stream = open(config(&falcon));
    until("both are read", || falcon.connected() == [0, 1]).await;
    // First the previous descriptor is tried again: its session is still open.
    falcon.disconnect(1, Ending::Eof);
    falcon.push(1, "A", "{}");
    assert_eq!(positions(&mut stream, 1).await, [(1, 0)]);
    // If the session has ended too, all feeds are closed and listed together.
    falcon.kill_session(1);
    falcon.push(1, "A", "{}");
    assert_eq!(positions(&mut stream, 1).await, [(1, 1)]);
    until("both are read", || falcon.connected() == [0, 1]).await;
    falcon.push(0, "A", "{}");
    assert_eq!(positions(&mut stream, 1).await, [(0, 0)]);
    assert_eq!(errors(&stream.monitor().snapshot(), "feed", "start_over"), 1);
    good(&falcon);
}

#[tokio::test]
async fn an_application_that_is_locked_is_waited_for() {
    let lock = Duration::from_secs(1);
    let setup = Setup { quick_close: lock, lock, ..Setup::default() };
    let falcon = Falcon::start(setup).await.unwrap();
    falcon.push(0, "A", "{}");
    falcon.plan(0, FeedPlan { after: Some(0), ..FeedPlan::default() });
    let mut stream = open(config(&falcon));
    assert_eq!(offsets(&mut stream, 1).await, [0]);
    assert_eq!(falcon.requests_of(Call::Feed).len(), 2, "one lock, one more opening");
    good(&falcon);
}

#[tokio::test]
async fn stopping_ends_everything_soon() {
    let falcon = Falcon::start(Setup { partitions: vec![0, 1], ..Setup::default() }).await.unwrap();
    falcon.push_many(0, 60_000);
    let stop = CancellationToken::new();
    let mut stream = connect(config(&falcon).build().unwrap(), &stop).unwrap();
    assert_eq!(offsets(&mut stream, 10).await.len(), 10);
    let monitor = stream.monitor();
    let before = Instant::now();
    stop.cancel();
    assert!(stream.next().await.is_none());
    stream.close().await;
    assert!(before.elapsed() < Duration::from_secs(2));
    let snapshot = monitor.snapshot();
    assert_eq!(snapshot.session, SessionState::Stopped);
    assert!(snapshot.partitions.iter().all(|it| it.state == PartitionState::Stopped));
    until("the connections are closed", || falcon.connected().is_empty()).await;

    // Dropping the stream does the same, and stops nothing else.
    let stop = CancellationToken::new();
    let mut stream = connect(config(&falcon).build().unwrap(), &stop).unwrap();
    assert_eq!(offsets(&mut stream, 1).await, [0]);
    drop(stream);
    until("the connections are closed", || falcon.connected().is_empty()).await;
    assert!(!stop.is_cancelled());
    good(&falcon);
}

#[tokio::test]
async fn a_service_that_is_not_there_is_waited_for() {
    let falcon = Falcon::start(Setup::default()).await.unwrap();
    let address = falcon.url().trim_start_matches("http://").parse().unwrap();
    let config = config(&falcon);
    falcon.stop().await;
    let mut stream = open(config);
    nothing(&mut stream).await;
    assert!(errors(&stream.monitor().snapshot(), "token", "network") > 0);
    let falcon = Falcon::start_on(Setup::default(), address).await.unwrap();
    falcon.push(0, "A", "{}");
    assert_eq!(offsets(&mut stream, 1).await, [0]);
}

#[tokio::test]
async fn probing_opens_nothing() {
    let falcon = Falcon::start(Setup { partitions: vec![0, 4], ..Setup::default() }).await.unwrap();
    let partitions = probe(config(&falcon).build().unwrap()).await.unwrap().partitions;
    assert_eq!(partitions, [Partition(0), Partition(4)]);
    assert_eq!(falcon.requests().len(), 2);
    good(&falcon);
}

#[tokio::test]
async fn a_refresh_with_an_error_inside_of_a_success_has_failed() {
    let falcon = Falcon::start(Setup { session_life: 1, ..Setup::default() }).await.unwrap();
    let body = r#"{"errors":[{"code":500,"message":"not refreshed"}],"meta":{}}"#;
    falcon.fail(Call::Refresh, 1, &Answer::Body(body.into()));
    let mut timing = timing();
    timing.refresh_fraction = 0.5;
    let stream = open(config(&falcon).timing(timing));
    let monitor = stream.monitor();
    until("the failure is counted", || errors(&monitor.snapshot(), "refresh", "server") == 1).await;
    until("the session is refreshed", || falcon.requests_of(Call::Refresh).len() > 1).await;
    stream.close().await;
}
