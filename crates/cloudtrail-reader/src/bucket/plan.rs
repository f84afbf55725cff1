//! Which listings find what is wanted, and nothing much besides.
//!
//! A listing goes from folder to folder down to the lanes, one for each account and region. In a lane the folders of days
//! sort by time, so that it need not be read from its beginning to its end. A lane is cut by whole days, since a key in
//! such a folder may have no time in its name.

use super::accounts::is_account;
use super::key::{Place, is_organisation, is_region};
use super::{Accounts, Interval, LogKey};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// How many folders are looked into one below the other in search of `AWSLogs`. Prefixes that people choose have one or
/// two levels; what is deeper is listed as it is, at the cost of requests alone.
const DEEPEST: u8 = 3;
/// How much earlier and later than the interval a lane is listed. What is in it is still told by the name of each file;
/// this is for files that lie in the folder of the day before, delivered around midnight.
const SLACK: SignedDuration = SignedDuration::from_hours(1);

/// What of a bucket is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// When files must have been delivered; none for any time.
    pub interval: Option<Interval>,
    /// Of which accounts; none for all.
    pub accounts: Option<Accounts>,
    /// From when on lanes are listed, to look for news at little cost; what a listing shows all the same is wanted.
    pub listed_from: Option<Timestamp>,
}

impl Filter {
    /// Returns whether the object is wanted. Its time is the one in its name; or else all of the days whose folder it is
    /// in; or else `modified`. Where the key has no account, no list of accounts has it.
    #[must_use]
    pub fn wants(&self, key: &LogKey<'_>, modified: Option<Timestamp>) -> bool {
        let in_time = self.interval.is_none_or(|interval| match (key.delivered, key.days) {
            (Some(minute), _) => interval.contains_minute(minute),
            (None, Some((first, last))) => interval.contains_days(first, last),
            (None, None) => modified.is_none_or(|time| interval.contains_minute(time)),
        });
        let accounts = self.accounts.as_ref();
        in_time && accounts.is_none_or(|it| key.account.is_some_and(|account| it.contains(account)))
    }
}

/// Where in the layout a folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Level {
    /// Above `AWSLogs`, or beside it; so many folders below where the search began.
    Outside(u8),
    /// `AWSLogs/`: organisations and accounts.
    Logs,
    /// `AWSLogs/o-id/`: accounts.
    Organisation,
    /// `ACCOUNT/`: what services have written.
    Account,
    /// `ACCOUNT/CloudTrail/`, or another service's: regions.
    Trail,
    /// `ACCOUNT/CloudTrail/REGION/`, where there is an interval: years.
    Region,
}

/// A folder to be listed with `/` as delimiter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// The prefix of the listing.
    pub prefix: String,
    /// Where it is.
    pub level: Level,
}

/// A prefix of which all keys are to be listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    /// The prefix of the listing.
    pub prefix: String,
    /// Where the listing starts: behind this key.
    pub start_after: Option<String>,
    /// Where it stops: keys beyond this one are not wanted.
    pub stop: Option<String>,
}

/// What to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// One level of folders.
    Folder(Folder),
    /// All keys.
    Lane(Lane),
}

impl Node {
    /// What to begin with. A prefix that ends with the whole name of a part of the layout, like `AWSLogs` or an account,
    /// means that folder, with or without a slash; else it is what keys begin with.
    #[must_use]
    pub fn root(prefix: &str, filter: &Filter) -> Self {
        let prefix = completed(prefix);
        let folder = prefix.rfind('/').and_then(|slash| prefix.get(..=slash)).unwrap_or_default();
        let place = Place::find(folder);
        let level = match place {
            Place { region: Some(_), lane, .. } if lane == Some(prefix.len()) => return Self::region(prefix, filter),
            Place { region: Some(_), .. } => return Self::Lane(Lane::new(prefix, filter)),
            Place { service: Some(_), .. } => Level::Trail,
            Place { account: Some(_), .. } => Level::Account,
            Place { in_logs: true, .. } if folder.ends_with("AWSLogs/") => Level::Logs,
            Place { in_logs: true, .. } => Level::Organisation,
            _ => Level::Outside(0),
        };
        Self::Folder(Folder { prefix, level })
    }

    /// Returns how to list a region: by its years where there is an interval, as all of it otherwise.
    fn region(prefix: String, filter: &Filter) -> Self {
        match filter.interval {
            Some(_) => Self::Folder(Folder { prefix, level: Level::Region }),
            None => Self::Lane(Lane::new(prefix, filter)),
        }
    }

    /// The prefix of the listing.
    #[must_use]
    pub fn prefix(&self) -> &str {
        match self {
            Self::Folder(folder) => &folder.prefix,
            Self::Lane(lane) => &lane.prefix,
        }
    }
}

/// Adds the slash that a folder of the layout was named without.
fn completed(prefix: &str) -> String {
    let (folder, name) = prefix.rfind('/').and_then(|at| prefix.split_at_checked(at + 1)).unwrap_or(("", prefix));
    let place = Place::find(folder);
    let is_number = |length: usize| name.len() == length && name.bytes().all(|byte| byte.is_ascii_digit());
    let whole = match place {
        Place { region: Some(_), lane: Some(lane), .. } => is_number(if folder.len() == lane { 4 } else { 2 }),
        Place { service: Some(_), .. } => is_region(name),
        Place { account: Some(_), .. } => name == "CloudTrail" || name.starts_with("CloudTrail-"),
        Place { in_logs: true, .. } => is_account(name) || is_organisation(name),
        _ => name == "AWSLogs" || is_organisation(name),
    };
    if whole { format!("{prefix}/") } else { prefix.to_owned() }
}

impl Folder {
    /// What to list of a folder that was found in this one; none if nothing in it is wanted. `prefix` ends with a slash.
    #[must_use]
    pub fn child(&self, prefix: &str, filter: &Filter) -> Option<Node> {
        let name = prefix.strip_suffix('/').unwrap_or(prefix).rsplit('/').next().unwrap_or_default();
        let folder = |level| Some(Node::Folder(Folder { prefix: prefix.to_owned(), level }));
        let lane = || Some(Node::Lane(Lane::new(prefix.to_owned(), filter)));
        let wanted = |account| filter.accounts.as_ref().is_none_or(|accounts| accounts.contains(account));
        match self.level {
            Level::Outside(_) if name == "AWSLogs" => folder(Level::Logs),
            Level::Outside(depth) if depth < DEEPEST => folder(Level::Outside(depth + 1)),
            Level::Logs if is_organisation(name) => folder(Level::Organisation),
            Level::Logs | Level::Organisation if is_account(name) => {
                if wanted(name) {
                    folder(Level::Account)
                } else {
                    None
                }
            }
            // A service's name says as little as a key's: what lies there is read by its content.
            Level::Account => folder(Level::Trail),
            Level::Trail => Some(Node::region(prefix.to_owned(), filter)),
            Level::Region if is_year(name) && !is_in_interval(prefix, filter) => None,
            Level::Outside(_) | Level::Logs | Level::Organisation | Level::Region => lane(),
        }
    }
}

fn is_year(name: &str) -> bool {
    name.len() == 4 && name.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns whether something in a folder of the layout may have been delivered in the interval.
fn is_in_interval(folder: &str, filter: &Filter) -> bool {
    let days = LogKey::parse(folder).days;
    let (from, to) = (filter.interval.map(|it| it.start), filter.interval.and_then(|it| it.end));
    let from = from.map(|from| from.checked_sub(SLACK).unwrap_or(Timestamp::MIN));
    let to = to.map(|to| to.checked_add(SLACK).unwrap_or(Timestamp::MAX));
    from.zip(days).is_none_or(|(start, (first, last))| Interval { start, end: to }.contains_days(first, last))
}

/// The part of a lane that need not be listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Beyond {
    /// The folders of all days up to here: the listing goes on behind this key, with what is in no day's folder.
    Days(String),
    /// All that follows.
    All,
}

impl Lane {
    /// All keys with this prefix that can be wanted.
    #[must_use]
    pub fn new(prefix: String, filter: &Filter) -> Self {
        let bound =
            |time: Option<Timestamp>, end: &str| time.and_then(|time| day_at(&prefix, time)).map(|key| key + end);
        let start = filter.interval.and_then(|it| it.start.checked_sub(SLACK).ok()).max(filter.listed_from);
        let stop = filter.interval.and_then(|it| it.end).and_then(|end| end.checked_add(SLACK).ok());
        Self { start_after: bound(start, "/"), stop: bound(stop, AFTER_SLASH), prefix }
    }

    /// Returns the part of the lane, from this key on, that need not be listed; nothing where the key may be wanted.
    #[must_use]
    pub fn beyond(&self, key: &str) -> Option<Beyond> {
        let stop = self.stop.as_deref().filter(|stop| key > *stop)?;
        let (lane, end) = stop.split_at_checked(stop.len().checked_sub(DAY.len() + AFTER_SLASH.len())?)?;
        let rest = key.strip_prefix(lane).filter(|rest| has_day(rest))?;
        // The digits end before a colon.
        let common = [YEAR_AND_MONTH, YEAR].into_iter().find(|length| rest.get(..*length) == end.get(..*length));
        let next = format!("{lane}{}:", rest.get(..common.unwrap_or_default()).unwrap_or_default());
        Some(if next.starts_with(&self.prefix) { Beyond::Days(next) } else { Beyond::All })
    }
}

/// The folder of a day in a lane.
const DAY: &str = "0000/00/00";
/// How much of it is the year, and the year and month, with their slashes.
const YEAR: usize = 5;
/// See [`YEAR`].
const YEAR_AND_MONTH: usize = 8;
/// The character behind the slash: keys in a folder sort before the folder's name with this one.
const AFTER_SLASH: &str = "0";

/// Returns whether a path begins with the folder of a day.
fn has_day(path: &str) -> bool {
    let is_like = |(byte, like): (u8, u8)| if like == b'0' { byte.is_ascii_digit() } else { byte == like };
    path.as_bytes().get(DAY.len()) == Some(&b'/') && path.bytes().zip(DAY.bytes()).all(is_like)
}

/// Returns the folder of the day in a lane, without its slash; none where the prefix does not lead into one region.
fn day_at(prefix: &str, time: Timestamp) -> Option<String> {
    let place = Place::find(prefix.rfind('/').and_then(|slash| prefix.get(..=slash))?);
    let lane = prefix.get(..place.lane?)?;
    let time = time.to_zoned(TimeZone::UTC);
    // A year of other than four digits does not sort as the others do.
    (1000..=9999).contains(&time.year()).then(|| format!("{lane}{}", time.strftime("%Y/%m/%d")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(interval: &str, accounts: &str) -> Filter {
        let now = "2026-03-31T12:00:00Z".parse().unwrap();
        let interval = Interval::parse(interval, now).unwrap();
        Filter { interval, accounts: Accounts::parse(accounts).unwrap(), listed_from: None }
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
    fn a_region_is_listed_by_the_years_of_the_interval_and_whatever_else_it_has() {
        let filter = filter("2025-12-31T23:00:00Z-2026-01-01T00:30:00Z", "");
        let lane = "AWSLogs/111111111111/CloudTrail/eu-west-1/";
        let trail = Folder { prefix: "AWSLogs/111111111111/CloudTrail/".to_owned(), level: Level::Trail };
        let region = trail.child(lane, &filter);
        assert_eq!(show(region.clone()), format!("Region {lane}"));
        let Some(Node::Folder(region)) = region else { panic!("no folder") };
        let child = |name: &str| show(region.child(&format!("{lane}{name}/"), &filter));
        let bounds = format!("{lane}2025/12/31/ {lane}2026/01/010");
        assert_eq!(child("2024"), "nothing");
        assert_eq!(child("2025"), format!("lane {lane}2025/ {bounds}"));
        assert_eq!(child("2026"), format!("lane {lane}2026/ {bounds}"));
        assert_eq!(child("2027"), "nothing");
        assert_eq!(child("copies"), format!("lane {lane}copies/ {bounds}"));
    }

    #[test]
    fn days_behind_the_interval_are_passed_over_and_nothing_else_is() {
        let filter = filter("2026-01-02T12:00:00Z-2026-01-03T12:00:00Z", "");
        let base = "AWSLogs/111111111111/CloudTrail/eu-west-1/";
        let beyond = |prefix: &str, rest: &str| {
            let lane = Lane::new(format!("{base}{prefix}"), &filter);
            match lane.beyond(&format!("{base}{rest}")) {
                None => "wanted".to_owned(),
                Some(Beyond::Days(next)) => next.replace(base, ""),
                Some(Beyond::All) => "all".to_owned(),
            }
        };
        for (prefix, rest, expected) in [
            ("", "2026/01/03/x.json", "wanted"),
            ("", "2026/01/03/\u{10FFFF}", "wanted"),
            ("", "2026/01/04/x.json", "2026/01/:"),
            ("", "2026/01/x.json", "wanted"),
            ("", "2026/02/01/x.json", "2026/:"),
            ("", "2026/x.json", "wanted"),
            ("", "2027/01/01/x.json", ":"),
            ("", "copies/2030/01/01/x.json", "wanted"),
            ("2026/", "2026/01/04/x.json", "2026/01/:"),
            ("2026/", "2026/02/01/x.json", "2026/:"),
            ("2026/01/", "2026/02/01/x.json", "all"),
            ("2026/01/04/", "2026/01/04/x.json", "all"),
        ] {
            assert_eq!(beyond(prefix, rest), expected, "{prefix} {rest}");
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
        assert!(!wants("AWSLogs/111111111111/CloudTrail/eu-west-1/2025/x.json", inside));
    }
}
