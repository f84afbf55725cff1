//! A record that no rule matches costs no allocation.

#![allow(clippy::unwrap_used, reason = "a test fails where its set-up does")]

use cloudtrail_rules::{Detector, Memory, RecordFilter, RuleMatching, RulesFiles, Sequence};
use field_extract::Scratch;

const RECORD: &str = r#"{"eventVersion":"1.11","userIdentity":{"type":"AssumedRole","principalId":"AROA:s","arn":"arn:aws:sts::1:assumed-role/Role/s","accountId":"1","sessionContext":{"sessionIssuer":{"type":"Role","userName":"Role"},"attributes":{"mfaAuthenticated":"false"}}},"eventTime":"2026-01-02T03:04:05Z","eventSource":"s3.amazonaws.com","eventName":"NAME","awsRegion":"eu-west-1","sourceIPAddress":"192.0.2.10","userAgent":"aws-cli/2","errorCode":"NoSuchKey","requestParameters":{"bucketName":"b","key":"k"},"responseElements":null,"readOnly":true,"eventType":"AwsApiCall"}"#;
/// Conditions that no index finds.
const MORE: &str = "
- rule: Any
  desc: d
  condition: json.value[/requestParameters/key] = x or ct.user.arn regex \"x[0-9]+\" or ct.srcip in (a, b) or s3.bytes > 1
  output: o
  priority: INFO
  source: aws_cloudtrail
";

#[test]
fn records_without_an_alert_cost_no_allocation() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/falco/trailbridge_rules.yaml");
    let files = [(path, std::fs::read_to_string(path).unwrap()), ("more.yaml", MORE.to_owned())];
    let loaded = RulesFiles::from_texts(files).load(&[]);
    assert_eq!(loaded.diagnostics, []);
    let detector =
        Detector::new(&loaded.ruleset, |rule| rule.is_enabled()).with_matching(RuleMatching::All).with_hostname("host");
    assert!(detector.rules().count() > 20 && !detector.needs_order());
    let filter = RecordFilter::new("ct.name = CreateUser or ct.user.arn contains x", &loaded.ruleset).unwrap();
    // The second one is a candidate: there is a rule for its name, whose other comparisons do not hold.
    let records = ["GetObject", "StopLogging"].map(|name| RECORD.replace("NAME", name));
    let (mut scratch, mut memory, mut lines) = (Scratch::new(), Memory::default(), Vec::new());
    let mut sequence = Sequence::default();
    let mut check = || {
        for record in &records {
            assert!(!filter.matches(scratch.record(record.as_bytes(), None), &mut memory));
            let record = scratch.resume(record.as_bytes());
            assert_eq!(detector.check(record, &mut sequence, &mut memory, &mut lines), Ok(&[][..]));
        }
    };
    check();
    let allocations = allocation_counter::measure(|| (0..100).for_each(|_| check()));
    assert_eq!(allocations.count_total, 0);
}
