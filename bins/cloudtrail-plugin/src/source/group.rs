//! Events on their way from the thread that reads to Falco.

use super::Instance;
use cloudtrail_reader::aws::Receipt;
use falco_plugin::event::events::EventToBytes;
use falco_plugin::source::SourcePluginInstance;
use field_extract::{Index, Outlines};

/// Events in one group at most, and objects that end in it: enough that the cost of a hand-over, which wakes a thread,
/// vanishes; few enough that they stay in the cache.
const GROUP_EVENTS: usize = 512;
/// A group is complete once its records have so many bytes; the last one may go beyond.
const GROUP_BYTES: usize = 1 << 20;
/// Memory of a new group, in bytes: what it holds when it is complete, unless its last record is a large one. Of what is
/// not written to, nothing is taken.
const ROOM: usize = GROUP_BYTES + GROUP_BYTES / 4;
/// What stands before a record in its event, in bytes: the header (26), two lengths of 4, the plugin's number.
const BEFORE_RECORD: usize = 38;

/// Events that Falco takes as one batch, in order, and the objects that end with them.
///
/// The thread that reads a record has it at hand, so it is that thread that writes the event. Falco reads it there.
#[derive(Default)]
pub(crate) struct Group {
    /// The events one behind the other, as Falco wants them.
    bytes: Vec<u8>,
    /// Where each event begins.
    starts: Vec<usize>,
    /// What is known of each event's record.
    pub(crate) outlines: Outlines,
    /// Bytes of the events' records.
    pub(super) record_bytes: usize,
    /// Of objects all of whose events are in this group or earlier ones.
    pub(super) ended: Vec<Receipt>,
}

impl std::fmt::Debug for Group {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Group").field("events", &self.count()).finish_non_exhaustive()
    }
}

impl Group {
    /// Adds the event of a record that `index` was last asked about. It happened at `time`, in nanoseconds since 1970.
    pub(super) fn add(&mut self, record: &[u8], time: u64, index: &Index) {
        if self.bytes.capacity() == 0 {
            self.bytes.reserve(ROOM);
        }
        self.starts.push(self.bytes.len());
        let mut event = Instance::plugin_event(record);
        event.metadata.ts = time;
        // Writing to memory does not fail.
        let _ = event.write(&mut self.bytes);
        self.outlines.keep(index);
        self.record_bytes += record.len();
    }

    /// How many events there are.
    pub(super) fn count(&self) -> usize {
        self.starts.len()
    }

    /// The events, in order.
    pub(super) fn events(&self) -> impl Iterator<Item = &[u8]> {
        let ends = self.starts.iter().skip(1).copied().chain([self.bytes.len()]);
        self.starts.iter().zip(ends).filter_map(|(start, end)| self.bytes.get(*start..end))
    }

    /// The number of the event whose record is these very bytes, not others that are the same; `near` is a guess.
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

    /// There is room for no more.
    pub(super) fn is_full(&self) -> bool {
        self.count() >= GROUP_EVENTS || self.record_bytes >= GROUP_BYTES || self.ended.len() >= GROUP_EVENTS
    }

    /// There is nothing in it.
    pub(super) fn is_empty(&self) -> bool {
        self.starts.is_empty() && self.ended.is_empty()
    }

    /// Lets the events go, and keeps its own memory, unless a large record has made it large.
    pub(super) fn emptied(mut self) -> Self {
        self.bytes.clear();
        self.bytes.shrink_to(ROOM);
        self.starts.clear();
        self.outlines.clear();
        self.ended.clear();
        self.record_bytes = 0;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(group: &mut Group, record: &[u8], time: u64) {
        let mut index = Index::new();
        index.outline(record);
        group.add(record, time, &index);
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
                // A part of it is not it, nor are the same bytes elsewhere.
                assert_eq!(group.number_of(&record[..3], near), None);
                assert_eq!(group.number_of(&record[1..], near), None);
                assert_eq!(group.number_of(records[number], near), None);
                assert_eq!(group.number_of(event, near), None);
            }
        }
        assert_eq!(Group::default().number_of(records[0], 0), None);
        assert!(group.emptied().is_empty());
    }

    #[test]
    fn a_group_is_full_by_events_or_by_bytes() {
        let count = |record: &[u8]| {
            let mut group = Group::default();
            while !group.is_full() {
                add(&mut group, record, 0);
            }
            let (count, emptied) = (group.count(), group.emptied());
            assert!((1..=ROOM).contains(&emptied.bytes.capacity()));
            count
        };
        assert_eq!(count(b"{}"), GROUP_EVENTS);
        assert_eq!(count(&[b' '; GROUP_BYTES / 2 - 1]), 3);
        assert_eq!(count(&[b' '; 2 * GROUP_BYTES]), 1);
    }
}
