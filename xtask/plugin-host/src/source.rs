//! An open source and its batches.

use crate::api::text;
use crate::event::{Event, InPlace};
use crate::plugin::Plugin;
use falco_plugin_api::{
    ss_instance_t, ss_plugin_event, ss_plugin_rc, ss_plugin_rc_SS_PLUGIN_EOF, ss_plugin_rc_SS_PLUGIN_SUCCESS,
    ss_plugin_rc_SS_PLUGIN_TIMEOUT,
};
use std::ffi::CString;
use std::ptr::null_mut;

/// The reason why a call returned no events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No events yet.
    Timeout,
    /// The end of the source.
    End,
    /// An error, with which Falco exits.
    Fatal(String),
}

/// An open source.
#[derive(Debug)]
pub struct Source<'p> {
    plugin: &'p Plugin<'p>,
    pointer: *mut ss_instance_t,
    events: u64,
}

/// Events in the plugin's memory, where they stay until the source is asked for more or closed.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'s> {
    events: &'s [*const ss_plugin_event],
    /// The number of events in earlier batches.
    before: u64,
}

impl<'s> Batch<'s> {
    /// Returns the events, in order.
    pub fn iter(self) -> impl Iterator<Item = InPlace<'s>> {
        // SAFETY: a batch points to events that live as long as it does.
        self.events.iter().zip(self.before + 1..).map(|(event, number)| unsafe { InPlace::at(*event, number) })
    }
}

impl Plugin<'_> {
    /// Opens a source.
    ///
    /// # Errors
    /// Returns the plugin's error text.
    pub fn open(&self, params: &str) -> Result<Source<'_>, String> {
        let params = CString::new(params).expect("no NUL");
        let mut rc = -100;
        let open = self.api.__bindgen_anon_1.open.expect("looked up");
        // SAFETY: the text lives as long as the call.
        let pointer = unsafe { open(self.pointer, params.as_ptr(), &raw mut rc) };
        if rc == ss_plugin_rc_SS_PLUGIN_SUCCESS {
            Ok(Source { plugin: self, pointer, events: 0 })
        } else {
            assert!(pointer.is_null(), "a failed open gives no instance");
            Err(self.last_error())
        }
    }
}

impl Source<'_> {
    /// Returns the next batch, without a copy.
    ///
    /// # Errors
    /// Returns the reason why no events came.
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
        // SAFETY: the plugin returned this many pointers. They live until the next call, and the source is borrowed
        // until then.
        let events = unsafe { std::slice::from_raw_parts(events.cast::<*const ss_plugin_event>(), count as usize) };
        Ok(Batch { events, before })
    }

    /// Returns a copy of the next batch.
    ///
    /// # Errors
    /// Returns the reason why no events came.
    pub fn next_batch(&mut self) -> Result<Vec<Event>, Failure> {
        self.next_in_place().map(|batch| batch.iter().map(InPlace::copy).collect())
    }

    /// Passes each batch to `seen`, up to the end of the source.
    ///
    /// # Errors
    /// Fails if the source ends with an error.
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

    /// Returns all events up to the end.
    ///
    /// # Errors
    /// Fails if the source ends with an error.
    pub fn drain(&mut self) -> Result<Vec<Event>, String> {
        let mut all = Vec::new();
        self.each_batch(|batch| all.extend(batch.iter().map(InPlace::copy)))?;
        Ok(all)
    }

    /// Returns the progress in hundredths of a percent, and its text.
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
        // SAFETY: the source is open, and this is its last use.
        unsafe { close(self.plugin.pointer, self.pointer) }
    }
}
