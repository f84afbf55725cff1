//! An open source and its batches.

use crate::api::text;
use crate::event::{Event, InPlace};
use crate::plugin::Plugin;
use falco_plugin_api::{
    ss_instance_t, ss_plugin_event, ss_plugin_rc, ss_plugin_rc_SS_PLUGIN_EOF, ss_plugin_rc_SS_PLUGIN_SUCCESS,
    ss_plugin_rc_SS_PLUGIN_TIMEOUT,
};
use std::ptr::null_mut;

/// Why a call gave nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// There is nothing yet.
    Timeout,
    /// There will never be anything more.
    End,
    /// What Falco exits with.
    Fatal(String),
}

/// An open source.
#[derive(Debug)]
pub struct Source<'p> {
    plugin: &'p Plugin<'p>,
    pointer: *mut ss_instance_t,
    events: u64,
}

/// Events in the plugin's memory, where they are until the source is asked for more or closed.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'s> {
    events: &'s [*const ss_plugin_event],
    /// How many there were before.
    before: u64,
}

impl<'s> Batch<'s> {
    /// The events, in order.
    pub fn iter(self) -> impl Iterator<Item = InPlace<'s>> {
        // SAFETY: what stands in a batch are events, which live as long as it.
        self.events.iter().zip(self.before + 1..).map(|(event, number)| unsafe { InPlace::new(*event, number) })
    }
}

impl<'p> Source<'p> {
    pub(crate) fn new(plugin: &'p Plugin<'p>, pointer: *mut ss_instance_t) -> Self {
        Self { plugin, pointer, events: 0 }
    }

    /// The next batch, as the plugin made it.
    ///
    /// # Errors
    /// Where there is none.
    pub fn next_in_place(&mut self) -> Result<Batch<'_>, Failure> {
        let (mut count, mut events) = (u32::MAX, null_mut());
        let next = self.plugin.api.__bindgen_anon_1.next_batch.expect("looked up");
        // SAFETY: plugin and instance live.
        let rc: ss_plugin_rc = unsafe { next(self.plugin.pointer, self.pointer, &raw mut count, &raw mut events) };
        if rc != ss_plugin_rc_SS_PLUGIN_SUCCESS {
            assert_eq!(count, 0);
            #[expect(non_upper_case_globals, reason = "named by C")]
            return Err(match rc {
                ss_plugin_rc_SS_PLUGIN_TIMEOUT => Failure::Timeout,
                ss_plugin_rc_SS_PLUGIN_EOF => Failure::End,
                _ => Failure::Fatal(self.plugin.last_error()),
            });
        }
        assert_ne!(count, 0, "Falco exits at a batch without events");
        let before = self.events;
        self.events += u64::from(count);
        // SAFETY: there are as many pointers, and they live until the next call, for which the source is borrowed.
        let events = unsafe { std::slice::from_raw_parts(events.cast::<*const ss_plugin_event>(), count as usize) };
        Ok(Batch { events, before })
    }

    /// The next batch, copied.
    ///
    /// # Errors
    /// Where there is none.
    pub fn next_batch(&mut self) -> Result<Vec<Event>, Failure> {
        self.next_in_place().map(|batch| batch.iter().map(InPlace::copy).collect())
    }

    /// Shows each batch to `seen`, to the end of the source.
    ///
    /// # Errors
    /// Where the source ends with an error.
    pub fn each_batch(&mut self, mut seen: impl FnMut(Batch<'_>)) -> Result<(), String> {
        loop {
            match self.next_in_place() {
                Ok(batch) => seen(batch),
                Err(Failure::Timeout) => {}
                Err(Failure::End) => return Ok(()),
                Err(Failure::Fatal(error)) => return Err(error),
            }
        }
    }

    /// All events to the end.
    ///
    /// # Errors
    /// Where the source ends with an error.
    pub fn drain(&mut self) -> Result<Vec<Event>, String> {
        let mut all = Vec::new();
        self.each_batch(|batch| all.extend(batch.iter().map(InPlace::copy)))?;
        Ok(all)
    }

    /// Progress in hundredths of a percent, and its text.
    #[must_use]
    pub fn progress(&self) -> (u32, Option<String>) {
        let mut value = u32::MAX;
        let get = self.plugin.api.__bindgen_anon_1.get_progress.expect("looked up");
        // SAFETY: plugin and instance live.
        let progress = unsafe { get(self.plugin.pointer, self.pointer, &raw mut value) };
        (value, text(progress))
    }
}

impl Drop for Source<'_> {
    fn drop(&mut self) {
        let close = self.plugin.api.__bindgen_anon_1.close.expect("looked up");
        // SAFETY: it is open, and nobody uses it any more.
        unsafe { close(self.plugin.pointer, self.pointer) }
    }
}
