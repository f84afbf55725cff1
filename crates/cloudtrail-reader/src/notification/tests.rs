use super::*;
use proptest::prelude::*;
use std::fs;
use std::path::Path;

/// The file of fixtures/notifications.
fn fixture(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/notifications");
    fs::read_to_string(folder.join(name)).unwrap()
}

fn show(found: &Notification) -> String {
    let Notification { objects, records, ignored, unknown } = found;
    let objects = objects.iter().map(|NamedObject { bucket, key, region, size, version, call }| {
        let size = size.map_or("-".to_owned(), |size| size.to_string());
        let version = version.as_ref().map_or(String::new(), |version| format!(" version {version}"));
        let call = if call.is_some() { " by a call" } else { "" };
        format!("{bucket} {key} {} {size}{version}{call}", region.as_deref().unwrap_or("-"))
    });
    let parts = objects.chain(records.iter().map(|text| format!("record {text}")));
    let parts = parts.chain(ignored.iter().map(|it| format!("{it:?}")));
    parts.chain(unknown.iter().map(|error| format!("! {error}"))).collect::<Vec<_>>().join("; ")
}

#[track_caller]
fn check(body: &str, expected: &str) {
    assert_eq!(show(&Notification::parse(body)), expected, "{body}");
}

const LOG: &str = "AWSLogs/123456789012/CloudTrail/eu-west-1/2026/01/02/\
                   123456789012_CloudTrail_eu-west-1_20260102T0305Z_kQ3xY7bN1mPz8RtA.json.gz";

#[test]
fn every_kind_of_body() {
    let digest = "AWSLogs/123456789012/CloudTrail/us-east-1/2026/01/02/\
                  123456789012_CloudTrail_us-east-1_20260102T0305Z_aZ6uI0oP3lKj7HgF.json.gz";
    let created = format!("example-trail {LOG} eu-west-1 1634");
    let call = format!("example-trail {LOG} eu-west-1 - by a call");
    let odd = "example-trail a b/ä+c=&/AWSLogs/x.json.gz eu-west-1 1634";
    let config = "example-trail AWSLogs/123456789012/Config/eu-west-1/2026/1/2/ConfigHistory/\
                  123456789012_Config_eu-west-1_ConfigHistory_AWS::S3::Bucket_20260102T030000Z_1.json.gz - -";
    for (name, expected) in [
        ("cloudtrail.json", format!("example-trail {LOG} - -; example-trail {digest} - -")),
        ("cloudtrail-through-sns.json", format!("example-trail {LOG} - -; example-trail {digest} - -")),
        ("cloudtrail-one-key.json", format!("example-trail {LOG} - -")),
        ("cloudtrail-validation.txt", "Validation".to_owned()),
        ("cloudtrail-validation-through-sns.json", "Validation".to_owned()),
        ("s3-created.json", created.clone()),
        ("s3-created-through-sns.json", created.clone()),
        ("s3-encoded-key.json", odd.to_owned()),
        ("s3-removed.json", r#"Removed("ObjectRemoved:Delete")"#.to_owned()),
        ("s3-mixed.json", format!(r#"{created}; other-trail {LOG} us-east-1 7; Removed("ObjectRemoved:Delete")"#)),
        ("s3-test.json", "TestEvent".to_owned()),
        ("s3-test-through-sns.json", "TestEvent".to_owned()),
        ("eventbridge-created.json", created.clone()),
        ("eventbridge-created-through-sns.json", created.clone()),
        ("eventbridge-deleted.json", r#"Removed("Object Deleted")"#.to_owned()),
        ("sns-subscribe.json", r#"Subscription("SubscriptionConfirmation")"#.to_owned()),
        ("sns-unsubscribe.json", r#"Subscription("UnsubscribeConfirmation")"#.to_owned()),
        ("call-put.json", call.clone()),
        ("call-put-through-sns.json", call.clone()),
        ("call-copy.json", call.clone()),
        ("call-complete-multipart.json", call),
        ("eventbridge-no-detail-type.json", created.clone()),
        ("s3-restored.json", created.clone()),
        ("sqs-in-sqs.json", created),
        ("s3-tagged.json", r#"Changed("ObjectTagging:Put")"#.to_owned()),
        ("s3-expired.json", r#"Removed("LifecycleExpiration:Delete")"#.to_owned()),
        ("record-plain-through-sns.json", format!("record {}", fixture("record-plain.json"))),
        ("record-file.json", format!("record {}", fixture("record-file.json").trim())),
        ("record-put-denied.json", format!("record {}", fixture("record-put-denied.json").trim())),
        ("config-item.json", "Config".to_owned()),
        ("config-delivery.json", config.to_owned()),
    ] {
        assert_eq!(show(&Notification::parse(&fixture(name))), expected, "{name}");
    }
}

#[test]
fn every_fixture_is_understood() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/notifications");
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let found = Notification::parse(&fs::read_to_string(&path).unwrap());
        let unknown = path.file_name().unwrap().to_string_lossy().starts_with("unknown-");
        assert_eq!(!found.unknown.is_empty(), unknown, "{}: {found:?}", path.display());
        count += 1;
    }
    assert!(count > 19);
}

#[test]
fn what_is_not_understood_says_what_was_seen() {
    check("", "! neither JSON nor a text that is known; 0 bytes");
    check("hello", "! neither JSON nor a text that is known; 5 bytes");
    check("7", "! no known form of notification: JSON, but a number, not an object");
    check("[1]", "! no known form of notification: Records, or an array, with a number in it");
    check("[]", "! no known form of notification: JSON, but an array with nothing in it");
    check("{}", "! no known form of notification: an object with nothing");
    check(r#"{"secret":"s3cr3t","b":1}"#, "! no known form of notification: an object with b, secret");
    check(r#"{"Records":[7]}"#, "! no known form of notification: Records, or an array, with a number in it");
    check(r#"{"Records":[{"s3":{}}]}"#, "! an S3 event without eventName");
    check(r#"{"Records":[{"eventName":"ObjectCreated:Put","s3":{}}]}"#, "! an S3 event without s3.object.key");
    check(
        r#"{"Records":[{"eventName":"ObjectMelted","s3":{}}]}"#,
        "! an S3 event of a kind that is not known (ObjectMelted)",
    );
    let empty = r#"{"Records":[{"eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"b"},"object":{"key":""}}}]}"#;
    check(empty, "! an S3 event without s3.object.key");
    let empty =
        r#"{"source":"aws.s3","detail-type":"Object Created","detail":{"bucket":{"name":"b"},"object":{"key":""}}}"#;
    check(empty, "! an event of EventBridge without detail.object.key");
    check(r#"{"s3Bucket":"b","s3ObjectKey":[""]}"#, "! CloudTrail's notification without texts in s3ObjectKey");
    check(r#"{"s3ObjectKey":["a"]}"#, "! CloudTrail's notification without s3Bucket");
    check(r#"{"s3Bucket":"b","s3ObjectKey":[]}"#, "! CloudTrail's notification without a key in s3ObjectKey");
    check(
        r#"{"s3Bucket":"b","s3ObjectKey":["k",1]}"#,
        "b k - -; ! CloudTrail's notification without texts in s3ObjectKey",
    );
    check(r#"{"Type":"Notification"}"#, "! an SNS notification without a text as Message");
    check(r#"{"Type":"Odd"}"#, "! no known form of notification: an object with Type (Type Odd)");
    check(r#"{"source":"aws.s3","detail":{}}"#, "! an event of EventBridge without detail-type");
    check(
        r#"{"source":"aws.s3","detail-type":"Object Melted","detail":{}}"#,
        "! an event of EventBridge of a kind that is not known (source aws.s3, detail-type Object Melted)",
    );
    check(
        r#"{"source":"aws.s3","detail-type":"Object Created","detail":{"bucket":{"name":"b"}}}"#,
        "! an event of EventBridge without detail.object.key",
    );
    let bad = r#"{"Records":[{"eventName":"ObjectCreated:Put","s3":{"object":{"key":"%FF"},"bucket":{"name":"b"}}}]}"#;
    check(bad, "! an S3 event whose key is not UTF-8 once it is URL-decoded");
}

#[test]
fn messages_of_other_kinds_are_named() {
    check(
        r#"{"version":"0","source":"aws.health","detail-type":"AWS Health Event","detail":{"service":"EC2"}}"#,
        "! an event of EventBridge of a kind that is not known (source aws.health, detail-type AWS Health Event)",
    );
    let health = r#"{"source":"aws.health","detail-type":"AWS Health Event","detail":{}}"#;
    let wrapped = serde_json::json!({"Type": "Notification", "Message": health}).to_string();
    check(
        &wrapped,
        "! an event of EventBridge of a kind that is not known (source aws.health, detail-type AWS Health Event)",
    );
    check(
        r#"{"Type":"Odd\n","TopicArn":"arn:aws:sns:r:1:t"}"#,
        "! no known form of notification: an object with TopicArn, Type (Type Odd\\n)",
    );
    check(
        r#"{"messageType":"DATA_MESSAGE","logEvents":[]}"#,
        "! no known form of notification: an object with logEvents, messageType (messageType DATA_MESSAGE)",
    );
    check(
        r#"{"Service":"Amazon S3","Event":"s3:Odd"}"#,
        "! no known form of notification: an object with Event, Service (Event s3:Odd)",
    );
}

/// Only messages without records may be acknowledged unread.
#[test]
fn a_record_is_handed_on_whatever_else_its_message_says() {
    let record = r#"{"eventVersion":"1.11","eventTime":"t","eventName":"A","eventID":"i"}"#;
    let log = format!(r#""Records":[{record}]"#);
    for body in [
        format!(r#"{{{log},"Event":"s3:TestEvent"}}"#),
        format!(r#"{{{log},"Type":"SubscriptionConfirmation"}}"#),
        format!(r#"{{{log},"Type":"Odd"}}"#),
        format!(r#"{{{log},"messageType":"ComplianceChangeNotification","recordVersion":"1"}}"#),
        format!(r#"{{{log},"s3ObjectKey":["k"],"s3Bucket":"b"}}"#),
        format!(r#"{{{log},"source":"aws.s3","detail-type":"Object Deleted","detail":{{}}}}"#),
        format!(r#"{{{log},"eventName":"ObjectRemoved:Delete","s3":{{}}}}"#),
        record.replace('}', r#","Event":"s3:TestEvent"}"#),
        record.replace('}', r#","Type":"SubscriptionConfirmation"}"#),
        record.replace('}', r#","s3":{}}"#).replace("\"A\"", "\"ObjectRemoved:Delete\""),
        record.replace('}', r#","messageType":"ComplianceChangeNotification","recordVersion":"1"}"#),
        format!(r#"{{"source":"aws.s3","detail-type":"Object Deleted","detail":{record}}}"#),
        format!(r#"{{"source":"aws.s3","detail-type":"Object Tags Added","detail":{record}}}"#),
    ] {
        let found = Notification::parse(&body);
        assert_eq!(found.records, [body.as_str()], "{found:?}");
        assert!(found.unknown.is_empty(), "{body}: {found:?}");
    }
    let message = serde_json::json!({"Type": "UnsubscribeConfirmation", "Message": record}).to_string();
    check(&message, &format!("record {record}"));
    // A part that is not a record keeps the message, and the record next to it is delivered.
    check(
        &format!(r#"{{"Event":"s3:TestEvent","Records":[{record},7]}}"#),
        &format!(
            "record {record}; TestEvent; ! no known form of notification: Records, or an array, with a number in it"
        ),
    );
}

#[test]
fn what_only_looks_like_a_message_to_be_ignored_is_not() {
    for body in [
        r"CloudTrail validation message: {}",
        r#"{"messageType":"DATA_MESSAGE","logEvents":[]}"#,
        r#"{"messageType":"CONTROL_MESSAGE","logEvents":[]}"#,
        r#"{"messageType":"ConfigurationItemChangeNotification"}"#,
        r#"{"messageType":"ConfigSomething","recordVersion":"1.0"}"#,
        r#"{"messageType":"Compliance","notificationCreationTime":"2026"}"#,
        r#"{"awslogs":{"data":"H4sI"}}"#,
        r#"{"source":"aws.config","detail-type":"Config Configuration Item Change","detail":{"messageType":"x"}}"#,
    ] {
        let found = Notification::parse(body);
        assert!(found.ignored.is_empty() && found.unknown.len() == 1, "{body}: {found:?}");
    }
}

/// Returns an S3 event with this name, for this key.
fn event(name: &str, key: &str) -> serde_json::Value {
    let s3 = serde_json::json!({"bucket": {"name": "b"}, "object": {"key": key, "size": 7, "versionId": "v1"}});
    serde_json::json!({"eventSource": "aws:s3", "awsRegion": "r", "eventName": name, "s3": s3})
}

#[test]
fn events_that_create_are_read_and_those_that_do_not_are_ignored() {
    let kinds = ["ObjectCreated:Put", "ObjectRemoved:Delete", "ObjectTagging:Put", "ObjectRestore:Completed", "Odd"];
    let events: Vec<_> = kinds.iter().map(|kind| event(kind, kind)).collect();
    let expected = "b ObjectCreated:Put r 7 version v1; b ObjectRestore:Completed r 7 version v1; \
                    Removed(\"ObjectRemoved:Delete\"); Changed(\"ObjectTagging:Put\"); \
                    ! an S3 event of a kind that is not known (Odd)";
    let whole = serde_json::json!({"Records": &events}).to_string();
    for body in [
        whole.clone(),
        serde_json::json!(&events).to_string(),
        serde_json::json!({"Type": "Notification", "Message": &whole}).to_string(),
        serde_json::json!({"messageId": "m", "eventSource": "aws:sqs", "body": &whole}).to_string(),
        serde_json::json!({"Records": [{"messageId": "m", "eventSource": "aws:sqs", "body": &whole}]}).to_string(),
        serde_json::json!({"Records": [{"EventSource": "aws:sns", "Sns": {"Message": &whole}}]}).to_string(),
        serde_json::json!(&whole).to_string(),
        whole.replace("\"s3\"", "\"S3\"").replace("\"bucket\"", "\"Bucket\"").replace("eventName", "EventName"),
    ] {
        check(&body, expected);
    }
    check(&event("s3:ObjectCreated:*", "k").to_string(), "b k r 7 version v1");
    let twice = serde_json::json!([event("ObjectCreated:Put", "k"), event("ObjectCreated:Copy", "k")]).to_string();
    check(&twice, "b k r 7 version v1");
}

#[test]
fn what_stands_twice_is_not_passed_over() {
    let [one, two] = ["k", "l"].map(|key| event("ObjectCreated:Put", key).to_string());
    let unread =
        |name: &str| format!("! the member {name:?} is there twice in one object, and only one of the two was read");
    let twice = |text: &str, one: &str, other: &str| text.replacen(one, &format!("{one},{other}"), 1);
    let object = r#""object":{"key":"k","size":7,"versionId":"v1"}"#;
    let record = r#"{\"eventVersion\":\"1.11\",\"eventTime\":\"2026-01-02T03:04:05Z\",\"eventName\":\"A\"}"#;
    for (body, expected) in [
        (
            r#"{"s3Bucket":"b","s3ObjectKey":["k"],"s3ObjectKey":["l"]}"#.to_owned(),
            format!("b l - -; {}", unread("s3ObjectKey")),
        ),
        (format!(r#"{{"Records":[{one}],"Records":[{two}]}}"#), format!("b l r 7 version v1; {}", unread("Records"))),
        (twice(&one, object, r#""object":{"key":"l"}"#), format!("b l r -; {}", unread("object"))),
        (twice(&one, r#""key":"k""#, r#""key":"l""#), format!("b l r 7 version v1; {}", unread("key"))),
        (
            twice(&one, r#""eventName":"ObjectCreated:Put""#, r#""eventName":"ObjectRemoved:Delete""#),
            format!("Removed(\"ObjectRemoved:Delete\"); {}", unread("eventName")),
        ),
        (
            format!(r#"{{"Type":"Notification","Message":"{record}","Message":"CloudTrail validation message."}}"#),
            format!("Validation; {}", unread("Message")),
        ),
        (
            format!(r#"{{"Type":"Notification","Message":"x","Message":"{record}"}}"#),
            format!("record {}; {}", record.replace('\\', ""), unread("Message")),
        ),
        // The reader of a log reads both.
        (
            r#"{"Records":[{"eventVersion":"1","eventName":"A"}],"Records":[{"eventVersion":"1","eventName":"B"}]}"#.to_owned(),
            r#"record {"Records":[{"eventVersion":"1","eventName":"A"}],"Records":[{"eventVersion":"1","eventName":"B"}]}"#
                .to_owned(),
        ),
    ] {
        check(&body, &expected);
    }
}

/// Returns an event of `EventBridge`, with this `detail-type` if there is one.
fn bridge(kind: Option<&str>, source: &str, detail: &str) -> String {
    let kind = kind.map_or(String::new(), |kind| format!(r#""detail-type":"{kind}","#));
    format!(r#"{{{kind}"source":"{source}","region":"r","detail":{detail}}}"#)
}

const CALL: &str = "AWS API Call via CloudTrail";

#[test]
fn calls_that_write_an_object_name_it_and_all_others_are_records() {
    let call = |name: &str, rest: &str| {
        let named = r#""requestParameters":{"bucketName":"b","key":"a+b%20.json"}"#;
        format!(r#"{{"eventSource":"s3.amazonaws.com","eventName":"{name}","awsRegion":"r",{named}{rest}}}"#)
    };
    for name in ["PutObject", "CopyObject", "CompleteMultipartUpload", "PostObject"] {
        let body = bridge(Some(CALL), "aws.s3", &call(name, ""));
        check(&body, "b a+b%20.json r - by a call");
        assert_eq!(Notification::parse(&body).objects[0].call.as_ref(), Some(&body));
    }
    for body in [
        bridge(Some(CALL), "aws.s3", &call("UploadPart", "")),
        bridge(Some(CALL), "aws.s3", &call("PutObject", r#","errorCode":"AccessDenied""#)),
        bridge(Some(CALL), "aws.s3", r#"{"eventName":"DeleteBucketPolicy"}"#),
        bridge(Some(CALL), "aws.iam", r#"{"eventName":"CreateUser"}"#),
        bridge(Some("AWS Console Sign In via CloudTrail"), "aws.signin", r#"{"eventName":"ConsoleLogin"}"#),
        bridge(Some("AWS Service Event via CloudTrail"), "aws.kms", r#"{"eventName":"RotateKey"}"#),
        bridge(Some("AWS Insight via CloudTrail"), "aws.cloudtrail", r#"{"insightDetails":{}}"#),
        bridge(None, "aws.s3", r#"{"eventName":"PutBucketAcl"}"#),
    ] {
        check(&body, &format!("record {body}"));
        let wrapped = serde_json::json!({"Type": "Notification", "Message": &body}).to_string();
        check(&wrapped, &format!("record {body}"));
    }
    let object = r#"{"bucket":{"name":"b"},"object":{"key":"a+b","size":3,"version-id":"v"}}"#;
    check(&bridge(None, "aws.s3", object), "b a+b r 3 version v");
    check(&bridge(Some("object created"), "aws.s3", object), "b a+b r 3 version v");
    check(&bridge(Some("Object Tags Added"), "aws.s3", object), r#"Changed("Object Tags Added")"#);
    check(
        &bridge(Some(CALL), "aws.s3", r#"{"a":1}"#),
        "! an event of EventBridge of a kind that is not known (source aws.s3, detail-type AWS API Call via CloudTrail)",
    );
}

#[test]
fn records_as_the_body_are_records() {
    let record = r#"{"eventName":"A","x":"\u00e4\/"}"#;
    for body in [
        record.to_owned(),
        format!(r#"{{"Records":[{record}, {record}]}}"#),
        format!("[{record},{record}]"),
        format!("{record}\n{record}\n"),
        r#"{"Records":[]}"#.to_owned(),
    ] {
        let expected = format!("record {}", body.trim());
        check(&body, &expected);
        let wrapped = serde_json::json!({"Type": "Notification", "Message": &body}).to_string();
        check(&wrapped, &expected);
    }
    // Next to something else, each record is a text of its own.
    let mixed = format!(r#"{{"Records":[{record},{},{{"a":1}}]}}"#, event("ObjectCreated:Put", "k"));
    check(&mixed, &format!("b k r 7 version v1; record {record}; ! no known form of notification: an object with a"));
    let bridged = bridge(Some(CALL), "aws.iam", record);
    check(&format!(r#"{{"Records":[{bridged}]}}"#), &format!("record {bridged}"));
    check(
        r#"{"eventSource":"aws:kinesis","eventName":"aws:kinesis:record"}"#,
        "! no known form of notification: an object with eventName, eventSource (eventSource aws:kinesis)",
    );
}

#[test]
fn envelopes_do_not_nest_for_ever() {
    let mut body = r#"{"s3Bucket":"b","s3ObjectKey":["k"]}"#.to_owned();
    for depth in 0..8 {
        assert_eq!(Notification::parse(&body).unknown.is_empty(), depth <= 4, "{depth}");
        body = serde_json::json!({"Type": "Notification", "Message": body}).to_string();
    }
}

proptest! {
    #[test]
    fn no_body_is_too_odd(body in ".{0,200}") {
        let _ = Notification::parse(&body);
    }

    #[test]
    fn keys_come_through_every_way(key in ".{1,40}") {
        let direct = serde_json::json!({"s3Bucket": "bucket", "s3ObjectKey": [&key]}).to_string();
        let wrapped = serde_json::json!({"Type": "Notification", "Message": &direct}).to_string();
        for body in [direct, wrapped] {
            let found = Notification::parse(&body);
            prop_assert_eq!(&found.objects[0].key, &key);
        }
    }
}

/// A subscription filter's events and its control messages may come in any envelope.
#[test]
fn events_of_log_groups_are_read_by_their_reader() {
    let record = r#"{"eventVersion":"1.11","eventTime":"t","eventID":"i","eventName":"A"}"#;
    let group = |kind: &str, messages: &[&str]| {
        let events: Vec<_> = messages.iter().map(|text| serde_json::json!({"id": "1", "message": text})).collect();
        serde_json::json!({"messageType": kind, "logGroup": "g", "logEvents": events}).to_string()
    };
    use base64::Engine;
    let data = base64::engine::general_purpose::STANDARD.encode(group("DATA_MESSAGE", &[record]));
    let kinesis = serde_json::json!({"Records": [{"eventSource": "aws:kinesis", "kinesis": {"data": data}}]});
    let data = base64::engine::general_purpose::STANDARD.encode(group("CONTROL_MESSAGE", &["CWL CONTROL MESSAGE"]));
    let control = serde_json::json!({"Records": [{"eventSource": "aws:kinesis", "kinesis": {"data": data}}]});
    for body in [
        control.to_string(),
        group("DATA_MESSAGE", &[record, record]),
        // Its reader reports the damage, and the message stays.
        group("DATA_MESSAGE", &[record, "{\"eventVersion\":", "START RequestId"]),
        group("CONTROL_MESSAGE", &["CWL CONTROL MESSAGE: Checking health of destination Firehose."]),
        kinesis.to_string(),
    ] {
        check(&body, &format!("record {body}"));
        let envelope = serde_json::json!({"Type": "Notification", "TopicArn": "t", "MessageId": "m", "Message": body});
        check(&envelope.to_string(), &format!("record {body}"));
    }
    let other = group("DATA_MESSAGE", &["START RequestId"]);
    check(
        &other,
        "! no known form of notification: an object with logEvents, logGroup, messageType (messageType DATA_MESSAGE)",
    );
    let other = r#"{"Records":[{"eventSource":"aws:kinesis","kinesis":{"data":"aGVsbG8="}}]}"#;
    check(other, "! no known form of notification: an object with eventSource, kinesis (eventSource aws:kinesis)");
}

#[test]
fn several_documents_in_one_body_are_all_read() {
    let named = |key: &str| format!(r#"{{"s3Bucket":"b","s3ObjectKey":["{key}"]}}"#);
    let record = r#"{"eventVersion":"1.11","eventTime":"t","eventID":"i","eventName":"A"}"#;
    for between in ["", " ", "\n", "\r\n\r\n"] {
        let body = [named("x"), named("y"), "[]".to_owned()].join(between);
        let nothing = "! no known form of notification: JSON, but an array with nothing in it";
        check(&body, &format!("b x - -; b y - -; {nothing}"));
        let body = [record, r#"{"foo":1}"#].join(between);
        // Its reader reports the other one.
        check(&body, &format!("record {body}"));
    }
    let first = named("x");
    let behind = format!("! no known form of notification: JSON, and from byte {} on text that is not", first.len());
    for rest in ["oops", "{\"s3Bucket\":", "\n]"] {
        let body = format!("{first}{rest}");
        check(&body, &format!("b x - -; {behind}"));
        let envelope = serde_json::json!({"Type": "Notification", "TopicArn": "t", "MessageId": "m", "Message": body});
        check(&envelope.to_string(), &format!("b x - -; {behind}"));
    }
    check(&format!("oops {first}"), &format!("! {}", NotificationError::NotJson(first.len() + 5)));
}

/// In a file, an announcement is not a record. In a message, the object must be read, or the message must stay.
#[test]
fn an_announcement_beside_records_is_not_passed_over() {
    let record = r#"{"eventVersion":"1.11","eventTime":"t","eventID":"i","eventName":"A"}"#;
    let announcement = bridge(Some("Object Created"), "aws.s3", r#"{"bucket":{"name":"b"},"object":{"key":"x"}}"#);
    let log = format!(r#"{{"Records":[{record}]}}"#);
    for between in ["", "\n"] {
        check(&[record, &announcement].join(between), &format!("b x r -; record {record}"));
        check(&[&*announcement, record].join(between), &format!("b x r -; record {record}"));
        check(&[&*log, &*announcement].join(between), &format!("b x r -; record {log}"));
        let sns = |message: &str| {
            serde_json::json!({"Type": "Notification", "TopicArn": "t", "MessageId": "m", "Message": message})
                .to_string()
        };
        check(&[sns(record), sns(&announcement)].join(between), &format!("b x r -; record {record}"));
        check(&sns(&[record, &announcement].join(between)), &format!("b x r -; record {record}"));
    }
}

/// An envelope's data, as JSON, gzip and base64.
fn kinesis(data: &[&[u8]]) -> String {
    use base64::Engine;
    let data = data.iter().map(|it| base64::engine::general_purpose::STANDARD.encode(it));
    let records = data.map(|data| serde_json::json!({"eventSource": "aws:kinesis", "kinesis": {"data": data}}));
    serde_json::json!({"Records": records.collect::<Vec<_>>()}).to_string()
}

/// A log group's events with these messages.
fn log_group(messages: &[&str]) -> String {
    let events = messages.iter().map(|text| serde_json::json!({"id": "1", "timestamp": 1, "message": text}));
    let events = events.collect::<Vec<_>>();
    serde_json::json!({"messageType": "DATA_MESSAGE", "logGroup": "g", "logEvents": events}).to_string()
}

fn zlib(text: &str) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn gzip(text: &str) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn objects_announced_in_envelopes_of_kinesis_and_log_groups_are_read() {
    let record = r#"{"eventVersion":"1.11","eventTime":"t","eventID":"i","eventName":"A"}"#;
    let other = r#"{"eventVersion":"1.11","eventTime":"t","eventID":"j","eventName":"B"}"#;
    let announcement = bridge(Some("Object Created"), "aws.s3", r#"{"bucket":{"name":"b"},"object":{"key":"x"}}"#);
    let lines = [record, &announcement, other].join("\n");
    let sns = |message: &str| {
        serde_json::json!({"Type": "Notification", "TopicArn": "t", "MessageId": "m", "Message": message}).to_string()
    };
    let group = log_group(&[record, &announcement, other]);
    for body in [
        group.clone(),
        kinesis(&[record.as_bytes(), announcement.as_bytes(), other.as_bytes()]),
        kinesis(&[lines.as_bytes()]),
        kinesis(&[&gzip(&group)]),
        kinesis(&[&gzip(&log_group(&[record])), &gzip(&log_group(&[&announcement])), &gzip(&log_group(&[other]))]),
        kinesis(&[&gzip(&log_group(&[record, &sns(&announcement)])), other.as_bytes()]),
        kinesis(&[&[gzip(record), gzip(&announcement)].concat(), other.as_bytes()]),
        kinesis(&[record.as_bytes(), &zlib(&announcement), other.as_bytes()]),
    ] {
        for body in [sns(&body), body] {
            check(&body, &format!("b x r -; record {record}; record {other}"));
        }
    }
    let event = fixture("s3-created.json");
    let named = r#"{"s3Bucket":"b","s3ObjectKey":["x"]}"#;
    for (notice, object) in [(&*event, format!("example-trail {LOG} eu-west-1 1634")), (named, "b x - -".to_owned())] {
        let group = log_group(&[record, notice, other]);
        for body in
            [kinesis(&[record.as_bytes(), notice.as_bytes(), other.as_bytes()]), kinesis(&[&gzip(&group)]), group]
        {
            check(&body, &format!("{object}; record {record}; record {other}"));
        }
    }
    let groups = [record, &announcement, other].map(|text| log_group(&[text]));
    let [first, _, last] = &groups;
    check(&groups.concat(), &format!("b x r -; record {first}; record {last}"));
    check(&log_group(&[&announcement]), "b x r -");
    check(&kinesis(&[&gzip(&log_group(&[&announcement]))]), "b x r -");
    let listed = format!(r#"{{"Records":[{announcement}]}}"#);
    let both = format!(r#"{{"Records":[{record},{announcement}]}}"#);
    for (text, expected) in [(&listed, "b x r -".to_owned()), (&both, format!("b x r -; record {record}"))] {
        check(&log_group(&[text]), &expected);
        check(&kinesis(&[text.as_bytes()]), &expected);
        check(&kinesis(&[&gzip(&log_group(&[text]))]), &expected);
    }
    let control = log_group(&["CWL CONTROL MESSAGE: Checking health."]);
    check(&kinesis(&[control.as_bytes(), announcement.as_bytes()]), "b x r -");
}

/// What is not certain is left as it is, and the message stays.
#[test]
fn an_envelope_with_an_announcement_and_something_else_stays() {
    let record = r#"{"eventVersion":"1.11","eventTime":"t","eventID":"i","eventName":"A"}"#;
    let announcement = bridge(Some("Object Created"), "aws.s3", r#"{"bucket":{"name":"b"},"object":{"key":"x"}}"#);
    let cut = gzip(&log_group(&[record]));
    for body in [
        log_group(&[record, &announcement, "START RequestId"]),
        log_group(&[record, &announcement, "{\"eventVersion\":"]),
        kinesis(&[record.as_bytes(), announcement.as_bytes(), &cut[..cut.len() - 9]]),
    ] {
        let found = Notification::parse(&body);
        let unknown = found.unknown.iter().map(ToString::to_string).collect::<String>();
        assert!(unknown.contains("an announcement of an S3 object among them, which is not read there"), "{found:?}");
        assert_eq!(found.records, [body]);
    }
    // More text than is opened here.
    let zeros = " ".repeat(17 << 20);
    let bomb = kinesis(&[record.as_bytes(), announcement.as_bytes(), &gzip(&format!("{record}{zeros}"))]);
    assert!(!Notification::parse(&bomb).unknown.is_empty());
}

/// A known form and, beside it, members that hold records, and a text and, beside it, the name of an object.
#[test]
fn what_one_object_holds_besides_is_not_passed_over() {
    let record = r#"{"eventVersion":"1.11","eventTime":"t","eventID":"i","eventName":"A"}"#;
    let text = serde_json::to_string(record).unwrap();
    let named = r#""s3Bucket":"b","s3ObjectKey":["x"]"#;
    let bridged = bridge(Some("Object Created"), "aws.s3", r#"{"bucket":{"name":"b"},"object":{"key":"x"}}"#);
    for body in [
        format!(r#"{{{named},"message":{text}}}"#),
        format!(r#"{{{named},"logEvents":[{{"id":"1","message":{text}}}]}}"#),
        format!(r#"{{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b","message":{text}}}"#),
        format!(r#"{{"MessageId":"m","Body":"{{}}","message":{text}}}"#),
        format!(r#"{{"Type":"Notification","TopicArn":"t","MessageId":"m","Message":"{{}}","message":{text}}}"#),
        bridged.replacen(r#""detail":{"#, &format!(r#""detail":{{"record":{record},"#), 1),
        bridged.replacen('{', &format!(r#"{{"message":{text},"#), 1),
    ] {
        let found = Notification::parse(&body);
        assert!(!found.unknown.is_empty(), "{body}: {found:?}");
    }
    let detail = r#"{"bucket":{"name":"b"},"object":{"key":"x"}}"#;
    for event in [
        format!(r#""message":{text},{named}"#),
        format!(r#""message":{text},"events":[{bridged}]"#),
        format!(r#""message":{text},"detail":{detail}"#),
        format!(r#""message":{text},"s3":{}"#, detail.replacen('{', r#"{"s3SchemaVersion":"1.0","#, 1)),
    ] {
        let body = format!(r#"{{"messageType":"DATA_MESSAGE","logGroup":"g","logEvents":[{{"id":"1",{event}}}]}}"#);
        let found = Notification::parse(&body);
        let pool = crate::BufferPool::default();
        let mut read = crate::Records::from_bytes(body.clone().into(), &pool);
        assert!(!found.unknown.is_empty() || read.any(|it| it.is_err()), "{body}: {found:?}");
    }
}

/// Somebody saved messages with the AWS CLI, and sent them again.
#[test]
fn messages_that_were_received_and_sent_again_are_opened() {
    let record = r#"{"eventVersion":"1.11","eventTime":"t","eventID":"i","eventName":"A"}"#;
    let message = |body: &str| serde_json::json!({"MessageId": "m", "ReceiptHandle": "h", "Body": body});
    let received = |bodies: &[&str]| {
        let messages = bodies.iter().map(|body| message(body)).collect::<Vec<_>>();
        serde_json::json!({"Messages": messages}).to_string()
    };
    let named = r#"{"s3Bucket":"b","s3ObjectKey":["x"]}"#;
    let announcement = bridge(Some("Object Created"), "aws.s3", r#"{"bucket":{"name":"b"},"object":{"key":"y"}}"#);
    check(&received(&[named]), "b x - -");
    check(&received(&[record, named, &announcement]), &format!("b x - -; b y r -; record {record}"));
    check(&received(&[record, "hello"]), &format!("record {record}; ! {}", NotificationError::NotJson(5)));
    check(&message(named).to_string(), "b x - -");
    check(&message(record).to_string(), &format!("record {record}"));
    let nothing = "! no known form of notification: an object with Messages";
    check(r#"{"Messages":[]}"#, nothing);
    check(r#"{"Messages":[{"MessageId":"m"}]}"#, nothing);
}

/// The records of a damaged log come out. The damage is found when they are read, and keeps the message.
#[test]
fn a_damaged_log_is_read_as_far_as_it_goes() {
    let record = r#"{"eventVersion":"1.11","eventTime":"t","eventID":"i","eventName":"A"}"#;
    for body in [
        format!(r#"{{"Records":[{record},{{"eventVersion":"1.11","event"#),
        format!(r#"{{"Records":[{record},{{"eventVersion":]}}"#),
        format!("[{record},{record}"),
        format!("{record}\n{{\"eventVersion\":"),
    ] {
        check(&body, &format!("record {body}"));
        let envelope = serde_json::json!({"Type": "Notification", "TopicArn": "t", "MessageId": "m", "Message": body});
        check(&envelope.to_string(), &format!("record {body}"));
    }
    for body in [r#"{"Records":[{"eventName":"A"},{"#, r#"{"Records":[{"eventVersion":"1.11","eventTi"#] {
        check(body, &format!("! {}", NotificationError::NotJson(body.len())));
    }
}

/// Programs that send a notification on may leave members out, or add some of a record.
#[test]
fn a_notice_with_members_of_a_record_in_an_envelope_is_read() {
    let record = r#"{"eventVersion":"1.11","eventTime":"t","eventID":"i","eventName":"A"}"#;
    let place = r#"{"bucket":{"name":"b"},"object":{"key":"x"}}"#;
    for notice in [
        format!(r#"{{"eventName":"ObjectCreated:Put","s3":{place}}}"#),
        r#"{"eventName":"A","s3Bucket":"b","s3ObjectKey":["x"]}"#.to_owned(),
        format!(r#"{{"eventName":"A","source":"aws.s3","detail-type":"Object Created","detail":{place}}}"#),
    ] {
        let listed = format!(r#"{{"Records":[{notice}]}}"#);
        for body in [&notice, &listed] {
            let expected = format!("b x - -; record {record}");
            check(body, "b x - -");
            check(&log_group(&[body, record]), &expected);
            check(&kinesis(&[body.as_bytes(), record.as_bytes()]), &expected);
            check(&kinesis(&[&gzip(&log_group(&[body, record]))]), &expected);
        }
    }
    // A record for certain, which names an object, too.
    let both = r#"{"eventVersion":"1","eventTime":"t","eventID":"i","s3Bucket":"b","s3ObjectKey":["x"]}"#;
    check(both, &format!("b x - -; record {both}"));
}

/// Whatever is announced is read, and what is not understood keeps the message.
#[test]
fn an_announced_object_beside_something_unknown_is_read() {
    let record = r#"{"eventVersion":"1.11","eventTime":"t","eventID":"i","eventName":"A"}"#;
    let bridged = bridge(Some("Object Created"), "aws.s3", r#"{"bucket":{"name":"b"},"object":{"key":"x"}}"#);
    let event = format!(r#"{{"Records":[{}]}}"#, event("ObjectCreated:Put", "x"));
    let named = r#"{"s3Bucket":"b","s3ObjectKey":["x"]}"#;
    let parts = |body: &str| {
        let found = Notification::parse(body);
        let keys = found.objects.iter().map(|it| it.key.as_str()).collect::<Vec<_>>().join(" ");
        let pool = crate::BufferPool::default();
        let read = |text: &String| crate::Records::from_bytes(text.clone().into(), &pool);
        let items = found.records.iter().flat_map(read).collect::<Vec<_>>();
        let is_lost = |item: &Result<_, crate::Damage>| item.as_ref().is_err_and(|it| it.reason.may_hide_a_record());
        assert!(!found.unknown.is_empty() || items.iter().any(is_lost), "{body}: {found:?}");
        (keys, items.into_iter().flatten().count())
    };
    for notice in [&*bridged, &event, named] {
        for body in [
            log_group(&[record, notice, "START RequestId"]),
            log_group(&[record, r#"{"foo":1}"#, notice]),
            log_group(&[record, r#"{"eventVersion":"#, notice]),
            kinesis(&[b"hello", notice.as_bytes(), record.as_bytes()]),
        ] {
            assert_eq!(parts(&body), ("x".to_owned(), 1), "{body}");
        }
        // Cut in the last of the records.
        for body in [
            log_group(&[record, notice, record]),
            log_group(&[notice, record, record]),
            kinesis(&[notice.as_bytes(), record.as_bytes(), record.as_bytes()]),
            format!("[{notice},{record},{record}]"),
            format!(r#"{{"Records":[{notice},{record},{record}]}}"#),
        ] {
            let cut = body.get(..body.len() - 70).unwrap();
            assert_eq!(parts(cut), ("x".to_owned(), 1), "{cut}");
        }
        let cut = log_group(&[notice, record]);
        assert_eq!(parts(cut.get(..cut.len() - 70).unwrap()), ("x".to_owned(), 0), "{cut}");
    }
}

#[test]
fn lines_that_name_an_object_and_hold_records_are_all_read() {
    let record = r#"{"eventVersion":"1.11","eventTime":"t","eventID":"i","eventName":"A"}"#;
    let event = format!(r#"{{"Records":[{}]}}"#, event("ObjectCreated:Put", "x"));
    let bare = r#"{"eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"b"},"object":{"key":"x"}}}"#;
    for (notice, object) in
        [(&*event, "b x r 7 version v1"), (bare, "b x - -"), (r#"{"s3Bucket":"b","s3ObjectKey":["x"]}"#, "b x - -")]
    {
        for between in ["", "\n"] {
            let expected = format!("{object}; record {record}");
            check(&[record, notice].join(between), &expected);
            check(&[notice, record].join(between), &expected);
            let message = [notice, record].join(between);
            let sns = serde_json::json!({"Type": "Notification", "Message": message});
            check(&sns.to_string(), &expected);
            check(&kinesis(&[[notice, record].join(between).as_bytes()]), &expected);
            let found = Notification::parse(&[notice, record, record.get(..30).unwrap()].join(between));
            assert_eq!((found.objects.len(), found.records.len(), found.unknown.len()), (1, 1, 1), "{found:?}");
        }
    }
}

/// A subscription's message is a sentence. Anything else is read, or keeps the message.
#[test]
fn a_message_about_a_subscription_is_not_passed_over_if_it_names_an_object() {
    let sns = |kind: &str, message: &str| serde_json::json!({"Type": kind, "Message": message}).to_string();
    for kind in ["SubscriptionConfirmation", "UnsubscribeConfirmation"] {
        check(&sns(kind, r#"{"s3Bucket":"b","s3ObjectKey":["x"]}"#), "b x - -");
        let cut = r#"{"s3Bucket":"b","s3Obj"#;
        check(&sns(kind, cut), &format!("! {}", NotificationError::NotJson(cut.len())));
    }
}

/// As for records: what a known form has beside its own members may name objects.
#[test]
fn objects_named_beside_a_known_form_are_not_passed_over() {
    let named = r#"{"s3Bucket":"b","s3ObjectKey":["y"]}"#;
    let test = r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b""#;
    let bridged = bridge(Some("Object Created"), "aws.s3", r#"{"bucket":{"name":"b"},"object":{"key":"x"}}"#);
    for body in [
        format!(r#"{test},"more":{named}}}"#),
        format!(r#"{test},"more":{}}}"#, serde_json::to_string(&bridged).unwrap()),
        bridged.replacen('{', &format!(r#"{{"more":{named},"#), 1),
        format!(r#"{{"MessageId":"m","Body":"{{}}","more":{named}}}"#),
        format!(r#"{{"Messages":[{{"MessageId":"m","Body":"{{}}","more":{named}}}]}}"#),
        format!(r#"{{"Records":[{{"Sns":{{"Message":"{{}}","more":{named}}}}}]}}"#),
        format!(r#"{{"s3Bucket":"b","s3ObjectKey":["x"],"Message":{}}}"#, serde_json::to_string(named).unwrap()),
        format!(r#"{{"s3Bucket":"b","s3ObjectKey":["x"],"Body":{named}}}"#),
        // Names that differ only in case.
        format!(r#"{{"Records":[{0}],"records":[{0}]}}"#, event("ObjectCreated:Put", "x")),
        format!(r#"{{"Records":[{0}],"RECORDS":[{0}]}}"#, event("ObjectCreated:Put", "x")),
        format!(r#"{{"Records":[{named}],"Message":{named}}}"#),
    ] {
        assert!(!Notification::parse(&body).unknown.is_empty(), "{body}");
    }
}

/// A Kinesis event has members of a record, and it is one if nothing else is known of it.
#[test]
fn a_kinesis_event_without_its_source_is_opened_or_stays() {
    use base64::Engine;
    let record = r#"{"eventVersion":"1.11","eventTime":"t","eventID":"i","eventName":"A"}"#;
    let named = r#"{"s3Bucket":"b","s3ObjectKey":["x"]}"#;
    let event = |data: &str, first: &str| {
        let data = base64::engine::general_purpose::STANDARD.encode(data);
        format!(
            r#"{{"Records":[{{{first}"kinesis":{{"data":"{data}"}},"eventID":"s:1","eventName":"aws:kinesis:record"}}]}}"#
        )
    };
    // It may begin as records do.
    for first in ["", r#""eventVersion":"1.0","#] {
        let body = event(record, first);
        check(&body, &format!("record {body}"));
        let pool = crate::BufferPool::default();
        let found: Vec<_> = crate::Records::from_bytes(body.into(), &pool).collect();
        assert!(matches!(&*found, [Ok(it)] if it.bytes == record), "{found:?}");
        let found = Notification::parse(&event(&[named, record].join("\n"), first));
        let is_read = found.objects.len() == 1 && found.records == [record];
        assert!(is_read || !found.unknown.is_empty(), "{found:?}");
    }
    check(&event(&[named, record].join("\n"), ""), &format!("b x - -; record {record}"));
    let found = Notification::parse(&event(named, r#""eventVersion":"1.0","#));
    assert!(!found.unknown.is_empty() || !found.objects.is_empty(), "{found:?}");
}
