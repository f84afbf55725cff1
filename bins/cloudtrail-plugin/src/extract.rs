//! Extracts fields of events.

use crate::guard::guarded;
use crate::parsed::RecordEvent;
use crate::plugin::Cloudtrail;
use bumpalo::Bump;
use falco_plugin::api::{ss_plugin_extract_field, ss_plugin_extract_value_offsets};
use falco_plugin::extract::{EventInput, ExtractByteRange, ExtractFieldInfo, ExtractPlugin, INVALID_RANGE};
use falco_plugin::tables::LazyTableReader;
use field_extract::{Field, Record, Text, Value, fields, fields_json};
use std::ffi::{CStr, CString, c_char};
use std::ops::Range;
use std::ptr::null_mut;
use std::sync::OnceLock;

impl ExtractPlugin for Cloudtrail {
    type Event<'a> = RecordEvent<'a>;
    type ExtractContext = ();
    // `get_fields` and `extract_fields` use field-extract's table: those of falco_plugin support neither properties nor
    // work shared between the fields of one event.
    const EXTRACT_FIELDS: &'static [ExtractFieldInfo<Self>] = &[];

    fn get_fields() -> &'static CStr {
        static JSON: OnceLock<CString> = OnceLock::new();
        JSON.get_or_init(|| CString::new(fields_json()).unwrap_or_default())
    }

    fn extract_fields<'a>(
        &'a mut self,
        event_input: &EventInput<'a, RecordEvent<'a>>,
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
        // Other events do not have our fields.
        let Ok(event) = event_input.event() else { return Ok(()) };
        let record = event.params.event_data;
        let Self { counters, parsed, .. } = self;
        let done = guarded(counters, "extracting fields", || {
            extract(&mut parsed.of(record), fields, offsets, storage);
            Ok(())
        });
        if done.is_err() {
            parsed.forget();
            for field in fields {
                field.res_len = 0;
            }
        }
        // An error would give one log line per event; a field without a value is enough.
        Ok(())
    }
}

/// Answers the requests in order.
fn extract(
    record: &mut Record<'_, '_>,
    requests: &mut [ss_plugin_extract_field],
    offsets: Option<&mut ss_plugin_extract_value_offsets>,
    storage: &Bump,
) {
    let Some(offsets) = offsets else {
        for request in requests {
            answer(record, request, storage);
        }
        return;
    };
    let ranges = requests.iter_mut().map(|request| answer(record, request, storage));
    let ranges = bumpalo::collections::Vec::from_iter_in(ranges, storage);
    // libs reads a range for each value of a field (plugin_filtercheck.cpp:225), and a null pointer as "none", so it
    // gets null if no range is known.
    if ranges.iter().any(Option::is_some) {
        let ends = ranges.iter().map(|range| ends(range.as_ref()));
        let starts = ends.clone().map(|(start, _)| start);
        offsets.start = bumpalo::collections::Vec::from_iter_in(starts, storage).into_bump_slice_mut().as_mut_ptr();
        let lengths = ends.map(|(_, length)| length);
        offsets.length = bumpalo::collections::Vec::from_iter_in(lengths, storage).into_bump_slice_mut().as_mut_ptr();
    }
}

/// Returns the start and length in the event, of which the payload is a part. A value that is not in the record has the
/// API's invalid range.
fn ends(range: Option<&Range<usize>>) -> (u32, u32) {
    let range = range.map_or(INVALID_RANGE, |range| match ExtractByteRange::in_plugin_data(range.clone()) {
        ExtractByteRange::Found(range) => range,
        ExtractByteRange::NotRequested | ExtractByteRange::Requested => INVALID_RANGE,
    });
    // A record has at most 16 MiB.
    (range.start as u32, range.end.wrapping_sub(range.start) as u32)
}

/// Answers one request, and returns the position of the value in the record.
fn answer(record: &mut Record<'_, '_>, request: &mut ss_plugin_extract_field, storage: &Bump) -> Option<Range<usize>> {
    let field: &Field = fields().get(request.field_id as usize)?;
    let argument = (request.arg_present != 0 && request.arg_key.is_null()).then_some(request.arg_index);
    let value = record.get(field, argument)?;
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

/// Returns the text with a NUL at its end, in memory that lives until the next call. The text itself has none: see
/// [`Text`].
fn c_string(text: &Text<'_>, storage: &Bump) -> *const c_char {
    let bytes = text.as_bytes();
    let mut string = bumpalo::collections::Vec::with_capacity_in(bytes.len() + 1, storage);
    string.extend_from_slice_copy(bytes);
    string.push(0);
    string.into_bump_slice().as_ptr().cast()
}
