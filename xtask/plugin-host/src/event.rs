//! Events.

use falco_plugin_api::{ss_plugin_event, ss_plugin_event_input};

/// The length of the part before an event's payload, in bytes: header, two lengths of four bytes, the plugin's number.
const PAYLOAD_AT: usize = 38;

/// An event, in `bytes` that this program owns or borrows.
#[derive(Clone, Copy, Debug)]
pub struct Bytes<B> {
    bytes: B,
    /// The event's number in the capture; the caller may change it.
    pub number: u64,
}

/// An event that this program owns, either made here or copied from the plugin's batch.
pub type Event = Bytes<Vec<u8>>;

/// A borrowed event. Those of a batch stay in the plugin's own memory.
pub type InPlace<'b> = Bytes<&'b [u8]>;

impl<B: AsRef<[u8]>> Bytes<B> {
    /// Returns the whole event.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.as_ref()
    }

    /// Returns the record.
    pub fn payload(&self) -> &[u8] {
        self.bytes().get(PAYLOAD_AT..).expect("an event is longer than its header")
    }

    /// Returns the time of the event, in nanoseconds since 1970.
    pub fn time(&self) -> u64 {
        u64::from_ne_bytes(*self.bytes().first_chunk().expect("an event begins with its time"))
    }
}

impl InPlace<'_> {
    /// # Safety
    /// The pointer is to an event whose header gives its length, and which lives as long as the lifetime.
    pub(crate) unsafe fn at(event: *const ss_plugin_event, number: u64) -> Self {
        // SAFETY: by contract; the header is packed, so any address is aligned.
        let length = unsafe { (&raw const (*event).len).read_unaligned() } as usize;
        // SAFETY: the event is that long.
        Self { bytes: unsafe { std::slice::from_raw_parts(event.cast::<u8>(), length) }, number }
    }

    /// Returns a copy that outlives the batch.
    pub fn copy(self) -> Event {
        Event { bytes: self.bytes.to_vec(), number: self.number }
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

impl Event {
    /// Makes an event of the plugin with this number.
    pub fn new(plugin: u32, time: u64, payload: &[u8], number: u64) -> Self {
        let length = PAYLOAD_AT + payload.len();
        let mut bytes = Vec::with_capacity(length);
        bytes.extend_from_slice(&time.to_ne_bytes());
        bytes.extend_from_slice(&u64::MAX.to_ne_bytes());
        bytes.extend_from_slice(&(length as u32).to_ne_bytes());
        bytes.extend_from_slice(&322_u16.to_ne_bytes());
        for number in [2, 4, payload.len() as u32, plugin] {
            bytes.extend_from_slice(&number.to_ne_bytes());
        }
        bytes.extend_from_slice(payload);
        Self { bytes, number }
    }
}
