//! How queues are named.

use std::fmt;

/// A queue: by its name, its URL or its ARN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueueName {
    /// A name, whose URL SQS is asked for.
    Name(String),
    /// The URL itself.
    Url(String),
    /// An ARN: the region and account that it names count.
    Arn {
        /// The region.
        region: String,
        /// The account, 12 digits.
        account: String,
        /// The queue's name.
        name: String,
    },
}

/// Why a text names no queue.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QueueNameError {
    /// There is nothing.
    #[error("names no queue; use sqs://name, sqs://https://… or sqs://arn:aws:sqs:…")]
    Empty,
    /// No queue can be called that: 1 to 80 letters, digits, hyphens and underscores, and `.fifo`.
    #[error("{0:?} is no queue's name: 1 to 80 letters, digits, hyphens and underscores")]
    Name(String),
    /// Not the ARN of a queue.
    #[error("{0:?} is no queue's ARN, like arn:aws:sqs:eu-west-1:123456789012:name")]
    Arn(String),
}

/// Queue names have up to 80 characters (Amazon SQS Developer Guide, "Queue and message identifiers").
const LONGEST_NAME: usize = 80;

impl std::str::FromStr for QueueName {
    type Err = QueueNameError;

    fn from_str(text: &str) -> Result<Self, QueueNameError> {
        let text = text.strip_prefix("sqs://").unwrap_or(text);
        if text.is_empty() {
            return Err(QueueNameError::Empty);
        }
        if text.starts_with("https://") || text.starts_with("http://") {
            return Ok(Self::Url(text.to_owned()));
        }
        if text.starts_with("arn:") {
            let parts: Vec<&str> = text.split(':').collect();
            return match parts.as_slice() {
                [_, _, "sqs", region, account, name] if !region.is_empty() && !account.is_empty() && is_name(name) => {
                    let owned = |text: &str| text.to_owned();
                    Ok(Self::Arn { region: owned(region), account: owned(account), name: owned(name) })
                }
                _ => Err(QueueNameError::Arn(text.to_owned())),
            };
        }
        if is_name(text) { Ok(Self::Name(text.to_owned())) } else { Err(QueueNameError::Name(text.to_owned())) }
    }
}

fn is_name(text: &str) -> bool {
    let name = text.strip_suffix(".fifo").unwrap_or(text);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    !name.is_empty() && text.len() <= LONGEST_NAME && name.bytes().all(plain)
}

impl fmt::Display for QueueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(text) | Self::Url(text) => f.write_str(text),
            Self::Arn { name, .. } => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let found = text.parse::<QueueName>().map_or_else(|error| format!("! {error}"), |it| format!("{it:?}"));
        assert_eq!(found, expected);
    }

    #[test]
    fn names_urls_and_arns() {
        check("sqs://my_queue-1", r#"Name("my_queue-1")"#);
        check("sqs://q.fifo", r#"Name("q.fifo")"#);
        let url = "https://sqs.eu-west-1.amazonaws.com/123456789012/q";
        check(&format!("sqs://{url}"), &format!("Url({url:?})"));
        check(
            "sqs://arn:aws:sqs:eu-west-1:123456789012:q",
            r#"Arn { region: "eu-west-1", account: "123456789012", name: "q" }"#,
        );
        check("sqs://", "! names no queue; use sqs://name, sqs://https://… or sqs://arn:aws:sqs:…");
        check("sqs://a/b", "! \"a/b\" is no queue's name: 1 to 80 letters, digits, hyphens and underscores");
        let wrong = "arn:aws:sns:eu-west-1:123456789012:q";
        check(wrong, &format!("! {wrong:?} is no queue's ARN, like arn:aws:sqs:eu-west-1:123456789012:name"));
    }
}
