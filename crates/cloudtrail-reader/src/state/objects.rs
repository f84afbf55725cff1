//! The objects that have been read, by lane and day.

use super::log_events::{GroupState, LogEventId, MOST_IDS};
use crate::bucket::LogKey;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// The number of days for which each name is kept: CloudTrail delivers up to 30 days late (CloudTrail User Guide, "How
/// CloudTrail works"), and 31 + 4 makes sure that the day is older than the start of the month in which it is closed.
pub const LOOK_BACK_DAYS: i32 = 35;
/// The most keys of a bucket that are remembered as skipped for the rest of a run. Further ones are read again by each listing.
const MOST_SKIPPED: usize = 100_000;
/// S3 lists an object when its upload is complete, with the time when the upload began. Uploads of CloudTrail's files
/// take much less than a day.
const UPLOAD: SignedDuration = SignedDuration::from_hours(24);

/// The objects of any number of buckets, and the log events of any number of log groups, that have been read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadState {
    pub(super) lanes: HashMap<LaneName, BTreeMap<Option<Date>, Day>>,
    /// By the name that the source gives the log group.
    pub(super) groups: BTreeMap<String, GroupState>,
    /// The keys of each bucket that are skipped in this run and read again by the next one. They are not saved.
    skipped: HashMap<String, HashSet<String>>,
    changed: bool,
}

/// A lane of a bucket.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct LaneName {
    pub(super) bucket: String,
    pub(super) lane: String,
}

/// The read objects of one day; or, without a day, of keys that do not follow CloudTrail's layout.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Day {
    /// Objects that were last modified up to this time have been read.
    pub(super) closed: Option<Timestamp>,
    /// These objects have been read, whatever their time.
    pub(super) names: BTreeSet<String>,
}

/// An object of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedKey {
    /// Its key.
    pub key: String,
    /// The time of its last modification.
    pub modified: Timestamp,
}

impl ReadState {
    /// Creates an empty state.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns whether the object has been read, or is skipped in this run.
    #[must_use]
    pub fn is_read(&self, bucket: &str, key: &str, modified: Option<Timestamp>) -> bool {
        self.is_recorded(bucket, key, modified) || self.skipped.get(bucket).is_some_and(|keys| keys.contains(key))
    }

    fn is_recorded(&self, bucket: &str, key: &str, modified: Option<Timestamp>) -> bool {
        let (lane, day, name) = place(bucket, key);
        let Some(day) = self.lanes.get(&lane).and_then(|days| days.get(&day)) else { return false };
        let is_old = modified.is_some_and(|modified| day.closed.is_some_and(|closed| modified <= closed));
        is_old || day.names.contains(&*name)
    }

    /// Records that the object has been read and its records delivered.
    pub fn add(&mut self, bucket: &str, key: &str) {
        let (lane, day, name) = place(bucket, key);
        self.changed |= self.lanes.entry(lane).or_default().entry(day).or_default().names.insert(name.into_owned());
    }

    /// Skips the object for the rest of this run. The next run reads it again, since a record of it may be missing.
    pub fn skip(&mut self, bucket: &str, key: &str) {
        let keys = self.skipped.entry(bucket.to_owned()).or_default();
        if keys.len() < MOST_SKIPPED {
            keys.insert(key.to_owned());
        }
    }

    /// Takes the result of a listing: it began at `listed_at`, and these are all objects of one day of one lane. Closes
    /// the day if it is old and all of them have been read.
    pub fn close(&mut self, bucket: &str, shown: &[ListedKey], listed_at: Timestamp) {
        let Some(first) = shown.first() else { return };
        let (lane, Some(date), _) = place(bucket, &first.key) else { return };
        let today = listed_at.to_zoned_datetime(TimeZone::UTC).date();
        let is_young = date.until(today).map_or(0, |span| span.get_days()) < LOOK_BACK_DAYS;
        let all_read = || shown.iter().all(|it| self.is_recorded(bucket, &it.key, Some(it.modified)));
        let Some(closed) = closing_time(today, listed_at) else { return };
        let named: usize =
            self.lanes.get(&lane).and_then(|days| days.get(&Some(date))).map_or(0, |day| day.names.len());
        if is_young || named == 0 || !all_read() {
            return;
        }
        let newer = shown.iter().filter(|it| it.modified > closed);
        let names: BTreeSet<_> = newer.map(|it| place(bucket, &it.key).2.into_owned()).collect();
        let day = Day { closed: Some(closed), names };
        let before = self.lanes.entry(lane).or_default().insert(Some(date), day.clone());
        self.changed |= before != Some(day);
    }

    /// Returns the time in ms from which a log group must be read, so that everything from `start` on has been read.
    /// It is a window before the time up to which everything visible was read, or `start` if that is later.
    pub fn resume_log_group(&mut self, group: &str, start: Option<i64>, window: i64) -> Option<i64> {
        self.groups.entry(group.to_owned()).or_default().resume(start, window)
    }

    /// Returns whether the log event has been read, if its time is in the part that must be read.
    #[must_use]
    pub fn is_log_event_read(&self, group: &str, event: &LogEventId) -> bool {
        self.groups.get(group).is_some_and(|group| group.ids.contains(event))
    }

    /// Records that log events have been read and their records delivered. Returns the number of ids that are not kept
    /// any more because there are too many.
    pub fn add_log_events(&mut self, group: &str, events: impl IntoIterator<Item = LogEventId>) -> u64 {
        self.changed = true;
        self.groups.entry(group.to_owned()).or_default().add(events, MOST_IDS)
    }

    /// Records that everything that was visible in a log group up to this time in ms has been read.
    pub fn close_log_group(&mut self, group: &str, time: i64, window: i64) {
        self.changed = true;
        self.groups.entry(group.to_owned()).or_default().read_up_to(time, window);
    }

    /// Returns whether the state has changed since the last call.
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// Returns the number of names that are kept.
    #[must_use]
    pub fn names(&self) -> usize {
        self.lanes.values().flat_map(BTreeMap::values).map(|day| day.names.len()).sum()
    }
}

/// Returns the start of the month, or the day before the listing if that is earlier. Days that are closed in one month
/// then have one time, and the file has one line for them.
fn closing_time(today: Date, listed_at: Timestamp) -> Option<Timestamp> {
    let month = today.first_of_month().to_zoned_datetime(TimeZone::UTC).ok()?.timestamp();
    Some(month.min(listed_at.checked_sub(UPLOAD).ok()?))
}

/// Returns the lane, the day, and the name of an object in the state: its file name without the part that is common to
/// the lane.
fn place<'k>(bucket: &str, key: &'k str) -> (LaneName, Option<Date>, Cow<'k, str>) {
    let LogKey { lane, day, .. } = LogKey::parse(key);
    let rest = key.get(lane.len()..).unwrap_or_default();
    let owner = LaneName { bucket: bucket.to_owned(), lane: lane.to_owned() };
    let Some(date) = day else { return (owner, None, full(rest)) };
    let name = date.strftime("%Y/%m/%d/").to_string();
    let Some(name) = rest.strip_prefix(&name) else { return (owner, day, full(rest)) };
    let mut parts = lane.rsplit('/').skip(1);
    let common = [parts.next(), parts.next(), parts.next()].map(Option::unwrap_or_default);
    let [region, service, account] = common;
    let short = name.strip_prefix(&format!("{account}_{service}_{region}_")).and_then(|it| it.strip_suffix(".json.gz"));
    match short {
        Some(short) if !short.starts_with('/') => (owner, day, Cow::Borrowed(short)),
        _ => (owner, day, full(rest)),
    }
}

/// Returns a full name. The slash at its beginning distinguishes it from a short one.
fn full(rest: &str) -> Cow<'_, str> {
    Cow::Owned(format!("/{rest}"))
}
