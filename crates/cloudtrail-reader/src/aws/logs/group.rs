//! The names of log groups.

use crate::typed::{after_scheme, trimmed};
use common_aws::names::{Arn, is_account_id, is_arn, is_region};
use std::fmt;

/// Names of log groups and log streams have 1 to 512 characters (Amazon CloudWatch Logs API Reference,
/// `CreateLogGroup` and `CreateLogStream`).
const NAME_LENGTH: std::ops::RangeInclusive<usize> = 1..=512;

/// A log group of CloudWatch Logs, or the log streams of it whose names begin with a prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogGroup {
    /// The name. A slash at its beginning is part of it.
    pub name: String,
    /// Partition, region and account, if the group was given by its ARN. Requests go to that region and name the ARN.
    pub owner: Option<LogGroupOwner>,
    /// The prefix of the log streams' names; empty for all streams.
    pub stream_prefix: String,
}

/// The part of a log group's ARN before its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogGroupOwner {
    /// The partition, such as `aws`.
    pub partition: String,
    /// The region.
    pub region: String,
    /// The account ID, 12 digits.
    pub account: String,
}

/// Why a text does not name a log group.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogGroupError {
    /// The text is empty.
    #[error("names no log group; use cwl://LOG-GROUP, cwl://LOG-GROUP:STREAM-PREFIX or cwl://arn:aws:logs:…")]
    Empty,
    /// The text cannot be a log group's name.
    #[error("\"{0}\" is not a log group name: 1 to 512 letters, digits and . - _ / #")]
    Name(String),
    /// The text cannot be the beginning of a log stream's name.
    #[error("\"{0}\" is not the beginning of a log stream's name: up to 512 characters without : and *")]
    StreamPrefix(String),
    /// The ARN is not one of a log group.
    #[error(
        "\"{0}\" is not the ARN of a log group, such as arn:aws:logs:eu-west-1:123456789012:log-group:NAME, with \
         :STREAM-PREFIX or :* behind it if you like"
    )]
    Arn(String),
}

impl LogGroup {
    /// Returns the region of the ARN.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        self.owner.as_ref().map(|owner| owner.region.as_str())
    }

    /// Returns the ARN, without `:*` at its end, if the group was given by it.
    #[must_use]
    pub fn arn(&self) -> Option<String> {
        let LogGroupOwner { partition, region, account } = self.owner.as_ref()?;
        Some(format!("arn:{partition}:logs:{region}:{account}:log-group:{}", self.name))
    }
}

impl std::str::FromStr for LogGroup {
    type Err = LogGroupError;

    /// Parses `NAME[:STREAM-PREFIX]` or an ARN, with or without `cwl://` before it.
    fn from_str(text: &str) -> Result<Self, LogGroupError> {
        let text = trimmed(text);
        let text = trimmed(after_scheme(text, "cwl").unwrap_or(text));
        if is_arn(text) { of_arn(text) } else { of_name(text, None) }
    }
}

fn of_arn(text: &str) -> Result<LogGroup, LogGroupError> {
    let wrong = || LogGroupError::Arn(text.to_owned());
    let Some(Arn { service: "logs", partition, region, account, resource }) = Arn::parse(text) else {
        return Err(wrong());
    };
    let rest = resource.strip_prefix("log-group:").filter(|_| is_region(region) && is_account_id(account));
    let owner =
        LogGroupOwner { partition: partition.to_owned(), region: region.to_owned(), account: account.to_owned() };
    of_name(rest.ok_or_else(wrong)?, Some(owner))
}

/// Parses `NAME`, `NAME:*`, `NAME:PREFIX`, `NAME:*:PREFIX` and `NAME:log-stream:PREFIX`.
fn of_name(text: &str, owner: Option<LogGroupOwner>) -> Result<LogGroup, LogGroupError> {
    let (name, rest) = text.split_once(':').unwrap_or((text, ""));
    if name.is_empty() {
        return Err(LogGroupError::Empty);
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_/#".contains(&byte);
    if !NAME_LENGTH.contains(&name.len()) || !name.bytes().all(plain) {
        return Err(LogGroupError::Name(name.to_owned()));
    }
    let rest = rest.strip_prefix("*:").unwrap_or(if rest == "*" { "" } else { rest });
    let prefix = if owner.is_some() { rest.strip_prefix("log-stream:").unwrap_or(rest) } else { rest };
    if prefix.len() > *NAME_LENGTH.end() || prefix.contains([':', '*']) {
        return Err(LogGroupError::StreamPrefix(prefix.to_owned()));
    }
    Ok(LogGroup { name: name.to_owned(), owner, stream_prefix: prefix.to_owned() })
}

impl fmt::Display for LogGroup {
    /// Writes the address, without `cwl://`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.arn().as_ref().unwrap_or(&self.name))?;
        if self.stream_prefix.is_empty() { Ok(()) } else { write!(f, ":{}", self.stream_prefix) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_arns_with_and_without_a_stream_prefix() {
        let arn = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/trail";
        let with_prefix = format!("{arn}:1234_CloudTrail");
        for (text, expected) in [
            ("cwl://aws/cloudtrail/managementevents".to_owned(), "aws/cloudtrail/managementevents"),
            (" CWL:///aws/trail\n".to_owned(), "/aws/trail"),
            ("cwl://trail:1234_CloudTrail_eu".to_owned(), "trail:1234_CloudTrail_eu"),
            (format!("cwl://{arn}"), arn),
            (format!("{arn}:*"), arn),
            (format!("{arn}:1234_CloudTrail"), &*with_prefix),
            (format!("{arn}:*:1234_CloudTrail"), &*with_prefix),
            (format!("{arn}:log-stream:1234_CloudTrail"), &*with_prefix),
        ] {
            let group: LogGroup = text.parse().unwrap();
            assert_eq!(group.to_string(), expected, "{text}");
            assert_eq!(group.to_string().parse::<LogGroup>().unwrap(), group);
        }
    }

    #[test]
    fn other_texts_are_refused_with_the_reason() {
        for (text, expected) in [
            ("cwl://", "names no log group; use cwl://LOG-GROUP"),
            ("cwl://a b", "\"a b\" is not a log group name: 1 to 512"),
            ("cwl://a:b:c", "\"b:c\" is not the beginning of a log stream's name"),
            ("arn:aws:logs:eu-west-1:123456789012:destination:x", "is not the ARN of a log group, such as"),
            ("arn:aws:logs:eu-west-1:12:log-group:x", "is not the ARN of a log group, such as"),
        ] {
            let error = text.parse::<LogGroup>().unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
