//! What the key of an object tells: which account and region, when it was delivered, and whether it is a log at all.
//!
//! ```text
//! [prefix/]AWSLogs/[o-id/]ACCOUNT/CloudTrail/REGION/YYYY/MM/DD/ACCOUNT_CloudTrail_REGION_YYYYMMDDTHHmmZ_UNIQUE.json.gz
//! [o-id/]AWSLogs/ACCOUNT/…                             Control Tower before its landing zone 3.0
//! …/CloudTrail-Digest/REGION/YYYY/MM/DD/ACCOUNT_CloudTrail-Digest_REGION_TRAIL_REGION_YYYYMMDDTHHmmssZ.json.gz
//! ```
//!
//! From the CloudTrail User Guide, "Finding your CloudTrail log files" and "CloudTrail log file examples".

use super::accounts::is_account;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

/// What an object is, by its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyKind {
    /// A log, or what may be one: any `.json`, `.jsonl` or `.ndjson`, packed or not, of which the key says nothing else.
    Log,
    /// A digest file, which holds the checksums of logs.
    Digest,
    /// A file of AWS Config's.
    Config,
    /// Nothing that CloudTrail writes.
    Other,
}

/// What a key tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogKey<'k> {
    /// What the object is.
    pub kind: KeyKind,
    /// The organisation whose trail wrote it, like `o-abcde12345`, where the key names it.
    pub organisation: Option<&'k str>,
    /// The account, 12 digits.
    pub account: Option<&'k str>,
    /// The region.
    pub region: Option<&'k str>,
    /// The minute in which it was delivered (which is not when the events happened), from the name of the file.
    pub delivered: Option<Timestamp>,
    /// The folder that all days of this account and region are in, with its slash; where the key does not follow
    /// CloudTrail's layout, the folder that the object is in.
    pub lane: &'k str,
    /// The day whose folder it is in.
    pub day: Option<Date>,
}

/// What logs are called.
const LOG_ENDS: [&str; 6] = [".json.gz", ".json", ".jsonl.gz", ".jsonl", ".ndjson.gz", ".ndjson"];
/// The empty object with which AWS Config tests whether it may write.
const CONFIG_CHECK: &str = "ConfigWritabilityCheckFile";

impl<'k> LogKey<'k> {
    /// Reads a key, as S3 has it (not URL-encoded). Every text is some key.
    #[must_use]
    pub fn parse(key: &'k str) -> Self {
        let (folder, name) = split_name(key);
        let mut parts = name.split('_');
        let (first, service) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let named = is_account(first);
        let place = Place::find(folder);
        let region = place.region.or_else(|| parts.clone().next().filter(|it| named && is_region(it)));
        Self {
            kind: kind(name, folder, if named { service } else { "" }, place.service),
            organisation: place.organisation,
            account: place.account.or(Some(first).filter(|_| named)),
            region,
            delivered: if named { parts.find_map(minute) } else { None },
            lane: place.lane.and_then(|length| key.get(..length)).unwrap_or(folder),
            day: place.day,
        }
    }
}

fn kind(name: &str, folder: &str, named_service: &str, service: Option<&str>) -> KeyKind {
    let service = if named_service.is_empty() { service.unwrap_or_default() } else { named_service };
    if service == "CloudTrail-Digest" {
        KeyKind::Digest
    } else if service == "Config" || name == CONFIG_CHECK {
        KeyKind::Config
    } else if LOG_ENDS.iter().any(|end| name.len() > end.len() && name.ends_with(end)) {
        if folder.contains("/CloudTrail-Digest/") && named_service.is_empty() { KeyKind::Digest } else { KeyKind::Log }
    } else if service.starts_with("CloudTrail") && name.ends_with(".gz") {
        KeyKind::Log
    } else {
        KeyKind::Other
    }
}

/// The folder, with its slash, and the name in it.
fn split_name(key: &str) -> (&str, &str) {
    key.rfind('/').and_then(|slash| key.split_at_checked(slash + 1)).unwrap_or(("", key))
}

/// Where in the layout a folder is.
#[derive(Default)]
pub(super) struct Place<'k> {
    /// Whether it is below a folder `AWSLogs`.
    pub(super) in_logs: bool,
    organisation: Option<&'k str>,
    pub(super) account: Option<&'k str>,
    /// The folder of the account, like `CloudTrail`.
    pub(super) service: Option<&'k str>,
    pub(super) region: Option<&'k str>,
    /// How long the path is up to the region, with its slash.
    pub(super) lane: Option<usize>,
    day: Option<Date>,
}

impl<'k> Place<'k> {
    /// Reads a path that ends with a slash.
    pub(super) fn find(folder: &'k str) -> Self {
        let mut found = Self::default();
        let mut before: Option<&'k str> = None;
        let mut date: [Option<i16>; 3] = [None; 3];
        let mut length = 0;
        for part in folder.split_terminator('/') {
            length += part.len() + 1;
            if part == "AWSLogs" {
                // The last one counts: a prefix may be called that, too.
                found =
                    Self { in_logs: true, organisation: before.filter(|it| is_organisation(it)), ..Self::default() };
                date = [None; 3];
            } else if found.in_logs && found.account.is_none() {
                if is_account(part) {
                    found.account = Some(part);
                } else if is_organisation(part) {
                    found.organisation = Some(part);
                }
            } else if found.account.is_some() && found.service.is_none() {
                found.service = Some(part);
            } else if found.service.is_some() && found.region.is_none() {
                found.region = Some(part);
                found.lane = Some(length);
            } else if found.region.is_some()
                && let Some(next) = date.iter_mut().find(|it| it.is_none())
            {
                *next = part.parse().ok();
            }
            before = Some(part);
        }
        if let [Some(year), Some(month), Some(day)] = date {
            let small = |number: i16| i8::try_from(number).unwrap_or_default();
            found.day = Date::new(year, small(month), small(day)).ok();
        }
        found
    }
}

/// `o-` and lower-case letters and digits: 10 to 32 of them says the AWS Organizations API; examples have fewer.
pub(super) fn is_organisation(text: &str) -> bool {
    let id = text.strip_prefix("o-").unwrap_or_default();
    !id.is_empty() && id.len() <= 32 && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

/// Words with hyphens between, the last a number: `eu-west-1`, `us-gov-east-1`.
pub(crate) fn is_region(text: &str) -> bool {
    let mut parts = text.split('-').rev();
    let number = parts.next().is_some_and(|it| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit()));
    let mut words = 0;
    let plain =
        parts.inspect(|_| words += 1).all(|it| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_lowercase()));
    number && plain && words >= 2
}

/// Reads `YYYYMMDDTHHmmZ`, and `YYYYMMDDTHHmmssZ` with or without the end of the file's name.
fn minute(part: &str) -> Option<Timestamp> {
    let (date, rest) = part.split_once('T')?;
    let time = rest.split('Z').next()?;
    if date.len() != 8 || !(time.len() == 4 || time.len() == 6) || rest.len() == time.len() {
        return None;
    }
    let number = |text: &str, from: usize, to: usize| {
        let digits = text.get(from..to)?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<i16>().ok())?
    };
    let small = |text, from, to| number(text, from, to).and_then(|it| i8::try_from(it).ok());
    let date = Date::new(number(date, 0, 4)?, small(date, 4, 6)?, small(date, 6, 8)?).ok()?;
    let time = Time::new(small(time, 0, 2)?, small(time, 2, 4)?, 0, 0).ok()?;
    DateTime::from_parts(date, time).to_zoned(TimeZone::UTC).ok().map(|it| it.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(key: &str, expected: &str) {
        let LogKey { kind, organisation, account, region, delivered, lane, day } = LogKey::parse(key);
        let text = |it: Option<&str>| it.unwrap_or("-").to_owned();
        let delivered = delivered.map_or("-".to_owned(), |it| it.to_string());
        let day = day.map_or("-".to_owned(), |it| it.to_string());
        let (organisation, account, region) = (text(organisation), text(account), text(region));
        assert_eq!(format!("{kind:?} {organisation} {account} {region} {delivered} {day} {lane}"), expected, "{key}");
    }

    #[test]
    fn every_layout() {
        let file = "111111111111_CloudTrail_eu-west-1_20260102T0305Z_kQ3xY7bN1mPz8RtA.json.gz";
        let day = format!("111111111111/CloudTrail/eu-west-1/2026/01/02/{file}");
        let tail = "111111111111 eu-west-1 2026-01-02T03:05:00Z 2026-01-02";
        let lane = "111111111111/CloudTrail/eu-west-1/";
        check(&format!("AWSLogs/{day}"), &format!("Log - {tail} AWSLogs/{lane}"));
        check(&format!("a b/c/AWSLogs/{day}"), &format!("Log - {tail} a b/c/AWSLogs/{lane}"));
        check(&format!("AWSLogs/o-abcde12345/{day}"), &format!("Log o-abcde12345 {tail} AWSLogs/o-abcde12345/{lane}"));
        check(&format!("o-abcde12345/AWSLogs/{day}"), &format!("Log o-abcde12345 {tail} o-abcde12345/AWSLogs/{lane}"));
        check(&format!("AWSLogs/AWSLogs/{day}"), &format!("Log - {tail} AWSLogs/AWSLogs/{lane}"));
        check(file, "Log - 111111111111 eu-west-1 2026-01-02T03:05:00Z - ");
        check(&format!("copies/{file}"), "Log - 111111111111 eu-west-1 2026-01-02T03:05:00Z - copies/");
    }

    #[test]
    fn logs_are_told_from_what_lies_beside_them() {
        let kind = |key: &str| LogKey::parse(key).kind;
        let account = "p/AWSLogs/111111111111";
        let file =
            |service: &str| format!("{account}/{service}/us-east-1/2026/01/02/111111111111_{service}_us-east-1_");
        assert_eq!(kind(&(file("CloudTrail-Insight") + "20260102T0305Z_x.json.gz")), KeyKind::Log);
        assert_eq!(kind(&(file("CloudTrail-Aggregated") + "20260102T0305Z_x.json.gz")), KeyKind::Log);
        assert_eq!(kind(&(file("CloudTrail-Digest") + "t_us-east-1_20260102T031125Z.json.gz")), KeyKind::Digest);
        assert_eq!(
            kind(&(file("CloudTrail-Digest") + "t_us-east-1_20260102T031125Z_backfill.json.gz")),
            KeyKind::Digest
        );
        assert_eq!(kind(&(file("Config") + "ConfigHistory_x_20260102T031125Z_1.json.gz")), KeyKind::Config);
        assert_eq!(kind(&format!("{account}/Config/ConfigWritabilityCheckFile")), KeyKind::Config);
        assert_eq!(kind(&format!("{account}/CloudTrail/")), KeyKind::Other);
        assert_eq!(kind(&format!("{account}/elasticloadbalancing/x.log")), KeyKind::Other);
        assert_eq!(kind("any/thing.json"), KeyKind::Log);
        assert_eq!(kind("any/.json"), KeyKind::Other);
        assert_eq!(kind("notes.txt"), KeyKind::Other);
        assert_eq!(kind(""), KeyKind::Other);
    }

    #[test]
    fn regions_and_organisations() {
        for region in ["eu-west-1", "us-gov-east-1", "ap-southeast-10", "us-iso-east-1"] {
            assert!(is_region(region), "{region}");
        }
        for other in ["", "eu", "eu-west", "west-1", "eu--1", "EU-west-1", "2026"] {
            assert!(!is_region(other), "{other}");
        }
        assert!(is_organisation("o-123abc") && !is_organisation("o-") && !is_organisation("o-ABC"));
    }

    proptest! {
        #[test]
        fn any_text_is_some_key(key in "[A-Za-z0-9_/.TZ-]{0,80}|.{0,40}") {
            let found = LogKey::parse(&key);
            prop_assert!(key.starts_with(found.lane));
        }
    }
}
