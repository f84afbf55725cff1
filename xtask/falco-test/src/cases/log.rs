//! What Falco's log and its lists say of the plugin.

use super::RUN;
use crate::case::{Case, Kind, Run};

/// Files whose damage costs records. Each must be named.
const DAMAGED: &[&str] = &["cut.json", "cut.json.gz", "checksum.json.gz", "syntax.json"];
/// A record that fires a rule, between two that cannot be read.
const BETWEEN: &[u8] = br#"{"Records":[
{"eventID":},
{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","userName":"a"},"eventTime":"2026-01-02T03:00:01Z",
"eventSource":"iam.amazonaws.com","eventName":"DeactivateMFADevice","eventType":"AwsApiCall","eventID":"1"},
{"eventID":"#;

pub(super) fn cases() -> Vec<Case> {
    let run = |run: Run| Kind::Run(run);
    let folder = || "open_params: {folder}".to_owned();
    let mut cases = vec![
        Case::named(
            "log",
            "a record between damages is an event, and each damage is named",
            run(Run {
                keys: folder(),
                files: &[("between.json", BETWEEN)],
                shows: &["Events detected: 1", "{folder}/between.json: "],
                ..RUN
            }),
        ),
        Case::named(
            "log",
            "without log_stderr nothing of it shows",
            run(Run {
                keys: folder(),
                args: &["--disable-source", "syscall", "-o", "log_stderr=false"],
                shows: &["Events detected: 0"],
                hides: &["there are no files"],
                ..RUN
            }),
        ),
        Case::named(
            "info",
            "the plugin describes itself and its keys",
            run(Run {
                keys: "open_params: {fixtures}".to_owned(),
                args: &["--plugin-info=cloudtrail", "--disable-source", "syscall"],
                shows: &[
                    "Description: reads AWS CloudTrail records from files, S3 and SQS",
                    "\"description\": \"Where CloudTrail logs are read from, and how",
                    "\"title\": \"S3 download concurrency\"",
                    "s3://bucket/prefix/",
                ],
                hides: &["The keys, for the schema", "valijson", "Falco's validator"],
                ..RUN
            }),
        ),
        Case::named(
            "info",
            "fields are listed",
            run(Run {
                keys: "open_params: {fixtures}".to_owned(),
                args: &["--list=aws_cloudtrail"],
                shows: &["ct.name", "ct.user.invokedby", "ct.response.consolelogin"],
                ..RUN
            }),
        ),
    ];
    let damaged = DAMAGED.iter().map(|file| {
        let keys = format!("open_params: {{fixtures}}/broken/{file}");
        Case::named("damage", file, run(Run { keys, shows: &["cloudtrail: {fixtures}/broken/"], ..RUN }))
    });
    cases.extend(damaged);
    cases
}
