//! Events.

use falco_plugin_api::{ss_plugin_event, ss_plugin_event_input};

/// What stands before an event's payload, in bytes: header, two lengths of four bytes, the plugin's number.
const PAYLOAD_AT: usize = 38;

/// An event of our own, or copied out of the plugin's batch.
#[derive(Clone, Debug)]
pub struct Event {
    bytes: Vec<u8>,
    /// Its number in the capture; the caller may change it.
    pub number: u64,
}

/// An event that is shown to the plugin where it lies: for those of a batch, the plugin's own memory.
#[derive(Clone, Copy, Debug)]
pub struct InPlace<'b> {
    bytes: &'b [u8],
    number: u64,
}

impl<'b> InPlace<'b> {
    /// # Safety
    /// The pointer is to an event whose header says how long it is, and which lives as long as the lifetime says.
    pub(crate) unsafe fn new(event: *const ss_plugin_event, number: u64) -> Self {
        // SAFETY: by contract; the header is packed, so it may lie anywhere.
        let length = unsafe { (&raw const (*event).len).read_unaligned() } as usize;
        // SAFETY: the event is that long.
        Self { bytes: unsafe { std::slice::from_raw_parts(event.cast::<u8>(), length) }, number }
    }

    /// A copy that outlives the batch.
    #[must_use]
    pub fn copy(self) -> Event {
        Event { bytes: self.bytes.to_vec(), number: self.number }
    }

    /// The record.
    #[must_use]
    pub fn payload(self) -> &'b [u8] {
        payload(self.bytes)
    }

    /// The event as it lies in memory.
    #[must_use]
    pub fn bytes(self) -> &'b [u8] {
        self.bytes
    }

    /// When it happened, in nanoseconds since 1970.
    #[must_use]
    pub fn time(self) -> u64 {
        time(self.bytes)
    }

    pub(crate) fn input(self) -> ss_plugin_event_input {
        ss_plugin_event_input {
            evt: self.bytes.as_ptr().cast_mut().cast(),
            evtnum: self.number,
            evtsrc: c"aws_cloudtrail".as_ptr(),
        }
    }
}

impl<'b> From<&'b Event> for InPlace<'b> {
    fn from(event: &'b Event) -> Self {
        Self { bytes: &event.bytes, number: event.number }
    }
}

fn payload(bytes: &[u8]) -> &[u8] {
    bytes.get(PAYLOAD_AT..).expect("an event is longer than its header")
}

fn time(bytes: &[u8]) -> u64 {
    u64::from_ne_bytes(*bytes.first_chunk().expect("an event begins with its time"))
}

impl Event {
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
        payload(&self.bytes)
    }

    /// When it happened, in nanoseconds since 1970.
    #[must_use]
    pub fn time(&self) -> u64 {
        time(&self.bytes)
    }
}
