//! Amazon Resource Names, as far as a bucket or a queue can be named by one.

/// Characters that are not white space to Rust and not seen by a person: they come along when text is copied.
const UNSEEN: [char; 3] = ['\u{feff}', '\u{200b}', '\u{2060}'];
/// The parts of an ARN before the resource, which may hold colons itself.
const PARTS: usize = 6;

/// The parts of `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Arn<'a> {
    pub(crate) partition: &'a str,
    pub(crate) service: &'a str,
    pub(crate) region: &'a str,
    pub(crate) account: &'a str,
    pub(crate) resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Returns the parts, or `None` where the text is not an ARN of one of AWS's partitions.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let parts: Vec<&str> = text.splitn(PARTS, ':').collect();
        let [_, partition, service, region, account, resource] = parts.as_slice() else { return None };
        (is_arn(text) && partition.starts_with("aws")).then_some(Self { partition, service, region, account, resource })
    }
}

/// Whether a text begins as an ARN does.
pub(crate) fn is_arn(text: &str) -> bool {
    text.starts_with("arn:")
}

/// Returns what stands behind `scheme://`, in whatever case the scheme is written.
pub(crate) fn after_scheme<'a>(text: &'a str, scheme: &str) -> Option<&'a str> {
    let (found, rest) = text.split_once("://")?;
    found.eq_ignore_ascii_case(scheme).then_some(rest)
}

/// Returns the text without the blanks around it that YAML, an environment file or a copy may have added.
pub(crate) fn trimmed(text: &str) -> &str {
    text.trim_matches(|char: char| char.is_whitespace() || UNSEEN.contains(&char))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_has_six_parts_and_a_partition_of_aws() {
        let arn = Arn::parse("arn:aws-us-gov:sqs:us-gov-west-1:123456789012:a:b").unwrap();
        assert_eq!((arn.partition, arn.service, arn.resource), ("aws-us-gov", "sqs", "a:b"));
        for wrong in ["arn:aws:sqs:eu-west-1:q", "arn:other:sqs:eu-west-1:123456789012:q", "urn:aws:s3:::b"] {
            assert_eq!(Arn::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn schemes_in_any_case_and_blanks_that_nobody_sees() {
        assert_eq!(after_scheme("S3://b", "s3"), Some("b"));
        assert_eq!(after_scheme("s3a://b", "s3"), None);
        assert_eq!(trimmed("\u{feff} s3://b\u{a0}\r\n"), "s3://b");
    }
}
