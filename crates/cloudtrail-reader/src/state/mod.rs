//! Which objects of buckets have been read, so that the next run reads only what is new.
//!
//! For each lane (an account's region) and day there is a set of names. Files of a day come late: CloudTrail tries for up
//! to 30 days. So a set is kept for [`LOOK_BACK_DAYS`]. After that the day is closed: the set makes way for one time, and
//! what was last modified up to that time counts as read. A day is closed only by a listing that has shown all of it and
//! found all of it read, and to a time a day or more before that listing; what is newer than that time stays in the set,
//! by name. Thus a file that comes to a closed day is read, however late it comes, and no name that was read is lost:
//! either it is in the set, or it is not newer than the time.

mod file;

pub use file::{StateError, StateFile};

use crate::bucket::LogKey;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// For so many days each name is kept: CloudTrail delivers up to 30 days late (CloudTrail User Guide, "How CloudTrail
/// works"), and 31 + 4 makes sure that the day is older than the start of the month that it is closed in.
pub const LOOK_BACK_DAYS: i32 = 35;
/// S3 shows an object when its upload is complete, with the time when the upload began. No file of CloudTrail's takes a
/// day.
const UPLOAD: SignedDuration = SignedDuration::from_hours(24);

/// Which objects have been read, of any number of buckets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    lanes: HashMap<LaneName, BTreeMap<Option<Date>, Day>>,
    changed: bool,
}

/// A lane of a bucket.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct LaneName {
    bucket: String,
    lane: String,
}

/// What has been read of one day; or, without a day, of keys that do not follow CloudTrail's layout.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Day {
    /// What was last modified up to this time has been read.
    closed: Option<Timestamp>,
    /// And so have these, whenever they were modified.
    names: BTreeSet<String>,
}

/// An object as a listing shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Its key.
    pub key: String,
    /// When it was last modified.
    pub modified: Timestamp,
}

impl State {
    /// Nothing has been read.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the object has been read.
    #[must_use]
    pub fn is_read(&self, bucket: &str, key: &str, modified: Option<Timestamp>) -> bool {
        let (lane, day, name) = place(bucket, key);
        let Some(day) = self.lanes.get(&lane).and_then(|days| days.get(&day)) else { return false };
        let is_old = modified.is_some_and(|modified| day.closed.is_some_and(|closed| modified <= closed));
        is_old || day.names.contains(&*name)
    }

    /// Notes that the object has been read, and its records handed on.
    pub fn add(&mut self, bucket: &str, key: &str) {
        let (lane, day, name) = place(bucket, key);
        self.changed |= self.lanes.entry(lane).or_default().entry(day).or_default().names.insert(name.into_owned());
    }

    /// Takes in that a listing which began at `listed_at` has shown these objects of one day of one lane, and that there
    /// are no others in its folder. Closes the day if it is old and all of them have been read.
    pub fn close(&mut self, bucket: &str, shown: &[Shown], listed_at: Timestamp) {
        let Some(first) = shown.first() else { return };
        let (lane, Some(date), _) = place(bucket, &first.key) else { return };
        let today = listed_at.to_zoned(TimeZone::UTC).date();
        let is_young = date.until(today).map_or(0, |span| span.get_days()) < LOOK_BACK_DAYS;
        let all_read = || shown.iter().all(|it| self.is_read(bucket, &it.key, Some(it.modified)));
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

    /// Whether anything has been noted since this was last asked.
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// How many names are kept one by one.
    #[must_use]
    pub fn names(&self) -> usize {
        self.lanes.values().flat_map(BTreeMap::values).map(|day| day.names.len()).sum()
    }
}

/// The start of the month, or the day before the listing if that is earlier: days that are closed in one month are
/// closed to one time, and stand in the file as one.
fn closing_time(today: Date, listed_at: Timestamp) -> Option<Timestamp> {
    let month = today.first_of_month().to_zoned(TimeZone::UTC).ok()?.timestamp();
    Some(month.min(listed_at.checked_sub(UPLOAD).ok()?))
}

/// Where an object is noted, and as what: its file's name without what all names of the lane have in common.
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

/// A name in full, told from a short one by a slash in front, which a short one does not have there.
fn full(rest: &str) -> Cow<'_, str> {
    Cow::Owned(format!("/{rest}"))
}

#[cfg(test)]
mod tests;
