//! A scratch that has read a record before allocates nothing for the fields that rules ask for.

use field_extract::{Scratch, Value, field};

const RECORD: &str = r#"{"eventVersion":"1.11","userIdentity":{"type":"AssumedRole","principalId":"AROA:s","arn":"arn:aws:sts::1:assumed-role/Role/s","accountId":"1","sessionContext":{"sessionIssuer":{"type":"Role","userName":"Role"},"attributes":{"mfaAuthenticated":"false"}}},"eventTime":"2026-01-02T03:04:05Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","awsRegion":"eu-west-1","sourceIPAddress":"192.0.2.10","userAgent":"aws-cli/2","errorCode":"AccessDenied","requestParameters":{"bucketName":"b","key":"k"},"responseElements":null,"readOnly":true,"eventType":"AwsApiCall"}"#;

#[test]
fn rule_fields_cost_no_allocation() {
    let names =
        ["ct.name", "ct.error", "ct.src", "ct.user", "ct.user.identitytype", "ct.region", "ct.srcip", "ct.user.arn"];
    let fields = names.map(|name| field(name).unwrap());
    let record = RECORD.as_bytes();
    let mut scratch = Scratch::new();
    let mut ask = || {
        let mut record = scratch.record(record, None);
        assert_eq!(record.time_if_emitted(), Ok(1_767_323_045_000_000_000));
        let found = fields.iter().filter(|field| matches!(record.get(field, None), Some(Value::Text(_)))).count();
        assert_eq!(found, fields.len());
    };
    ask();
    let allocations = allocation_counter::measure(|| (0..100).for_each(|_| ask()));
    assert_eq!(allocations.count_total, 0);
}
