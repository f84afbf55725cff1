//! Pages of records.
#![allow(clippy::unwrap_used, reason = "a test fails where its set-up does")]

mod common;

use common::{Given, lines, page, parsed, table};
use expect_test::expect_file;
use record_report::Totals;

const RULES: &str = "
- rule: Trail Stopped
  desc: d
  condition: ct.name = StopLogging
  output: '%ct.user stopped %ct.request.name'
  priority: CRITICAL
  source: aws_cloudtrail
- rule: Failed Call
  desc: d
  condition: ct.error exists
  output: '%ct.error'
  priority: NOTICE
  source: aws_cloudtrail
- rule: Never
  desc: d
  condition: ct.name = Never
  output: x
  priority: ERROR
  source: aws_cloudtrail
";

const ALICE: &str =
    r#""userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::123456789012:user/alice","userName":"alice"}"#;
const ROLE: &str = r#""userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::123456789012:assumed-role/Admin/bob",
    "sessionContext":{"sessionIssuer":{"type":"Role","arn":"arn:aws:iam::123456789012:role/Admin","userName":"Admin"}}}"#;

fn record(time: &str, service: &str, name: &str, rest: &str) -> String {
    format!(
        r#"{{"eventVersion":"1.11","eventTime":"{time}","eventSource":"{service}.amazonaws.com","eventName":"{name}",
        "eventType":"AwsApiCall","eventID":"{time}{name}","awsRegion":"eu-west-1","recipientAccountId":"123456789012",
        "sourceIPAddress":"192.0.2.1",{rest}}}"#
    )
}

fn small() -> Vec<String> {
    let login = |result: &str| {
        format!(r#"{ALICE},"responseElements":{{"ConsoleLogin":"{result}"}},"additionalEventData":{{"MFAUsed":"No"}}"#)
    };
    vec![
        record("2026-01-02T03:04:05Z", "s3", "GetObject", ALICE),
        record("2026-01-02T03:04:06Z", "s3", "GetObject", &format!(r#"{ALICE},"errorCode":"AccessDenied""#)),
        record("2026-01-02T03:04:06Z", "s3", "GetObject", &format!(r#"{ALICE},"errorCode":"AccessDenied""#)),
        record("2026-01-02T03:14:06Z", "s3", "HeadObject", &format!(r#"{ROLE},"errorCode":"NoSuchKey""#)),
        record("2026-01-02T03:20:00Z", "signin", "ConsoleLogin", &login("Failure")),
        record("2026-01-02T03:21:00Z", "signin", "ConsoleLogin", &login("Success")),
        record(
            "2026-01-02T04:00:00Z",
            "cloudtrail",
            "StopLogging",
            &format!(r#"{ROLE},"requestParameters":{{"name":"main"}}"#),
        ),
        record("soon", "s3", "GetObject", ALICE),
    ]
}

fn given() -> Given {
    Given {
        title: "The night of <2 January>".to_owned(),
        asked: vec![("Source", "logs/".to_owned()), ("Where", "ct.user != \"x\"".to_owned())],
        rules: RULES,
        dedupe: true,
        totals: Totals { files: 2, damaged: 1, warnings: 2, skipped: 3, is_stopped: false },
        problems: vec!["logs/a.json.gz: damaged: record 4, byte 3984: the file is cut".to_owned()],
        ..Given::default()
    }
}

#[test]
fn the_page_of_a_small_log() {
    let page = page(&small(), &given());
    parsed(&page);
    expect_file!["expected/small.html"].assert_eq(&lines(&page));
}

#[test]
fn nothing_at_all_is_a_page() {
    let page = page::<&str>(&[], &Given::default());
    let (_, text) = parsed(&page);
    assert!(text.contains("Everything was read: no damage was found."), "{text}");
    assert!(text.contains("No record has a time.") && text.contains("Nothing was left out"), "{text}");
    assert!(!text.contains("Alerts"), "{text}");
    expect_file!["expected/empty.html"].assert_eq(&lines(&page));
}

#[test]
fn one_record_is_one_bar() {
    let page = page(&small()[..1], &Given { rules: RULES, ..Given::default() });
    let (elements, text) = parsed(&page);
    let bars = elements.iter().filter(|it| it.starts_with("rect class=\"all\"") && it.contains("x=\"0.000%\"")).count();
    assert_eq!(bars, 1);
    assert!(
        text.contains("3 rules were checked, of which 0 alerted.") && text.contains("One bar is 1 minute."),
        "{text}"
    );
    let principals = table(page.split_once("id=\"principals\"").unwrap().1, "Principals");
    let expected =
        ["arn:aws:iam::123456789012:user/alice", "IAMUser", "1", "0", "2026-01-02 03:04:05", "2026-01-02 03:04:05", ""];
    assert_eq!(principals, [expected]);
}

#[test]
fn records_without_a_time_are_in_the_tables_only() {
    let page = page(&small()[7..], &Given::default());
    let (_, text) = parsed(&page);
    assert!(
        text.contains("1 record is without a readable time, and neither on the timeline nor in First seen."),
        "{text}"
    );
    assert!(text.contains("No record has a time."));
    assert_eq!(table(&page, "Regions"), [["eu-west-1", "1", "0", ""]]);
    let first_seen = page.split_once("id=\"first\"").unwrap().1.split_once("</section>").unwrap().0;
    assert!(!first_seen.contains("<table") && first_seen.matches("None.").count() == 4, "{first_seen}");
}

#[test]
fn a_thousand_principals_are_counted_and_the_first_are_shown() {
    let records: Vec<String> = (0..1000)
        .flat_map(|number| {
            let user = format!(r#""userIdentity":{{"type":"IAMUser","arn":"user/{number:04}"}}"#);
            let record = record("2026-01-02T03:04:05Z", "s3", "GetObject", &user);
            std::iter::repeat_n(record, if number == 700 { 3 } else { 1 })
        })
        .collect();
    let page = page(&records, &Given::default());
    let (_, text) = parsed(&page);
    assert!(text.contains("1,000principals") && text.contains("1,002records"), "{text}");
    let rows = table(page.split_once("id=\"principals\"").unwrap().1, "Principals");
    assert_eq!(rows.len(), 20);
    assert_eq!((&*rows[0][0], &*rows[0][2], &*rows[1][0]), ("user/0700", "3", "user/0000"));
    assert!(text.contains("980 more principals are not shown.") && text.contains("950 more principals are not shown."));
}

#[test]
fn alerts_are_by_rule_and_the_latest_are_shown() {
    let records: Vec<String> = (0..150)
        .map(|number| {
            let time = format!("2026-01-02T{:02}:{:02}:00Z", number / 60, number % 60);
            let (name, error) =
                if number % 2 == 0 { ("StopLogging", String::new()) } else { ("Get", format!("E{number}")) };
            let error = if error.is_empty() { error } else { format!(r#","errorCode":"{error}""#) };
            record(&time, "cloudtrail", name, &format!("{ALICE}{error}"))
        })
        .collect();
    let page = page(&records, &Given { rules: RULES, ..Given::default() });
    let (elements, text) = parsed(&page);
    let by_rule = table(&page, "By rule");
    let stopped = ["Critical", "Trail Stopped", "75", "2026-01-02 00:00:00", "2026-01-02 02:28:00"];
    let failed = ["Notice", "Failed Call", "75", "2026-01-02 00:01:00", "2026-01-02 02:29:00"];
    assert_eq!(by_rule, [stopped, failed]);
    let latest = table(&page, "The latest of each rule");
    let expected = ["2026-01-02 02:29:00", "Notice", "Failed Call", "E149"];
    assert_eq!((latest.len(), latest[10].as_slice()), (20, &expected.map(str::to_owned)[..]));
    assert!(text.contains("130 more alerts are not shown.") && text.contains("150alerts75 of them critical"), "{text}");
    assert_eq!(elements.iter().filter(|it| it.starts_with("rect class=\"alert\"") && it.contains(" x=")).count(), 30);
}

/// Every table says what it leaves out, and the heading stays short.
#[test]
fn long_lists_are_cut_and_counted() {
    let given = Given {
        asked: (0..13).map(|number| ("Source", format!("file-{number}"))).collect(),
        problems: (0..130).map(|number| format!("problem-{number}")).collect(),
        totals: Totals { is_stopped: true, ..Totals::default() },
        every: Some("1m"),
        ..Given::default()
    };
    let records = ["2026-01-02T03:04:05Z", "2026-02-02T03:04:05Z"].map(|time| record(time, "s3", "GetObject", ALICE));
    let (_, text) = parsed(&page(&records, &given));
    for part in [
        "file-9and 3 more",
        "problem-99",
        "30 more lines, which the log has, are not shown.",
        "The run was stopped before its end.",
        "One bar is 3 hours. Times are in UTC. The width that was asked for would give too many bars.",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("file-10") && !text.contains("problem-100"));
}
