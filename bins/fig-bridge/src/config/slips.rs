//! Slips that many make when a value is copied or handed on: quotes, invisible characters, something of another field.

use super::kinds::Region;
use super::rows::{self, Row};

/// Quotes that a word processor or a web page puts in place of `"` and `'`.
const CURLY: &[char] = &['\u{201C}', '\u{201D}', '\u{201E}', '\u{2018}', '\u{2019}', '\u{201A}', '\u{AB}', '\u{BB}'];
/// Characters that nobody sees, which are copied along from web pages.
const INVISIBLE: &[char] =
    &['\u{200B}', '\u{200C}', '\u{200D}', '\u{200E}', '\u{200F}', '\u{2060}', '\u{FEFF}', '\u{AD}'];

/// What is wrong with a value of any setting; none where nothing is. It does not repeat the value.
pub(super) fn in_any(text: &str) -> Option<String> {
    if text.len() >= 2 && ['"', '\''].iter().any(|quote| text.starts_with(*quote) && text.ends_with(*quote)) {
        return Some(
            "has quotes around it, which count as part of the value (docker's --env-file and INI files keep them); write \
             it without"
                .to_owned(),
        );
    }
    if let Some(found) = text.chars().next().into_iter().chain(text.chars().last()).find(|it| CURLY.contains(it)) {
        return Some(format!(
            "has the quote {found} (U+{:04X}) at its beginning or end, as word processors make them; write it without",
            u32::from(found)
        ));
    }
    let found = text.chars().find(|letter| INVISIBLE.contains(letter))?;
    Some(format!("has an invisible character (U+{:04X}), copied along with it; type it again", u32::from(found)))
}

/// What is wrong with an id or a secret of the Falcon API client, which are letters and digits.
pub(crate) fn in_credential(text: &str) -> Option<String> {
    if let Some(wrong) = in_any(text) {
        return Some(wrong);
    }
    if text.starts_with("arn:") {
        return Some(
            "is an ARN, not the value itself; to have it read from there set credentials_store.store to ssm or \
             secrets_manager, and its settings"
                .to_owned(),
        );
    }
    let found = text.chars().find(|letter| !letter.is_ascii_graphic())?;
    Some(format!(
        "has a character that is in no id or secret (U+{:04X}: a blank, a line break or a letter beyond ASCII); copy it \
         again",
        u32::from(found)
    ))
}

/// What may be meant by a value that is against its row's rule.
pub(super) fn meant(row: &Row, text: &str) -> Option<String> {
    if row == rows::REGION {
        return falcon_region(text);
    }
    if row == rows::CHANNEL_ARN {
        return channel(text);
    }
    if [rows::LAKE_REGION, rows::SSM_REGION, rows::SM_REGION, rows::SQS_REGION].contains(&row) {
        return aws_region(text);
    }
    None
}

fn falcon_region(text: &str) -> Option<String> {
    let small = text.to_lowercase();
    if small.contains("crowdstrike.") {
        let host = small.split("://").last()?.split('/').next()?.to_owned();
        let is_at = |word: &&&str| {
            let region: Option<falcon_stream::Region> = word.parse().ok();
            let tail = region.and_then(|region| region.base_url().strip_prefix("https://api."));
            tail.is_some_and(|tail| host.strip_suffix(tail).is_some_and(|rest| !rest.contains('-')))
        };
        let region = Region::WORDS.iter().filter(is_at).max_by_key(|word| word.len());
        let name = region.map_or_else(String::new, |word| format!("write {word}; "));
        return Some(format!("{name}an address belongs into falcon.base_url"));
    }
    let plain = |text: &str| text.to_lowercase().replace(['-', '_', ' '], "");
    let near = Region::WORDS.iter().find(|word| plain(word) == plain(text)).copied();
    let near = near.or_else(|| matches!(small.as_str(), "autodiscover" | "autodetect").then_some("auto"))?;
    Some(format!("write {near}"))
}

fn channel(text: &str) -> Option<String> {
    if text.contains(":eventdatastore/") {
        return Some(
            "this is an event data store; needed is the channel that delivers to it (CloudTrail: Lake, Integrations)"
                .to_owned(),
        );
    }
    if text.contains(":trail/") {
        return Some(
            "this is a trail; needed is a channel of CloudTrail Lake (CloudTrail: Lake, Integrations)".to_owned(),
        );
    }
    let service = text.strip_prefix("arn:")?.split(':').nth(1).filter(|service| !service.is_empty())?;
    (service != "cloudtrail").then(|| format!("this is an ARN of {service}"))
}

fn aws_region(text: &str) -> Option<String> {
    if let Some(rest) = text.strip_prefix("arn:") {
        let region = rest.split(':').nth(2).filter(|region| super::kinds::is_region(region))?;
        return Some(format!("this is an ARN; write {region}"));
    }
    let small = text.to_lowercase().replace('_', "-");
    let ends_with_digit = |text: &str| text.ends_with(|letter: char| letter.is_ascii_digit());
    if small != text && ends_with_digit(&small) && super::kinds::is_region(&small) {
        return Some(format!("write {small}"));
    }
    let zone = small.strip_suffix(|letter: char| letter.is_ascii_lowercase())?;
    (ends_with_digit(zone) && super::kinds::is_region(zone))
        .then(|| format!("this is an availability zone; write {zone}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_copying_are_named() {
        for (text, part) in [
            ("\"abc\"", "quotes around it"),
            ("'abc'", "quotes around it"),
            ("\u{201C}abc\u{201D}", "U+201C"),
            ("abc\u{2019}", "U+2019"),
            ("ab\u{200B}c", "U+200B"),
        ] {
            assert!(in_any(text).is_some_and(|wrong| wrong.contains(part) && !wrong.contains("abc")), "{text}");
        }
        for right in ["", "\"", "abc", "a\"b\"c", "CrowdStrike\u{2019}s", "O'Neil"] {
            assert_eq!(in_any(right), None, "{right}");
        }
        for (text, part) in
            [("a b", "U+0020"), ("a\u{e4}", "U+00E4"), ("a\tb", "U+0009"), ("arn:aws:ssm:x", "is an ARN")]
        {
            assert!(in_credential(text).is_some_and(|wrong| wrong.contains(part)), "{text}");
        }
        assert_eq!(in_credential("0123456789abcdefABCDEF%-_"), None);
    }

    #[test]
    fn what_was_meant_is_suggested() {
        for (row, text, expected) in [
            (rows::REGION, "https://api.eu-1.crowdstrike.com", "write eu-1; an address belongs into falcon.base_url"),
            (
                rows::REGION,
                "https://falcon.us-2.crowdstrike.com/login",
                "write us-2; an address belongs into falcon.base_url",
            ),
            (rows::REGION, "api.crowdstrike.com", "write us-1; an address belongs into falcon.base_url"),
            (
                rows::REGION,
                "https://api.laggar.gcw.crowdstrike.com",
                "write us-gov-1; an address belongs into falcon.base_url",
            ),
            (rows::REGION, "US-1", "write us-1"),
            (rows::REGION, "eu1", "write eu-1"),
            (rows::REGION, "usgov1", "write us-gov-1"),
            (rows::REGION, "autodiscover", "write auto"),
            (rows::LAKE_REGION, "us-east-1a", "this is an availability zone; write us-east-1"),
            (rows::LAKE_REGION, "EU-WEST-1", "write eu-west-1"),
            (rows::SSM_REGION, "arn:aws:ssm:eu-west-1:123456789012:parameter/x", "this is an ARN; write eu-west-1"),
            (rows::CHANNEL_ARN, "arn:aws:sqs:eu-west-1:123456789012:q", "this is an ARN of sqs"),
        ] {
            assert_eq!(meant(row, text).as_deref(), Some(expected), "{text}");
        }
        let store = "arn:aws:cloudtrail:eu-west-1:123456789012:eventdatastore/x";
        assert!(meant(rows::CHANNEL_ARN, store).is_some_and(|it| it.contains("event data store")));
        for (row, text) in [(rows::REGION, "us-9"), (rows::LAKE_REGION, "Ireland"), (rows::CHANNEL_ARN, "abc")] {
            assert_eq!(meant(row, text), None, "{text}");
        }
    }
}
