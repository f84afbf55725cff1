//! Common mistakes in values: text that no credential contains, or the value of another field.

use layered_settings::credential_slip;

/// With this client id FIG's image runs `tail -f /dev/null` instead of FIG.
const MARKETPLACE_TEST: &str = "MARKETPLACE_TEST";

/// Returns what is wrong with an id or a secret of the Falcon API client, which are letters and digits.
pub(crate) fn in_credential(text: &str) -> Option<String> {
    if text.starts_with("arn:") {
        return Some(
            "is an ARN, not the value itself; to read the value from there, set credentials_store.store to ssm or \
             secrets_manager, and its settings"
                .to_owned(),
        );
    }
    if text == MARKETPLACE_TEST {
        return Some(
            "makes FIG wait and do nothing, for a test of Google's marketplace; set the id of an API client".to_owned(),
        );
    }
    credential_slip(text)
}

/// Returns a hint for an invalid `falcon.cloud_region`.
pub(super) fn falcon_region(text: &str) -> Option<String> {
    const AUTO: &[&str] = &["auto", "autodiscover", "autodetect"];
    let small = text.to_lowercase();
    let near = falcon_stream::Region::guess(text).map(falcon_stream::Region::name);
    let near = near.or_else(|| AUTO.contains(&small.as_str()).then_some("auto"));
    let address = small.contains("crowdstrike.").then(|| "an address belongs in falcon.base_url".to_owned());
    let parts: Vec<String> = near.map(|near| format!("write {near}")).into_iter().chain(address).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_are_not_credentials_are_named() {
        for (text, part) in [
            ("a b", "U+0020"),
            ("a\u{e4}", "U+00E4"),
            ("a\tb", "U+0009"),
            ("arn:aws:ssm:x", "is an ARN"),
            ("MARKETPLACE_TEST", "makes FIG wait"),
        ] {
            assert!(in_credential(text).is_some_and(|wrong| wrong.contains(part)), "{text}");
        }
        assert_eq!(in_credential("0123456789abcdefABCDEF%-_"), None);
    }

    #[test]
    fn hints_name_the_probable_value() {
        let falcon_region: fn(&str) -> Option<String> = falcon_region;
        let (aws_region, channel) = (common_aws::names::region_hint, audit_schema::ChannelArn::hint);
        for (hint, text, expected) in [
            (falcon_region, "https://api.eu-1.crowdstrike.com", "write eu-1; an address belongs in falcon.base_url"),
            (
                falcon_region,
                "https://falcon.us-2.crowdstrike.com/login",
                "write us-2; an address belongs in falcon.base_url",
            ),
            (falcon_region, "api.crowdstrike.com", "write us-1; an address belongs in falcon.base_url"),
            (
                falcon_region,
                "https://api.laggar.gcw.crowdstrike.com",
                "write us-gov-1; an address belongs in falcon.base_url",
            ),
            (falcon_region, "US-1", "write us-1"),
            (falcon_region, "eu1", "write eu-1"),
            (falcon_region, "usgov1", "write us-gov-1"),
            (falcon_region, "autodiscover", "write auto"),
            (aws_region, "us-east-1a", "this is an availability zone; write us-east-1"),
            (aws_region, "EU-WEST-1", "write eu-west-1"),
            (aws_region, "arn:aws:ssm:eu-west-1:123456789012:parameter/x", "this is an ARN; write eu-west-1"),
            (channel, "arn:aws:sqs:eu-west-1:123456789012:q", "this is an ARN of sqs"),
        ] {
            assert_eq!(hint(text).as_deref(), Some(expected), "{text}");
        }
        let store = "arn:aws:cloudtrail:eu-west-1:123456789012:eventdatastore/x";
        assert!(channel(store).is_some_and(|it| it.contains("event data store")));
        for (hint, text) in [(falcon_region, "us-9"), (aws_region, "Ireland"), (channel, "abc")] {
            assert_eq!(hint(text), None, "{text}");
        }
    }
}
