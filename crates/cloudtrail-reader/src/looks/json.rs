//! Objects that are certainly not CloudTrail records: told by the names of their members.

use super::Kind;
use crate::damage::Reason;

/// How much of an object is looked at, in bytes. What tells the kinds below stands in the first few kB.
const MOST: usize = 64 << 10;

const fn finding(name: &'static str) -> Kind {
    Kind::new(name, "")
}

const fn notice(name: &'static str) -> Kind {
    Kind::new(name, "it names objects and holds no records; read the bucket or the queue (s3://, sqs://)")
}

const fn encrypted(name: &'static str) -> Kind {
    Kind::new(name, "decrypt it first")
}

/// Members that an object has, all of them, and what it is then.
const OBJECTS: &[(&[&str], Kind)] = &[
    (&["class_uid", "metadata"], Kind::new("OCSF (Security Lake)", "read the trail's own log files instead")),
    (&["QueryResultRows"], Kind::new("rows of a CloudTrail Lake query", "they are columns, not whole records")),
    (&["schemaVersion", "accountId", "service"], finding("a GuardDuty finding")),
    (&["SchemaVersion", "AwsAccountId", "ProductArn"], finding("a Security Hub finding")),
    (&["configurationItem", "messageType"], finding("a notification of AWS Config")),
    (&["webaclId", "httpRequest"], finding("a log of AWS WAF")),
    (&["query_timestamp", "query_name"], finding("a query log of Route 53")),
    (&["s3Bucket", "s3ObjectKey"], notice("a CloudTrail notification")),
    (&["Service", "Event", "Bucket"], notice("a test message of S3")),
    (&["Type", "TopicArn", "MessageId"], notice("a message of SNS")),
    (&["CiphertextBlob"], encrypted("an answer of kms:Encrypt")),
    (&["ciphertext", "protected"], encrypted("an encrypted message (JWE)")),
];

/// Events that services hand to a Lambda function: `Records` too, but what it holds are not records of CloudTrail.
const EVENTS: &[(&[u8], Kind)] = &[
    (b"s3\"", notice("an S3 event")),
    (b"sqs\"", notice("an SQS event as Lambda gets it")),
    (b"sns\"", notice("an SNS event as Lambda gets it")),
    (b"kinesis\"", finding("a Kinesis event as Lambda gets it")),
    (b"dynamodb\"", finding("a DynamoDB event as Lambda gets it")),
];

/// What an object is that begins `text` and has no member of a CloudTrail record.
pub(crate) fn object_reason(text: &[u8]) -> Reason {
    let keys: Vec<_> = members(text).map(|(key, _)| key).collect();
    let has = |key: &&str| keys.contains(&key.as_bytes());
    // The detail of an event by which S3 announces an object through EventBridge.
    if has(&"bucket") && has(&"object") {
        return Reason::Announcement;
    }
    let row = OBJECTS.iter().find(|(all, _)| all.iter().all(has));
    row.map_or(Reason::NotCloudTrail, |(_, kind)| Reason::Foreign(*kind))
}

/// What the element of `Records` is that begins `text`, where it is an event handed to a Lambda function: the name of its
/// source begins with `aws:`, as no source of CloudTrail does.
pub(crate) fn lambda_kind(text: &[u8]) -> Option<Kind> {
    let (_, value) = members(text).find(|(key, _)| key.eq_ignore_ascii_case(b"eventSource"))?;
    let source = value.strip_prefix(b"\"aws:")?;
    let row = EVENTS.iter().find(|(name, _)| source.starts_with(name));
    Some(row.map_or(finding("an event as Lambda gets it"), |(_, kind)| *kind))
}

/// The object's own keys, each with the text from its value on.
fn members(object: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut rest = object.get(..MOST).unwrap_or(object);
    let mut depth = 0_u32;
    std::iter::from_fn(move || {
        while let Some((byte, tail)) = rest.split_first() {
            rest = tail;
            match byte {
                b'{' | b'[' => depth += 1,
                b'}' | b']' => {
                    depth = depth.checked_sub(1).filter(|depth| *depth > 0)?;
                }
                b'"' => {
                    let (text, tail) = rest.split_at_checked(string_length(rest)?)?;
                    rest = tail.get(1..)?;
                    let value = rest.trim_ascii_start().strip_prefix(b":");
                    if let Some(value) = value.filter(|_| depth == 1) {
                        return Some((text, value.trim_ascii_start()));
                    }
                }
                _ => {}
            }
        }
        None
    })
}

/// How long the string is whose opening quote stands in front of `text`.
fn string_length(text: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + memchr::memchr2(b'"', b'\\', text.get(from..)?)?;
        if text.get(at) == Some(&b'"') {
            return Some(at);
        }
        from = at + 2;
    }
}
