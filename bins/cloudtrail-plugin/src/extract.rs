//! Fields of events.

use crate::guard::guarded;
use crate::plugin::Cloudtrail;
use crate::source::Group;
use bumpalo::Bump;
use falco_plugin::api::{ss_plugin_extract_field, ss_plugin_extract_value_offsets};
use falco_plugin::event::PluginEvent;
use falco_plugin::event::events::Event;
use falco_plugin::extract::{EventInput, ExtractByteRange, ExtractFieldInfo, ExtractPlugin, INVALID_RANGE};
use falco_plugin::tables::LazyTableReader;
use field_extract::{Field, Index, Text, Value, fields, fields_json};
use std::ffi::{CStr, CString, c_char};
use std::ops::Range;
use std::ptr::null_mut;
use std::sync::Arc;
use std::sync::OnceLock;

/// An event of ours: its payload is the record's own JSON.
pub(crate) type Record<'a> = Event<PluginEvent<&'a [u8]>>;

/// The event that was asked last, and what is known about it.
///
/// Falco asks for one field a call. Event numbers do not tell events apart: a second capture counts from one again. Where an
/// event is does, for those of the group that Falco has been shown: that memory is ours, and nothing else comes into it as
/// long as this holds the group. Of any other event only the record itself tells, so a copy is compared, which costs a
/// few dozen nanoseconds.
#[derive(Debug, Default)]
pub(crate) struct Parsed {
    shown: Option<Arc<Group>>,
    asked: Asked,
    /// The record, where it was copied.
    record: Vec<u8>,
    index: Index,
}

/// Which event the index is about.
#[derive(Debug, Default, PartialEq)]
enum Asked {
    #[default]
    Nothing,
    /// The one with this number in the group.
    Shown(usize),
    /// The one whose record was copied.
    Copied,
}

/// Memory larger than this is not kept for longer than an event needs it, in bytes: records are of 1 to 2 kB, rarely of
/// 256 kB, which is CloudTrail's limit.
pub(crate) const KEPT: usize = 1 << 20;

impl Parsed {
    /// Falco is shown this group from now on, and no other.
    pub(crate) fn show(&mut self, group: Option<Arc<Group>>) {
        self.shown = group;
        self.asked = Asked::Nothing;
    }

    /// Whether members of objects in records are asked for: see [`Index::has_looked_inside`].
    pub(crate) fn looks_inside(&self) -> bool {
        self.index.has_looked_inside()
    }

    /// Forgets what a panic may have left half done.
    pub(crate) fn forget(&mut self) {
        *self = Self { shown: self.shown.take(), ..Self::default() };
    }

    /// What is known about this record.
    pub(crate) fn of(&mut self, record: &[u8]) -> &mut Index {
        let near = if let Asked::Shown(number) = self.asked { number } else { 0 };
        match self.shown.as_ref().and_then(|group| Some((group, group.number_of(record, near)?))) {
            Some((group, number)) => {
                if self.asked != Asked::Shown(number) {
                    self.index.recall(&group.outlines, number);
                    self.asked = Asked::Shown(number);
                }
            }
            None => self.copied(record),
        }
        &mut self.index
    }

    /// Makes the index one about this record, which is copied unless it has been.
    fn copied(&mut self, record: &[u8]) {
        if self.asked == Asked::Copied && self.record == record {
            return;
        }
        if self.record.capacity() > KEPT {
            self.record = Vec::new();
        }
        self.record.clear();
        self.record.extend_from_slice(record);
        self.index.reset();
        self.asked = Asked::Copied;
    }
}

impl ExtractPlugin for Cloudtrail {
    type Event<'a> = Record<'a>;
    type ExtractContext = ();
    // The table is field-extract's, and so are `get_fields` and `extract_fields`: falco_plugin's own know neither
    // properties nor what one event's fields have in common.
    const EXTRACT_FIELDS: &'static [ExtractFieldInfo<Self>] = &[];

    fn get_fields() -> &'static CStr {
        static JSON: OnceLock<CString> = OnceLock::new();
        JSON.get_or_init(|| CString::new(fields_json()).unwrap_or_default())
    }

    fn extract_fields<'a>(
        &'a mut self,
        event_input: &EventInput<'a, Record<'a>>,
        _tables: &LazyTableReader<'_>,
        fields: &mut [ss_plugin_extract_field],
        mut offsets: Option<&mut ss_plugin_extract_value_offsets>,
        storage: &'a Bump,
    ) -> Result<(), anyhow::Error> {
        for field in &mut *fields {
            field.res.str_ = null_mut();
            field.res_len = 0;
        }
        if let Some(offsets) = &mut offsets {
            offsets.start = null_mut();
            offsets.length = null_mut();
        }
        // Whatever else may come as an event has none of our fields.
        let Ok(event) = event_input.event() else { return Ok(()) };
        let record = event.params.event_data;
        let Self { counters, parsed, .. } = self;
        let done = guarded(counters, "extracting fields", || {
            extract(parsed.of(record), record, fields, offsets, storage);
            Ok(())
        });
        if done.is_err() {
            parsed.forget();
            for field in fields {
                field.res_len = 0;
            }
        }
        // An error of ours would be one line of log an event; a field without a value says as much.
        Ok(())
    }
}

/// Answers the requests in their order.
fn extract(
    index: &mut Index,
    record: &[u8],
    requests: &mut [ss_plugin_extract_field],
    offsets: Option<&mut ss_plugin_extract_value_offsets>,
    storage: &Bump,
) {
    let Some(offsets) = offsets else {
        for request in requests {
            answer(index, record, request, storage);
        }
        return;
    };
    let ranges = requests.iter_mut().map(|request| answer(index, record, request, storage));
    let ranges = bumpalo::collections::Vec::from_iter_in(ranges, storage);
    // libs reads a range for each value of a field (plugin_filtercheck.cpp:225), and a null pointer as "none": where
    // there is nothing to tell, it gets that.
    if ranges.iter().any(Option::is_some) {
        let ends = ranges.iter().map(|range| ends(range.as_ref()));
        let starts = ends.clone().map(|(start, _)| start);
        offsets.start = bumpalo::collections::Vec::from_iter_in(starts, storage).into_bump_slice_mut().as_mut_ptr();
        let lengths = ends.map(|(_, length)| length);
        offsets.length = bumpalo::collections::Vec::from_iter_in(lengths, storage).into_bump_slice_mut().as_mut_ptr();
    }
}

/// Start and length in the event, of which the payload is only a part; for a value that stands nowhere, the API's
/// invalid range.
fn ends(range: Option<&Range<usize>>) -> (u32, u32) {
    let range = range.map_or(INVALID_RANGE, |range| match ExtractByteRange::in_plugin_data(range.clone()) {
        ExtractByteRange::Found(range) => range,
        ExtractByteRange::NotRequested | ExtractByteRange::Requested => INVALID_RANGE,
    });
    // A record is of 16 MiB at most.
    (range.start as u32, range.end.wrapping_sub(range.start) as u32)
}

/// Answers one request, and says where the value stands in the record.
fn answer(
    index: &mut Index,
    record: &[u8],
    request: &mut ss_plugin_extract_field,
    storage: &Bump,
) -> Option<Range<usize>> {
    let field: &Field = fields().get(request.field_id as usize)?;
    let argument = (request.arg_present != 0 && request.arg_key.is_null()).then_some(request.arg_index);
    let value = index.get(record, field, argument)?;
    let range = value.range();
    match value {
        Value::Text(text) => {
            request.res.str_ = storage.alloc(c_string(&text, storage));
            request.res_len = 1;
        }
        Value::Number(number) => {
            request.res.u64_ = storage.alloc(number);
            request.res_len = 1;
        }
        Value::List(list) => {
            let strings = storage.alloc_slice_fill_iter(list.iter().map(|text| c_string(text, storage)));
            request.res_len = strings.len() as u64;
            request.res.str_ = strings.as_mut_ptr();
        }
    }
    range
}

/// The text with a NUL behind it, in memory that lives until the next call. (There is none in it: see [`Text`].)
fn c_string(text: &Text<'_>, storage: &Bump) -> *const c_char {
    let bytes = text.as_bytes();
    let mut string = bumpalo::collections::Vec::with_capacity_in(bytes.len() + 1, storage);
    string.extend_from_slice_copy(bytes);
    string.push(0);
    string.into_bump_slice().as_ptr().cast()
}
