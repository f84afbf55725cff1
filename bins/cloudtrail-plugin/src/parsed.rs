//! The event whose fields were extracted last.

use crate::source::Group;
use falco_plugin::event::PluginEvent;
use falco_plugin::event::events::Event;
use field_extract::{Record, Scratch};
use std::sync::Arc;

/// An event of ours: its payload is the record's own JSON.
pub(crate) type RecordEvent<'a> = Event<PluginEvent<&'a [u8]>>;

/// The event whose fields were extracted last, and its index.
///
/// Falco asks for one field per call. Event numbers do not identify events, because a second capture counts from one
/// again. For events of the group that Falco was given, the address identifies the event: the memory is ours and does
/// not change while this holds the group. Any other event is identified by comparing the record with a copy, which
/// costs a few dozen nanoseconds.
#[derive(Debug, Default)]
pub(crate) struct Parsed {
    shown: Option<Arc<Group>>,
    asked: Asked,
    /// The record, if it was copied.
    record: Vec<u8>,
    scratch: Scratch,
}

/// The event that the scratch describes.
#[derive(Debug, Default, PartialEq)]
enum Asked {
    #[default]
    Nothing,
    /// The event with this number in the group.
    Shown(usize),
    /// The event whose record was copied.
    Copied,
}

/// The largest memory that is kept between events, in bytes. Records have 1 to 2 kB, and rarely 256 kB, CloudTrail's
/// limit.
pub(crate) const KEPT: usize = 1 << 20;

impl Parsed {
    /// Sets the group that Falco was given.
    pub(crate) fn show(&mut self, group: Option<Arc<Group>>) {
        self.shown = group;
        self.asked = Asked::Nothing;
    }

    /// Returns whether Falco asks for members of objects in records: see [`Scratch::has_read_nested`].
    pub(crate) fn looks_inside(&self) -> bool {
        self.scratch.has_read_nested()
    }

    /// Discards data that a panic may have left half done.
    pub(crate) fn forget(&mut self) {
        *self = Self { shown: self.shown.take(), ..Self::default() };
    }

    /// Starts or continues reading this record.
    pub(crate) fn of<'r>(&mut self, record: &'r [u8]) -> Record<'_, 'r> {
        let near = if let Asked::Shown(number) = self.asked { number } else { 0 };
        match self.shown.as_ref().and_then(|group| Some((group, group.number_of(record, near)?))) {
            Some((group, number)) => {
                if self.asked == Asked::Shown(number) {
                    return self.scratch.resume(record);
                }
                self.asked = Asked::Shown(number);
                self.scratch.record(record, group.layouts.get(number))
            }
            None => self.copy_record(record),
        }
    }

    /// Starts or continues reading a record, and copies it unless it was copied.
    fn copy_record<'r>(&mut self, record: &'r [u8]) -> Record<'_, 'r> {
        if self.asked == Asked::Copied && self.record == record {
            return self.scratch.resume(record);
        }
        if self.record.capacity() > KEPT {
            self.record = Vec::new();
        }
        self.record.clear();
        self.record.extend_from_slice(record);
        self.asked = Asked::Copied;
        self.scratch.record(record, None)
    }
}
