//! The name of a CloudTrail Lake channel.

use std::fmt;

/// An AWS account: twelve digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AccountId(String);

impl AccountId {
    /// How many digits an account id has.
    const DIGITS: usize = 12;

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let right = text.len() == Self::DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
        right.then(|| Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// `arn:aws:cloudtrail:REGION:ACCOUNT:channel/ID`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChannelArn {
    text: String,
    region: String,
    account: AccountId,
}

impl ChannelArn {
    /// What one looks like, for messages.
    pub(crate) const SHAPE: &str = "arn:aws:cloudtrail:REGION:ACCOUNT:channel/ID";

    /// None where `text` has not that shape. Other partitions (`aws-us-gov`, `aws-cn`) are right, too.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let mut next = || parts.next();
        let (arn, partition, service, region, account, resource) =
            (next()?, next()?, next()?, next()?, next()?, next()?);
        let id = resource.strip_prefix("channel/")?;
        let right = arn == "arn"
            && (partition == "aws" || partition.starts_with("aws-"))
            && service == "cloudtrail"
            && is_region(region)
            && !id.is_empty()
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && parts.next().is_none();
        let account = AccountId::parse(account)?;
        right.then(|| Self { text: text.to_owned(), region: region.to_owned(), account })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn region(&self) -> &str {
        &self.region
    }

    pub(crate) fn account(&self) -> &AccountId {
        &self.account
    }
}

impl fmt::Display for ChannelArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Whether `text` can be an AWS region: it becomes part of a host name.
pub(crate) fn is_region(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_gives_region_and_account() {
        let text = "arn:aws:cloudtrail:eu-west-1:123456789012:channel/11111111-2222-3333-4444-555555555555";
        let arn = ChannelArn::parse(text).unwrap();
        assert_eq!((arn.as_str(), arn.region(), arn.account().as_str()), (text, "eu-west-1", "123456789012"));
        assert!(ChannelArn::parse("arn:aws-us-gov:cloudtrail:us-gov-west-1:123456789012:channel/a").is_some());
    }

    #[test]
    fn what_has_another_shape_is_no_arn() {
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
            assert_eq!(ChannelArn::parse(wrong), None, "{wrong}");
        }
    }
}
