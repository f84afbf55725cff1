//! The plan of a listing: which requests find the wanted objects, and few others.
//!
//! A listing goes from folder to folder down to the lanes, one for each account and region. With an interval, it goes
//! on to the years, the months, and the days of the months in which the interval begins or ends. Only whole folders are
//! left out, by the same rule that decides about the objects in them. A key next to the folders of days sorts anywhere
//! between them, so the listing of a month starts and stops at keys only if it has no such key.

use super::key::{KeyLayout, is_organisation};
use super::{Accounts, Interval, LogKey};
use common_aws::names::{is_account_id, is_region};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// The depth of the search for `AWSLogs`. Prefixes that people choose have one or two levels; deeper folders are listed
/// completely, which only costs requests.
const DEEPEST: u8 = 3;
/// The tolerance around the interval for listing folders, and around a folder's days for the time in a name: a file
/// that was delivered around midnight can be in the folder of the day before.
const SLACK: SignedDuration = SignedDuration::from_hours(1);

/// The time before the earliest record in which its file may have been delivered: clocks differ.
const EARLY: SignedDuration = SignedDuration::from_hours(1);
/// The time after the latest record in which its file is looked for. CloudTrail delivers after 5 minutes on average, and
/// does not guarantee that.
const LATE: SignedDuration = SignedDuration::from_hours(24);

/// Selects objects of a bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// The time of delivery. `None` for any time.
    pub interval: Option<Interval>,
    /// Whether the interval was made from the times of the records. The time of modification of an object that has no time
    /// in its key then says nothing about the latest record: the object may be a copy.
    pub is_by_records: bool,
    /// The accounts. `None` for all.
    pub accounts: Option<Accounts>,
    /// The start of the listing of lanes, to find new objects at little cost. It does not exclude earlier objects that
    /// a listing returns.
    pub listed_from: Option<Timestamp>,
}

impl Filter {
    /// Returns whether the object is wanted. Its time is the one in its name; or the days of its folder, if its name
    /// has no time or one outside these days; or else `modified`. A key without an account does not match a list of
    /// accounts.
    #[must_use]
    pub fn wants(&self, key: &LogKey<'_>, modified: Option<Timestamp>) -> bool {
        let in_time = self.interval.is_none_or(|interval| match (key.delivered, key.days) {
            (Some(minute), Some((first, last))) if !is_of_days(minute, first, last) => {
                interval.contains_days(first, last)
            }
            (Some(minute), _) => interval.contains_minute(minute),
            (None, Some((first, last))) => interval.contains_days(first, last),
            (None, None) => {
                let end = interval.end.filter(|_| !self.is_by_records);
                modified.is_none_or(|time| Interval { end, ..interval }.contains_minute(time))
            }
        });
        let accounts = self.accounts.as_ref();
        in_time && accounts.is_none_or(|it| key.account.is_some_and(|account| it.contains(account)))
    }

    /// Selects the objects that may hold records from `since` on and before `until`, unless an interval was set: files
    /// delivered from an hour before `since` to a day after `until`. Without a time, nothing changes.
    pub fn narrow(&mut self, since: Option<Timestamp>, until: Option<Timestamp>) {
        if self.interval.is_none() && (since.is_some() || until.is_some()) {
            let start = since.and_then(|since| since.checked_sub(EARLY).ok()).unwrap_or(Timestamp::MIN);
            let end = until.map(|until| until.checked_add(LATE).unwrap_or(Timestamp::MAX));
            (self.interval, self.is_by_records) = (Some(Interval { start, end }), true);
        }
    }

    /// Returns the interval to list: with [`SLACK`] on both sides, and without the time before `listed_from`.
    fn listed(&self) -> Option<Interval> {
        let Interval { start, end } = self.interval?;
        let start = start.checked_sub(SLACK).unwrap_or(Timestamp::MIN);
        let start = start.max(self.listed_from.unwrap_or(Timestamp::MIN));
        Some(Interval { start, end: end.map(|end| end.checked_add(SLACK).unwrap_or(Timestamp::MAX)) })
    }

    /// Returns whether a folder of these days may hold a wanted object.
    fn wants_days(&self, (first, last): (Date, Date)) -> bool {
        self.listed().is_none_or(|interval| interval.contains_days(first, last))
    }

    /// Returns whether the interval begins or ends within these days.
    fn cuts(&self, (first, last): (Date, Date)) -> bool {
        let day = |time: Timestamp| time.to_zoned_datetime(TimeZone::UTC).date();
        self.listed().is_some_and(|Interval { start, end }| {
            let (start, end) = (day(start), end.map(day));
            (first < start && start <= last) || end.is_some_and(|end| first <= end && end < last)
        })
    }
}

/// Returns whether a time is of these days, in UTC, or of [`SLACK`] before or after.
fn is_of_days(minute: Timestamp, first: Date, last: Date) -> bool {
    let around = Interval {
        start: minute.checked_sub(SLACK).unwrap_or(Timestamp::MIN),
        end: Some(minute.checked_add(SLACK).unwrap_or(Timestamp::MAX)),
    };
    around.contains_days(first, last)
}

/// A folder's level in the layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Level {
    /// Above `AWSLogs`, or next to it; with the number of folders below the start of the search.
    Outside(u8),
    /// `AWSLogs/`: organisations and accounts.
    Logs,
    /// `AWSLogs/o-id/`: accounts.
    Organisation,
    /// `ACCOUNT/`: services.
    Account,
    /// `ACCOUNT/CloudTrail/`, or another service's: regions.
    Trail,
    /// `ACCOUNT/CloudTrail/REGION/`, with an interval: years.
    Region,
    /// `REGION/YYYY/`, with an interval: months.
    Year,
    /// `REGION/YYYY/MM/`, if the interval begins or ends in that month: days.
    Month,
}

/// A folder to list with `/` as delimiter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// The prefix of the listing.
    pub prefix: String,
    /// Its level.
    pub level: Level,
}

/// A prefix of which all keys are listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    /// The prefix of the listing.
    pub prefix: String,
    /// The key after which the listing starts.
    pub start_after: Option<String>,
    /// The key after which the listing stops.
    pub stop: Option<String>,
}

/// A step of the listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// One level of folders.
    Folder(Folder),
    /// All keys.
    Lane(Lane),
}

impl Node {
    /// Returns the first step. A prefix that ends with the whole name of a part of the layout, such as `AWSLogs` or an
    /// account, means that folder, with or without a slash. Any other prefix means all keys that begin with it.
    #[must_use]
    pub fn root(prefix: &str, filter: &Filter) -> Self {
        let prefix = completed(prefix);
        let folder = prefix.rfind('/').and_then(|slash| prefix.get(..=slash)).unwrap_or_default();
        let layout = KeyLayout::parse(folder);
        let level = match layout {
            KeyLayout { region: Some(_), .. } if filter.interval.is_none() => {
                return Self::Lane(Lane::new(prefix, filter));
            }
            KeyLayout { region: Some(_), lane: Some(lane), .. } => match level_in_region(folder, lane) {
                Some(level) => level,
                None => return Self::Lane(Lane::all(prefix)),
            },
            KeyLayout { service: Some(_), .. } => Level::Trail,
            KeyLayout { account: Some(_), .. } => Level::Account,
            KeyLayout { in_logs: true, .. } if folder.ends_with("AWSLogs/") => Level::Logs,
            KeyLayout { in_logs: true, .. } => Level::Organisation,
            _ => Level::Outside(0),
        };
        Self::Folder(Folder { prefix, level })
    }

    /// Returns the step for a region: its years if there is an interval, otherwise all keys.
    fn region(prefix: String, filter: &Filter) -> Self {
        match filter.interval {
            Some(_) => Self::Folder(Folder { prefix, level: Level::Region }),
            None => Self::Lane(Lane::new(prefix, filter)),
        }
    }

    /// Returns the prefix of the listing.
    #[must_use]
    pub fn prefix(&self) -> &str {
        match self {
            Self::Folder(folder) => &folder.prefix,
            Self::Lane(lane) => &lane.prefix,
        }
    }
}

/// Adds the missing slash to a folder of the layout.
fn completed(prefix: &str) -> String {
    let (folder, name) = prefix.rfind('/').and_then(|at| prefix.split_at_checked(at + 1)).unwrap_or(("", prefix));
    let layout = KeyLayout::parse(folder);
    let is_number = |length: usize| name.len() == length && name.bytes().all(|byte| byte.is_ascii_digit());
    let whole = match layout {
        KeyLayout { region: Some(_), lane: Some(lane), .. } => is_number(if folder.len() == lane { 4 } else { 2 }),
        KeyLayout { service: Some(_), .. } => is_region(name),
        KeyLayout { account: Some(_), .. } => name == "CloudTrail" || name.starts_with("CloudTrail-"),
        KeyLayout { in_logs: true, .. } => is_account_id(name) || is_organisation(name),
        _ => name == "AWSLogs" || is_organisation(name),
    };
    if whole { format!("{prefix}/") } else { prefix.to_owned() }
}

impl Folder {
    /// Returns the step for a folder that was found in this one. `None` if nothing in it is wanted. `prefix` ends with
    /// a slash.
    #[must_use]
    pub fn child(&self, prefix: &str, filter: &Filter) -> Option<Node> {
        let days = LogKey::parse(prefix).days;
        let name = prefix.strip_suffix('/').unwrap_or(prefix).rsplit('/').next().unwrap_or_default();
        let folder = |level| Some(Node::Folder(Folder { prefix: prefix.to_owned(), level }));
        let lane = || Some(Node::Lane(Lane::all(prefix.to_owned())));
        let wanted = |account| filter.accounts.as_ref().is_none_or(|accounts| accounts.contains(account));
        match self.level {
            Level::Outside(_) if name == "AWSLogs" => folder(Level::Logs),
            Level::Outside(depth) if depth < DEEPEST => folder(Level::Outside(depth + 1)),
            Level::Logs if is_organisation(name) => folder(Level::Organisation),
            Level::Logs | Level::Organisation if is_account_id(name) => {
                if wanted(name) {
                    folder(Level::Account)
                } else {
                    None
                }
            }
            // A service's name shows as little as a key: its objects are recognised by their content.
            Level::Account => folder(Level::Trail),
            Level::Trail => Some(Node::region(prefix.to_owned(), filter)),
            _ if self.has(days) && days.is_some_and(|days| !filter.wants_days(days)) => None,
            Level::Region if self.has(days) => folder(Level::Year),
            Level::Year if self.has(days) && days.is_some_and(|days| filter.cuts(days)) => folder(Level::Month),
            Level::Outside(_) | Level::Logs | Level::Organisation | Level::Region | Level::Year | Level::Month => {
                lane()
            }
        }
    }

    /// Returns whether these are the days of a year, a month or a day, as expected of a folder in this one.
    fn has(&self, days: Option<(Date, Date)>) -> bool {
        days.is_some_and(|(first, last)| match self.level {
            Level::Region => true,
            Level::Year => first.month() == last.month(),
            Level::Month => first == last,
            _ => false,
        })
    }

    /// Returns one lane for the wanted days of a month, if the month has only days; `folders` are its folders, and
    /// `has_keys` says whether it has keys next to them.
    #[must_use]
    pub fn lane_of_days<'f>(
        &self,
        mut folders: impl Iterator<Item = &'f str>,
        has_keys: bool,
        filter: &Filter,
    ) -> Option<Lane> {
        let is_plain =
            self.level == Level::Month && !has_keys && folders.all(|folder| self.has(LogKey::parse(folder).days));
        is_plain.then(|| Lane::new(self.prefix.clone(), filter))
    }
}

/// Returns a folder's level within a region. `None` for a day, a folder below one, or a folder next to the years.
/// `lane` is the length of the region's path.
fn level_in_region(folder: &str, lane: usize) -> Option<Level> {
    let parts = folder.get(lane..)?.matches('/').count();
    match (parts, LogKey::parse(folder).days) {
        (0, _) => Some(Level::Region),
        (1, Some(_)) => Some(Level::Year),
        (2, Some((first, last))) if first.month() == last.month() => Some(Level::Month),
        _ => None,
    }
}

impl Lane {
    /// Selects all keys with this prefix.
    fn all(prefix: String) -> Self {
        Self { prefix, start_after: None, stop: None }
    }

    /// Selects the keys with this prefix that can be wanted, given that all of them are in folders of days.
    #[must_use]
    pub fn new(prefix: String, filter: &Filter) -> Self {
        let bound =
            |time: Option<Timestamp>, end: &str| time.and_then(|time| day_at(&prefix, time)).map(|key| key + end);
        let interval = filter.listed();
        let start = interval.map_or(filter.listed_from, |it| Some(it.start));
        Self { start_after: bound(start, "/"), stop: bound(interval.and_then(|it| it.end), AFTER_SLASH), prefix }
    }

    /// Returns whether this key and all later ones are not wanted.
    #[must_use]
    pub fn is_beyond(&self, key: &str) -> bool {
        self.stop.as_deref().is_some_and(|stop| key > stop)
    }
}

/// The character after the slash: the keys in a folder sort before the folder's name with this character.
const AFTER_SLASH: &str = "0";

/// Returns the folder of a day in a lane, without its slash. `None` if the prefix is not inside one region.
fn day_at(prefix: &str, time: Timestamp) -> Option<String> {
    let layout = KeyLayout::parse(prefix.rfind('/').and_then(|slash| prefix.get(..=slash))?);
    let lane = prefix.get(..layout.lane?)?;
    let time = time.to_zoned_datetime(TimeZone::UTC);
    // Years with other than four digits do not sort in order.
    (1000..=9999).contains(&time.year()).then(|| format!("{lane}{}", time.strftime("%Y/%m/%d")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(interval: &str, accounts: &str) -> Filter {
        let now = "2026-03-31T12:00:00Z".parse().unwrap();
        let interval = Interval::parse(interval, now).unwrap();
        Filter { interval, accounts: Accounts::parse(accounts).unwrap(), ..Filter::default() }
    }

    fn show(node: Option<Node>) -> String {
        match node {
            None => "nothing".to_owned(),
            Some(Node::Folder(Folder { prefix, level })) => format!("{level:?} {prefix}"),
            Some(Node::Lane(Lane { prefix, start_after, stop })) => {
                let [from, to] = [start_after, stop].map(|it| it.map_or("-".to_owned(), |it| it));
                format!("lane {prefix} {from} {to}")
            }
        }
    }

    #[test]
    fn every_prefix_has_its_place() {
        let root = |prefix: &str| show(Some(Node::root(prefix, &Filter::default())));
        assert_eq!(root(""), "Outside(0) ");
        assert_eq!(root("logs"), "Outside(0) logs");
        assert_eq!(root("logs/"), "Outside(0) logs/");
        assert_eq!(root("o-abc123"), "Outside(0) o-abc123/");
        for (prefix, level) in [
            ("AWSLogs", "Logs"),
            ("p/AWSLogs/", "Logs"),
            ("o-abc123/AWSLogs", "Logs"),
            ("AWSLogs/o-abc123", "Organisation"),
            ("AWSLogs/111111111111", "Account"),
            ("AWSLogs/o-abc123/111111111111/", "Account"),
            ("AWSLogs/111111111111/CloudTrail", "Trail"),
            ("AWSLogs/111111111111/CloudTrail-Insight/", "Trail"),
        ] {
            let whole = format!("{}/", prefix.trim_end_matches('/'));
            assert_eq!(root(prefix), format!("{level} {whole}"));
        }
        assert_eq!(root("AWSLogs/11111"), "Logs AWSLogs/11111");
        assert_eq!(root("AWSLogs/111111111111/CloudTrail/eu-"), "Trail AWSLogs/111111111111/CloudTrail/eu-");
        let trail = "AWSLogs/111111111111/CloudTrail";
        for rest in ["eu-west-1", "eu-west-1/2026", "eu-west-1/2026/01", "eu-west-1/2026/01/02"] {
            assert_eq!(root(&format!("{trail}/{rest}")), format!("lane {trail}/{rest}/ - -"));
        }
        let region = show(Some(Node::root(&format!("{trail}/eu-west-1"), &filter("5d", ""))));
        assert_eq!(region, format!("Region {trail}/eu-west-1/"));
        let key = format!("{trail}/eu-west-1/2026/01/02/1");
        assert_eq!(root(&key), format!("lane {key} - -"));
        assert_eq!(root("AWSLogs/111111111111/Config/"), "Trail AWSLogs/111111111111/Config/");
    }

    #[test]
    fn the_way_down_leaves_out_what_is_not_wanted() {
        let filter = filter("", "111111111111");
        let child = |prefix: &str, level, name: &str| {
            let folder = Folder { prefix: prefix.to_owned(), level };
            show(folder.child(&format!("{prefix}{name}/"), &filter))
        };
        assert_eq!(child("", Level::Outside(0), "AWSLogs"), "Logs AWSLogs/");
        assert_eq!(child("", Level::Outside(0), "x"), "Outside(1) x/");
        assert_eq!(child("x/", Level::Outside(1), "AWSLogs"), "Logs x/AWSLogs/");
        assert_eq!(child("a/b/c/", Level::Outside(3), "d"), "lane a/b/c/d/ - -");
        assert_eq!(child("AWSLogs/", Level::Logs, "o-abc"), "Organisation AWSLogs/o-abc/");
        assert_eq!(child("AWSLogs/", Level::Logs, "111111111111"), "Account AWSLogs/111111111111/");
        assert_eq!(child("AWSLogs/", Level::Logs, "222222222222"), "nothing");
        assert_eq!(child("A/", Level::Account, "CloudTrail"), "Trail A/CloudTrail/");
        assert_eq!(child("A/", Level::Account, "CloudTrail-Digest"), "Trail A/CloudTrail-Digest/");
        assert_eq!(child("A/", Level::Account, "elasticloadbalancing"), "Trail A/elasticloadbalancing/");
        assert_eq!(child("T/", Level::Trail, "eu-west-1"), "lane T/eu-west-1/ - -");
    }

    #[test]
    fn a_region_is_listed_by_the_folders_of_the_interval_and_whatever_else_it_has() {
        let filter = filter("2025-11-30T23:00:00Z-2026-01-01T00:30:00Z", "");
        let lane = "AWSLogs/111111111111/CloudTrail/eu-west-1/";
        let trail = Folder { prefix: "AWSLogs/111111111111/CloudTrail/".to_owned(), level: Level::Trail };
        assert_eq!(show(trail.child(lane, &filter)), format!("Region {lane}"));
        let child = |level, folder: &str| {
            let (parent, _) = folder.rsplit_once('/').map_or(("", folder), |it| it);
            let parent = if parent.is_empty() { lane.to_owned() } else { format!("{lane}{parent}/") };
            let node = Folder { prefix: parent, level }.child(&format!("{lane}{folder}/"), &filter);
            show(node).replace(lane, "")
        };
        for (level, folder, expected) in [
            (Level::Region, "2024", "nothing"),
            (Level::Region, "2025", "Year 2025/"),
            (Level::Region, "2026", "Year 2026/"),
            (Level::Region, "2027", "nothing"),
            (Level::Region, "0", "lane 0/ - -"),
            (Level::Region, "copies", "lane copies/ - -"),
            (Level::Year, "2025/10", "nothing"),
            (Level::Year, "2025/11", "Month 2025/11/"),
            (Level::Year, "2025/12", "lane 2025/12/ - -"),
            (Level::Year, "2026/01", "Month 2026/01/"),
            (Level::Year, "2026/02", "nothing"),
            (Level::Year, "2025/1", "lane 2025/1/ - -"),
            (Level::Year, "2025/00", "lane 2025/00/ - -"),
            (Level::Month, "2025/11/29", "nothing"),
            (Level::Month, "2025/11/30", "lane 2025/11/30/ - -"),
            (Level::Month, "2025/11/31", "lane 2025/11/31/ - -"),
            (Level::Month, "2025/11/1", "lane 2025/11/1/ - -"),
        ] {
            assert_eq!(child(level, folder), expected, "{folder}");
        }
        let month = Folder { prefix: format!("{lane}2025/11/"), level: Level::Month };
        let merged = |folders: &[&str], has_keys| {
            let folders: Vec<_> = folders.iter().map(|day| format!("{lane}2025/11/{day}/")).collect();
            let found = month.lane_of_days(folders.iter().map(String::as_str), has_keys, &filter);
            show(found.map(Node::Lane)).replace(lane, "")
        };
        assert_eq!(merged(&["01", "30"], false), "lane 2025/11/ 2025/11/30/ 2026/01/010");
        assert_eq!(merged(&["01", "30"], true), "nothing", "a key may lie before the first day");
        assert_eq!(merged(&["01", "1a"], false), "nothing");
        assert_eq!(merged(&["01", "31"], false), "nothing");
    }

    #[test]
    fn a_prefix_inside_of_a_region_has_its_place() {
        let filter = filter("2026-01-02T12:00:00Z-2026-01-03T12:00:00Z", "");
        let lane = "AWSLogs/111111111111/CloudTrail/eu-west-1/";
        for (rest, expected) in [
            ("", "Region "),
            ("20", "Region 20"),
            ("2026", "Year 2026/"),
            ("2026/0", "Year 2026/0"),
            ("2026/01", "Month 2026/01/"),
            ("2026/01/0", "Month 2026/01/0"),
            ("2026/01/02", "lane 2026/01/02/ - -"),
            ("2026/01/02/111", "lane 2026/01/02/111 - -"),
            ("2026/1/2/", "lane 2026/1/2/ - -"),
            ("copies/", "lane copies/ - -"),
        ] {
            let found = show(Some(Node::root(&format!("{lane}{rest}"), &filter))).replace(lane, "");
            assert_eq!(found, expected, "{rest}");
        }
    }

    #[test]
    fn a_lane_starts_and_stops_at_the_interval() {
        let filter = filter("2026-01-02T00:30:00Z-2026-01-03T10:00:00Z", "");
        let trail = "AWSLogs/111111111111/CloudTrail/eu-west-1/";
        let from = format!("{trail}2026/01/01/");
        let to = format!("{trail}2026/01/030");
        for prefix in [trail.to_owned(), format!("{trail}2026/01/")] {
            let lane = Lane::new(prefix.clone(), &filter);
            let expected = Lane { prefix, start_after: Some(from.clone()), stop: Some(to.clone()) };
            assert_eq!(lane, expected);
        }
        assert_eq!(show(Some(Node::Lane(Lane::new("x/".to_owned(), &filter)))), "lane x/ - -");
        let lane = Lane::new(format!("{trail}2026/01/"), &filter);
        for (rest, expected) in [("2026/01/03/\u{10FFFF}", false), ("2026/01/04/x.json", true), ("2026/02/x", true)] {
            assert_eq!(lane.is_beyond(&format!("{trail}{rest}")), expected, "{rest}");
        }
    }

    #[test]
    fn what_is_wanted_of_the_objects_found() {
        let filter = filter("2026-01-02T00:00:00Z-2026-01-03T00:00:00Z", "111111111111");
        let wants = |key: &str, modified: &str| filter.wants(&LogKey::parse(key), modified.parse().ok());
        let (inside, outside) = ("2026-01-02T01:00:00Z", "2026-01-04T01:00:00Z");
        assert!(wants("111111111111_CloudTrail_eu-west-1_20260102T0305Z_a.json.gz", outside));
        assert!(!wants("111111111111_CloudTrail_eu-west-1_20260104T0305Z_a.json.gz", inside));
        assert!(!wants("222222222222_CloudTrail_eu-west-1_20260102T0305Z_a.json.gz", inside));
        assert!(wants("AWSLogs/111111111111/CloudTrail/x.json", inside));
        assert!(!wants("AWSLogs/111111111111/CloudTrail/x.json", outside));
        assert!(!wants("x.json", inside));
        let day = "AWSLogs/111111111111/CloudTrail/eu-west-1/2026/01/02/x.json";
        assert!(wants(day, outside), "the folder's day comes before the time of its last modification");
        assert!(!wants(&day.replace("01/02", "01/04"), inside));
        assert!(wants("AWSLogs/111111111111/CloudTrail/eu-west-1/2026/01/x.json", outside));
        let named = |folder: &str, day: &str| {
            let file = format!("111111111111_CloudTrail_eu-west-1_202601{day}_a.json.gz");
            wants(&format!("AWSLogs/111111111111/CloudTrail/eu-west-1/2026/01/{folder}{file}"), outside)
        };
        assert!(named("", "02T0305Z") && !named("", "04T0305Z"), "the name is of the folder's days");
        assert!(named("01/", "02T0010Z") && !named("01/", "01T2350Z"), "around midnight");
        assert!(named("02/", "20T0305Z") && !named("20/", "02T0305Z"), "the folder counts where they disagree");
        assert!(!wants("AWSLogs/111111111111/CloudTrail/eu-west-1/2025/x.json", inside));
    }

    #[test]
    fn a_range_of_records_selects_the_files_that_may_hold_them() {
        let time = |text: &str| Some(text.parse::<Timestamp>().unwrap());
        let mut filter = Filter::default();
        filter.narrow(time("2026-01-02T00:00:00Z"), time("2026-01-03T00:00:00Z"));
        let wants = |key: &str, modified: &str| filter.wants(&LogKey::parse(key), modified.parse().ok());
        let file = |minute: &str| wants(&format!("111111111111_CloudTrail_eu-west-1_{minute}Z_a.json.gz"), "");
        for (minute, expected) in
            [("20260101T2255", false), ("20260101T2305", true), ("20260103T2355", true), ("20260104T0005", false)]
        {
            assert_eq!(file(minute), expected, "{minute}");
        }
        assert!(wants("a-copy.json", "2027-01-01T00:00:00Z"), "it may be a copy of an old file");
        assert!(!wants("x.json", "2026-01-01T00:00:00Z"), "a record is not younger than its file");
        let typed_interval = || self::filter("2026-03-01T00:00:00Z", "");
        let mut typed = typed_interval();
        typed.narrow(None, time("2026-01-03T00:00:00Z"));
        assert_eq!(typed, typed_interval());
    }

    #[test]
    fn a_look_for_news_lists_the_latest_days_of_an_interval_only() {
        let mut filter = filter("2026-01-05T00:00:00Z", "");
        let region = "AWSLogs/111111111111/CloudTrail/eu-west-1/";
        let child = |level, folder: &str, filter: &Filter| {
            let (parent, _) = folder.trim_end_matches('/').rsplit_once('/').unwrap();
            Folder { prefix: format!("{region}{parent}/"), level }.child(&format!("{region}{folder}"), filter)
        };
        let is_lane = |node: Option<Node>| matches!(node, Some(Node::Lane(_)));
        assert!(is_lane(child(Level::Year, "2026/02/", &filter)), "all of a month within the interval");
        filter.listed_from = Some("2026-03-09T12:00:00Z".parse().unwrap());
        assert_eq!(child(Level::Year, "2026/02/", &filter), None);
        let Some(Node::Folder(month)) = child(Level::Year, "2026/03/", &filter) else { panic!("a month is cut") };
        let days = ["08/", "09/", "10/"].map(|day| format!("{}{day}", month.prefix));
        let lane = month.lane_of_days(days.iter().map(String::as_str), false, &filter).unwrap();
        assert_eq!(lane.start_after, Some(format!("{region}2026/03/09/")));
    }
}
