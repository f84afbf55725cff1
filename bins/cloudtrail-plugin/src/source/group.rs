//! Groups of events on their way from the reading thread to Falco.

use cloudtrail_reader::aws::Receipt;
use falco_plugin::event::PluginEvent;
use falco_plugin::event::events::{Event, EventMetadata, EventToBytes};
use field_extract::{Layouts, Record};

/// The most events of a group, and the most objects that end in it: enough to make the cost of waking a thread small,
/// and few enough to stay in the cache.
const GROUP_EVENTS: usize = 512;
/// A group is complete when its records have this many bytes. The last record may exceed it.
const GROUP_BYTES: usize = 1 << 20;
/// The memory of a new group, in bytes: enough for a complete group, unless its last record is large. Pages that are
/// not written to use no memory.
const ROOM: usize = GROUP_BYTES + GROUP_BYTES / 4;
/// The plugin's number, which is in each of its events.
pub(super) const PLUGIN_ID: u32 = 2;
/// The bytes before a record in its event: the header (26), two lengths of 4, the plugin's number.
const BEFORE_RECORD: usize = 38;

/// The events of one batch for Falco, in order, and the objects that end with them.
///
/// The reading thread writes the events, because the records are in its cache. Falco reads them in place.
#[derive(Default)]
pub(crate) struct Group {
    /// The events one after the other, in Falco's format.
    bytes: Vec<u8>,
    /// The start of each event.
    starts: Vec<usize>,
    /// The layout of each event's record.
    pub(crate) layouts: Layouts,
    /// The bytes of the events' records.
    pub(super) record_bytes: usize,
    /// The receipts of objects whose events are all in this group or earlier ones.
    pub(super) ended: Vec<Receipt>,
}

impl std::fmt::Debug for Group {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Group").field("events", &self.count()).finish_non_exhaustive()
    }
}

impl Group {
    /// Adds the event of a record. The event happened at `time`, in nanoseconds since 1970.
    pub(super) fn add(&mut self, record: &Record<'_, '_>, time: u64) {
        let bytes = record.bytes();
        if self.bytes.capacity() == 0 {
            self.bytes.reserve(ROOM);
        }
        self.starts.push(self.bytes.len());
        let metadata = EventMetadata { ts: time, ..EventMetadata::default() };
        let event = Event { metadata, params: PluginEvent { plugin_id: PLUGIN_ID, event_data: bytes } };
        // Writing to memory does not fail.
        let _ = event.write(&mut self.bytes);
        self.layouts.push(record.layout());
        self.record_bytes += bytes.len();
    }

    /// Returns the number of events.
    pub(super) fn count(&self) -> usize {
        self.starts.len()
    }

    /// Returns the events, in order.
    pub(super) fn events(&self) -> impl Iterator<Item = &[u8]> {
        let ends = self.starts.iter().skip(1).copied().chain([self.bytes.len()]);
        self.starts.iter().zip(ends).filter_map(|(start, end)| self.bytes.get(*start..end))
    }

    /// Returns the number of the event whose record is at this address. Equal bytes elsewhere do not count. `near` is a
    /// guess.
    #[inline]
    pub(crate) fn number_of(&self, record: &[u8], near: usize) -> Option<usize> {
        let offset = record.as_ptr().addr().checked_sub(self.bytes.as_ptr().addr())?;
        let start = offset.checked_sub(BEFORE_RECORD).filter(|start| *start < self.bytes.len())?;
        let starts_there = |number: &usize| self.starts.get(*number) == Some(&start);
        let guessed = [near, near.wrapping_add(1)].into_iter().find(starts_there);
        let number = guessed.or_else(|| self.starts.binary_search(&start).ok())?;
        let end = self.starts.get(number.wrapping_add(1)).copied().unwrap_or(self.bytes.len());
        (offset + record.len() == end).then_some(number)
    }

    /// Returns whether the group is full.
    pub(super) fn is_full(&self) -> bool {
        self.count() >= GROUP_EVENTS || self.record_bytes >= GROUP_BYTES || self.ended.len() >= GROUP_EVENTS
    }

    /// Returns whether the group is empty.
    pub(super) fn is_empty(&self) -> bool {
        self.starts.is_empty() && self.ended.is_empty()
    }

    /// Removes the events and keeps the memory, unless a large record has made it large.
    pub(super) fn into_empty(mut self) -> Self {
        self.bytes.clear();
        self.bytes.shrink_to(ROOM);
        self.starts.clear();
        self.layouts.clear();
        self.ended.clear();
        self.record_bytes = 0;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use field_extract::{Depth, Scratch};

    fn add(group: &mut Group, record: &[u8], time: u64) {
        let mut scratch = Scratch::new();
        scratch.finder().find(record, Depth::Nested);
        group.add(&scratch.found_record(record), time);
    }

    #[test]
    fn events_keep_order_time_and_record_and_are_known_by_where_they_are() {
        let records: [&[u8]; 3] = [br#"{"a":1}"#, br#"{"b":22}"#, br#"{"a":1}"#];
        let mut group = Group::default();
        assert!(group.is_empty());
        for (time, record) in (7..).zip(records) {
            add(&mut group, record, time);
        }
        assert_eq!((group.count(), group.record_bytes, group.is_empty()), (3, 22, false));
        for (number, event) in group.events().enumerate() {
            let (before, record) = event.split_at(BEFORE_RECORD);
            assert_eq!((&before[..8], record), (&(7 + number as u64).to_ne_bytes()[..], records[number]));
            for near in [0, 1, 2, 3, usize::MAX] {
                assert_eq!(group.number_of(record, near), Some(number));
                // A part of the record does not count, and neither do equal bytes elsewhere.
                assert_eq!(group.number_of(&record[..3], near), None);
                assert_eq!(group.number_of(&record[1..], near), None);
                assert_eq!(group.number_of(records[number], near), None);
                assert_eq!(group.number_of(event, near), None);
            }
        }
        assert_eq!(Group::default().number_of(records[0], 0), None);
        assert!(group.into_empty().is_empty());
    }

    #[test]
    fn a_group_is_full_by_events_or_by_bytes() {
        let count = |record: &[u8]| {
            let mut group = Group::default();
            while !group.is_full() {
                add(&mut group, record, 0);
            }
            let (count, into_empty) = (group.count(), group.into_empty());
            assert!((1..=ROOM).contains(&into_empty.bytes.capacity()));
            count
        };
        assert_eq!(count(b"{}"), GROUP_EVENTS);
        assert_eq!(count(&[b' '; GROUP_BYTES / 2 - 1]), 3);
        assert_eq!(count(&[b' '; 2 * GROUP_BYTES]), 1);
    }
}
