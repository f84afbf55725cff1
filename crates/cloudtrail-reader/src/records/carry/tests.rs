use super::*;
use crate::BufferPool;
use bytes::Bytes;
use json_scan::{Depth, LayoutFinder};
use serde_json::{Value as Json, json};

fn record(name: &str) -> Json {
    json!({"eventVersion": "1.11", "eventName": name, "note": "a \"b\"\n ä"})
}

fn with_id(name: &str, id: &str) -> Json {
    json!({"eventVersion": "1.11", "eventID": id, "eventName": name, "eventTime": "t"})
}

fn text(value: &Json) -> String {
    value.to_string()
}

/// Returns the base64 of the packed value.
fn packed(value: &Json) -> String {
    use base64::Engine;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, text(value).as_bytes()).unwrap();
    base64::engine::general_purpose::STANDARD.encode(gzip.finish().unwrap())
}

/// Reads a file in all ways, and returns names and numbers of records, and kinds of damage.
fn read(file: &str) -> Vec<String> {
    let pool = BufferPool::default();
    let bytes = Bytes::copy_from_slice(file.as_bytes());
    let show = |item: Result<(Bytes, u64, u64), Damage>| match item {
        Ok((bytes, number, offset)) => {
            let record: Json = serde_json::from_slice(&bytes).unwrap();
            assert!(offset < file.len() as u64);
            format!("{number} {}", record["eventName"].as_str().unwrap_or("of Falcon"))
        }
        Err(damage) => format!("{:?} {}", damage.record, damage.reason.kind()),
    };
    let plain = |records: Records<'_>| {
        records.map(|item| show(item.map(|it| (it.bytes, it.number, it.offset)))).collect::<Vec<_>>()
    };
    let whole = plain(Records::from_bytes(bytes.clone(), &pool));
    assert_eq!(plain(Records::from_bytes(bytes.clone(), &pool).checked()), whole, "{file}");
    assert_eq!(plain(Records::from_read(std::io::Cursor::new(bytes.clone()), &pool)), whole, "{file}");
    let mut finder = LayoutFinder::new(json_scan::Kernel::best());
    let mut records = Records::from_bytes(bytes, &pool);
    let mut in_place = Vec::new();
    while let Some(item) = records.next_in_place(Depth::Own, &mut finder) {
        in_place.push(show(item.map(|found| {
            let bytes = Bytes::copy_from_slice(records.bytes(&found));
            assert_eq!(finder.layout.length(), Some(bytes.len()));
            (bytes, found.number, found.offset)
        })));
    }
    assert_eq!(in_place, whole, "{file}");
    whole
}

#[test]
fn every_form_gives_its_records_in_order() {
    let (a, b) = (record("A"), record("B"));
    let event = |value: &Json| json!({"id": "1", "timestamp": 1, "message": text(value)});
    let two = vec!["1 A".to_owned(), "2 B".to_owned()];
    let subscription = json!({"messageType": "DATA_MESSAGE", "owner": "1", "logEvents": [event(&a), event(&b)]});
    let rows =
        |value: &Json| json!([{"field": "@timestamp", "value": "2026"}, {"field": "@message", "value": text(value)}]);
    for (name, file) in [
        ("a subscription", text(&subscription)),
        ("two subscriptions", format!("{}{}", json!({"logEvents": [event(&a)]}), json!({"logEvents": [event(&b)]}))),
        ("filter-log-events", text(&json!({"events": [event(&a), event(&b)], "searchedLogStreams": []}))),
        ("a log event each line", format!("{}\n{}\n", event(&a), event(&b))),
        ("Logs Insights", text(&json!({"results": [rows(&a), rows(&b)], "status": "Complete"}))),
        (
            "LookupEvents",
            text(&json!({"Events": [{"EventId": "1", "CloudTrailEvent": text(&a)}, {"CloudTrailEvent": text(&b)}]})),
        ),
        ("lower case", text(&json!({"records": [a, b]}))),
        ("both cases", text(&json!({"Records": [a], "records": [b]}))),
        ("an empty list in front", text(&json!({"Records": [], "records": [a, b]}))),
        ("Elastic", text(&json!({"hits": {"hits": [{"_source": a}, {"_source": {"event": {"original": text(&b)}}}]}}))),
        ("Splunk", format!("{}\n{}", json!({"result": {"_raw": text(&a)}}), json!({"result": {"_raw": text(&b)}}))),
        ("Wazuh", format!("{}\n{}", json!({"integration": "aws", "aws": a}), json!({"data": {"aws": b}}))),
        ("StreamAlert", text(&json!([{"data": {"Records": [a]}}, {"data": b}]))),
        ("a list in a text", text(&json!({"message": text(&json!([a, b]))}))),
        ("a log file in a text", text(&json!({"message": text(&json!({"Records": [a, b]}))}))),
        (
            "SQS for Lambda",
            text(&json!({"Records": [
                {"messageId": "1", "body": text(&a), "eventSource": "aws:sqs"},
                {"messageId": "2", "body": text(&b), "eventSource": "aws:sqs"},
            ]})),
        ),
        (
            "SNS for Lambda",
            text(&json!({"Records": [
                {"EventSource": "aws:sns", "Sns": {"Type": "Notification", "TopicArn": "t", "MessageId": "1", "Message": text(&json!([a, b]))}},
            ]})),
        ),
        (
            "Kinesis for Lambda",
            text(&json!({"Records": [
                {"eventSource": "aws:kinesis", "kinesis": {"data": packed(&subscription)}},
            ]})),
        ),
        ("a subscription for Lambda", text(&json!({"awslogs": {"data": packed(&subscription)}}))),
        (
            "ECS with the text twice",
            format!(
                "{}\n{}",
                json!({"message": text(&a), "event": {"original": text(&a)}}),
                json!({"event": {"original": text(&b)}, "message": text(&b)})
            ),
        ),
        ("console rows of Logs Insights", text(&json!([{"@timestamp": "x", "@message": text(&a)}, {"@message": b}]))),
        (
            "a time in front of the text",
            text(&json!({"logEvents": [{"message": format!("2026-01-01T00:00:00Z {a}")}, event(&b)]})),
        ),
        (
            "a text beside what was read from it",
            format!(
                "{}\n{}",
                json!({"result": {"_raw": text(&with_id("A", "1")), "eventName": "X", "eventID": "1"}}),
                json!({"message": text(&b)})
            ),
        ),
        (
            "ECS",
            text(
                &json!([{"_source": {"event": {"original": text(&a), "action": "x"}, "aws": {"cloudtrail": {"event_version": "1"}}}}, b]),
            ),
        ),
        ("carriers as elements of Records", text(&json!({"Records": [{"message": text(&a)}, {"message": text(&b)}]}))),
        ("base64 with escaped slashes", text(&json!({"awslogs": {"data": packed(&subscription)}})).replace('/', "\\/")),
        ("receive-message", text(&json!({"Messages": [{"Body": text(&a)}, {"Body": text(&b)}]}))),
    ] {
        assert_eq!(read(&file), two, "{name}");
        let pretty: String =
            serde_json::from_str::<Json>(&file).map_or(file, |json| serde_json::to_string_pretty(&json).unwrap());
        assert_eq!(read(&pretty), two, "{name}, printed over several lines");
    }
}

#[test]
fn numbers_count_all_records_of_the_file() {
    let (a, b) = (record("A"), record("B"));
    let file = format!("{a}\n{}\n{b}\n{}", json!({"message": text(&json!([a, b]))}), json!({"message": text(&a)}));
    assert_eq!(read(&file), ["1 A", "2 A", "3 B", "4 B", "5 A"]);
}

#[test]
fn the_text_of_a_record_is_unescaped_once() {
    let record = r#"{"eventVersion":"1.11","eventName":"A","requestParameters":"{\"a\":\"\\u00e4\"}"}"#;
    let file = json!({"logEvents": [{"message": record}]}).to_string();
    let mut records = Records::from_bytes(Bytes::from(file), &BufferPool::default());
    assert_eq!(records.next().unwrap().unwrap().bytes, record.as_bytes());
    assert!(records.next().is_none());
}

#[test]
fn damage_names_the_place_in_the_file() {
    let a = record("A");
    let event = |message: &str| json!({"id": "1", "message": message});
    for (file, expected) in [
        (
            text(&json!({"logEvents": [event(&text(&a)), event(r#"{"eventName":"B""#), event(&text(&a))]})),
            vec!["1 A", "Some(2) cut_record", "3 A"],
        ),
        (
            text(&json!({"logEvents": [event("CWL CONTROL MESSAGE: health"), event(&text(&a))]})),
            vec!["None control_message", "1 A"],
        ),
        (text(&json!({"Records": null, "records": [a]})), vec!["None records_not_array", "1 A"]),
        (text(&json!({"message": "hello"})), vec!["None not_cloudtrail"]),
        (text(&json!({"class_uid": 1, "metadata": {}, "data": a})), vec!["None not_cloudtrail"]),
        // A settings file with comments is not a damaged carrier.
        ("{ // note\n\"compilerOptions\":{}}".to_owned(), vec!["None comment", "None not_cloudtrail"]),
        (text(&json!({"results": [[{"field": "@ptr", "value": "x"}]]})), vec!["None not_cloudtrail"]),
        (text(&json!({"Records": [{"eventSource": "aws:s3", "s3": {}}]})), vec!["Some(1) not_cloudtrail"]),
        (text(&json!({"other": a})), vec!["None other_member"]),
        (text(&json!({"other": {"a": 1}})), vec!["None not_cloudtrail"]),
        (
            text(&json!({"hits": {"hits": [{"_source": a}], "more": [{"_source": a}]}})),
            vec!["1 A", "None other_member"],
        ),
        (text(&json!({"hits": {"hits": []}, "aggregations": {"_source": a}})), vec!["None other_member"]),
        (text(&json!({"logEvents": [{"message": text(&a), "x": a}]})), vec!["1 A", "None other_member"]),
        (text(&json!({"message": text(&a), "log": text(&a)})), vec!["1 A", "None other_member"]),
        (text(&json!({"awslogs": {"data": "H4sIAAAA!"}})), vec!["None not_json"]),
        (
            text(
                &json!({"results": [[{"field": "@message", "value": "START"}], [{"field": "@message", "value": text(&a)}]]}),
            ),
            vec!["None not_cloudtrail", "1 A"],
        ),
        (format!(r#"{{"events":[],{}"#, text(&a).strip_prefix('{').unwrap()), vec!["None other_member"]),
        (
            text(&json!({"message": "no JSON", "zeventName": 1}))
                .replace("zeventName", "eventName")
                .replace(":1", r#":"A""#),
            vec!["1 A"],
        ),
    ] {
        assert_eq!(read(&file), expected, "{file}");
    }
    let file = format!("{}{}", " ".repeat(100), json!({"message": r#"{"eventName":"B""#}));
    let damage = Records::from_bytes(Bytes::from(file), &BufferPool::default()).next().unwrap().unwrap_err();
    assert_eq!(damage.byte, 100 + r#"{"message":"#.len() as u64);
}

#[test]
fn carriers_in_carriers_end_somewhere() {
    let mut value = record("A");
    for _ in 0..MOST_CARRIERS {
        value = json!({"data": value});
    }
    assert_eq!(read(&text(&value)), ["1 A"]);
    let deeper = json!({"data": value});
    assert_eq!(read(&text(&deeper)), ["None other_member"]);
}

/// A record that has arrived does not wait for the input behind it.
#[test]
fn what_has_arrived_is_ready_and_nothing_more() {
    struct Endless(std::io::Cursor<Vec<u8>>);
    impl std::io::Read for Endless {
        fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
            match self.0.read(to)? {
                0 => panic!("read on although nothing was asked for"),
                read => Ok(read),
            }
        }
    }
    let line =
        format!("{}\n", json!({"logEvents": [{"message": text(&record("A"))}, {"message": text(&record("B"))}]}));
    let mut records = Records::from_read(Endless(std::io::Cursor::new(line.into_bytes())), &BufferPool::default());
    assert!(records.next().unwrap().is_ok() && records.is_ready());
    assert!(records.next().unwrap().is_ok() && !records.is_ready());
}

#[test]
fn many_empty_values_are_passed_without_recursion() {
    let rows = vec![json!([{"field": "@message", "value": "[]"}]); 100_000];
    let mut records = Records::from_bytes(Bytes::from(text(&json!({"results": rows}))), &BufferPool::default());
    assert!(records.next().is_none());
}

/// An object may hold a text and what a tool read from it. Neither may hide a record.
#[test]
fn a_text_and_members_beside_it_are_one_record_or_two() {
    let (a, b) = (with_id("A", "1"), with_id("B", "2"));
    // serde_json sorts the members, so the text is put in front by hand.
    let beside = |key: &str, message: &str, record: &Json| {
        format!(r#"{{"{key}":{},{}"#, Json::from(message), text(record).strip_prefix('{').unwrap())
    };
    for key in ["_raw", "message", "CloudTrailEvent"] {
        assert_eq!(read(&beside(key, &text(&a), &json!({"eventID": "1", "eventName": "X"}))), ["1 A"]);
        assert_eq!(read(&beside(key, &text(&a), &b)), ["1 B", "None other_member"]);
        assert_eq!(read(&beside(key, "user logged in", &b)), ["1 B"]);
        assert_eq!(read(&beside(key, &text(&a), &json!({"eventID": null, "eventName": "B"})))[1], "None other_member");
    }
    for (file, expected) in [
        // The copy that a tool parsed, and another record.
        (text(&json!({"message": text(&a), "parsed": a})), vec!["1 A"]),
        (text(&json!({"message": text(&a), "parsed": b})), vec!["1 A", "None other_member"]),
        (text(&json!({"message": text(&a), "parsed": [a, b]})), vec!["1 A", "None other_member"]),
        // An id that begins like another one is not a copy of it.
        (
            text(&json!({"message": text(&with_id("A", "12")), "parsed": with_id("B", "1")})),
            vec!["1 A", "None other_member"],
        ),
        // A record without an id.
        (
            text(&json!({"message": text(&a), "parsed": [a, {"eventTime": "t", "eventName": "B"}]})),
            vec!["1 A", "None other_member"],
        ),
        // A list, and next to it the members of a record.
        (format!(r#"{{"Records":[{a}],{}"#, text(&b).strip_prefix('{').unwrap()), vec!["1 A", "None other_member"]),
    ] {
        let mut found = read(&file);
        found.sort();
        let mut expected: Vec<_> = expected.into_iter().map(str::to_owned).collect();
        expected.sort();
        assert_eq!(found, expected, "{file}");
    }
}

/// Rows of a query, Firehose events and elements of `Records` are read wherever they stand, and what is not is named.
#[test]
fn rows_data_and_elements_hide_no_record() {
    use base64::Engine;
    let (a, b) = (record("A"), record("B"));
    let base64 = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    let message = |value: Json| json!({"field": "@message", "value": value});
    let firehose = |data: &str| text(&json!({"records": [{"recordId": "1", "data": data}]}));
    let zlib = {
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut zlib, text(&a).as_bytes()).unwrap();
        base64(&zlib.finish().unwrap())
    };
    for (file, expected) in [
        (text(&json!({"results": [[message(a.clone())]]})), vec!["1 A"]),
        (text(&json!({"results": [[{"field": "detail", "value": text(&a)}]]})), vec!["None other_member"]),
        (
            text(&json!({"results": [[message(text(&a).into())], [{"field": "detail", "value": text(&b)}]]})),
            vec!["1 A", "None other_member"],
        ),
        (text(&json!({"results": [[message(text(&a).into())], text(&b)]})), vec!["1 A", "None other_member"]),
        (firehose(&base64(text(&a).as_bytes())), vec!["1 A"]),
        (firehose(&base64(format!("2026-01-01T00:00:00Z {a}").as_bytes())), vec!["1 A"]),
        (firehose(&zlib), vec!["1 A"]),
        (firehose("%%%"), vec!["None not_json"]),
        (firehose(&base64(b"\x89PNG")), vec!["None not_json"]),
        (text(&json!({"Records": [{"Data": packed(&a), "PartitionKey": "1"}], "MillisBehindLatest": 0})), vec!["1 A"]),
        // A template with too many quotes makes a string in a string.
        (text(&json!({"message": Json::from(text(&a)).to_string()})), vec!["1 A"]),
        (text(&json!({"Records": [a, {"message": text(&b)}]})), vec!["1 A", "2 B"]),
        (text(&json!({"Records": [{"message": text(&a)}, b]})), vec!["1 A", "2 B"]),
    ] {
        assert_eq!(read(&file), expected, "{file}");
    }
}

/// A lost sector takes the rest of its string with it.
#[test]
fn nul_bytes_in_a_carrier_are_named() {
    let (a, nuls) = (record("A"), "\0".repeat(512));
    for file in [
        format!(r#"{{"message":{},"note":"{nuls}"}}"#, Json::from(text(&a))),
        format!(r#"{{"message":{},"{nuls}":1}}"#, Json::from(text(&a))),
        format!(r#"{{"logEvents":[],"note":"{nuls}"}}"#),
        format!(r#"{{"Records":[{a}],"note":"{nuls}"}}"#),
        format!(r#"{{"Records":[{a}],"no{nuls}":"x"}}"#),
    ] {
        let pool = BufferPool::default();
        let lost = |item: &Result<Record, Damage>| item.as_ref().is_err_and(|it| it.reason.may_hide_a_record());
        let found: Vec<_> = Records::from_bytes(Bytes::from(file.clone()), &pool).collect();
        let length = |item: &Result<Record, Damage>| match item {
            Err(Damage { reason: DamageReason::Hole { length }, .. }) => Some(*length),
            _ => None,
        };
        assert!(found.iter().filter_map(length).all(|length| length == 512), "{found:?}");
        assert_eq!(found.iter().filter(|item| lost(item)).count(), 1, "{} {found:?}", file.replace('\0', "0"));
    }
}

/// A record is found after another one in concatenated files, and among elements that are not records.
#[test]
fn a_lambda_event_is_known_at_any_place() {
    let (a, b) = (with_id("A", "1"), with_id("B", "2"));
    let sqs = |source: Option<&str>, body: &Json| {
        let mut event = json!({"messageId": "m", "body": text(body)});
        source.into_iter().for_each(|source| event["eventSource"] = source.into());
        event
    };
    let s3 = json!({"eventVersion": "2.1", "eventSource": "aws:s3", "s3": {"bucket": {}}});
    let data = |data: &str| json!({"Records": [{"SequenceNumber": "1", "Data": data}], "MillisBehindLatest": 0});
    for (file, expected) in [
        (format!("{}{}", json!({"Records": [b]}), json!({"Records": [sqs(Some("aws:sqs"), &a)]})), vec!["1 B", "2 A"]),
        (text(&json!({"Records": [b, sqs(Some("aws:sqs"), &a)]})), vec!["1 B", "2 A"]),
        (text(&json!({"Records": [sqs(None, &b), sqs(Some("aws:sqs"), &a)]})), vec!["1 B", "2 A"]),
        (format!("{}{}", json!({"Records": [b]}), json!({"Records": [s3]})), vec!["1 B", "Some(2) not_cloudtrail"]),
        (text(&data(&packed(&a))), vec!["1 A"]),
        (text(&data("@@@@")), vec!["None not_json"]),
        (text(&data("aGVsbG8=")), vec!["None not_json"]),
    ] {
        assert_eq!(read(&file), expected, "{file}");
    }
}

/// Members that a tool read from a record may also come before the record.
#[test]
fn a_record_is_found_behind_members_that_were_read_from_it() {
    let a = with_id("A", "1");
    let behind = |key: &str, value: Json| format!(r#"{{"eventName":"X","{key}":{value}}}"#);
    let aggregated = json!({"eventVersion": "1.0", "eventType": "AwsAggregatedEvent", "eventId": "ag-1"});
    for file in [
        format!(r#"{{"result":{}}}"#, behind("_raw", text(&a).into())),
        format!(r#"{{"_source":{}}}"#, behind("message", text(&a).into())),
        behind("event", json!({"original": text(&a)})),
        behind("event", a.clone()),
        format!(r#"{{"Events":[{}]}}"#, behind("CloudTrailEvent", text(&a).into())),
        format!("[{}]", behind("@message", text(&a).into())),
        format!("[{}]", behind("@message", a.clone())),
        // Fields of Logs Insights may have the names of members.
        text(&json!({"results": [[
            {"field": "eventName", "value": "x"},
            {"field": "@message", "value": text(&a)},
        ]], "status": "Complete"})),
        // Wazuh, and Elastic with fields beside the source.
        text(&json!({"full_log": text(&json!({"aws": a})), "data": {"aws": a}})),
        text(&json!({"_source": {"event": {"original": text(&a)}}, "fields": {"event.original": [text(&a)]}})),
    ] {
        assert_eq!(read(&file), ["1 A"], "{file}");
    }
    let other = format!(
        r#"{{"message":{},{}"#,
        Json::from(text(&a)),
        text(&aggregated).strip_prefix('{').unwrap().replace(r#""eventId""#, r#""eventName":"G","eventId""#)
    );
    assert_eq!(read(&other), ["1 G", "None other_member"]);
    let beside =
        format!(r#"{{"message":{},{}"#, Json::from(text(&a)), text(&with_id("B", "2")).strip_prefix('{').unwrap());
    assert_eq!(read(&format!(r#"{{"Records":[{beside}]}}"#)), ["1 B", "None other_member"]);
    // The same event in two log groups.
    let row = json!([{"field": "@message", "value": text(&a)}]);
    assert_eq!(read(&text(&json!({"results": [row, row]}))), ["1 A", "2 A"]);
    for status in [json!({"results": []}), json!({"results": [], "statistics": {}, "status": "Complete"})] {
        assert_eq!(read(&text(&status)), [""; 0], "a query that found nothing");
    }
}

/// Padding behind a complete list hides no record, whatever the list is called.
#[test]
fn padding_behind_a_list_is_a_warning() {
    let a = with_id("A", "1");
    for list in [json!({"Records": [a]}), json!({"Events": [{"CloudTrailEvent": text(&a)}]}), json!({"logEvents": []})]
    {
        let file = format!("{list}{}", "\0".repeat(600));
        let found: Vec<_> = Records::from_bytes(Bytes::from(file), &BufferPool::default()).collect();
        let hides = |item: &Result<Record, Damage>| item.as_ref().is_err_and(|it| it.reason.may_hide_a_record());
        assert!(!found.iter().any(hides), "{list} {found:?}");
    }
}

#[test]
fn an_answer_that_is_not_complete_says_so() {
    let (a, rows) = (record("A"), |status: &str| {
        let row = json!([{"field": "@message", "value": text(&record("A"))}]);
        text(&json!({"results": [row], "statistics": {}, "status": status}))
    });
    let event = json!({"message": text(&a)});
    let lookup = json!({"CloudTrailEvent": text(&a)});
    let more = vec!["1 A", "None unfinished_answer"];
    for (file, expected) in [
        (text(&json!({"events": [event], "nextToken": "b/1"})), more.clone()),
        (text(&json!({"nextToken": "b/1", "events": [event]})), more.clone()),
        (format!(r#"{{"nextToken":"x","events":[{event}]}}"#), more.clone()),
        (text(&json!({"Events": [lookup], "NextToken": "x"})), more.clone()),
        (text(&json!({"Events": [lookup], "NextToken": null})), vec!["1 A"]),
        (text(&json!({"Events": [lookup], "NextToken": ""})), vec!["1 A"]),
        (text(&json!({"events": [event], "nextForwardToken": "f/1", "nextBackwardToken": "b/1"})), vec!["1 A"]),
        (text(&json!({"Records": [a], "IsTruncated": true})), more.clone()),
        (text(&json!({"Records": [a], "IsTruncated": false})), vec!["1 A"]),
        (text(&json!({"records": [a], "truncated": true})), more.clone()),
        (rows("Running"), more.clone()),
        (rows("Timeout"), more.clone()),
        (rows("Failed"), more.clone()),
        (rows("Cancelled"), more),
        (rows("Complete"), vec!["1 A"]),
        // A record's own members say nothing.
        (text(&json!({"eventVersion": "1.11", "eventName": "A", "nextToken": "x", "truncated": true})), vec!["1 A"]),
    ] {
        assert_eq!(read(&file), expected, "{file}");
    }
}

#[test]
fn damage_in_a_member_names_the_member() {
    use base64::Engine;
    let a = text(&record("A"));
    let base64 = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    let mut corrupt = base64::engine::general_purpose::STANDARD.decode(packed(&record("A"))).unwrap();
    corrupt[20] ^= 0xFF;
    corrupt[21] ^= 0xFF;
    for (file, expected) in [
        (
            text(&json!({"message": a.get(..20)})),
            "in the text of the member \"message\", whose bytes are counted from its own start: the text ends inside",
        ),
        (
            text(&json!({"awslogs": {"data": base64(&corrupt)}})),
            "in the text of the member \"data\", whose bytes are counted from its own start: gzip",
        ),
        (
            text(&json!({"awslogs": {"data": "H4sI!"}})),
            "the member \"data\", whose bytes are counted from its own start: the record is not JSON, base64 of packed data",
        ),
        (text(&json!({"entries": [record("A")], "Records": []})), "the member \"entries\" seems to hold records"),
        (text(&json!({"Records": [], "entries": [record("A")]})), "the member \"entries\" seems to hold records"),
        (text(&json!({"Records": [], "note": a})), "the member \"note\" seems to hold records"),
        (text(&json!({"message": a, "log": a})), "the member \"log\" seems to hold records"),
        (text(&json!({"other": record("A")})), "the member \"other\" seems to hold records"),
    ] {
        let found: Vec<_> = Records::from_bytes(Bytes::from(file.clone()), &BufferPool::default())
            .filter_map(|it| it.err().map(|damage| damage.reason.to_string()))
            .collect();
        assert!(found.iter().any(|it| it.contains(expected)), "{file}: {found:?}");
    }
}

#[test]
fn lists_of_texts_and_of_lists_are_read() {
    let (a, b) = (record("A"), record("B"));
    let two = ["1 A", "2 B"];
    for (name, file, expected) in [
        ("texts", text(&json!([text(&a), text(&b)])), &two[..]),
        ("texts in Records", text(&json!({"Records": [text(&a), text(&b)]})), &two),
        ("texts and objects", text(&json!({"Records": [a, text(&b)]})), &two),
        ("a list in a list", text(&json!([[a, b]])), &two),
        ("lists in a list", text(&json!([[a], [b]])), &two),
        (
            "lists with other lists",
            text(&json!([[1], [], [b]])),
            &["Some(1) not_an_object", "Some(2) not_an_object", "3 B"],
        ),
        ("lists in Records", text(&json!({"Records": [[a], [[b]]]})), &two),
        ("texts in lists", text(&json!([[text(&a)], [text(&b)]])), &two),
        ("a list in a text", text(&json!([text(&json!([a, b]))])), &two),
        ("a text in a text", text(&json!([text(&json!(text(&a))), text(&b)])), &two),
        ("a log file in a text", text(&json!([text(&json!({"Records": [a, b]}))])), &two),
        ("other texts", text(&json!(["x", text(&b)])), &["Some(1) not_an_object", "2 B"]),
        ("an other object in a text", text(&json!(["{\"x\":1}", text(&b)])), &["None not_cloudtrail", "1 B"]),
        ("a cut text", text(&json!([text(&a).split_at(30).0, text(&b)])), &["Some(1) cut_record", "2 B"]),
    ] {
        assert_eq!(read(&file), expected, "{name}: {file}");
    }
    let cut = text(&json!([text(&a), text(&b)]));
    assert_eq!(read(cut.split_at(cut.len() - 9).0), ["1 A", "Some(2) not_an_object", "None cut_file"]);
}

/// A long string takes no more memory than a record, and hides nothing behind it.
#[test]
fn a_string_over_the_limit_is_left_out() {
    let long = "x".repeat(crate::MAX_RECORD as usize + (1 << 20));
    let file = format!("[\"{long}\",{},\"y\"]", record("A"));
    assert_eq!(read(&file), ["Some(1) record_too_large", "2 A", "Some(3) not_an_object"]);
}

#[test]
fn records_that_are_certain_in_other_text_are_reported() {
    let a = text(&with_id("A", "i"));
    let quoted = text(&json!(a));
    let csv = format!("ts,message\n1,\"{}\"\n", a.replace('"', "\"\""));
    let log = text(&json!({"Records": [with_id("A", "i"), with_id("B", "j"), with_id("C", "k")]}));
    // The cut is inside a string, so that quotes are taken for each other.
    let at = log.find("\"eventName\"").unwrap() + 3;
    let behind = log.split_at(at).1;
    let behind_zeros = format!("{}{behind}", "\0".repeat(at));
    for file in [&quoted, &format!("{quoted}\n{quoted}\n"), &csv, behind, &behind_zeros] {
        let found = read(file);
        let is_read = found.iter().any(|it| it.ends_with(" B"));
        assert!(is_read || found.contains(&"None hidden_records".to_owned()), "{file}: {found:?}");
    }
    // Events of other services have some of the members.
    for file in ["a text", "\"eventID\": 1", "x \"eventVersion\" y \"eventIDs\"", &format!("x\n{a}\n")] {
        assert!(!read(file).contains(&"None hidden_records".to_owned()), "{file}");
    }
}

/// What fig-bridge writes is read, in all its formats.
#[test]
fn events_of_falcon_are_records() {
    let line = r#"{"metadata":{"offset":1,"eventCreationTime":1766724718104},"event":{"UserId":"a\u00e4"}}"#;
    let ocsf = r#"{"class_uid":3002,"metadata":{"product":{"vendor_name":"CrowdStrike"}},"raw_data":"{\"a\":1}"}"#;
    let name = text(&record("a"));
    let file = format!("{line}\n{ocsf}\n{name}\n{line}\n{{\"x\":1}}\n{line}\n");
    let expected = ["1 of Falcon", "2 of Falcon", "3 a", "4 of Falcon", "None not_cloudtrail", "5 of Falcon"];
    assert_eq!(read(&file), expected);
    // A line that is not JSON is damage, where that is checked.
    let broken = Bytes::from(format!("{line}\n{}\n{line}\n", line.replace("\"offset\":1", "\"offset\":x")));
    let items: Vec<_> = Records::from_bytes(broken, &BufferPool::default()).checked().collect();
    assert!(matches!(&items[..], [Ok(_), Err(damage), Ok(_)] if damage.record == Some(2)), "{items:?}");
}

/// Beside records in any list, and in front of it or behind it.
#[test]
fn an_object_that_is_named_beside_records_is_reported() {
    let (a, id) = (with_id("A", "1"), json!({"id": "1", "message": text(&with_id("A", "1"))}));
    let detail = json!({"bucket": {"name": "b"}, "object": {"key": "k"}});
    let versioned = json!({"bucket": {"name": "b"}, "object": {"key": "k"}, "s3SchemaVersion": "1.0"});
    let pattern = json!({"source": ["aws.s3"], "detail-type": ["Object Created"]});
    for list in ["Records", "records", "logEvents", "Events", "results"] {
        let records = if list.ends_with("ecords") || list == "results" { &a } else { &id };
        for (key, value, is_named) in [
            ("s3ObjectKey", json!(["k"]), true),
            ("s3ObjectKey", json!("k"), true),
            ("s3ObjectKey", json!([]), false),
            ("x", json!({"s3Bucket": "b", "s3ObjectKey": "k"}), true),
            ("x", json!({"source": "aws.s3", "detail-type": "Object Created", "detail": detail}), true),
            ("x", json!(text(&json!({"Records": [{"eventName": "ObjectCreated:Put", "s3": detail}]}))), true),
            ("s3", versioned.clone(), true),
            // Where a tool has read the records.
            ("s3", detail.clone(), false),
            ("x", pattern.clone(), false),
        ] {
            let value = text(&value);
            for file in [
                format!(r#"{{"{list}":[{records}],"{key}":{value}}}"#),
                format!(r#"{{"{key}":{value},"{list}":[{records}]}}"#),
            ] {
                let mut found = read(&file);
                assert!(found.contains(&"1 A".to_owned()), "{file}: {found:?}");
                found.retain(|it| it != "1 A");
                let expected: &[&str] = if is_named { &["None other_member"] } else { &[] };
                assert_eq!(found, expected, "{file}");
            }
        }
    }
    let file = format!(r#"{{"Records":[{a}],"s3Bucket":"b","s3ObjectKey":["k"]}}"#);
    let pool = BufferPool::default();
    let damage = Records::from_bytes(file.into(), &pool).find_map(Result::err).unwrap();
    assert!(damage.to_string().contains(r#"the member "s3ObjectKey" names an object in a bucket"#), "{damage}");
}

#[test]
fn records_with_members_of_other_services_are_records() {
    let lower = json!({"eventversion": "1.11", "eventid": "1", "eventtime": "t", "eventname": "A"});
    for more in [
        json!({"schemaVersion": "1", "accountId": "1", "service": {}}),
        json!({"class_uid": 1, "metadata": {}}),
        json!({"SchemaVersion": "1", "AwsAccountId": "1", "ProductArn": "p"}),
    ] {
        let with = |record: &Json| {
            let mut all = record.as_object().unwrap().clone();
            all.extend(more.as_object().unwrap().clone());
            Json::Object(all)
        };
        let lists = [json!({"Records": [with(&lower)]}), json!({"Records": [with(&with_id("A", "1"))]})];
        for file in lists.iter().chain(&[json!({"records": [with(&with_id("A", "1"))]})]) {
            assert_eq!(read(&text(file)).len(), 1, "{file}");
            assert!(read(&text(file))[0].starts_with("1 "), "{file}");
        }
        // Those in lower case are not taken for the other service's, either.
        assert_eq!(read(&text(&json!({"records": [with(&lower)]}))), ["None not_cloudtrail"]);
        let damage = Records::from_bytes(text(&with(&lower)).into(), &BufferPool::default()).find_map(Result::err);
        assert_eq!(damage.unwrap().reason, DamageReason::NotCloudTrail);
    }
    let rows = json!({"results": [with_id("A", "1")], "status": "Complete"});
    assert_eq!(read(&text(&rows)), ["1 A"]);
    assert_eq!(read(&text(&json!({"Records": [rows]}))), ["1 A"]);
    let other = json!({"results": [{"name": "x"}], "status": "Complete"});
    assert_eq!(read(&text(&other)), ["None not_cloudtrail"]);
}

#[test]
fn a_list_behind_members_of_a_record_gives_its_records() {
    let (a, b) = (with_id("A", "1"), with_id("B", "2"));
    let list = format!("[{},{}]", text(&a), text(&b));
    let logs = format!(r#"[{{"id":"1","message":{}}},{{"id":"2","message":{}}}]"#, json!(text(&a)), json!(text(&b)));
    for (key, value) in [
        ("awsRegion", "eu-west-1"),
        ("eventVersion", "1.08"),
        ("eventVersion", "1.0"),
        ("eventTime", "2026-01-02T03:04:05Z"),
        ("userAgent", "x"),
    ] {
        for (name, list) in
            [("Records", &list), ("records", &list), ("events", &list), ("results", &list), ("logEvents", &logs)]
        {
            let file = format!(r#"{{"{key}":"{value}","{name}":{list}}}"#);
            assert_eq!(read(&file), ["1 A", "2 B"], "{file}");
            // As an element of another list.
            assert_eq!(read(&format!("[{file}]")), ["1 A", "2 B"], "{file}");
        }
    }
    // A whole record that carries others is itself a record, and the others are told.
    let whole = format!(r#"{{"eventVersion":"1.08","eventTime":"t","eventID":"3","eventName":"C","Records":{list}}}"#);
    assert_eq!(read(&whole), ["1 C", "None other_member"]);
    // Members that only have such a name are a record's own.
    let named = r#"{"awsRegion":"x","eventName":"D","events":[1],"Records":[],"detail":{"a":"eventName"}}"#;
    assert_eq!(read(named), ["1 D"]);
}
