//! Tests the original's defects in its settings, filter, stored offsets and process handling, one test each. Each
//! comment says what the original does; the same behaviour would fail the test.

use crate::harness::{
    Aws, CHANNEL, Front, FrontAction, Harness, aws, get, login, metric, sorted, wait_for, wait_for_ready,
};
use serde_json::json;
use stand_ins::cloudtrail_data::Settings;
use stand_ins::falcon::{Answer, Call, Setup};
use stand_ins::ssm::{Pace, Ssm};
use std::time::{Duration, SystemTime};

async fn ssm() -> Ssm {
    Ssm::start(Pace { latency: Duration::ZERO, writes_per_second: 100 }).await.unwrap()
}

fn put(ssm: &Ssm, name: &str, value: &str) {
    let body = json!({ "Name": name, "Value": value, "Type": "String", "Overwrite": true });
    aws(&ssm.url(), Aws::Ssm, "PutParameter", &body);
}

/// It compares local time with UTC, takes seconds for milliseconds, and silently drops events that seem old.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d09_age_is_told_in_utc_and_in_the_right_unit_and_what_is_left_out_is_counted() {
    const DAY: u64 = 86_400_000;
    let mut harness = Harness::start().await;
    let admin = harness.admin();
    harness.set("events", "older_than_days_threshold", "21");
    // 14 hours ahead of UTC.
    harness.env("TZ", "Pacific/Kiritimati");
    let now = u64::try_from(SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis()).unwrap();
    let times = [now, now / 1000, now - 20 * DAY - DAY * 6 / 10, now - 22 * DAY];
    for (offset, time) in (0..).zip(times) {
        let event = login(0);
        let line = format!(
            r#"{{"metadata":{{"offset":{offset},"eventType":"AuthActivityAuditEvent","eventCreationTime":{time},"version":"1.0"}},"event":{event}}}"#
        );
        harness.falcon.push_line(0, offset, "AuthActivityAuditEvent", line);
    }
    let bridge = harness.bridge();
    harness.wait_for_offset(0, 3).await;
    let filtered = metric(&admin, "fig_events_filtered_total").await;
    assert_eq!(filtered.to_bits(), 1_f64.to_bits(), "the one of 22 days");
    bridge.stop().await;
    assert_eq!(sorted(harness.delivered(0)), [0, 1, 2]);
}

/// The parameter has one fixed name per account and region. A second tenant's instance finds the offsets of the first,
/// publishes nothing, and overwrites them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d10_a_second_instance_has_a_parameter_of_its_own() {
    let mut harness = Harness::start().await;
    let ssm = ssm().await;
    put(&ssm, "last_seen_offsets", "{'0': 900}");
    harness.env("OFFSET_STORE", "ssm:/fig/second");
    harness.env("AWS_ENDPOINT_URL_SSM", &ssm.url());
    harness.falcon.push_many(0, 10);
    let bridge = harness.bridge();
    harness.wait_for_events(10).await;
    bridge.stop().await;
    assert_eq!(ssm.value("/fig/second").as_deref(), Some(r#"{"0": 9}"#));
    assert_eq!(ssm.value("last_seen_offsets").as_deref(), Some("{'0': 900}"));
}

/// A failed `GetParameter` at its start counts as "nothing stored": it sends everything again, and erases other feeds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d11_offsets_that_cannot_be_read_just_now_are_waited_for() {
    let mut harness = Harness::start().await;
    let ssm = ssm().await;
    put(&ssm, "last_seen_offsets", "{'0': 5, '1': 900}");
    let mut failures = 3;
    let front = Front::start(&ssm.url(), move |target, _| {
        if target == "AmazonSSM.GetParameter" && failures > 0 {
            failures -= 1;
            return FrontAction::Answer(400, json!({ "__type": "ThrottlingException", "message": "Rate exceeded" }));
        }
        FrontAction::Pass
    });
    harness.env("OFFSET_STORE", "ssm");
    harness.env("AWS_ENDPOINT_URL_SSM", &front.url());
    harness.falcon.push_many(0, 10);
    let bridge = harness.bridge();
    harness.wait_for_events(4).await;
    bridge.stop().await;
    assert_eq!(sorted(harness.delivered(0)), [6, 7, 8, 9]);
    assert_eq!(ssm.value("last_seen_offsets").as_deref(), Some(r#"{"0": 9, "1": 900}"#));
}

/// If the value is not a Python dict, it ends at its start with a `SyntaxError` or an `AttributeError`, without advice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d12_unreadable_offsets_end_the_start_with_advice_and_stay_as_they_are() {
    let mut harness = Harness::start().await;
    let ssm = ssm().await;
    harness.env("OFFSET_STORE", "ssm");
    harness.env("AWS_ENDPOINT_URL_SSM", &ssm.url());
    for value in ["[]", "not a dict", "{'0': 'x'}", "{\"0\": 1", " "] {
        put(&ssm, "last_seen_offsets", value);
        let mut bridge = harness.bridge();
        assert_eq!(bridge.wait().await.code(), Some(2), "{value}: {}", bridge.log());
        assert!(bridge.log().contains("fig-bridge offsets reset"), "{value}: {}", bridge.log());
        assert_eq!(ssm.value("last_seen_offsets").as_deref(), Some(value));
    }
    assert!(harness.falcon.requests().is_empty(), "nothing was read, so nothing can be taken for done");
}

/// Only events of one service pass, whatever is set. Created and deleted API clients, changed allowlists and all other
/// event types never arrive.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d16_other_services_and_types_can_be_let_in() {
    let push = |harness: &Harness| {
        for service in ["CrowdStrike Authentication", "Crowdstrike API Client", "Crowdstrike Allowlist Management"] {
            let event = login(0).replace("CrowdStrike Authentication", service);
            harness.falcon.push(0, "AuthActivityAuditEvent", &event);
        }
        harness.falcon.push(0, "UserActivityAuditEvent", &login(0).replace("CrowdStrike Authentication", "groups"));
        harness.falcon.push(0, "AuthActivityAuditEvent", &login(0));
    };
    for (settings, expected) in [
        (&[][..], &[0, 4][..]),
        (&[("EVENTS_SERVICE_NAMES", "CrowdStrike Authentication,crowdstrike api client")], &[0, 1, 4]),
        (&[("EVENTS_SERVICE_NAMES", "ALL")], &[0, 1, 2, 4]),
        (&[("EVENTS_SERVICE_NAMES", "ALL"), ("EVENTS_TYPES", "ALL")], &[0, 1, 2, 3, 4]),
    ] {
        let mut harness = Harness::start().await;
        settings.iter().for_each(|(name, value)| harness.env(name, value));
        push(&harness);
        let bridge = harness.bridge();
        harness.wait_for_offset(0, 4).await;
        bridge.stop().await;
        assert_eq!(sorted(harness.delivered(0)), expected, "{settings:?}");
    }
}

/// A `%` in a variable ends its start with a `ValueError`. Its messages name ranges that it does not check. It silently
/// ignores unknown keys. It lacks us-gov-2 and us-3.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d22_settings_are_taken_as_they_are_meant_and_mistakes_are_named() {
    let setup = Setup { client_secret: "100%(s)ecret%".to_owned(), ..Setup::default() };
    let mut harness = Harness::with(setup, Settings::new(CHANNEL)).await;
    harness.set("falcon", "client_secret", "");
    harness.env("FALCON_CLIENT_SECRET", "100%(s)ecret%");
    harness.env("FIG_WORKER_THREADS", "127");
    harness.env("EVENTS_OLDER_THAN_DAYS_THRESHOLD", "9999");
    harness.env("FALCON_CLOUD_REGION", "us-gov-2");
    harness.set("falcon", "cloud_regoin", "eu-1");
    harness.falcon.push_many(0, 1);
    let bridge = harness.bridge();
    harness.wait_for_offset(0, 0).await;
    let log = bridge.stop().await;
    assert!(log.contains("did you mean falcon.cloud_region?"), "{log}");

    let wrong = [
        ("FIG_WORKER_THREADS", "128", "1 to 127"),
        ("EVENTS_OLDER_THAN_DAYS_THRESHOLD", "10000", "0 to 9999"),
        ("FALCON_RECONNECT_RETRY_COUNT", "0", "1 to 9999"),
        ("EVENTS_SEVERITY_THRESHOLD", "6", "1 to 5"),
        ("FALCON_CLOUD_REGION", "us-9", "us-gov-2"),
    ];
    wrong.iter().for_each(|(name, value, _)| harness.env(name, value));
    let mut bridge = harness.bridge();
    assert_eq!(bridge.wait().await.code(), Some(2), "{}", bridge.log());
    let log = bridge.log();
    for (name, _, range) in wrong {
        let told = log.lines().find(|line| line.contains(&format!("error: {name}: ")));
        assert!(told.is_some_and(|line| line.contains(range)), "{name}: {log}");
    }
}

/// Only its log shows its state. SIGTERM kills it during a call. If it cannot reach an API at its start, it ends with
/// 0, which no restart policy treats as a failure.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d23_it_can_be_watched_stopped_and_started_before_the_api_is_there() {
    let mut harness = Harness::start().await;
    let admin = harness.admin();
    harness.falcon.fail(Call::Token, 2, &Answer::Status(500));
    harness.falcon.push_many(0, 20);
    harness.cloudtrail.faults().set_latency(Duration::from_secs(3));
    let mut bridge = harness.bridge();
    wait_for("a refused token", || !harness.falcon.requests_of(Call::Token).is_empty()).await;
    let (status, why) = get(&admin, "/readyz").await;
    assert!(status == 503 && why.contains("falcon: "), "{status} {why}");
    assert_eq!(get(&admin, "/livez").await.0, 200);
    assert!(bridge.is_running());
    wait_for_ready(&admin).await;
    assert!(harness.cloudtrail.record().wait_until(crate::harness::SOON, |counts| counts.calls == 1).await);
    assert_eq!(harness.cloudtrail.record().counts().accepted, 0, "the call has begun and is not answered");
    bridge.stop().await;
    assert_eq!((harness.delivered(0).len(), harness.offset(0)), (20, Some(19)));
}

/// With `existingSecret`, its chart does not set a channel, and its image starts a Python that does not exist. The
/// chart is deployment material; the program must accept every setting from the environment, under FIG's names.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d24_the_environment_is_enough() {
    let mut harness = Harness::start().await;
    let setup = Setup::default();
    for (name, value) in [
        ("FIG_BACKENDS", "CLOUDTRAIL_LAKE"),
        ("FALCON_CLIENT_ID", setup.client_id.as_str()),
        ("FALCON_CLIENT_SECRET", &setup.client_secret),
        ("FALCON_CLOUD_REGION", "us-1"),
        ("FALCON_APPLICATION_ID", "crwd-fig-lake"),
        ("EVENTS_OLDER_THAN_DAYS_THRESHOLD", "9999"),
        ("CLOUDTRAIL_LAKE_CHANNEL_ARN", CHANNEL),
        ("CLOUDTRAIL_LAKE_REGION", "us-east-1"),
    ] {
        harness.env(name, value);
    }
    harness.falcon.push_many(0, 3);
    let bridge = harness.bridge_as_it_is();
    assert!(!harness.path("config.ini").exists());
    harness.wait_for_offset(0, 2).await;
    bridge.stop().await;
    assert_eq!(harness.delivered(0).len(), 3);
}
