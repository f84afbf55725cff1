//! Generates events of Falcon's shapes, with some odd values in each place.

use proptest::prelude::*;
use serde_json::{Value, json};

/// Every operation that has been seen.
const OPERATIONS: &str = include_str!("../fixtures/operations.txt");
const TYPES: &[&str] = &[
    "AuthActivityAuditEvent",
    "UserActivityAuditEvent",
    "APIActivityAuditEvent",
    "EppDetectionSummaryEvent",
    "RemoteResponseSessionStartEvent",
];
const USERS: &[&str] = &["ada@example.com", "API:0f0f", "api-client-id:00aa", "Crowdstrike", "", "béatrice", "a@b"];
const ADDRESSES: &[&str] = &["203.0.113.7", "2001:db8::7", "::ffff:203.0.113.7", "", " 203.0.113.7", "host", "1.2.3"];
const TIMES: &[&str] = &["1766724718104", "1766724718", "\"2024-07-22 15:50:16.923000000\"", "1766724718999.9999", "0"];
const SEVERITIES: &[&str] = &["Informational", "LOW", "Medium", "High", "Critical", "Severe", " "];
/// The details that the mapping reads, with usual values.
const DETAILS: &[(&str, &str)] = &[
    ("target_name", "grace@example.com"),
    ("action_target_name", "grace"),
    ("target_uuid", "e70e5306-4a83-4a9f-9b59-a78c304c438b"),
    ("target_cid", "0123456789abcdef"),
    ("actor_user_uuid", "a11a1111-1a11-1a1a-1a11-a11a111a111a"),
    ("roles", "billing_dashboard_admin, falconhost_admin,"),
    ("roles", ","),
    ("scope(s)", "alerts:read,hosts:write"),
    ("APIClientID", "aaa1a11aaa111a1a11a11aaaa1aa1a11"),
    ("name", "a \"key\""),
    ("group_name", "my_allow_list"),
    ("allowlist_group_id", "782f842e-98dd-4ee7-9793-33abf8647656"),
    ("group_id", "56af7a44a7fc4ca5869c76b197af327b"),
    ("detection_id", "ldt:b60f82cf1aa342f47363bf3b6bfb6b7d:1"),
    ("quarantined_file_id", "a_b"),
    ("trace_id", "897d300ad09137b362ee6a62846a9277"),
    ("request_method", "GET"),
    ("request_method", "PATCH"),
    ("request_method", "BREW"),
    ("request_path", "/oauth2/token"),
    ("request_host", "api.us-2.crowdstrike.com"),
    ("status_code", "201"),
    ("status_code", "404"),
    ("status_code", "99999"),
    ("status_code", "none"),
    ("user_agent", "crowdstrike-falconpy/1.5.0"),
];

/// Returns an event for each operation, without details and with all of them.
pub(crate) fn each_operation() -> Vec<String> {
    let pairs: Vec<Value> = DETAILS.iter().map(|(key, value)| json!({ "Key": key, "ValueString": value })).collect();
    let mut lines = Vec::new();
    for operation in OPERATIONS.lines() {
        for (kind, details) in
            [("AuthActivityAuditEvent", Value::Null), ("UserActivityAuditEvent", pairs.clone().into())]
        {
            let event = json!({ "OperationName": operation, "UserId": "ada@example.com", "AuditKeyValues": details });
            lines.push(json!({ "metadata": { "eventType": kind }, "event": event }).to_string());
        }
    }
    lines
}

/// Generates a line.
pub(crate) fn line() -> impl Strategy<Value = String> {
    let metadata = members(vec![
        ("customerIDString", text(&["0123456789abcdef0123456789abcdef"])),
        ("eventType", text(TYPES)),
        ("eventCreationTime", number()),
        ("version", text(&["1.0"])),
        ("offset", Just(json!(41)).boxed()),
    ]);
    let operations: &'static [&'static str] = OPERATIONS.lines().collect::<Vec<_>>().leak();
    let event = members(vec![
        ("OperationName", text(operations)),
        ("ServiceName", text(&["CrowdStrike Authentication", "api_request"])),
        ("UserId", text(USERS)),
        ("UserIp", text(ADDRESSES)),
        ("UserName", text(USERS)),
        ("SourceIp", text(ADDRESSES)),
        ("SeverityName", text(SEVERITIES)),
        ("Success", any::<bool>().prop_map(Value::from).boxed()),
        ("Message", text(&["", "updated"])),
        ("UTCTimestamp", number()),
        ("AuditKeyValues", pairs().boxed()),
        ("Attributes", prop_oneof![attributes(), pairs()].boxed()),
    ]);
    let outer = prop_oneof![9 => Just(json!({})), 1 => prop::collection::btree_map(".{0,8}", odd(), 0..3).prop_map(|members| json!(members))];
    (metadata, event, outer, any::<bool>()).prop_map(|(metadata, event, mut line, has_spaces)| {
        let members = line.as_object_mut().unwrap();
        members.insert("metadata".to_owned(), metadata);
        members.insert("event".to_owned(), event);
        // A line has no line breaks. In JSON they are between values only.
        if has_spaces { format!("{line:#}").replace('\n', " ") } else { line.to_string() }
    })
}

/// Generates an object of most of these members and some others, or another value instead of each.
fn members(known: Vec<(&'static str, BoxedStrategy<Value>)>) -> impl Strategy<Value = Value> {
    let known: Vec<_> = known
        .into_iter()
        .map(|(name, usual)| {
            let value = prop_oneof![12 => usual.prop_map(Some), 1 => odd().prop_map(Some), 2 => Just(None)];
            value.prop_map(move |value| Some((name.to_owned(), value?)))
        })
        .collect();
    let others = prop::collection::btree_map(".{0,12}", odd(), 0..3);
    (known, others, prop::bool::weighted(0.02), odd()).prop_map(|(known, others, is_odd, odd)| {
        if is_odd {
            return odd;
        }
        others.into_iter().chain(known.into_iter().flatten()).collect()
    })
}

fn text(usual: &'static [&'static str]) -> BoxedStrategy<Value> {
    prop_oneof![9 => prop::sample::select(usual).prop_map(str::to_owned), 1 => ".{0,20}"].prop_map(Value::from).boxed()
}

fn number() -> BoxedStrategy<Value> {
    prop::sample::select(TIMES).prop_map(|json| serde_json::from_str(json).unwrap()).boxed()
}

fn detail() -> impl Strategy<Value = (String, Value)> {
    let usual = prop::sample::select(DETAILS).prop_map(|(key, value)| (key.to_owned(), Value::from(value)));
    prop_oneof![9 => usual, 1 => (".{0,8}", odd())]
}

fn pairs() -> BoxedStrategy<Value> {
    let pair = detail().prop_map(|(key, value)| json!({ "Key": key, "ValueString": value }));
    let element = prop_oneof![20 => pair, 1 => odd()];
    prop::collection::vec(element, 0..12).prop_map(Value::from).boxed()
}

fn attributes() -> BoxedStrategy<Value> {
    prop::collection::vec(detail(), 0..12).prop_map(|details| details.into_iter().collect()).boxed()
}

/// Generates any small value.
fn odd() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<i32>().prop_map(|number| Value::from(f64::from(number) / 8.0)),
        ".{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(".{0,8}", inner, 0..4).prop_map(|members| members.into_iter().collect()),
        ]
    })
}
