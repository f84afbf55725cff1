//! Records that are not about one call of an API: which of them are events, and what their fields are.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails where its set-up does")]

mod common;

use common::{ask, events, fixture, library, one, request};
use plugin_host::{Answer, Event, Plugin};

fn metric(plugin: &Plugin<'_>, name: &str) -> u64 {
    plugin.metrics().get().iter().find(|(it, _)| it == name).unwrap().1
}

fn ids(plugin: &Plugin<'_>, events: &[Event]) -> Vec<Answer> {
    events.iter().map(|event| ask(plugin, event, "ct.id")).collect()
}

/// The file has two calls, and between them an aggregated event and an Insights event.
#[test]
fn aggregated_events_are_emitted_and_insights_where_they_are_wanted() {
    let file = fixture("content/aggregated-and-insight.json");
    let calls = ["00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"].map(one);
    let [first, last] = calls;

    let plugin = Plugin::init(library(), "{}").unwrap();
    let found = events(&plugin, &file);
    assert_eq!(ids(&plugin, &found), [first.clone(), one("e-1"), last.clone()]);
    assert_eq!((metric(&plugin, "n_skipped_insights"), metric(&plugin, "n_skipped_incomplete")), (1, 0));
    // 2026-03-04T05:00:00Z, the start of its window.
    assert_eq!(found[1].time(), 1_772_600_400_000_000_000);
    assert_eq!(ask(&plugin, &found[1], "ct.user.accountid"), one("111122223333"));

    let plugin = Plugin::init(library(), r#"{"EmitInsights":true}"#).unwrap();
    let found = events(&plugin, &file);
    assert_eq!(ids(&plugin, &found), [first, one("e-1"), one("i-1"), last]);
    assert_eq!(metric(&plugin, "n_skipped_insights"), 0);
    let line = "us-east-1 iam CreateUser ApiCallRateInsight Start: 9 a minute, usually 0.1";
    assert_eq!(plugin.event_to_string(&found[2]).as_deref(), Some(line));
    assert_eq!(ask(&plugin, &found[2], "ct.insight.type"), one("ApiCallRateInsight"));
}

#[test]
fn falcons_events_are_events_in_every_format() {
    let plugin = Plugin::init(library(), "{}").unwrap();
    let found = events(&plugin, &fixture("falcon-formats/sign-in-failed.jsonl"));
    assert_eq!((found.len(), metric(&plugin, "n_skipped_incomplete")), (3, 0));
    for event in &found {
        // 2026-03-04T05:06:08Z.
        assert_eq!(event.time(), 1_772_600_768_000_000_000);
        for (field, value) in
            [("ct.src", "crowdstrike"), ("ct.name", "userAuthenticate"), ("ct.user", "pat@example.com")]
        {
            assert_eq!(ask(&plugin, event, field), one(value), "{field}");
        }
    }
}

#[test]
fn activity_in_lake_is_asked_for_like_a_call() {
    let plugin = Plugin::init(library(), "{}").unwrap();
    let found = events(&plugin, &fixture("content/lake-activity.json"));
    assert_eq!(found.len(), 1);
    let event = &found[0];
    for (field, value) in [
        ("ct.id", "l-1"),
        ("ct.name", "userAuthenticate"),
        ("ct.user", "pat@example.com"),
        ("ct.srcip", "192.0.2.7"),
        ("ct.activity.uid", "u-1"),
    ] {
        assert_eq!(ask(&plugin, event, field), one(value), "{field}");
    }
    let line = plugin.event_to_string(event).unwrap();
    assert!(line.starts_with("us-east-1 pat@example.com CrowdStrike userAuthenticate "), "{line}");
    // A value in the inner event stands where its offsets say.
    let (_, offsets) = plugin.extract(event, &[request("ct.name", None)], true).remove(0);
    let (start, length) = offsets.unwrap();
    assert_eq!(&event.bytes()[start as usize..][..length as usize], b"userAuthenticate");
}
