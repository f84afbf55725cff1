//! A destination that keeps objects of many events.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use offset_store::State;
use tokio::sync::watch;

use super::failure::Failure;
use super::format::Formatted;
use super::unfit::Unfit;
use crate::event::PendingEvent;
use crate::partition::Partition;

/// The future of [`Objects::put`].
pub type Putting<'a> = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send + 'a>>;

/// A store of objects, each with the lines of many events of one partition and one day.
///
/// The engine fills objects, and calls [`Objects::put`] until each is there. Events are confirmed together with all
/// objects of their segment.
pub trait Objects: Send + Sync {
    /// Returns when an object is written.
    fn limits(&self) -> ObjectLimits;

    /// Returns the offsets that are stored. Without them, a crash may leave events in two objects.
    fn stored(&self) -> Option<watch::Receiver<State>>;

    /// Returns the line of an event.
    ///
    /// # Errors
    /// If no object can hold the event.
    fn line(&self, event: &PendingEvent) -> Result<Formatted, Unfit>;

    /// Writes an object, in place of one of the same name. An object whose first event was read later must stay, and is a
    /// failure: another instance has written it.
    fn put<'a>(&'a self, object: &'a Object) -> Putting<'a>;
}

/// When an object is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectLimits {
    /// How long the first event of an object waits.
    pub age: Duration,
    /// How many bytes of lines an object has, before compression. It has more if the offsets are stored more slowly.
    pub bytes: usize,
    /// How the lines are compressed.
    pub compression: Compression,
    /// The most calls in flight.
    pub calls: usize,
}

/// How the lines of an object are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// With gzip.
    Gzip,
}

/// An object. Its name follows from its day, its partition and its first event.
#[derive(Clone)]
pub struct Object {
    /// The partition of its events.
    pub partition: Partition,
    /// The day of its events, in days since 1970.
    pub day: i64,
    /// The offset of its first event.
    pub first: u64,
    /// The beginning of a hash of the first event's line. It keeps an object from replacing one with other events, if
    /// offsets have started again.
    pub mark: u32,
    /// When the first event was read, in ms since 1970.
    pub read_ms: i64,
    /// How the lines are compressed.
    pub compression: Compression,
    /// The lines.
    pub body: Bytes,
}

/// Shows the place and the size, without any content.
impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Object({}, {}, {} bytes)", self.day_name(), self.name(), self.body.len())
    }
}

/// The day of events whose time is not one: a second reading must give the same day.
pub(crate) const NO_DAY: i64 = 0;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Returns the day of a time, in days since 1970.
pub(crate) fn day_of(time_ms: Option<i64>) -> i64 {
    let day = time_ms.map_or(NO_DAY, |time| time.div_euclid(DAY_MS));
    if date(day).is_some() { day } else { NO_DAY }
}

fn date(day: i64) -> Option<jiff::civil::Date> {
    let time = jiff::Timestamp::from_millisecond(day.checked_mul(DAY_MS)?).ok()?;
    Some(jiff::tz::Offset::UTC.to_datetime(time).date()).filter(|date| date.year() >= 0)
}

impl Object {
    /// Returns the day as `YYYYMMDD`.
    #[must_use]
    pub fn day_name(&self) -> String {
        date(self.day).unwrap_or_default().strftime("%Y%m%d").to_string()
    }

    /// Returns the name: partition, first offset and mark, so that names sort by offset.
    #[must_use]
    pub fn name(&self) -> String {
        let Self { partition, first, mark, compression, .. } = self;
        let suffix = if *compression == Compression::Gzip { ".gz" } else { "" };
        format!("{partition}-{first:020}-{mark:08x}.jsonl{suffix}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_follows_from_the_day_the_partition_and_the_first_event() {
        let object = |time_ms, compression| Object {
            partition: Partition(3),
            day: day_of(time_ms),
            first: 41,
            mark: 0xab,
            read_ms: 0,
            compression,
            body: Bytes::new(),
        };
        let gzip = object(Some(1_767_323_045_000), Compression::Gzip);
        assert_eq!(gzip.day_name(), "20260102");
        assert_eq!(gzip.name(), "3-00000000000000000041-000000ab.jsonl.gz");
        assert_eq!(object(None, Compression::None).name(), "3-00000000000000000041-000000ab.jsonl");
        for wrong in [None, Some(i64::MAX), Some(i64::MIN), Some(-70_000_000_000_000)] {
            assert_eq!(object(wrong, Compression::None).day_name(), "19700101", "{wrong:?}");
        }
        assert_eq!(object(Some(-1), Compression::None).day_name(), "19691231");
    }
}
