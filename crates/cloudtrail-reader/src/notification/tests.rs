use super::*;
use proptest::prelude::*;
use std::fs;
use std::path::Path;

/// The file of fixtures/notifications.
fn fixture(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/notifications");
    fs::read_to_string(folder.join(name)).unwrap()
}

fn show(found: &Result<Notification, NotificationError>) -> String {
    match found {
        Err(error) => format!("! {error}"),
        Ok(Notification { objects, ignored }) => {
            let objects = objects.iter().map(|NamedObject { bucket, key, region, size }| {
                let size = size.map_or("-".to_owned(), |size| size.to_string());
                format!("{bucket} {key} {} {size}", region.as_deref().unwrap_or("-"))
            });
            objects.chain(ignored.iter().map(|it| format!("{it:?}"))).collect::<Vec<_>>().join("; ")
        }
    }
}

const LOG: &str = "AWSLogs/123456789012/CloudTrail/eu-west-1/2026/01/02/\
                   123456789012_CloudTrail_eu-west-1_20260102T0305Z_kQ3xY7bN1mPz8RtA.json.gz";

#[test]
fn every_kind_of_body() {
    let digest = "AWSLogs/123456789012/CloudTrail/us-east-1/2026/01/02/\
                  123456789012_CloudTrail_us-east-1_20260102T0305Z_aZ6uI0oP3lKj7HgF.json.gz";
    let created = format!("example-trail {LOG} eu-west-1 1634");
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
        ("s3-removed.json", r#"NotCreated("ObjectRemoved:Delete")"#.to_owned()),
        ("s3-mixed.json", format!(r#"{created}; other-trail {LOG} us-east-1 7; NotCreated("ObjectRemoved:Delete")"#)),
        ("s3-test.json", "TestEvent".to_owned()),
        ("s3-test-through-sns.json", "TestEvent".to_owned()),
        ("eventbridge-created.json", created.clone()),
        ("eventbridge-created-through-sns.json", created),
        ("eventbridge-deleted.json", r#"NotCreated("Object Deleted")"#.to_owned()),
        ("sns-subscribe.json", r#"Subscription("SubscriptionConfirmation")"#.to_owned()),
        ("sns-unsubscribe.json", r#"Subscription("UnsubscribeConfirmation")"#.to_owned()),
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
        assert_eq!(found.is_err(), unknown, "{}: {found:?}", path.display());
        count += 1;
    }
    assert!(count > 19);
}

#[test]
fn what_is_not_understood_says_what_was_seen() {
    let check = |body: &str, expected: &str| assert_eq!(show(&Notification::parse(body)), expected, "{body}");
    check("", "! neither JSON nor a text that is known; 0 bytes");
    check("hello", "! neither JSON nor a text that is known; 5 bytes");
    check("[1]", "! no known form of notification: JSON, but an array, not an object");
    check("{}", "! no known form of notification: an object with nothing");
    check(r#"{"secret":"s3cr3t","b":1}"#, "! no known form of notification: an object with b, secret");
    check(r#"{"Records":[{"eventVersion":"1.08"}]}"#, "! no known form of notification: an object with eventVersion");
    check(r#"{"Records":[7]}"#, "! no known form of notification: Records with a number in it");
    check(r#"{"Records":[]}"#, "");
    check(r#"{"Records":[{"s3":{}}]}"#, "! an S3 event without eventName");
    check(r#"{"Records":[{"eventName":"ObjectCreated:Put","s3":{}}]}"#, "! an S3 event without s3.object.key");
    check(r#"{"s3ObjectKey":["a"]}"#, "! CloudTrail's notification without s3Bucket");
    check(r#"{"s3Bucket":"b","s3ObjectKey":[1]}"#, "! CloudTrail's notification without texts in s3ObjectKey");
    check(r#"{"Type":"Notification"}"#, "! an SNS notification without Message");
    check(r#"{"Type":"Odd"}"#, "! no known form of notification: an object with Type");
    check(r#"{"source":"aws.s3","detail":{}}"#, "! an event of EventBridge without detail-type");
    let bad = r#"{"Records":[{"eventName":"ObjectCreated:Put","s3":{"object":{"key":"%FF"},"bucket":{"name":"b"}}}]}"#;
    check(bad, "! an S3 event whose key is not UTF-8 once it is URL-decoded");
}

#[test]
fn envelopes_do_not_nest_for_ever() {
    let mut body = r#"{"s3Bucket":"b","s3ObjectKey":[]}"#.to_owned();
    for depth in 0..5 {
        assert_eq!(Notification::parse(&body).is_ok(), depth <= 2, "{depth}");
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
            let found = Notification::parse(&body).unwrap();
            prop_assert_eq!(&found.objects[0].key, &key);
        }
    }
}
