//! The names of queues.

use super::host::{self, is_host_of_sqs};
use crate::typed::{after_scheme, trimmed};
use common_aws::names::{Arn, is_account_id, is_arn, is_queue_name, is_region};
use std::fmt;
use url::Url;

/// A queue, given by name, URL or ARN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueueName {
    /// The name. SQS returns the URL for it.
    Name(String),
    /// The URL. Requests go to its host, for the region that it names.
    Url(String),
    /// The ARN. Requests go to the region and account that it names.
    Arn {
        /// The region.
        region: String,
        /// The account ID, 12 digits.
        account: String,
        /// The queue's name.
        name: String,
    },
}

/// Why a text does not name a queue.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QueueNameError {
    /// The text is empty.
    #[error("names no queue; use sqs://name, sqs://https://… or sqs://arn:aws:sqs:…")]
    Empty,
    /// The text cannot be a queue's name: 1 to 80 letters, digits, hyphens and underscores, and `.fifo`.
    #[error(
        "\"{0}\" is not a queue name: 1 to 80 letters, digits, hyphens and underscores, and .fifo at the end of a FIFO \
         queue's; a URL needs its https://"
    )]
    Name(String),
    /// The ARN is not one of a queue.
    #[error("\"{0}\" is not the ARN of a queue, such as arn:aws:sqs:eu-west-1:123456789012:name")]
    Arn(String),
    /// The URL is not one of a queue. The error does not repeat it, since it may hold a password.
    #[error("is not the URL of a queue, such as https://sqs.eu-west-1.amazonaws.com/123456789012/name: {0}")]
    Url(&'static str),
}

impl QueueName {
    /// Returns the region that the URL or the ARN names. A name and the URL of an emulator name no region.
    #[must_use]
    pub fn region(&self) -> Option<String> {
        match self {
            Self::Name(_) => None,
            Self::Arn { region, .. } => Some(region.clone()),
            Self::Url(url) => Url::parse(url).ok().and_then(|url| host::region(&url).map(str::to_owned)),
        }
    }

    /// Returns the endpoint of the URL: scheme, host and port. `None` if the host is the standard one of its region.
    #[must_use]
    pub fn endpoint(&self) -> Option<String> {
        let Self::Url(url) = self else { return None };
        let url = Url::parse(url).ok().filter(|url| !host::is_standard(url))?;
        Some(url.origin().ascii_serialization())
    }
}

impl std::str::FromStr for QueueName {
    type Err = QueueNameError;

    /// Parses a name, a URL or an ARN, with or without `sqs://` before it.
    fn from_str(text: &str) -> Result<Self, QueueNameError> {
        let text = trimmed(text);
        let text = trimmed(after_scheme(text, "sqs").unwrap_or(text)).trim_end_matches('/');
        if text.is_empty() {
            return Err(QueueNameError::Empty);
        }
        if is_arn(text) {
            return of_arn(text).ok_or_else(|| QueueNameError::Arn(text.to_owned()));
        }
        if let Some((scheme, _)) = text.split_once("://") {
            let is_web = ["https", "http"].iter().any(|known| known.eq_ignore_ascii_case(scheme));
            return if is_web { of_url(text) } else { Err(QueueNameError::Name(text.to_owned())) };
        }
        if text.split_once('/').is_some_and(|(host, _)| is_host_of_sqs(host)) {
            return of_url(&format!("https://{text}"));
        }
        if is_queue_name(text) { Ok(Self::Name(text.to_owned())) } else { Err(QueueNameError::Name(text.to_owned())) }
    }
}

/// Parses an ARN.
fn of_arn(text: &str) -> Option<QueueName> {
    let Arn { service: "sqs", region, account, resource, .. } = Arn::parse(text)? else { return None };
    let is_right = is_region(region) && is_account_id(account) && is_queue_name(resource);
    is_right.then(|| QueueName::Arn {
        region: region.to_owned(),
        account: account.to_owned(),
        name: resource.to_owned(),
    })
}

/// Parses a URL. The text is kept unchanged, since SQS receives it.
fn of_url(text: &str) -> Result<QueueName, QueueNameError> {
    let url = Url::parse(text).map_err(|_| QueueNameError::Url("it cannot be read as a URL"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(QueueNameError::Url("it holds a user or a password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(QueueNameError::Url("it has ? or # in it, as pages of the console have"));
    }
    let parts: Vec<&str> = url.path().trim_matches('/').split('/').collect();
    if !parts.last().is_some_and(|name| is_queue_name(name)) {
        return Err(QueueNameError::Url("it must end with the name of a queue"));
    }
    // URLs of emulators may lack the account.
    if host::region(&url).is_some() && parts.len() < 2 {
        return Err(QueueNameError::Url("it must have an account and the name of a queue behind the host"));
    }
    Ok(QueueName::Url(text.to_owned()))
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
        for wrong in ["sqs://a/b", "sqs://my%20queue", "sqs://\"q\"", "sqs://q,", "sqs://https:/x/q", "sqs://s3://b"] {
            let error = wrong.parse::<QueueName>().unwrap_err().to_string();
            assert!(error.contains("is not a queue name: 1 to 80 letters"), "{wrong}: {error}");
        }
    }

    #[test]
    fn the_same_queue_in_other_words() {
        let url = "https://sqs.us-west-2.amazonaws.com/123456789012/q.fifo";
        for text in [
            url.to_owned(),
            format!("{url}/"),
            format!(" SQS://{url}\n"),
            format!("sqs:// {url}"),
            "sqs://sqs.us-west-2.amazonaws.com/123456789012/q.fifo".to_owned(),
        ] {
            check(&text, &format!("Url({url:?})"));
        }
        check("SQS://my_queue-1/", r#"Name("my_queue-1")"#);
        let arn = r#"Arn { region: "cn-north-1", account: "123456789012", name: "q.fifo" }"#;
        check("arn:aws-cn:sqs:cn-north-1:123456789012:q.fifo", arn);
        check("http://localhost:9324/queue/q", r#"Url("http://localhost:9324/queue/q")"#);
    }

    #[test]
    fn what_is_not_a_queue_says_what_would_be() {
        for wrong in [
            "arn:aws:sns:eu-west-1:123456789012:q",
            "arn:aws:sqs:eu-west-1:12:q",
            "arn:aws:sqs::123456789012:q",
            "arn:aws:sqs:eu-west-1:123456789012:a/b",
        ] {
            let expected =
                format!("! \"{wrong}\" is not the ARN of a queue, such as arn:aws:sqs:eu-west-1:123456789012:name");
            check(wrong, &expected);
        }
        let like = "! is not the URL of a queue, such as https://sqs.eu-west-1.amazonaws.com/123456789012/name: ";
        for (wrong, reason) in [
            ("https://:0/q", "it cannot be read as a URL"),
            ("https://:secret@sqs.eu-west-1.amazonaws.com/123456789012/q", "it holds a user or a password"),
            ("https://eu-west-1.console.aws.amazon.com/sqs/v3/home?region=eu-west-1#/queues/x", "it has ? or # in it"),
            ("https://sqs.eu-west-1.amazonaws.com/", "it must end with the name of a queue"),
            ("https://sqs.eu-west-1.amazonaws.com/q", "it must have an account and the name"),
            ("https://sqs.eu-west-1.amazonaws.com/123456789012/my%20queue", "it must end with the name"),
        ] {
            let error = wrong.parse::<QueueName>().unwrap_err().to_string();
            assert!(format!("! {error}").starts_with(&format!("{like}{reason}")), "{wrong}: {error}");
        }
    }

    #[test]
    fn hosts_that_are_not_the_usual_one_are_kept() {
        for (host, endpoint) in [
            ("https://sqs.us-west-2.amazonaws.com", None),
            ("https://sqs.cn-north-1.amazonaws.com.cn", None),
            ("https://sqs.us-west-2.amazonaws.com:8443", Some("https://sqs.us-west-2.amazonaws.com:8443")),
            ("https://sqs-fips.us-west-2.amazonaws.com", Some("https://sqs-fips.us-west-2.amazonaws.com")),
            ("https://us-west-2.queue.amazonaws.com", Some("https://us-west-2.queue.amazonaws.com")),
            ("http://localhost:4566", Some("http://localhost:4566")),
            ("http://[::1]:80", Some("http://[::1]")),
        ] {
            let queue: QueueName = format!("sqs://{host}/123456789012/q").parse().unwrap();
            assert_eq!(queue.endpoint().as_deref(), endpoint, "{host}");
        }
    }
}
