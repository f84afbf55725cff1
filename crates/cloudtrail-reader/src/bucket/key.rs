//! The facts in an object's key: account, region, time of delivery, and whether it is certainly not a log file.
//!
//! ```text
//! [prefix/]AWSLogs/[o-id/]ACCOUNT/CloudTrail/REGION/YYYY/MM/DD/ACCOUNT_CloudTrail_REGION_YYYYMMDDTHHmmZ_UNIQUE.json.gz
//! [o-id/]AWSLogs/ACCOUNT/…                             Control Tower before its landing zone 3.0
//! …/CloudTrail-Digest/REGION/YYYY/MM/DD/ACCOUNT_CloudTrail-Digest_REGION_TRAIL_REGION_YYYYMMDDTHHmmssZ.json.gz
//! ```
//!
//! From the CloudTrail User Guide, "Finding your CloudTrail log files" and "CloudTrail log file examples".

use common_aws::names::{is_account_id, is_region};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

/// The kind of an object, by its key.
///
/// Only digests and AWS Config's files are certain by their keys, so only these are skipped. For any other object, the
/// content decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyKind {
    /// A digest file, which holds the checksums of logs.
    Digest,
    /// A file of AWS Config.
    Config,
    /// Any other object.
    Other,
}

/// The facts in a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogKey<'k> {
    /// The kind of the object.
    pub kind: KeyKind,
    /// The organisation of the trail, such as `o-abcde12345`, if the key has it.
    pub organisation: Option<&'k str>,
    /// The account ID, 12 digits.
    pub account: Option<&'k str>,
    /// The region.
    pub region: Option<&'k str>,
    /// The minute of its delivery (not of its events), from the file name.
    pub delivered: Option<Timestamp>,
    /// The folder with all days of this account and region, with its slash. If the key does not follow CloudTrail's
    /// layout, the folder of the object.
    pub lane: &'k str,
    /// The day of its folder.
    pub day: Option<Date>,
    /// The first and the last day of its folder below the region's: of a day, a month (`2026/01/`) or a year.
    pub days: Option<(Date, Date)>,
}

/// The end of the names of digests and of AWS Config's files.
const PACKED: &str = ".json.gz";
/// The empty object with which AWS Config tests whether it can write.
const CONFIG_CHECK: &str = "ConfigWritabilityCheckFile";

impl<'k> LogKey<'k> {
    /// Parses a key as S3 has it (not URL-encoded). Every text is a valid key.
    #[must_use]
    pub fn parse(key: &'k str) -> Self {
        let (folder, name) = split_name(key);
        let mut parts = name.split('_');
        let (first, service) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let named = is_account_id(first);
        let named_region = parts.clone().next().filter(|it| named && is_region(it));
        let layout = KeyLayout::parse(folder);
        Self {
            kind: if named_region.is_some() && name.ends_with(PACKED) {
                kind(service, parts.clone().any(|part| minute(part).is_some()))
            } else if name == CONFIG_CHECK && layout.service == Some("Config") {
                KeyKind::Config
            } else {
                KeyKind::Other
            },
            organisation: layout.organisation,
            account: layout.account.or(Some(first).filter(|_| named)),
            region: layout.region.or(named_region),
            delivered: if named { parts.find_map(minute) } else { None },
            lane: layout.lane.and_then(|length| key.get(..length)).unwrap_or(folder),
            day: layout.day,
            days: layout.lane.and_then(|length| days(folder.get(length..)?)),
        }
    }
}

/// Returns whether the key is one that CloudTrail gives its objects: below `AWSLogs/ACCOUNT/CloudTrail/`, or with the name
/// of its files. Such an object is a log, or it was one.
#[cfg(feature = "aws")]
pub(crate) fn is_of_cloudtrail(key: &str) -> bool {
    let (folder, name) = split_name(key);
    let is_service = |service: &str| service.starts_with("CloudTrail");
    let mut parts = name.split('_');
    let mut next_is = |is: &dyn Fn(&str) -> bool| parts.next().is_some_and(is);
    let is_named = next_is(&is_account_id) && next_is(&is_service) && next_is(&is_region);
    !name.is_empty() && (is_named || KeyLayout::parse(folder).service.is_some_and(is_service))
}

/// Returns the kind of an object whose name has an account, this service, a region, and perhaps a time.
fn kind(service: &str, has_time: bool) -> KeyKind {
    match service {
        "CloudTrail-Digest" if has_time => KeyKind::Digest,
        "Config" if has_time => KeyKind::Config,
        _ => KeyKind::Other,
    }
}

/// Returns the first and the last day of a folder `YYYY/`, `YYYY/MM/` or `YYYY/MM/DD/`, and of the folders below it.
/// These sort by time, so that listings can start and stop at a day; folders without leading zeros do not.
fn days(folder: &str) -> Option<(Date, Date)> {
    let mut parts = folder.split_terminator('/');
    let mut number = |length: usize| {
        let digits = parts.next().filter(|it| it.len() == length && it.bytes().all(|byte| byte.is_ascii_digit()))?;
        digits.parse::<i16>().ok()
    };
    let year = number(4)?;
    let whole = (Date::new(year, 1, 1).ok()?, Date::new(year, 12, 31).ok()?);
    let Some(month) = number(2).and_then(|it| Date::new(year, i8::try_from(it).ok()?, 1).ok()) else {
        return Some(whole);
    };
    let day = number(2).and_then(|it| Date::new(year, month.month(), i8::try_from(it).ok()?).ok());
    Some(day.map_or((month, month.last_of_month()), |day| (day, day)))
}

/// Splits a key into the folder, with its slash, and the name.
fn split_name(key: &str) -> (&str, &str) {
    key.rfind('/').and_then(|slash| key.split_at_checked(slash + 1)).unwrap_or(("", key))
}

/// A folder's position in CloudTrail's layout.
#[derive(Default)]
pub(super) struct KeyLayout<'k> {
    /// Whether it is below a folder `AWSLogs`.
    pub(super) in_logs: bool,
    organisation: Option<&'k str>,
    pub(super) account: Option<&'k str>,
    /// The folder in the account, such as `CloudTrail`.
    pub(super) service: Option<&'k str>,
    pub(super) region: Option<&'k str>,
    /// The length of the path up to the region, with its slash.
    pub(super) lane: Option<usize>,
    day: Option<Date>,
}

impl<'k> KeyLayout<'k> {
    /// Parses a path that ends with a slash.
    pub(super) fn parse(folder: &'k str) -> Self {
        let mut found = Self::default();
        let mut before: Option<&'k str> = None;
        let mut date: [Option<i16>; 3] = [None; 3];
        let mut length = 0;
        for part in folder.split_terminator('/') {
            length += part.len() + 1;
            if part == "AWSLogs" {
                // The last one counts: a prefix may have this name too.
                found =
                    Self { in_logs: true, organisation: before.filter(|it| is_organisation(it)), ..Self::default() };
                date = [None; 3];
            } else if found.in_logs && found.account.is_none() {
                if is_account_id(part) {
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

/// Returns whether this is an organisation's ID: `o-` and 10 to 32 lower-case letters and digits, says the AWS
/// Organizations API; examples have fewer.
pub(super) fn is_organisation(text: &str) -> bool {
    let id = text.strip_prefix("o-").unwrap_or_default();
    !id.is_empty() && id.len() <= 32 && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

/// Parses `YYYYMMDDTHHmmZ`, and `YYYYMMDDTHHmmssZ` with or without the end of the file's name.
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
    DateTime::from_parts(date, time).to_zoned_datetime(TimeZone::UTC).ok().map(|it| it.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(key: &str, expected: &str) {
        let LogKey { kind, organisation, account, region, delivered, lane, day, .. } = LogKey::parse(key);
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
        check(&format!("AWSLogs/{day}"), &format!("Other - {tail} AWSLogs/{lane}"));
        check(&format!("a b/c/AWSLogs/{day}"), &format!("Other - {tail} a b/c/AWSLogs/{lane}"));
        check(
            &format!("AWSLogs/o-abcde12345/{day}"),
            &format!("Other o-abcde12345 {tail} AWSLogs/o-abcde12345/{lane}"),
        );
        check(
            &format!("o-abcde12345/AWSLogs/{day}"),
            &format!("Other o-abcde12345 {tail} o-abcde12345/AWSLogs/{lane}"),
        );
        check(&format!("AWSLogs/AWSLogs/{day}"), &format!("Other - {tail} AWSLogs/AWSLogs/{lane}"));
        check(file, "Other - 111111111111 eu-west-1 2026-01-02T03:05:00Z - ");
        check(&format!("copies/{file}"), "Other - 111111111111 eu-west-1 2026-01-02T03:05:00Z - copies/");
    }

    #[test]
    fn only_what_is_certain_is_told_from_logs() {
        let kind = |key: &str| LogKey::parse(key).kind;
        let account = "p/AWSLogs/111111111111";
        let file =
            |service: &str| format!("{account}/{service}/us-east-1/2026/01/02/111111111111_{service}_us-east-1_");
        for (rest, expected) in [
            ("t_us-east-1_20260102T031125Z.json.gz", KeyKind::Digest),
            ("t_us-east-1_20260102T031125Z_backfill.json.gz", KeyKind::Digest),
            ("a_trail_us-east-1_20260102T031125Z.json.gz", KeyKind::Digest),
            ("t_us-east-1.json.gz", KeyKind::Other),
            ("t_us-east-1_20260102T031125Z.json", KeyKind::Other),
        ] {
            assert_eq!(kind(&(file("CloudTrail-Digest") + rest)), expected, "{rest}");
        }
        let history = "111111111111_Config_us-east-1_ConfigHistory_AWS::S3::Bucket_20260102T031125Z_1.json.gz";
        assert_eq!(kind(&format!("{account}/Config/us-east-1/2026/1/2/ConfigHistory/{history}")), KeyKind::Config);
        assert_eq!(kind(history), KeyKind::Config);
        assert_eq!(kind(&format!("{account}/Config/ConfigWritabilityCheckFile")), KeyKind::Config);
        for other in [
            &(file("CloudTrail") + "20260102T0305Z_x.json.gz"),
            &(file("CloudTrail-Insight") + "20260102T0305Z_x.json.gz"),
            &format!("{account}/CloudTrail-Digest/us-east-1/2026/01/02/x.json.gz"),
            &format!("{account}/Config/us-east-1/2026/1/2/x.json.gz"),
            &format!("{account}/CloudTrail/"),
            &format!("{account}/elasticloadbalancing/x.log"),
            "ConfigWritabilityCheckFile",
            "any/thing.json",
            "T.JSON.GZ",
            "vec/date=2026-03-04/1772600000-0f7c.log.gz",
            "firehose/2026/03/04/05/stream-1-2026-03-04-05-06-07-0f7c",
            "notes.txt",
            "",
        ] {
            assert_eq!(kind(other), KeyKind::Other, "{other}");
        }
    }

    #[cfg(feature = "aws")]
    #[test]
    fn cloudtrails_own_keys() {
        let name = "111111111111_CloudTrail_us-east-1_20260102T0305Z_x.json.gz";
        for key in [
            format!("AWSLogs/111111111111/CloudTrail/us-east-1/2026/01/02/{name}"),
            "p/AWSLogs/o-abcde12345/111111111111/CloudTrail-Insight/us-east-1/2026/01/02/x".to_owned(),
            "AWSLogs/111111111111/CloudTrail/us-east-1/2026/01/02/renamed.json".to_owned(),
            format!("moved/{name}"),
            name.to_owned(),
        ] {
            assert!(is_of_cloudtrail(&key), "{key}");
        }
        for key in [
            "",
            "x.json",
            "AWSLogs/111111111111/CloudTrail/",
            "AWSLogs/111111111111/elasticloadbalancing/us-east-1/x",
            "CloudTrail/us-east-1/x.json",
            "111111111111_Config_us-east-1_x.json.gz",
            "111_CloudTrail_us-east-1_x.json.gz",
        ] {
            assert!(!is_of_cloudtrail(key), "{key}");
        }
    }

    #[test]
    fn a_folder_of_the_layout_has_days() {
        let lane = "AWSLogs/111111111111/CloudTrail/eu-west-1/";
        for (rest, expected) in [
            ("2026/01/02/x.json", "2026-01-02 2026-01-02"),
            ("2026/01/02/a/b/x.json", "2026-01-02 2026-01-02"),
            ("2024/02/x.json", "2024-02-01 2024-02-29"),
            ("2026/x.json", "2026-01-01 2026-12-31"),
            ("2026/1/2/x.json", "2026-01-01 2026-12-31"),
            ("2026/13/02/x.json", "2026-01-01 2026-12-31"),
            ("2026/02/30/x.json", "2026-02-01 2026-02-28"),
            ("x.json", "-"),
            ("a/2026/01/02/x.json", "-"),
        ] {
            for prefix in ["", "p/q/", "o-abc/"] {
                let key = format!("{prefix}{lane}{rest}");
                let found = LogKey::parse(&key).days;
                let found = found.map_or("-".to_owned(), |(first, last)| format!("{first} {last}"));
                assert_eq!(found, expected, "{key}");
            }
        }
        assert_eq!(LogKey::parse("logs/2026/01/02/x.json").days, None, "no layout that is known");
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
