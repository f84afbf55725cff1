//! Objects that are not CloudTrail records, recognized by the names of their members.

use super::finders::{Finders, has_one_of};
use super::kind::Kind;
use super::text::line_kind;
use crate::damage::DamageReason;
use crate::members::{members, value_of};
use memchr::memmem::Finder;

const fn finding(name: &'static str) -> Kind {
    Kind::new(name, "")
}

const fn notice(name: &'static str) -> Kind {
    Kind::of_notice(name, "it names objects and holds no records; the objects that it names must be read")
}

const fn encrypted(name: &'static str) -> Kind {
    Kind::new(name, "decrypt it first")
}

/// The answer of a query, which also may be that of a search for whole records.
pub(crate) const INSIGHTS: Kind = Kind::new("rows of a Logs Insights query", "add the field @message to the query");
const NOTIFICATION: Kind = notice("a CloudTrail notification");
const S3_EVENT: Kind = notice("an S3 event");
const KINESIS: Kind = finding("a Kinesis event as Lambda gets it");
const ANNOUNCED: Kind = notice("an EventBridge announcement of an S3 object");

/// The members that each kind of object has, all of them.
const OBJECTS: &[(&[&str], Kind)] = &[
    (&["class_uid", "metadata"], Kind::new("OCSF (Security Lake)", "read the trail's own log files instead")),
    (&["QueryResultRows"], Kind::new("rows of a CloudTrail Lake query", "they are columns, not whole records")),
    (&["results", "status"], INSIGHTS),
    (&["schemaVersion", "accountId", "service"], finding("a GuardDuty finding")),
    (&["SchemaVersion", "AwsAccountId", "ProductArn"], finding("a Security Hub finding")),
    (&["configurationItem", "messageType"], finding("a notification of AWS Config")),
    (&["webaclId", "httpRequest"], finding("a log of AWS WAF")),
    (&["query_timestamp", "query_name"], finding("a query log of Route 53")),
    (&["s3Bucket", "s3ObjectKey"], NOTIFICATION),
    (
        &["Service", "Event", "Bucket"],
        Kind::new(
            "a test message of S3 (s3:TestEvent)",
            "S3 sent it when notifications were set up, and no log is missing",
        ),
    ),
    (&["Type", "TopicArn", "MessageId"], notice("a message of SNS")),
    (&["CiphertextBlob"], encrypted("an answer of kms:Encrypt")),
    (&["ciphertext", "protected"], encrypted("an encrypted message (JWE)")),
];

/// Returns whether `object` is an event of CrowdStrike Falcon as fig-bridge writes it: Falcon's own line, or OCSF.
pub(crate) fn is_of_falcon(object: &[u8]) -> bool {
    let Some(metadata) = value(object, b"metadata") else { return false };
    if value_of(metadata, b"eventCreationTime").is_some() {
        return value(object, b"event").is_some_and(|event| event.starts_with(b"{"));
    }
    let vendor = value(metadata, b"product").and_then(|product| value(product, b"vendor_name"));
    vendor == Some(b"\"CrowdStrike\"") && value_of(object, b"class_uid").is_some()
}

fn value<'t>(object: &'t [u8], key: &[u8]) -> Option<&'t [u8]> {
    object.get(value_of(object, key)?)
}

/// Events that services pass to a Lambda function. They also have a member `Records`, without records of CloudTrail.
const EVENTS: &[(&[u8], Kind)] = &[
    (b"s3\"", S3_EVENT),
    (b"sqs\"", notice("an SQS event as Lambda gets it")),
    (b"sns\"", notice("an SNS event as Lambda gets it")),
    (b"kinesis\"", KINESIS),
    (b"dynamodb\"", finding("a DynamoDB event as Lambda gets it")),
];

/// Returns the reason why `object`, which has no member of a CloudTrail record, is not read.
pub(crate) fn object_reason(object: &[u8]) -> DamageReason {
    if is_announcement(object) {
        return DamageReason::Announcement;
    }
    known_kind(object).or_else(|| message_kind(object)).map_or(DamageReason::NotCloudTrail, DamageReason::Foreign)
}

/// Returns the kind whose members the object has. Allocates nothing, since a file may have a million such elements.
fn known_kind(object: &[u8]) -> Option<Kind> {
    // Other tools write the members of records in lower case.
    if has_all_members(object) {
        return None;
    }
    // A bit for each member of a row.
    let mut found = [0_u8; OBJECTS.len()];
    for (key, _) in members(object) {
        for (found, (all, _)) in found.iter_mut().zip(OBJECTS) {
            *found |= all.iter().position(|name| name.as_bytes() == key).map_or(0, |at| 1 << at);
        }
    }
    let mut rows = found.iter().zip(OBJECTS);
    rows.find(|(found, (all, _))| found.count_ones() as usize == all.len()).map(|(_, (_, kind))| *kind)
}

/// Returns whether an object is an event with which S3 announces an object through EventBridge, or the detail of one.
fn is_announcement(object: &[u8]) -> bool {
    is_object_detail(object) || value(object, b"detail").is_some_and(is_object_detail)
}

/// Returns whether an object is the detail of such an event, or that of an S3 event.
pub(crate) fn is_object_detail(object: &[u8]) -> bool {
    value_of(object, b"bucket").is_some() && value_of(object, b"object").is_some()
}

/// Returns what an element of `Records` is that has no member of a CloudTrail record, and is certainly something else.
/// Falcon's events count as records.
pub(crate) fn foreign_reason(object: &[u8]) -> Option<DamageReason> {
    Some(object_reason(object)).filter(|reason| *reason != DamageReason::NotCloudTrail && !is_of_falcon(object))
}

/// Returns the kind of the line in a log event of CloudWatch Logs.
fn message_kind(object: &[u8]) -> Option<Kind> {
    let message = [&b"message"[..], b"@message"].iter().find_map(|key| value(object, key))?;
    line_kind(message.strip_prefix(b"\"")?)
}

/// Returns the kind of the element of `Records` that begins `text`, if it is an event for a Lambda function, or names an
/// object in a bucket. The source of a Lambda event begins with `aws:`, which does not occur in CloudTrail.
pub(crate) fn lambda_kind(text: &[u8]) -> Option<Kind> {
    of_source(text).or_else(|| notice_kind(text))
}

fn of_source(text: &[u8]) -> Option<Kind> {
    // Nearly all records do not have these bytes anywhere.
    static SOURCES: Finders<1> = Finders::new(|| [Finder::new(b"\"aws:")]);
    if !has_one_of(text, &SOURCES) {
        return None;
    }
    let (_, range) = members(text).find(|(key, _)| key.eq_ignore_ascii_case(b"eventSource"))?;
    let source = text.get(range)?.strip_prefix(b"\"aws:")?;
    let row = EVENTS.iter().find(|(name, _)| source.starts_with(name));
    Some(row.map_or(finding("an event as Lambda gets it"), |(_, kind)| *kind))
}

/// Returns the kind of an object that names another one, or has the data of a stream, by its own members. It may have members
/// of a record, too.
fn notice_kind(text: &[u8]) -> Option<Kind> {
    // As above: such objects have one of these keys.
    static KEYS: Finders<3> =
        Finders::new(|| [Finder::new(b"\"object\""), Finder::new(b"\"s3ObjectKey\""), Finder::new(b"\"kinesis\"")]);
    if !has_one_of(text, &KEYS) {
        return None;
    }
    let has = |key: &&[u8]| value_of(text, key).is_some();
    let is_record = || has_all_members(text);
    members(text).find_map(|(key, range)| {
        let value = text.get(range)?;
        match key {
            b"s3" | b"S3" if is_object_detail(value) && !is_record() => Some(S3_EVENT),
            b"s3ObjectKey" if has(&&b"s3Bucket"[..]) && !is_record() => Some(NOTIFICATION),
            b"detail" if is_object_detail(value) && !is_record() => Some(ANNOUNCED),
            b"kinesis" if value_of(value, b"data").is_some() && !is_record() => Some(KINESIS),
            _ => None,
        }
    })
}

/// The members by which a record is certain. An S3 event has the first two.
const OF_ALL_RECORDS: [&[u8]; 3] = [b"eventVersion", b"eventTime", b"eventID"];
/// Returns whether an object has the members by which a record is certain, in whatever case.
pub(crate) fn has_all_members(object: &[u8]) -> bool {
    OF_ALL_RECORDS.iter().all(|name| members(object).any(|(key, _)| key.eq_ignore_ascii_case(name)))
}

/// Members of every record. One of them is enough, since the text may be cut.
const OF_RECORDS: [&[u8]; 5] = [b"Version", b"Time", b"Source", b"Name", b"ID"];

/// Returns whether the text seems to hold a record, perhaps as a string in a string.
pub(crate) fn seems_to_hold_record(text: &[u8]) -> bool {
    const QUOTED: &[u8] = b"\"event";
    memchr::memmem::find_iter(text, QUOTED).any(|at| {
        let rest = text.get(at + QUOTED.len()..).unwrap_or_default();
        let ends = |rest: &[u8]| matches!(rest.first(), Some(b'"' | b'\\'));
        OF_RECORDS.iter().any(|name| rest.strip_prefix(*name).is_some_and(ends))
    })
}

/// Returns whether the text seems to name an object in a bucket, as CloudTrail, S3 and EventBridge do, perhaps as a string
/// in a string.
pub(crate) fn seems_to_name_object(text: &[u8]) -> bool {
    const KEY: &[u8] = b"\"s3ObjectKey";
    let ends = |at: usize| matches!(text.get(at + KEY.len()), Some(b'"' | b'\\'));
    // An event pattern, which a record may have, has an array there.
    let is_value = |key: &[u8], value: &[u8]| {
        let before = |at| text.get(..at).unwrap_or_default();
        let is_mark = |byte: &u8| matches!(byte, b'"' | b'\\' | b' ' | b':');
        let is_of_key =
            |at| before(at).iter().rev().skip_while(|byte| is_mark(byte)).take(key.len()).eq(key.iter().rev());
        memchr::memmem::find_iter(text, value).any(is_of_key)
    };
    memchr::memmem::find_iter(text, KEY).any(ends)
        || is_value(b"eventName", b"ObjectCreated:")
        || is_value(b"detail-type", b"Object Created")
}

/// Returns whether a member names an object in a bucket. Tools write where a record comes from beside it, in the form of an
/// S3 event without its version.
pub(crate) fn names_object(key: &[u8], value: &[u8]) -> bool {
    match key {
        b"s3ObjectKey" => !matches!(value, b"null" | b"[]" | b"\"\""),
        b"detail" => is_object_detail(value),
        b"s3" => is_object_detail(value) && value_of(value, b"s3SchemaVersion").is_some(),
        _ => seems_to_name_object(value),
    }
}

/// Looks for records in text that is not read.
#[derive(Debug, Default)]
pub(crate) struct Hints {
    id: Option<u64>,
    version: bool,
}

/// The keys of two members that every record has, as they begin. Text in strings has a backslash or a quote behind them.
const ID: &[u8] = b"\"eventID";
const VERSION: &[u8] = b"\"eventVersion";
/// The end of a record's source, and the next key. A record that has lost its start has no version.
const SOURCE: &[u8] = b".amazonaws.com\",\"eventName\":\"";

impl Hints {
    /// The bytes of the text so far that are needed again, since a key may begin in them.
    pub(crate) const KEPT: usize = SOURCE.len();

    /// Reads a part of the text, which starts at offset `at`.
    pub(crate) fn read(&mut self, text: &[u8], at: u64) {
        let find = |key: &[u8]| {
            let ends = |from: usize| matches!(text.get(from + key.len()), Some(b'"' | b'\\'));
            memchr::memmem::find_iter(text, key).find(|from| ends(*from))
        };
        self.id = self.id.or_else(|| Some(at + find(ID)? as u64));
        self.version = self.version || find(VERSION).is_some() || memchr::memmem::find(text, SOURCE).is_some();
    }

    /// Returns the offset of the first hint, if the text has a record for certain.
    pub(crate) fn certain(&self) -> Option<u64> {
        self.id.filter(|_| self.version)
    }
}
