//! Compares the mapping with FIG's.
//!
//! `fixtures/variants.jsonl` has an event for each known shape of Falcon's events, and for some unknown ones.
//! `fixtures/fig.expected.jsonl` has the result of FIG 3.6.2 for each, or its failure:
//! `Submitter.cloudtrail_lake_audit_event`, recorded with feed `0` and account `123456789012`.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test, helpers included")]

use std::path::Path;

use audit_schema::falcon::{FalconEvent, Mapped, Mapping, map};
use audit_schema::{AccountId, Batch};
use serde_json::Value;

const VARIANTS: &str = include_str!("fixtures/variants.jsonl");
const FIG: &str = include_str!("fixtures/fig.expected.jsonl");
const RECEIVED: i64 = 1_766_725_000_000;

fn account() -> AccountId {
    "123456789012".parse().unwrap()
}

/// Returns the event that is sent for a line with an offset.
fn sent(line: &str) -> Value {
    let account = account();
    let offset = serde_json::from_str::<Value>(line).unwrap()["metadata"]["offset"].as_u64().unwrap_or_default();
    let event = FalconEvent::parse(line.as_bytes()).unwrap();
    let Mapped { event, is_whole, cut_fields, .. } =
        map(&event, "0", offset, &Mapping { account: &account, received_ms: RECEIVED });
    assert!(is_whole && cut_fields.is_empty());
    let entry = event.to_entry().unwrap();
    assert!(entry.event_data().contains(&format!(r#""additionalEventData":{{"raw":{line}}}"#)));
    Batch::new().push(entry.clone()).unwrap();
    serde_json::from_str(entry.event_data()).unwrap()
}

/// Changes FIG's event where this mapping differs on purpose.
fn as_wanted(mut fig: Value, line: &str) -> Value {
    let original: Value = serde_json::from_str(line).unwrap();
    let members = fig.as_object_mut().unwrap();
    if members["sourceIPAddress"] == "" {
        members.remove("sourceIPAddress");
    }
    if original["event"]["Success"] == false {
        members.insert("errorCode".to_owned(), "Failed".into());
    }
    if members["userIdentity"]["principalId"] == "" {
        members["userIdentity"]["principalId"] = "unknown".into();
    }
    fig
}

#[test]
fn events_that_fig_can_map_are_mapped_as_fig_does() {
    let (mut equal, mut failed) = (0, 0);
    for (line, fig) in VARIANTS.lines().zip(FIG.lines()) {
        let fig: Value = serde_json::from_str(fig).unwrap();
        let ours = sent(line);
        if fig.get("fails").is_some() {
            failed += 1;
        } else {
            equal += 1;
            assert_eq!(ours, as_wanted(fig, line), "{line}");
        }
    }
    assert_eq!((VARIANTS.lines().count(), FIG.lines().count()), (30, 30));
    assert_eq!((equal, failed), (19, 11));
}

/// Events that FIG cannot map, and loses.
#[test]
fn events_that_fig_cannot_map_are_mapped() {
    let events: Vec<Value> = VARIANTS.lines().map(sent).collect();
    for (number, pointer, expected) in [
        (20, "/version", "1.0"),
        (20, "/eventTime", "2016-11-28T23:30:33Z"),
        (21, "/userIdentity/principalId", "unknown"),
        (23, "/eventName", "AuthActivityAuditEvent"),
        (23, "/sourceIPAddress", "203.0.113.7"),
        (24, "/eventName", "EppDetectionSummaryEvent"),
        (24, "/userIdentity/principalId", "unknown"),
        (26, "/eventTime", "2024-07-22T15:50:16Z"),
        (27, "/eventTime", "2025-12-26T04:51:58Z"),
        (27, "/userIdentity/principalId", "42"),
        (27, "/errorCode", "Failed"),
        (27, "/userIdentity/details/AuditKeyValues", "text"),
        (28, "/userIdentity/type", "unknown"),
        (28, "/eventTime", "2025-12-26T04:56:40Z"),
        (29, "/eventName", "unknown"),
        (30, "/eventName", "CspmIoaStreamingEvent"),
    ] {
        let found = events.get(number - 1).and_then(|event| event.pointer(pointer)).and_then(Value::as_str);
        assert_eq!(found, Some(expected), "event {number} {pointer}");
    }
    for (number, pointer) in [(22, "/sourceIPAddress"), (27, "/sourceIPAddress"), (28, "/errorCode")] {
        assert_eq!(events.get(number - 1).and_then(|event| event.pointer(pointer)), None, "event {number} {pointer}");
    }
}

/// Maps events that others published.
#[test]
#[ignore = "needs ../shared/falcon-events, which is not part of the project; `cargo xtask ci shared` runs it"]
fn published_samples_are_mapped() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/falcon-events");
    let mut count = 0;
    for name in ["panther.jsonl", "sumo.jsonl"] {
        for line in std::fs::read_to_string(folder.join(name)).unwrap().lines() {
            let original: Value = serde_json::from_str(line).unwrap();
            check_sample(&original, &sent(line));
            count += 1;
        }
    }
    assert_eq!(count, 39);
}

/// Repeats the mapping in the plainest way, for events of the published shapes.
fn check_sample(original: &Value, ours: &Value) {
    let (metadata, event) = (&original["metadata"], &original["event"]);
    let text = |value: &Value, other: &str| {
        Value::from(value.as_str().filter(|text| !text.is_empty()).unwrap_or(other).to_owned())
    };
    let kind = text(&metadata["eventType"], "");
    let created = match &metadata["eventCreationTime"] {
        Value::String(date) => format!("{}Z", date.split('.').next().unwrap_or_default().replace(' ', "T")),
        number => {
            let number = number.as_i64().unwrap();
            let seconds = if number > 100_000_000_000 { number / 1000 } else { number };
            jiff::Timestamp::from_second(seconds).unwrap().to_string()
        }
    };
    let mut expected = serde_json::json!({
        "version": text(&metadata["version"], "1.0"),
        "userIdentity": {
            "type": kind,
            "principalId": text(&event["UserId"], "unknown"),
            "details": { "AuditKeyValues": event.get("AuditKeyValues").cloned().unwrap_or("n/a".into()) },
        },
        "userAgent": "falcon-integration-gateway",
        "eventSource": "crowdstrike",
        "eventName": text(&event["OperationName"], kind.as_str().unwrap()),
        "eventTime": created,
        "UID": format!("0_{}", metadata["offset"]),
        "recipientAccountId": "123456789012",
        "additionalEventData": { "raw": original },
    });
    if event["UserIp"].as_str().is_some_and(|ip| !ip.is_empty()) {
        expected["sourceIPAddress"] = event["UserIp"].clone();
    }
    if event["Success"] == false {
        expected["errorCode"] = "Failed".into();
    }
    assert_eq!(*ours, expected);
}
