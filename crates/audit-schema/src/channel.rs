//! The channel for events, and the account that owns it.

use common_aws::names::{AccountId, is_partition, is_region};
use std::fmt;
use std::str::FromStr;

/// The ARN of a channel: `arn:PARTITION:cloudtrail:REGION:ACCOUNT:channel/ID`.
///
/// Events of the channel can name only its account as recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelArn {
    text: String,
    region: String,
    account: AccountId,
}

/// Why a text is not the ARN of a channel.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChannelArnError {
    /// The text is empty.
    #[error("the channel ARN is empty; it has the form {FORM}")]
    Empty,
    /// The text has too few or too many parts.
    #[error("the channel ARN has {found} parts separated by colons, {PARTS} are needed: {FORM}")]
    Parts {
        /// The number of parts.
        found: usize,
    },
    /// One part is not allowed at its place.
    #[error("{part} of the channel ARN is {found:?}, {expected} is needed: {FORM}")]
    Part {
        /// The name of the part.
        part: &'static str,
        /// The part that was found, cut if it is long.
        found: String,
        /// The expected part.
        expected: &'static str,
    },
}

const FORM: &str = ChannelArn::FORM;
/// The number of parts of an ARN ([format](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html)).
const PARTS: usize = 6;
/// The number of characters of a wrong part that an error repeats: enough to recognise it.
const SHOWN: usize = 60;
/// The name of a part in errors.
const SERVICE: &str = "the service";
/// The description of an account ID in errors.
const ACCOUNT: &str = "an account ID of twelve digits";

impl ChannelArn {
    /// The form of an ARN, for messages.
    pub const FORM: &str = "arn:aws:cloudtrail:REGION:ACCOUNT:channel/ID";

    /// Returns the ARN as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the region of the channel.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Returns what an ARN is if it is not a channel's, or which of its parts is wrong; `None` for a text that is not like
    /// an ARN.
    #[must_use]
    pub fn hint(text: &str) -> Option<String> {
        let place = "CloudTrail: Lake, Integrations";
        if text.contains(":eventdatastore/") {
            return Some(format!("this is an event data store; set the channel that delivers to it ({place})"));
        }
        if text.contains(":trail/") {
            return Some(format!("this is a trail; set a channel of CloudTrail Lake ({place})"));
        }
        let Err(ChannelArnError::Part { part, found, expected }) = text.parse::<Self>() else { return None };
        Some(match part {
            SERVICE if !found.is_empty() => format!("this is an ARN of {found}"),
            _ => format!("{part} is {found:?}, {expected} is needed"),
        })
    }

    /// Returns the account that owns the channel.
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
        let owner = account.parse::<AccountId>();
        let wrong = |part, found: &str, expected| {
            Err(ChannelArnError::Part { part, found: found.chars().take(SHOWN).collect(), expected })
        };
        for (part, found, is_right, expected) in [
            ("the beginning", arn, arn == "arn", "arn"),
            ("the partition", partition, is_partition(partition), "aws or aws-..."),
            (SERVICE, service, service == "cloudtrail", "cloudtrail"),
            ("the region", region, is_region(region), "a region like us-east-1"),
            ("the account", account, owner.is_ok(), ACCOUNT),
            ("the resource", resource, is_channel_id(id), "channel/ and the ID of the channel"),
        ] {
            if !is_right {
                return wrong(part, found, expected);
            }
        }
        let Ok(owner) = owner else { return wrong("the account", account, ACCOUNT) };
        Ok(Self { text: text.to_owned(), region: region.to_owned(), account: owner })
    }
}

/// IDs are UUIDs. AWS's examples contain `EXAMPLE`, so letters above `f` are allowed too.
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

    #[test]
    fn hints_name_the_part_that_is_wrong_or_what_the_arn_is() {
        for (from, to, expected) in [
            ("", "", None),
            ("channel/", "eventdatastore/", Some("this is an event data store; set the channel that delivers to it")),
            ("channel/", "trail/", Some("this is a trail; set a channel of CloudTrail Lake")),
            ("cloudtrail", "sqs", Some("this is an ARN of sqs")),
            ("cloudtrail", "", Some("the service is \"\", cloudtrail is needed")),
            (
                "123456789012",
                "12345678901",
                Some("the account is \"12345678901\", an account ID of twelve digits is needed"),
            ),
            ("us-east-1", "Ireland", Some("the region is \"Ireland\", a region like us-east-1 is needed")),
            ("channel/", "", Some("the resource is ")),
            (GOOD, "my-channel", None),
        ] {
            let hint = ChannelArn::hint(&GOOD.replacen(from, to, 1)).unwrap_or_default();
            assert!(
                hint.starts_with(expected.unwrap_or_default()) && hint.is_empty() == expected.is_none(),
                "{to}: {hint}"
            );
        }
    }

    #[test]
    fn an_arn_gives_region_and_account() {
        let text = "arn:aws:cloudtrail:eu-west-1:123456789012:channel/11111111-2222-3333-4444-555555555555";
        let arn = text.parse::<ChannelArn>().unwrap();
        assert_eq!((arn.as_str(), arn.region(), arn.account().as_str()), (text, "eu-west-1", "123456789012"));
        assert!("arn:aws-us-gov:cloudtrail:us-gov-west-1:123456789012:channel/a".parse::<ChannelArn>().is_ok());
    }

    #[test]
    fn other_forms_are_rejected() {
        for wrong in [
            "",
            "channel/1",
            "arn:aws:cloudtrail:eu-west-1:123456789012:trail/a",
            "arn:aws:cloudtrail:eu-west-1:123456789012:channel/",
            "arn:aws:cloudtrail:eu-west-1:12345678901:channel/a",
            "arn:aws:cloudtrail:eu-west-1:12345678901x:channel/a",
            "arn:aws:cloudtrail::123456789012:channel/a",
            "arn:aws:cloudtrail:eu west:123456789012:channel/a",
            "arn:aws:s3:eu-west-1:123456789012:channel/a",
            "arn:azure:cloudtrail:eu-west-1:123456789012:channel/a",
            "arn:aws:cloudtrail:eu-west-1:123456789012:channel/a:b",
            "arn:aws:cloudtrail:eu-west-1:123456789012:channel/a b",
        ] {
            assert!(wrong.parse::<ChannelArn>().is_err(), "{wrong}");
        }
    }
}
