//! The rules for AWS names.

use std::fmt;
use std::str::FromStr;

/// [Account identifiers](https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-identifiers.html).
pub const ACCOUNT_DIGITS: usize = 12;
/// Queue names have up to 80 characters, with `.fifo` (Amazon SQS Developer Guide, "Queue and message identifiers").
const LONGEST_QUEUE_NAME: usize = 80;
/// The number of [parts](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html) of an ARN. The last one,
/// the resource, may contain colons.
const ARN_PARTS: usize = 6;
/// A region has at least this many words before its number, as in `eu-west-1`.
const REGION_WORDS: usize = 2;
/// The directions in the regions of AWS.
const DIRECTIONS: [&str; 11] = [
    "central",
    "north",
    "northeast",
    "northwest",
    "east",
    "south",
    "southeast",
    "southwest",
    "west",
    "gov-east",
    "gov-west",
];
/// Bucket names have 3 to 63 characters (Amazon S3 User Guide, "General purpose bucket naming rules"). Those from
/// before 2018 in us-east-1 have up to 255, also capitals and underscores, and still exist.
const LONGEST_BUCKET_NAME: usize = 63;
const OLD_BUCKET_LENGTHS: std::ops::RangeInclusive<usize> = 3..=255;

/// The ID of an AWS account: twelve digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AccountId(String);

/// The text is not an AWS account ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an AWS account ID is {ACCOUNT_DIGITS} digits")]
pub struct NotAnAccountId;

impl AccountId {
    /// Returns the digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccountId {
    type Err = NotAnAccountId;

    fn from_str(text: &str) -> Result<Self, NotAnAccountId> {
        is_account_id(text).then(|| Self(text.to_owned())).ok_or(NotAnAccountId)
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Returns whether the text is an account ID.
#[must_use]
pub fn is_account_id(text: &str) -> bool {
    text.len() == ACCOUNT_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns whether the text has the form of a region: words with hyphens between them, the last one a number, such as
/// `eu-west-1` and `us-gov-east-1`.
#[must_use]
pub fn is_region(text: &str) -> bool {
    let mut parts = text.split('-').rev();
    let has_number = parts.next().is_some_and(|it| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit()));
    let mut words = 0;
    let is_plain =
        parts.inspect(|_| words += 1).all(|it| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_lowercase()));
    has_number && is_plain && words >= REGION_WORDS
}

/// Returns whether the text can be the region of any endpoint, and so part of a host name. Endpoints of other services that
/// speak AWS's protocols have regions such as `local`, which [`is_region`] refuses.
#[must_use]
pub fn may_be_region(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Returns the text if it can be the region of any endpoint: [`region_mistake`] finds none.
#[must_use]
pub fn parse_region(text: &str) -> Option<String> {
    region_mistake(text, true).is_none().then(|| text.to_owned())
}

/// Returns a hint for a text that is not a region but contains one: an ARN, a region in capital letters, or an
/// availability zone.
#[must_use]
pub fn region_hint(text: &str) -> Option<String> {
    if is_arn(text) {
        let region = text.split(':').nth(3).filter(|region| may_be_region(region))?;
        return Some(format!("this is an ARN; write {region}"));
    }
    let small = text.to_lowercase().replace('_', "-");
    let ends_with_digit = |text: &str| text.ends_with(|letter: char| letter.is_ascii_digit());
    if small != text && ends_with_digit(&small) && may_be_region(&small) {
        return Some(format!("write {small}"));
    }
    let zone = small.strip_suffix(|letter: char| letter.is_ascii_lowercase())?;
    (ends_with_digit(zone) && may_be_region(zone)).then(|| format!("this is an availability zone; write {zone}"))
}

/// Returns why the text cannot be a region: it has other characters, or is an availability zone. Without an endpoint, only
/// AWS is asked, so a region of AWS that lacks its number is a mistake, too, such as `eu-west`. Other services have such
/// regions.
#[must_use]
pub fn region_mistake(text: &str, has_endpoint: bool) -> Option<String> {
    let zone = text.strip_suffix(|letter: char| letter.is_ascii_lowercase()).filter(|zone| is_region(zone));
    if !may_be_region(text) || zone.is_some() {
        let hint = region_hint(text).map_or_else(|| ", such as eu-west-1".to_owned(), |hint| format!(": {hint}"));
        return Some(format!("\"{text}\" is not a region{hint}"));
    }
    let (area, direction) = text.split_once('-')?;
    let is_cut = !has_endpoint && area.len() == 2 && DIRECTIONS.contains(&direction);
    is_cut.then(|| format!("\"{text}\" is not a region: it ends with a number, as in {text}-1"))
}

/// Returns the rule that the name of a bucket breaks. An alias of an access point follows the same rules.
#[must_use]
pub fn bucket_mistake(name: &str) -> Option<&'static str> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let is_edge = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    if !name.bytes().all(is_allowed) {
        return Some("it has only lower-case letters, digits, dots and hyphens, and old ones capitals and underscores");
    } else if !OLD_BUCKET_LENGTHS.contains(&name.len()) {
        return Some("it has 3 to 63 characters, and old ones up to 255");
    } else if is_old_bucket_name(name) {
        // The rules for old names say no more.
        return None;
    } else if !is_edge(name.bytes().next()) || !is_edge(name.bytes().next_back()) {
        return Some("it begins and ends with a letter or a digit");
    } else if name.contains("..") {
        return Some("it has no two dots in a row");
    }
    name.parse::<std::net::Ipv4Addr>().is_ok().then_some("it does not look like an IP address")
}

/// Returns whether the name of a bucket has a form that only those from before 2018 have: it is long, or has capitals or
/// underscores.
#[must_use]
pub fn is_old_bucket_name(name: &str) -> bool {
    name.len() > LONGEST_BUCKET_NAME || name.bytes().any(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

/// Returns whether the text is one of AWS's partitions: `aws`, or `aws-` and more.
#[must_use]
pub fn is_partition(text: &str) -> bool {
    text == "aws" || text.starts_with("aws-")
}

/// Returns whether the text is a queue name: 1 to 80 letters, digits, hyphens and underscores, with `.fifo` at the end of
/// a FIFO queue's name.
#[must_use]
pub fn is_queue_name(text: &str) -> bool {
    let stem = text.strip_suffix(".fifo").unwrap_or(text);
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    !stem.is_empty() && text.len() <= LONGEST_QUEUE_NAME && stem.bytes().all(is_plain)
}

/// Returns whether the text begins as an ARN does.
#[must_use]
pub fn is_arn(text: &str) -> bool {
    text.starts_with("arn:")
}

/// The parts of an ARN, `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`. Only the partition is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arn<'a> {
    /// The partition, such as `aws`.
    pub partition: &'a str,
    /// The service, such as `sqs`.
    pub service: &'a str,
    /// The region, or empty.
    pub region: &'a str,
    /// The account ID, or empty.
    pub account: &'a str,
    /// The resource, which may contain colons.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Returns the parts, or `None` if the text is not an ARN of one of AWS's partitions.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let parts: Vec<&str> = text.splitn(ARN_PARTS, ':').collect();
        let [arn, partition, service, region, account, resource] = parts.as_slice() else { return None };
        (*arn == "arn" && is_partition(partition)).then_some(Self { partition, service, region, account, resource })
    }
}

/// Returns the code and the message of a failure as one text. AWS gives some the same text twice, such as `NotFound`.
#[must_use]
pub fn coded(code: &str, message: &str) -> String {
    match (code, message) {
        (text, "") | ("", text) => text.to_owned(),
        (code, message) if code == message => code.to_owned(),
        (code, message) => format!("{code}: {message}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_that_is_the_message_is_there_once() {
        for (code, message, expected) in [
            ("NotFound", "NotFound", "NotFound"),
            ("NoSuchBucket", "The bucket does not exist", "NoSuchBucket: The bucket does not exist"),
            ("NotFound", "", "NotFound"),
            ("", "closed", "closed"),
        ] {
            assert_eq!(coded(code, message), expected);
        }
    }

    #[test]
    fn account_ids() {
        assert_eq!("012345678901".parse::<AccountId>().map(|it| it.to_string()), Ok("012345678901".to_owned()));
        for wrong in ["", "12345678901", "1234567890123", "12345678901x", "１２３４"] {
            assert_eq!(wrong.parse::<AccountId>(), Err(NotAnAccountId), "{wrong}");
        }
        assert_eq!(NotAnAccountId.to_string(), "an AWS account ID is 12 digits");
    }

    #[test]
    fn regions_and_partitions() {
        for region in ["eu-west-1", "us-gov-east-1", "ap-southeast-10", "us-iso-east-1", "eusc-de-east-1"] {
            assert!(is_region(region), "{region}");
        }
        for other in
            ["", "eu", "eu-west", "west-1", "eu--1", "EU-west-1", "2026", "-eu-west-1", "eu-west-1-", "us east-1"]
        {
            assert!(!is_region(other), "{other}");
        }
        assert!(is_partition("aws") && is_partition("aws-us-gov") && !is_partition("awsome") && !is_partition(""));
    }

    #[test]
    fn regions_of_other_services_may_have_other_names() {
        for region in ["eu-west-1", "local", "us-gov-west-1", "1"] {
            assert!(may_be_region(region), "{region}");
            assert_eq!(parse_region(region).as_deref(), Some(region));
        }
        for other in ["", "EU-WEST-1", "-a", "a-", "a.b", "a b"] {
            assert!(!may_be_region(other), "{other}");
            assert_eq!(parse_region(other), None);
        }
    }

    #[test]
    fn regions_of_all_services_are_taken_and_zones_are_not() {
        for region in
            ["eu-west-1", "fr-par", "eu-de", "nl-ams", "gra", "sbg", "auto", "de", "us-central1", "local", "nyc3"]
        {
            assert_eq!((region_mistake(region, false), region_mistake(region, true)), (None, None), "{region}");
            assert_eq!(parse_region(region).as_deref(), Some(region));
        }
        for (region, right) in [("us-south", "us-south-1"), ("eu-west", "eu-west-1"), ("us-gov-east", "us-gov-east-1")]
        {
            let expected = format!("\"{region}\" is not a region: it ends with a number, as in {right}");
            assert_eq!(region_mistake(region, false), Some(expected));
            assert_eq!((region_mistake(region, true), parse_region(region).as_deref()), (None, Some(region)));
        }
        for (text, expected) in [
            ("us-east-1a", ": this is an availability zone; write us-east-1"),
            ("eu-central-1c", ": this is an availability zone; write eu-central-1"),
            ("EU-WEST-1", ": write eu-west-1"),
            ("Frankfurt!", ", such as eu-west-1"),
            ("", ", such as eu-west-1"),
        ] {
            for has_endpoint in [false, true] {
                let expected = format!("\"{text}\" is not a region{expected}");
                assert_eq!(region_mistake(text, has_endpoint), Some(expected));
            }
            assert_eq!(parse_region(text), None);
        }
    }

    #[test]
    fn bucket_names() {
        for name in ["my-logs", "a.b-c.d", "123", "Old_Logs", "-old_", &"x".repeat(255)] {
            assert_eq!(bucket_mistake(name), None, "{name}");
        }
        for name in ["my logs", "löschen", "ab", &"x".repeat(256), "-logs", "logs.", "my..logs", "192.168.5.4", ""] {
            assert!(bucket_mistake(name).is_some(), "{name}");
        }
    }

    #[test]
    fn hints_name_the_region_that_was_meant() {
        for (text, expected) in [
            ("us-east-1a", Some("this is an availability zone; write us-east-1")),
            ("EU-WEST-1", Some("write eu-west-1")),
            ("eu_west_1", Some("write eu-west-1")),
            ("arn:aws:ssm:eu-west-1:123456789012:parameter/x", Some("this is an ARN; write eu-west-1")),
            ("arn:aws:s3:::bucket", None),
            ("Ireland", None),
            ("", None),
        ] {
            assert_eq!(region_hint(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn queue_names() {
        for name in ["q", "my_queue-1", "q.fifo"] {
            assert!(is_queue_name(name), "{name}");
        }
        let longest = "q".repeat(LONGEST_QUEUE_NAME);
        assert!(is_queue_name(&longest) && !is_queue_name(&(longest + "q")));
        for other in ["", ".fifo", "a/b", "a b", "q.other"] {
            assert!(!is_queue_name(other), "{other}");
        }
    }

    #[test]
    fn an_arn_has_six_parts_and_a_partition_of_aws() {
        let arn = Arn::parse("arn:aws-us-gov:sqs:us-gov-west-1:123456789012:a:b").unwrap();
        assert_eq!((arn.partition, arn.service, arn.resource), ("aws-us-gov", "sqs", "a:b"));
        for wrong in ["arn:aws:sqs:eu-west-1:q", "arn:other:sqs:eu-west-1:123456789012:q", "urn:aws:s3:::b"] {
            assert_eq!(Arn::parse(wrong), None, "{wrong}");
        }
    }
}
