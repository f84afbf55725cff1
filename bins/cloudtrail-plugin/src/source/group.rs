//! Events on their way from the thread that reads to Falco.

use super::Instance;
use cloudtrail_reader::Bytes;
use cloudtrail_reader::aws::Receipt;
use falco_plugin::event::PluginEvent;
use falco_plugin::event::events::Event;
use falco_plugin::source::SourcePluginInstance;

/// Events in one group at most, and objects that end in it: enough that the cost of a hand-over, which wakes a thread,
/// vanishes; few enough that they stay in the cache.
const GROUP_EVENTS: usize = 512;
/// A group is complete once its records have so many bytes; the last one may go beyond.
const GROUP_BYTES: usize = 1 << 20;

/// One event for Falco.
struct Ready {
    record: Bytes,
    /// When it happened, in nanoseconds since 1970.
    time: u64,
}

/// Events that Falco takes as one batch, in order, and the objects that end with them.
///
/// Records lie in their file's text, of which each holds a share. Falco's thread only copies them; it is the reading
/// thread that empties the group again, since shares that two threads count at the same time cost as much as the copy.
#[derive(Default)]
pub(super) struct Group {
    events: Vec<Ready>,
    /// Bytes of the events' records.
    pub(super) record_bytes: usize,
    /// Of objects all of whose events are in this group or earlier ones.
    pub(super) ended: Vec<Receipt>,
}

impl Group {
    /// Adds an event that happened at `time`, in nanoseconds since 1970.
    pub(super) fn add(&mut self, record: Bytes, time: u64) {
        self.record_bytes += record.len();
        self.events.push(Ready { record, time });
    }

    /// How many events there are.
    pub(super) fn count(&self) -> usize {
        self.events.len()
    }

    /// The events, in order, as Falco wants them.
    pub(super) fn events(&self) -> impl Iterator<Item = Event<PluginEvent<&[u8]>>> {
        self.events.iter().map(|ready| {
            let mut event = Instance::plugin_event(&ready.record);
            event.metadata.ts = ready.time;
            event
        })
    }

    /// There is room for no more.
    pub(super) fn is_full(&self) -> bool {
        self.events.len() >= GROUP_EVENTS || self.record_bytes >= GROUP_BYTES || self.ended.len() >= GROUP_EVENTS
    }

    /// There is nothing in it.
    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty() && self.ended.is_empty()
    }

    /// Lets the records go, and keeps its own memory.
    pub(super) fn emptied(mut self) -> Self {
        self.events.clear();
        self.ended.clear();
        self.record_bytes = 0;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use falco_plugin::event::events::EventToBytes;

    /// What stands before a record: header, two lengths of four bytes, the plugin's number.
    const BEFORE: usize = 38;

    #[test]
    fn events_keep_order_time_and_record_and_shares_end_with_the_emptying() {
        let records = [r#"{"a":1}"#, r#"{"b":22}"#].map(|text| Bytes::from(text.to_owned()));
        let mut group = Group::default();
        assert!(group.is_empty());
        for (time, record) in (7..).zip(&records) {
            group.add(record.clone(), time);
        }
        assert_eq!((group.count(), group.record_bytes, group.is_empty()), (2, 15, false));
        for ((event, record), time) in group.events().zip(&records).zip(7_u64..) {
            let mut bytes = Vec::new();
            event.write(&mut bytes).unwrap();
            assert_eq!((&bytes[..8], &bytes[BEFORE..]), (&time.to_ne_bytes()[..], &record[..]));
        }
        assert!(records.iter().all(|record| !record.is_unique()));
        let group = group.emptied();
        assert!(group.is_empty() && group.record_bytes == 0 && records.iter().all(Bytes::is_unique));
    }

    #[test]
    fn a_group_is_full_by_events_or_by_bytes() {
        let count = |record: &'static [u8]| {
            let mut group = Group::default();
            while !group.is_full() {
                group.add(Bytes::from_static(record), 0);
            }
            group.count()
        };
        assert_eq!(count(b"{}"), GROUP_EVENTS);
        assert_eq!(count(&[b' '; GROUP_BYTES / 2 - 1]), 3);
        assert_eq!(count(&[b' '; 2 * GROUP_BYTES]), 1);
    }
}
