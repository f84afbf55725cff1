use super::*;
use crate::falcon::cut::hex;
use crate::{Batch, Entry};
use proptest::prelude::*;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

const RECEIVED: i64 = 1_766_725_000_000;

fn account() -> AccountId {
    "123456789012".parse().unwrap()
}

/// Returns the mapped event as it is sent, after checks that hold for every mapped event.
#[track_caller]
fn mapped(line: &str) -> (Value, bool) {
    let account = account();
    let event = FalconEvent::parse(line.as_bytes()).unwrap();
    let mapped = map(&event, "0", 41, &Mapping { account: &account, received_ms: RECEIVED });
    mapped.event.validate().unwrap();
    let entry = mapped.event.to_entry().unwrap();
    Batch::new().push(entry.clone()).unwrap();
    let sent: Value = serde_json::from_str(entry.event_data()).unwrap();
    let additional = &sent["additionalEventData"];
    assert_eq!(additional.get("truncated").is_none(), mapped.is_whole);
    let told = additional.get("cutFields").cloned().unwrap_or(Value::Array(Vec::new()));
    assert_eq!(told, Value::from(mapped.cut_fields));
    if mapped.is_whole {
        assert!(entry.event_data().contains(line.trim()), "the original is there as it came");
    }
    (sent, mapped.is_whole)
}

fn with(metadata: &str, event: &str) -> Value {
    mapped(&format!(r#"{{"metadata":{{{metadata}}},"event":{{{event}}}}}"#)).0
}

#[test]
fn what_is_missing_or_odd_has_a_stand_in() {
    for value in ["null", "\"\"", "\" \\n\"", "[]", "{}"] {
        let metadata = format!(r#""eventType":{value},"version":{value},"eventCreationTime":{value}"#);
        let event = format!(r#""UserId":{value},"OperationName":{value},"UserIp":{value},"UTCTimestamp":{value}"#);
        let sent = with(&metadata, &event);
        assert_eq!(sent["version"], "1.0");
        assert_eq!(sent["userIdentity"]["type"], "unknown");
        assert_eq!(sent["userIdentity"]["principalId"], "unknown");
        assert_eq!(sent["userIdentity"]["details"]["AuditKeyValues"], "n/a");
        assert_eq!(sent["eventName"], "unknown");
        assert_eq!(sent["eventTime"], "2025-12-26T04:56:40Z");
        assert_eq!(sent.get("sourceIPAddress"), None);
        assert_eq!(sent.get("errorCode"), None);
    }
    assert_eq!(with(r#""eventType":"T""#, "")["eventName"], "T");
    assert_eq!(mapped("{}").0["additionalEventData"], serde_json::json!({ "raw": {} }));
}

#[test]
fn numbers_and_booleans_are_told_as_they_are_written() {
    let sent = with(r#""version":1.0"#, r#""UserId":1680759529306198500,"OperationName":true"#);
    assert_eq!(sent["version"], "1.0");
    assert_eq!(sent["userIdentity"]["principalId"], "1680759529306198500");
    assert_eq!(sent["eventName"], "true");
}

#[test]
fn only_an_ip_address_is_a_source() {
    for (ip, expected) in [
        ("\"1.2.3.4\"", Some("1.2.3.4")),
        ("\" 1.2.3.4\\t\"", Some("1.2.3.4")),
        ("\"2001:DB8::7\"", Some("2001:DB8::7")),
        ("\"1.2.3.4, 5.6.7.8\"", None),
        ("\"1.2.3.4:80\"", None),
        ("\"host.example.com\"", None),
        ("16909060", None),
        ("[\"1.2.3.4\"]", None),
    ] {
        let sent = with("", &format!(r#""UserIp":{ip}"#));
        assert_eq!(sent.get("sourceIPAddress").and_then(Value::as_str), expected, "{ip}");
    }
}

#[test]
fn a_failure_has_an_error_code() {
    for (success, expected) in
        [("false", Some("Failed")), ("\"False\"", Some("Failed")), ("true", None), ("0", None), ("null", None)]
    {
        let sent = with("", &format!(r#""Success":{success}"#));
        assert_eq!(sent.get("errorCode").and_then(Value::as_str), expected, "{success}");
    }
}

#[test]
fn the_uid_is_always_an_id() {
    for (feed, offset, expected) in [
        ("0", 41, "0_41".to_owned()),
        ("a7", 0, "a7_0".to_owned()),
        ("", 1, "_1".to_owned()),
        ("a/é b", 1, "a---b_1".to_owned()),
        (&*"x".repeat(500), u64::MAX, format!("{}_{}", "x".repeat(107), u64::MAX)),
    ] {
        let uid = uid(feed, offset);
        assert_eq!(uid, expected);
        assert_eq!(Entry::new(uid.clone(), String::new()).unwrap().id(), uid);
    }
}

#[test]
fn long_fields_are_cut_between_characters_and_the_event_says_so() {
    for (metadata, event, field, path, limit) in [
        (r#""version":"V""#, "", "version", "/version", 256),
        (r#""eventType":"V""#, r#""OperationName":"n""#, "userIdentity.type", "/userIdentity/type", 128),
        ("", r#""UserId":"V""#, "userIdentity.principalId", "/userIdentity/principalId", 1024),
        ("", r#""OperationName":"V""#, "eventName", "/eventName", 1024),
    ] {
        for (pad, kept) in [("", limit), ("x", limit - 1)] {
            // Characters of two bytes each, with one byte before them in the second round.
            let value = format!("{pad}{}", "é".repeat(limit));
            let sent = with(&metadata.replace('V', &value), &event.replace('V', &value));
            let told = sent.pointer(path).and_then(Value::as_str).unwrap();
            assert_eq!(told.len(), kept, "{field}");
            assert!(value.starts_with(told));
            assert_eq!(sent["additionalEventData"]["cutFields"], serde_json::json!([field]));
        }
    }
}

/// Returns an event with a value of this size in `AuditKeyValues`, in bytes.
fn saml(bytes: usize) -> String {
    let envelope = "x".repeat(bytes);
    format!(
        r#"{{"metadata":{{"eventType":"AuthActivityAuditEvent","offset":41,"eventCreationTime":1766724718104}},"event":{{"OperationName":"saml2Assert","AuditKeyValues":[{{"Key":"a","ValueString":"b"}},{{"Key":"saml","ValueString":"{envelope}"}}],"UserId":"ada"}}}}"#
    )
}

/// Defect 17 of FIG: AWS rejects an event with more than 28 kB of additional data.
#[test]
fn an_original_of_28_kb_is_kept_and_a_larger_one_is_cut() {
    let around = saml(0).len() + r#"{"raw":}"#.len();
    let (sent, whole) = mapped(&saml(28_000 - around));
    assert!(whole);
    assert_eq!(sent["additionalEventData"].to_string().len(), 28_000);

    let line = saml(28_001 - around);
    let (sent, whole) = mapped(&line);
    assert!(!whole);
    let additional = &sent["additionalEventData"];
    assert_eq!(additional["truncated"], true);
    assert_eq!(additional["bytes"], line.len());
    assert_eq!(additional["sha256"], hex(&Sha256::digest(&line)));
    // Large values are cut; small ones stay in place.
    assert_eq!(additional["raw"]["metadata"]["offset"], 41);
    assert_eq!(additional["raw"]["event"]["UserId"], "ada");
    assert_eq!(additional["raw"]["event"]["AuditKeyValues"][0]["ValueString"], "b");
    let cut = additional["raw"]["event"]["AuditKeyValues"][1]["ValueString"].as_str().unwrap();
    assert!(cut.len() > 27_000 && cut.ends_with("x…"));
    // Fields with limits of their own are whole.
    assert_eq!(sent["userIdentity"]["details"]["AuditKeyValues"][1]["ValueString"], "x".repeat(28_001 - around));
}

#[test]
fn the_hash_is_of_the_line_as_it_came() {
    // printf abc | sha256sum
    assert_eq!(hex(&Sha256::digest(b"abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    let line = format!(" {}\r", saml(40_000));
    let (sent, _) = mapped(&line);
    assert_eq!(sent["additionalEventData"]["sha256"], hex(&Sha256::digest(&line)));
    assert_eq!(sent["additionalEventData"]["bytes"], line.len());
}

#[test]
fn huge_details_are_bounded() {
    let (sent, whole) = mapped(&saml(3_000_000));
    assert!(!whole);
    let details = &sent["userIdentity"]["details"];
    assert_eq!(details.to_string().len(), limits::MAX_DETAILS);
    assert_eq!(details["truncated"], true);
    assert_eq!(details["AuditKeyValues"][0]["ValueString"], "b");
    assert_eq!(sent["additionalEventData"]["cutFields"], serde_json::json!(["userIdentity.details"]));
}

#[test]
fn the_worst_to_escape_fits_a_call() {
    for value in ["\\u0001", "\\\\", "\\\"", "\u{e9}"] {
        let long = value.repeat(200_000);
        mapped(&format!(
            r#"{{"metadata":{{"eventType":"{long}","version":"{long}"}},"event":{{"UserId":"{long}","OperationName":"{long}","AuditKeyValues":["{long}","{long}"]}}}}"#
        ));
    }
    mapped(&format!(r#"{{"event":{{"AuditKeyValues":[{}]}}}}"#, "\n".repeat(90_000)));
    mapped(&format!(r#"{{"event":{{"AuditKeyValues":[{}]}}}}"#, "\"\",".repeat(90_000) + "1"));
}

/// The original in `additionalEventData` stays byte for byte.
#[test]
fn the_original_stays_verbatim() {
    let line = r#"{ "event":{"a":1,"a":2,"n":123456789012345678901234567890,"f":1.50,"e":"\u00e9\/"}, "metadata":{} }"#;
    let account = account();
    let event = FalconEvent::parse(line.as_bytes()).unwrap();
    let mapped = map(&event, "0", 41, &Mapping { account: &account, received_ms: RECEIVED });
    let json = mapped.event.to_json();
    assert!(json.ends_with(&format!(r#""additionalEventData":{{"raw":{line}}}}}"#)), "{json}");
}

fn json() -> impl Strategy<Value = Value> {
    let text = prop_oneof![any::<String>(), "[0-9]{9,14}", ".{0,2000}", "é{500,60000}", "(\\\\|\"|\n){0,3000}"];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        text.prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::btree_map(".{0,10}", inner, 0..6).prop_map(|members| members.into_iter().collect()),
        ]
    })
}

/// Generates an object of these members and others, each of any type.
fn object(names: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let name = prop_oneof![9 => prop::sample::select(names).prop_map(str::to_owned), 1 => ".{0,10}"];
    prop::collection::btree_map(name, json(), 0..10).prop_map(|members| members.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_event_is_mapped_to_a_valid_one(
        metadata in object(&["eventType", "eventCreationTime", "version", "offset"]),
        event in object(&["UserId", "UserIp", "OperationName", "Success", "UTCTimestamp", "AuditKeyValues"]),
        feed in ".{0,200}", offset in any::<u64>(), received_ms in any::<i64>(),
    ) {
        let line = serde_json::json!({ "metadata": metadata, "event": event }).to_string();
        mapped(&line);
        let account = account();
        let event = FalconEvent::parse(line.as_bytes()).unwrap();
        let mapped = map(&event, &feed, offset, &Mapping { account: &account, received_ms });
        prop_assert!(mapped.event.to_entry().is_ok());
    }

    #[test]
    fn any_json_is_mapped_to_a_valid_event(event in json(), metadata in json()) {
        mapped(&serde_json::json!({ "metadata": metadata, "event": event }).to_string());
    }
}
