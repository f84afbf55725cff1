use super::{First, Wide, first_of, lambda_kind, object_reason, seems_to_name_object};
use crate::damage::DamageReason;

#[test]
fn formats_that_are_not_read_are_recognized() {
    let tar = [&b"logs/a.json"[..], &[0; 246], b"ustar\x0000", &[0; 250]].concat();
    let named = |file: &[u8]| match first_of(file) {
        First::NotRead(kind) => kind.to_string(),
        First::Foreign(kind) => format!("foreign {kind}"),
        other => format!("{other:?}"),
    };
    for (file, expected) in [
        (&b"PK\x03\x04rest"[..], "a zip archive"),
        (b"BZh91AY&SY", "bzip2"),
        (b"\xFD7zXZ\0", "xz"),
        (b"PAR1", "Parquet"),
        (&tar, "a tar archive"),
        (b"SQLite format 3\0", "a SQLite database"),
        (b"\n<!DOCTYPE HTML PUBLIC", "foreign an HTML page"),
        (b"<?xml version=\"1.0\"?><Error><Code>AccessDenied", "foreign an XML document"),
        (b"2 123456789012 eni-0a1b 10.0.0.1 10.0.0.2", "foreign VPC flow logs"),
        (b"2026-01-02T03:04:05.000Z 2 123456789012 eni-0a1b 10.0.0.1", "foreign VPC flow logs"),
        (b"version account-id interface-id srcaddr", "foreign VPC flow logs"),
        (b"https 2026-01-02T03:04:05.000000Z app/name/id 192.0.2.7:1", "foreign an access log of a load balancer"),
        (b"2026-01-02T03:04:05Z lb 192.0.2.7:1 10.0.0.1:80 0 0 0 200 200 \"GET\"", "foreign an access log of a load"),
        (
            format!("{} bucket [06/Feb/2026:00:00:38 +0000] x", "0f".repeat(32)).as_bytes(),
            "foreign an access log of S3",
        ),
        (b"t\":\"a\",\"eventTime\":\"b\",\"eventSource\":\"c\",\"eventName\":\"d\"}]}", "Text"),
        (b"eventVersion,eventTime,eventSource,eventName,awsRegion\n1,2,3,4,5", "foreign a table"),
        (b"\"eventtime\"\t\"eventsource\"\t\"eventname\"\n\"a\"\t\"b\"\t\"c\"", "foreign a table"),
        (b"H4sIAAAAAAAA", "gzip written as base64"),
        (b"eyJSZWNvcmRzIjpbeyJl", "records written as base64"),
        (b"eyJldmVudFZlcnNpb24iOiIx", "records written as base64"),
        (b"\x01\x80\x03\x78", "a message of the AWS Encryption SDK"),
        (b"{\"Records\":[]}", "Text"),
        (b"{", "Text"),
        (b"\xEF\xBB\xBF {\"Records\":[]}", "Text"),
        (b"\x1e{\"a\":1}", "Text"),
        (b"# a comment", "Text"),
        (b"no JSON", "Text"),
        (b"", "Text"),
        (b"\x1F\x8B\x08", "Gzip"),
        (b"\x28\xB5\x2F\xFD", "Zstd"),
        (b"\x50\x2A\x4D\x18", "Zstd"),
        (b"\x78\x9C", "Zlib"),
        (b"\x1F", "Begun(\"gzip\")"),
        (b"\xEF\xBB", "Begun(\"UTF-8\")"),
        (b"\xE2\x80\x8B{\"Records\":[]}", "Text"),
        (b"\xE2\x80\x8B<html>", "foreign an HTML page"),
    ] {
        assert!(named(file).starts_with(expected), "{}: {}", file.escape_ascii(), named(file));
    }
}

#[test]
fn wide_text_is_recognized_with_and_without_its_mark() {
    let text = "\n{\"Records\":[]}";
    for (unit, big, mark) in [(2, false, &[0xFF, 0xFE][..]), (2, true, &[0xFE, 0xFF])] {
        let encode = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
        let bytes: Vec<u8> = text.encode_utf16().flat_map(encode).collect();
        assert_eq!(first_of(&bytes), First::Wide(Wide { unit, big }));
        assert_eq!(first_of(&[mark, &bytes].concat()), First::Wide(Wide { unit, big }));
    }
    for (big, mark) in [(false, [0xFF, 0xFE, 0, 0]), (true, [0, 0, 0xFE, 0xFF])] {
        let encode = |it: char| if big { (it as u32).to_be_bytes() } else { (it as u32).to_le_bytes() };
        let bytes: Vec<u8> = text.chars().flat_map(encode).collect();
        assert_eq!(first_of(&bytes), First::Wide(Wide { unit: 4, big }));
        assert_eq!(first_of(&[&mark[..], &bytes].concat()), First::Wide(Wide { unit: 4, big }));
    }
    assert_eq!(first_of(b"\0\0\0\0{\"a\":1}"), First::Text, "padding");
}

#[test]
fn objects_are_recognized_by_their_own_keys() {
    for (text, expected) in [
        (r#"{"class_uid":6003,"metadata":{}}"#, "not CloudTrail: looks like OCSF"),
        (r#"{ "metadata" : {} , "class_uid" : 1 }"#, "not CloudTrail: looks like OCSF"),
        (r#"{"x":{"class_uid":6003},"metadata":"class_uid"}"#, "not CloudTrail: the object"),
        (r#"{"service":{},"accountId":"1","schemaVersion":"2.0"}"#, "not CloudTrail: looks like a GuardDuty finding"),
        (
            r#"{"QueryStatus":"FINISHED","QueryResultRows":[[]]}"#,
            "not CloudTrail: looks like rows of a CloudTrail Lake",
        ),
        (r#"{"bucket":{"name":"b"},"object":{"key":"k"}}"#, "an EventBridge announcement"),
        (
            r#"{"id":"1","message":"2 123456789012 eni-0a1b 10.0.0.1 10.0.0.2"}"#,
            "not CloudTrail: looks like VPC flow logs",
        ),
        (r#"{"@message":"<html>"}"#, "not CloudTrail: looks like an HTML page"),
        (r#"{"message":"START RequestId"}"#, "not CloudTrail: the object"),
        (r#"{"a\"":1,"bucket"#, "not CloudTrail: the object"),
        ("{", "not CloudTrail: the object"),
    ] {
        let reason = object_reason(text.as_bytes()).to_string();
        assert!(reason.starts_with(expected), "{text}: {reason}");
    }
    assert_eq!(object_reason(b"{}"), DamageReason::NotCloudTrail);
}

#[test]
fn events_of_falcon_are_recognized() {
    let ocsf = r#"{"class_uid":1,"metadata":{"product":{"name":"Falcon","vendor_name":"CrowdStrike"}}}"#;
    for (text, expected) in [
        (r#"{"metadata":{"offset":2,"eventCreationTime":1},"event":{"UserId":"a"}}"#, true),
        (r#"{ "event" : {} , "metadata" : { "eventCreationTime" : "2024" } }"#, true),
        (r#"{"event":{"eventCreationTime":1},"metadata":{"offset":2}}"#, false),
        (r#"{"event":"x","metadata":{"eventCreationTime":1}}"#, false),
        (ocsf, true),
        (&ocsf.replace("CrowdStrike", "AWS"), false),
        (&ocsf.replace("class_uid", "class"), false),
        ("{", false),
        ("", false),
    ] {
        assert_eq!(super::is_of_falcon(text.as_bytes()), expected, "{text}");
    }
}

#[test]
fn events_for_lambda_are_recognized_by_their_source() {
    for (text, expected) in [
        (r#"{"eventVersion":"2.1","eventSource":"aws:s3","s3":{}}"#, Some("an S3 event")),
        (r#"{"s3":{"eventSource":"x"},"eventSource" : "aws:s3"}"#, Some("an S3 event")),
        (r#"{"EventSource":"aws:sns","Sns":{}}"#, Some("an SNS event as Lambda gets it")),
        (r#"{"eventSource":"aws:other"}"#, Some("an event as Lambda gets it")),
        (r#"{"eventSource":"s3.amazonaws.com","requestParameters":{"eventSource":"aws:s3"}}"#, None),
        (r#"{"a":1}"#, None),
        // Other programs leave members out, and add some of a record.
        (r#"{"eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"b"},"object":{"key":"k"}}}"#, Some("an S3 event")),
        (r#"{"EventName":"x","S3":{"object":{"key":"k"},"bucket":{}}}"#, Some("an S3 event")),
        (r#"{"s3":{"bucket":{"name":"b"}},"eventName":"x"}"#, None),
        (r#"{"requestParameters":{"s3":{"bucket":1,"object":2}},"s3":"x","eventName":"x"}"#, None),
        (r#"{"eventName":"x","s3Bucket":"b","s3ObjectKey":["k"]}"#, Some("a CloudTrail notification")),
        (r#"{"eventName":"x","requestParameters":{"s3Bucket":"b","s3ObjectKey":"k"}}"#, None),
        (
            r#"{"eventName":"x","source":"aws.s3","detail":{"bucket":{"name":"b"},"object":{"key":"k"}}}"#,
            Some("an EventBridge announcement of an S3 object"),
        ),
        (r#"{"eventName":"x","detail":{"bucket":1}}"#, None),
        (r#"{"kinesis":{"data":"e30="},"eventName":"x","eventID":"i"}"#, Some("a Kinesis event as Lambda gets it")),
        (r#"{"kinesis":{"shards":1},"eventName":"x"}"#, None),
    ] {
        assert_eq!(lambda_kind(text.as_bytes()).map(|kind| kind.name()), expected, "{text}");
    }
}

#[test]
fn names_of_objects_are_seen_in_strings_and_event_patterns_are_none() {
    for (text, expected) in [
        (r#"{"s3ObjectKey":["k"]}"#, true),
        (r#"{"a":"{\"s3ObjectKey\":[]}"}"#, true),
        (r#"{"s3ObjectKeys":["k"]}"#, false),
        (r#"{"eventName":"ObjectCreated:Put"}"#, true),
        (r#"{"events":["s3:ObjectCreated:*"]}"#, false),
        (r#"{"detail-type" : "Object Created"}"#, true),
        (r#"{"a":"{\"detail-type\": \"Object Created\"}"}"#, true),
        (r#"{"source":["aws.s3"],"detail-type":["Object Created"]}"#, false),
        (r#"{"a":"{\"source\":[\"aws.s3\"],\"detail-type\":[\"Object Created\"]}"}"#, false),
        ("", false),
    ] {
        assert_eq!(seems_to_name_object(text.as_bytes()), expected, "{text}");
    }
}
