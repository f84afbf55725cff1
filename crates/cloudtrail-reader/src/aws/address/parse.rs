//! Parses the text that names a source.

use super::meaning::{Address, AddressError};
use super::web;
use crate::typed::{after_scheme, trimmed};
use common_aws::names::{Arn, is_arn};
use std::borrow::Cow;

/// Characters that people and programs put around a value. In an environment file they are part of the value.
pub(super) const QUOTES: [char; 9] = ['"', '\'', '`', '“', '”', '‘', '’', '«', '»'];

impl Address {
    /// Parses a text. `s3://`, `sqs://`, `cwl://`, an ARN and an `https://` URL are always addresses; any other text is a path.
    ///
    /// # Errors
    /// If the text looks like an address and is not a valid one. The message says what would be right.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = trimmed(text);
        let bucket = || text.parse().map(Self::Bucket).map_err(AddressError::Bucket);
        let queue = || text.parse().map(Self::Queue).map_err(AddressError::Queue);
        let group = || text.parse().map(Self::LogGroup).map_err(AddressError::LogGroup);
        let scheme = text.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
        match scheme.as_deref() {
            Some("s3" | "s3a" | "s3n") => match web::inside(text) {
                Some(url) => web::address(url),
                None => quoted(text).map_or_else(bucket, Err),
            },
            Some("sqs") => quoted(text).map_or_else(queue, Err),
            Some("cwl") => quoted(text).map_or_else(group, Err),
            Some("https" | "http") => web::address(text),
            _ if is_arn(text) => match Arn::parse(text).map(|arn| arn.service) {
                Some("sqs") => queue(),
                Some("logs") => group(),
                Some("s3" | "s3-outposts" | "s3-object-lambda") => bucket(),
                service => Err(AddressError::Other(not_a_source(service).to_owned())),
            },
            _ => Ok(Self::Path),
        }
    }
}

/// Returns the text for a message, without the user and the password that a URL may hold.
#[must_use]
pub fn without_password(text: &str) -> Cow<'_, str> {
    let start = text.rfind("://").map_or(0, |at| at + "://".len());
    let host = text.get(start..).and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
    match (host.rfind('@'), text.get(..start)) {
        (Some(at), Some(scheme)) => Cow::Owned(format!("{scheme}{}", text.get(start + at + 1..).unwrap_or_default())),
        _ => Cow::Borrowed(text),
    }
}

/// Returns advice for an ARN that is not one of a source.
fn not_a_source(service: Option<&str>) -> &'static str {
    match service {
        Some("sns") => "is the ARN of a topic: subscribe a queue to it, and name the queue",
        Some("cloudtrail") => {
            "is the ARN of a trail or an event data store: name the trail's bucket, as s3://bucket/prefix"
        }
        _ => {
            "is not the ARN of a bucket, a queue or a log group, such as arn:aws:s3:::bucket/prefix, \
             arn:aws:sqs:eu-west-1:123456789012:name or arn:aws:logs:eu-west-1:123456789012:log-group:name"
        }
    }
}

/// Returns the mistake if a quote is at the end of an address. It was meant for a shell or a YAML file, and is part of
/// the value in an environment file.
fn quoted(text: &str) -> Option<AddressError> {
    let without = text.trim_end_matches(QUOTES);
    let is_quoted = without.len() < text.len() && after_scheme(text, "s3").is_none_or(|rest| !rest.is_empty());
    is_quoted.then(|| AddressError::Other(format!("ends with a quote, which is part of the value: write {without}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let found = match Address::parse(text) {
            Ok(Address::Bucket(uri)) => uri.to_string(),
            Ok(Address::Queue(queue)) => format!("{queue:?}"),
            Ok(Address::LogGroup(group)) => format!("cwl://{group}"),
            Ok(Address::Path) => "path".to_owned(),
            Err(error) => format!("! {error}"),
        };
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn buckets_queues_and_paths() {
        for (text, expected) in [
            ("s3://b-1/p", "s3://b-1/p"),
            (" S3://b-1/p\r\n", "s3://b-1/p"),
            ("s3a://b-1", "s3://b-1/"),
            ("arn:aws:s3:::b-1/p", "s3://b-1/p"),
            ("s3://https://b-1.s3.eu-west-1.amazonaws.com/p", "s3://b-1/p"),
            ("sqs://q", r#"Name("q")"#),
            ("SQS://q.fifo/", r#"Name("q.fifo")"#),
            ("http://localhost:4566/000000000000/q", r#"Url("http://localhost:4566/000000000000/q")"#),
            (
                "arn:aws:sqs:eu-west-1:123456789012:q",
                r#"Arn { region: "eu-west-1", account: "123456789012", name: "q" }"#,
            ),
            ("CWL:///aws/trail:a", "cwl:///aws/trail:a"),
            (
                "arn:aws:logs:eu-west-1:123456789012:log-group:trail:*",
                "cwl://arn:aws:logs:eu-west-1:123456789012:log-group:trail",
            ),
            ("logs/2026", "path"),
            ("/var/log/s3://x", "path"),
            ("s3:/b", "path"),
            ("\"s3://b\"", "path"),
        ] {
            check(text, expected);
        }
    }

    #[test]
    fn a_password_is_not_repeated() {
        for (text, expected) in [
            ("https://u:p@h/q", "https://h/q"),
            ("sqs://https://h/a@b", "sqs://https://h/a@b"),
            ("sqs://https://u:p@h/q", "sqs://https://h/q"),
            ("s3://b/a@b", "s3://b/a@b"),
            ("logs/a@b", "logs/a@b"),
        ] {
            assert_eq!(without_password(text), expected);
        }
    }

    #[test]
    fn other_things_are_refused_with_what_would_be_right() {
        for (text, expected) in [
            ("s3://", "names no bucket; use s3://bucket or s3://bucket/prefix"),
            ("s3://b-1/p\"", "ends with a quote, which is part of the value: write s3://b-1/p"),
            ("sqs://q'", "ends with a quote, which is part of the value: write sqs://q"),
            (
                "arn:aws:sns:eu-west-1:123456789012:t",
                "is the ARN of a topic: subscribe a queue to it, and name the queue",
            ),
            (
                "arn:aws:cloudtrail:eu-west-1:123456789012:trail/t",
                "is the ARN of a trail or an event data store: name the trail's bucket, as s3://bucket/prefix",
            ),
        ] {
            check(text, &format!("! {expected}"));
        }
        let error = Address::parse("arn:aws:iam::123456789012:user/x").unwrap_err().to_string();
        assert!(
            error.starts_with("is not the ARN of a bucket, a queue or a log group, such as arn:aws:s3:::"),
            "{error}"
        );
    }
}
