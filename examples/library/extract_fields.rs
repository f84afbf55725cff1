//! The fields of one record, each with the bytes of the record that it was read from.
//!
//! ```console
//! $ cargo run -p examples --example extract_fields                     # all fields that the record has
//! $ cargo run -p examples --example extract_fields -- ct.user s3.uri   # these
//! ```
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a program for the command line")]

use std::borrow::Cow;
use std::error::Error;

use field_extract::{Field, Record, Scratch, Text, Value, closest, field, fields};

const RECORD: &[u8] = br#"{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","userName":"alice","arn":"arn:aws:iam::123456789012:user/alice"},"eventTime":"2026-01-02T03:04:05Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","awsRegion":"eu-west-1","sourceIPAddress":"192.0.2.10","requestParameters":{"bucketName":"reports","key":"2025\/q4.pdf"},"additionalEventData":{"bytesTransferredOut":48213},"eventID":"0c5c7fd0-a6a3-a450-6513-270e269e0d37","readOnly":true,"eventType":"AwsApiCall"}"#;

fn main() -> Result<(), Box<dyn Error>> {
    let names: Vec<String> = std::env::args().skip(1).collect();
    // A record keeps what has been found in it: the second field costs less than the first.
    let mut scratch = Scratch::new();
    let mut record = scratch.record(RECORD, None);
    if names.is_empty() {
        fields().iter().for_each(|field| print(&mut record, field));
    }
    for name in &names {
        print(&mut record, field(name).ok_or_else(|| unknown(name))?);
    }
    Ok(())
}

fn unknown(name: &str) -> String {
    match closest(name) {
        Some(near) => format!("no field {name}; did you mean {}?", near.name),
        None => format!("no field {name}"),
    }
}

/// Prints a field, and skips fields that the record does not have.
fn print(record: &mut Record<'_, '_>, field: &Field) {
    let Some(value) = record.get(field, None) else { return };
    // Text that stands in the record as it is has a place there; what was computed or unescaped has none.
    let place = value.range().map_or_else(|| "computed".to_owned(), |range| format!("{}..{}", range.start, range.end));
    println!("{:22} {place:>9}  {}", field.name, shown(&value));
}

fn shown<'v>(value: &'v Value<'_>) -> Cow<'v, str> {
    let text = |text: &'v Text<'_>| String::from_utf8_lossy(text.as_bytes());
    match value {
        Value::Text(one) => text(one),
        Value::Number(number) => number.to_string().into(),
        Value::List(list) => list.iter().map(text).collect::<Vec<_>>().join(", ").into(),
    }
}
