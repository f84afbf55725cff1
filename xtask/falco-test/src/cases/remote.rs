//! What Falco prints of buckets and queues that cannot be read.

use stand_ins::proxy::Fault;

use crate::case::{Case, End, Kind};
use crate::services::{Refused, Remote};

const REMOTE: Remote =
    Remote { keys: "", unset: &[], refused: None, log: br#"{"Records":[]}"#, end: End::Badly, shows: &[] };
const BUCKET: &str = "open_params: s3://logs";
const QUEUE: &str = "open_params: sqs://logs";
const KEYS: &[&str] = &["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
/// A log file that ends in its first record.
const CUT: &[u8] = br#"{"Records":[{"eventVersion":"1.11","eventTime":"2026-01-02T03"#;

/// A name, `open_params`, what is refused, and what must show.
const REFUSED: &[(&str, &str, Refused, &[&str])] = &[
    (
        "no such bucket",
        "open_params: s3://none",
        Some(("ListObjectsV2", Fault::no_such_bucket)),
        &["open_params s3://none/: ", "there is no such bucket"],
    ),
    (
        "a bucket that may not be listed",
        BUCKET,
        Some(("ListObjectsV2", Fault::access_denied)),
        &["open_params s3://logs/: ", "s3:ListBucket"],
    ),
    (
        "a bucket, with an unknown access key",
        BUCKET,
        Some(("ListObjectsV2", Fault::unknown_access_key)),
        &["no valid credentials", "aws.profile in init_config"],
    ),
    (
        "no such queue",
        "open_params: sqs://none",
        None,
        &["open_params sqs://none: ", "there is no such queue in this region and account"],
    ),
    (
        "a queue whose address may not be asked for",
        QUEUE,
        Some(("GetQueueUrl", Fault::access_to_queue_denied)),
        &["sqs:GetQueueUrl"],
    ),
    (
        "a queue that may not be received from",
        QUEUE,
        Some(("ReceiveMessage", Fault::access_to_queue_denied)),
        &["open_params sqs://logs: ", "sqs:ReceiveMessage"],
    ),
    (
        "a queue whose key may not be used",
        QUEUE,
        Some(("ReceiveMessage", Fault::kms_of_queue_denied)),
        &["kms:Decrypt"],
    ),
];

pub(super) fn cases() -> Vec<Case> {
    let kind = |remote| Kind::Services(remote);
    let refused = REFUSED.iter().map(|(name, keys, refused, shows)| {
        Case::named("refused", name, kind(Remote { keys, refused: *refused, shows, ..REMOTE }))
    });
    let mut cases: Vec<Case> = refused.collect();
    for (name, keys) in [("a bucket", BUCKET), ("a queue", QUEUE)] {
        let no_region =
            Remote { keys, unset: &["AWS_REGION"], shows: &["region", "aws.region in init_config"], ..REMOTE };
        cases.push(Case::named("without a region", name, kind(no_region)));
        let no_keys = Remote { keys, unset: KEYS, shows: &["credentials", "aws.profile in init_config"], ..REMOTE };
        cases.push(Case::named("without credentials", name, kind(no_keys)));
    }
    let profile = "init_config: {aws: {profile: nobody}}\nopen_params: s3://logs";
    cases.push(Case::named(
        "refused",
        "a profile that is not there",
        kind(Remote { keys: profile, unset: KEYS, shows: &["AWS profile nobody: does not exist"], ..REMOTE }),
    ));
    let files = "init_config: {aws: {config: /no/such, credentials: /no/other}}\nopen_params: sqs://logs";
    let missing: &[&str] = &["AWS file /no/such: cannot be read", "AWS file /no/other: cannot be read"];
    cases.push(Case::named(
        "refused",
        "files of AWS's that are missing",
        kind(Remote { keys: files, shows: missing, ..REMOTE }),
    ));
    // These go on: what is wrong is in the log, and the source stays open.
    let cut: &[&str] =
        &["[libs]: cloudtrail: ", "s3://logs/AWSLogs/111122223333/CloudTrail/", "its message is left to the queue"];
    cases.push(Case::named(
        "damage",
        "an object of a queue",
        kind(Remote { keys: QUEUE, log: CUT, end: End::Well, shows: cut, ..REMOTE }),
    ));
    let denied: &[&str] = &["s3://logs/AWSLogs/111122223333/CloudTrail/", "s3:GetObject"];
    let denied = Remote {
        keys: QUEUE,
        refused: Some(("GetObject", Fault::access_denied)),
        end: End::Well,
        shows: denied,
        ..REMOTE
    };
    cases.push(Case::named("damage", "an object that may not be read", kind(denied)));
    cases
}
