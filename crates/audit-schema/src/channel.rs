//! The channel that events are put into, and the account that owns it.

use std::fmt;
use std::str::FromStr;

/// An AWS account: twelve digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AccountId(String);

/// The text is not an AWS account ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an AWS account ID is {ACCOUNT_DIGITS} digits")]
pub struct NotAnAccountId;

/// [Account identifiers](https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-identifiers.html).
const ACCOUNT_DIGITS: usize = 12;

impl AccountId {
    /// Its digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn is_one(text: &str) -> bool {
        text.len() == ACCOUNT_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit())
    }
}

impl FromStr for AccountId {
    type Err = NotAnAccountId;

    fn from_str(text: &str) -> Result<Self, NotAnAccountId> {
        Self::is_one(text).then(|| Self(text.to_owned())).ok_or(NotAnAccountId)
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The ARN of a channel: `arn:PARTITION:cloudtrail:REGION:ACCOUNT:channel/ID`.
///
/// Its account is the only one that events of the channel may name as recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelArn {
    text: String,
    region: String,
    account: AccountId,
}

/// What is wrong with the ARN of a channel.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChannelArnError {
    /// There is no text.
    #[error("the channel ARN is empty; it has the form {FORM}")]
    Empty,
    /// It has too few or too many parts.
    #[error("the channel ARN has {found} parts separated by colons, {PARTS} are needed: {FORM}")]
    Parts {
        /// How many parts it has.
        found: usize,
    },
    /// One of its parts cannot stand where it does.
    #[error("{part} of the channel ARN is {found:?}, {expected} is needed: {FORM}")]
    Part {
        /// The name of the part.
        part: &'static str,
        /// What stands there, cut where it is long.
        found: String,
        /// What would be right.
        expected: &'static str,
    },
}

const FORM: &str = "arn:aws:cloudtrail:REGION:ACCOUNT:channel/ID";
/// Parts of an ARN ([format](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html)).
const PARTS: usize = 6;
/// How much of a wrong part an error repeats, in characters: enough to recognise it.
const SHOWN: usize = 60;

impl ChannelArn {
    /// The ARN as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The region of the channel.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The account that owns the channel.
    #[must_use]
    pub fn account(&self) -> &AccountId {
        &self.account
    }
}

impl FromStr for ChannelArn {
    type Err = ChannelArnError;

    fn from_str(text: &str) -> Result<Self, ChannelArnError> {
        if text.trim().is_empty() {
            return Err(ChannelArnError::Empty);
        }
        let parts: Vec<&str> = text.split(':').collect();
        let &[arn, partition, service, region, account, resource] = parts.as_slice() else {
            return Err(ChannelArnError::Parts { found: parts.len() });
        };
        let id = resource.strip_prefix("channel/").unwrap_or_default();
        for (part, found, is_right, expected) in [
            ("the beginning", arn, arn == "arn", "arn"),
            ("the partition", partition, partition == "aws" || partition.starts_with("aws-"), "aws or aws-..."),
            ("the service", service, service == "cloudtrail", "cloudtrail"),
            ("the region", region, is_region(region), "a region like us-east-1"),
            ("the account", account, AccountId::is_one(account), "an account ID of twelve digits"),
            ("the resource", resource, is_channel_id(id), "channel/ and the ID of the channel"),
        ] {
            if !is_right {
                let found = found.chars().take(SHOWN).collect();
                return Err(ChannelArnError::Part { part, found, expected });
            }
        }
        Ok(Self { text: text.to_owned(), region: region.to_owned(), account: AccountId(account.to_owned()) })
    }
}

fn is_region(text: &str) -> bool {
    text.contains('-') && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// IDs are UUIDs; AWS' own examples put `EXAMPLE` into them, so that letters beyond `f` are let pass.
fn is_channel_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

impl fmt::Display for ChannelArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    const GOOD: &str = "arn:aws:cloudtrail:us-east-1:123456789012:channel/EXAMPLE8-0558-4f7e-a06a-43969EXAMPLE";

    #[test]
    fn a_good_arn_is_taken_apart() {
        let arn: ChannelArn = GOOD.parse().unwrap();
        assert_eq!((arn.as_str(), arn.region(), arn.account().as_str()), (GOOD, "us-east-1", "123456789012"));
        assert!(GOOD.replace("arn:aws:", "arn:aws-us-gov:").parse::<ChannelArn>().is_ok());
    }

    #[track_caller]
    fn check(arn: &str, expected: Expect) {
        expected.assert_eq(&arn.parse::<ChannelArn>().unwrap_err().to_string());
    }

    #[test]
    fn what_is_wrong_is_named() {
        check("", expect!["the channel ARN is empty; it has the form arn:aws:cloudtrail:REGION:ACCOUNT:channel/ID"]);
        check(
            "my-channel",
            expect![[
                r#"the channel ARN has 1 parts separated by colons, 6 are needed: arn:aws:cloudtrail:REGION:ACCOUNT:channel/ID"#
            ]],
        );
        for (from, to, part) in [
            ("arn:", "urn:", "the beginning"),
            (":aws:", ":azure:", "the partition"),
            (":cloudtrail:", ":s3:", "the service"),
            ("us-east-1", "", "the region"),
            ("us-east-1", "US-EAST-1", "the region"),
            ("123456789012", "12345678901", "the account"),
            ("123456789012", "12345678901x", "the account"),
            ("channel/", "trail/", "the resource"),
            ("EXAMPLE8-0558-4f7e-a06a-43969EXAMPLE", "", "the resource"),
            ("43969EXAMPLE", "43969EXAMPLE ", "the resource"),
        ] {
            let error = GOOD.replacen(from, to, 1).parse::<ChannelArn>().unwrap_err().to_string();
            assert!(error.starts_with(part), "{from} {to}: {error}");
        }
        check(
            &GOOD.replace("123456789012", "1234"),
            expect![[
                r#"the account of the channel ARN is "1234", an account ID of twelve digits is needed: arn:aws:cloudtrail:REGION:ACCOUNT:channel/ID"#
            ]],
        );
    }
}
