//! A record whose fields are read: the crate's way in.

use crate::locate::scratch::Scratch;
use crate::table::field::Field;
use crate::value::reader::Reader;
use crate::value::rules::{self, info::InfoError};
use crate::value::text::Value;
use crate::value::time::{self, Skip};
use json_scan::{Depth, LayoutFinder, LayoutView};
use std::fmt;

impl Scratch {
    /// Starts reading the record in `bytes`.
    ///
    /// Pass the record's layout if it is known; members are then looked up in it instead of searched in the text. It must be
    /// the layout of these bytes: that of another record gives wrong values, unless it does not
    /// [fit](LayoutView::fits) and is ignored.
    #[inline]
    pub fn record<'s, 'r>(&'s mut self, bytes: &'r [u8], layout: Option<LayoutView<'_>>) -> Record<'s, 'r> {
        self.reset();
        self.length = bytes.len();
        if let Some(layout) = layout.filter(|layout| layout.fits(bytes)) {
            self.use_layout(layout);
        }
        Record::new(self, bytes)
    }

    /// Finds the end of the record that `text` begins with and starts reading it. Returns `None` if `text` does not begin
    /// with an object or ends before the object does.
    ///
    /// This finds the record's layout on the way, so fields cost less afterwards.
    pub fn first_record<'s, 'r>(&'s mut self, text: &'r [u8], depth: Depth) -> Option<Record<'s, 'r>> {
        self.reset();
        let Some(length) = self.find_layout(text, depth) else {
            self.reset();
            return None;
        };
        self.length = length;
        Some(Record::new(self, text.get(..length)?))
    }

    /// Lends the memory for layouts to a reader that splits a file into records, which has to find their ends anyway. Read
    /// the record that it has found with [`found_record`](Self::found_record).
    #[inline]
    pub fn finder(&mut self) -> &mut LayoutFinder {
        self.reset();
        self.is_lent = true;
        &mut self.finder
    }

    /// Starts reading the record that the [`finder`](Self::finder) has found last, with its layout. If `bytes` are not the
    /// bytes that it has found, this is [`record`](Self::record) without a layout.
    #[inline]
    pub fn found_record<'s, 'r>(&'s mut self, bytes: &'r [u8]) -> Record<'s, 'r> {
        if !self.is_lent || !self.finder.has_found(bytes) {
            return self.record(bytes, None);
        }
        (self.length, self.is_lent) = (bytes.len(), false);
        self.know_colons();
        Record::new(self, bytes)
    }

    /// Goes on reading the record that was read last, for callers that cannot keep a [`Record`] between two questions.
    ///
    /// `bytes` must be the same bytes, at the same or another address. Bytes of another length start a new record. Other
    /// bytes of the same length give meaningless values, but no panic.
    #[inline]
    pub fn resume<'s, 'r>(&'s mut self, bytes: &'r [u8]) -> Record<'s, 'r> {
        if self.length != bytes.len() || self.is_lent {
            return self.record(bytes, None);
        }
        Record::new(self, bytes)
    }
}

/// A record, and the memory that keeps what has been found in it. [`Scratch::record`] creates it.
pub struct Record<'s, 'r> {
    reader: Reader<'s, 'r>,
}

/// Shows only the length: records must not appear in logs.
impl fmt::Debug for Record<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Record({} bytes)", self.reader.record.len())
    }
}

impl<'s, 'r> Record<'s, 'r> {
    #[inline]
    fn new(scratch: &'s mut Scratch, record: &'r [u8]) -> Self {
        Self { reader: Reader { scratch, record } }
    }

    /// The record's JSON.
    #[must_use]
    pub fn bytes(&self) -> &'r [u8] {
        self.reader.record
    }

    /// Returns the value of a field, or `None` if the record does not have it. Of an `ActivityAuditLog`, which CloudTrail
    /// Lake keeps for activity outside of AWS, a member that the record lacks is read from its `eventData`. Such an event may
    /// also be the record itself.
    ///
    /// `index` is the argument of a field that [takes one](Field::takes_index); other fields ignore it.
    #[inline]
    pub fn get(&mut self, field: &Field, index: Option<u64>) -> Option<Value<'r>> {
        rules::value(&mut self.reader, field, index)
    }

    /// Returns the time of the event in nanoseconds since 1970, or the reason why the plugin skips the record
    /// (source.go:735-768).
    ///
    /// # Errors
    /// Returns a [`Skip`] for Insights events, and for records without a valid time or without an `eventType`. Events from
    /// outside of AWS, as fig-bridge writes them, need no `eventType`.
    pub fn time_if_emitted(&mut self) -> Result<u64, Skip> {
        time::time_if_emitted(&mut self.reader)
    }

    /// Returns the time of the event in nanoseconds since 1970: `eventTime`, or for an aggregated event the start of its
    /// window.
    pub fn event_time(&mut self) -> Option<u64> {
        time::event_time(&mut self.reader).ok()
    }

    /// Appends the record in one line, Falco's `evt.plugininfo`: region, user, source, name and `ct.info`.
    ///
    /// # Errors
    /// Returns an [`InfoError`] if the record has no source, region or name, and is neither an Insights event nor an
    /// aggregated one.
    pub fn info(&mut self, line: &mut Vec<u8>) -> Result<(), InfoError> {
        self.reader.scratch.list_members(self.reader.record);
        rules::info::line(&mut self.reader, line)
    }

    /// Returns the record's layout, for [`Layouts::push`](json_scan::Layouts::push). `None` if it is not known, or if keys
    /// may be written with escapes, so that a layout does not help.
    #[must_use]
    pub fn layout(&self) -> Option<LayoutView<'_>> {
        self.reader.scratch.known_layout()
    }
}
