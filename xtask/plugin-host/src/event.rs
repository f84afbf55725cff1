//! Events and what is asked of them.

use falco_plugin_api::{ss_plugin_event, ss_plugin_event_input, ss_plugin_extract_field};
use std::ffi::CStr;

/// What stands before an event's payload, in bytes: header, two lengths of four bytes, the plugin's number.
const PAYLOAD_AT: usize = 38;

/// An event, copied out of the plugin's batch.
#[derive(Clone, Debug)]
pub struct Event {
    bytes: Vec<u8>,
    /// Its number in the capture; the caller may change it.
    pub number: u64,
}

impl Event {
    /// Copies an event.
    ///
    /// # Safety
    /// The pointer is to an event whose header says how long it is.
    pub(crate) unsafe fn copy(event: *const ss_plugin_event, number: u64) -> Self {
        // SAFETY: by contract; the header is packed, so it may lie anywhere.
        let length = unsafe { (&raw const (*event).len).read_unaligned() } as usize;
        // SAFETY: the event is that long.
        Self { bytes: unsafe { std::slice::from_raw_parts(event.cast::<u8>(), length) }.to_vec(), number }
    }

    /// An event of the plugin with this number, made here.
    #[must_use]
    pub fn new(plugin: u32, time: u64, payload: &[u8], number: u64) -> Self {
        let length = PAYLOAD_AT + payload.len();
        let mut bytes = Vec::with_capacity(length);
        bytes.extend_from_slice(&time.to_ne_bytes());
        bytes.extend_from_slice(&u64::MAX.to_ne_bytes());
        bytes.extend_from_slice(&(length as u32).to_ne_bytes());
        bytes.extend_from_slice(&322_u16.to_ne_bytes());
        bytes.extend_from_slice(&2_u32.to_ne_bytes());
        bytes.extend_from_slice(&4_u32.to_ne_bytes());
        bytes.extend_from_slice(&(payload.len() as u32).to_ne_bytes());
        bytes.extend_from_slice(&plugin.to_ne_bytes());
        bytes.extend_from_slice(payload);
        Self { bytes, number }
    }

    /// The event as it lies in memory.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The record.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        self.bytes.get(PAYLOAD_AT..).expect("an event is longer than its header")
    }

    /// When it happened, in nanoseconds since 1970.
    #[must_use]
    pub fn time(&self) -> u64 {
        u64::from_ne_bytes(*self.bytes.first_chunk().expect("an event begins with its time"))
    }

    pub(crate) fn input(&self) -> ss_plugin_event_input {
        ss_plugin_event_input {
            evt: self.bytes.as_ptr().cast_mut().cast(),
            evtnum: self.number,
            evtsrc: c"aws_cloudtrail".as_ptr(),
        }
    }
}

/// A field that is asked for: its place in `get_fields`, whether it is a number, and its index argument.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// Its place in `get_fields`.
    pub id: u32,
    /// Whether its value is a uint64, else a string.
    pub number: bool,
    /// Whether it is a list.
    pub list: bool,
    /// The argument.
    pub index: Option<u64>,
}

/// What a field's value is; strings are bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// No value.
    None,
    /// Of a uint64 field.
    Number(u64),
    /// Of a string field, one or more.
    Strings(Vec<Vec<u8>>),
}

/// Where a value stands in the event: start and length.
pub type Offsets = Option<(u32, u32)>;

impl Request {
    pub(crate) fn field(&self) -> ss_plugin_extract_field {
        // SAFETY: all zero is a request without a result.
        let mut field: ss_plugin_extract_field = unsafe { std::mem::zeroed() };
        field.field_id = self.id;
        field.field = c"".as_ptr();
        field.arg_present = u32::from(self.index.is_some());
        field.arg_index = self.index.unwrap_or_default();
        field.ftype = if self.number { 8 } else { 9 };
        field.flist = u32::from(self.list);
        // What an earlier call may have left: the plugin must not take it for its own.
        field.res_len = 7;
        field
    }

    /// Copies the answer.
    ///
    /// # Safety
    /// The plugin has answered this request, and has not been called since.
    pub(crate) unsafe fn answer(&self, field: &ss_plugin_extract_field) -> Answer {
        if field.res_len == 0 {
            return Answer::None;
        }
        if self.number {
            // SAFETY: a number field's result points to numbers.
            return Answer::Number(unsafe { *field.res.u64_ });
        }
        let strings = (0..field.res_len as usize).map(|number| {
            // SAFETY: a string field's result points to as many C strings.
            unsafe { CStr::from_ptr(*field.res.str_.add(number)) }.to_bytes().to_vec()
        });
        Answer::Strings(strings.collect())
    }
}
