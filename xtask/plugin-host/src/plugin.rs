//! An initialised plugin and its open sources.

use crate::api::{Library, text};
use crate::event::{Answer, Event, Offsets, Request};
use falco_plugin_api::{
    plugin_api, ss_instance_t, ss_plugin_extract_field, ss_plugin_extract_value_offsets, ss_plugin_field_extract_input,
    ss_plugin_init_input, ss_plugin_owner_t, ss_plugin_rc, ss_plugin_rc_SS_PLUGIN_EOF, ss_plugin_rc_SS_PLUGIN_SUCCESS,
    ss_plugin_rc_SS_PLUGIN_TIMEOUT, ss_plugin_set_config_input, ss_plugin_t, ss_plugin_table_reader_vtable_ext,
};
use std::ffi::{CString, c_char};
use std::ptr::{null, null_mut};

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

/// An initialised plugin.
#[derive(Debug)]
pub struct Plugin<'l> {
    api: &'l plugin_api,
    pointer: *mut ss_plugin_t,
}

/// An open source.
#[derive(Debug)]
pub struct Source<'p> {
    plugin: &'p Plugin<'p>,
    pointer: *mut ss_instance_t,
    events: u64,
}

/// Asks for metrics, from another thread if need be: Falco's web server does.
#[derive(Clone, Copy, Debug)]
pub struct Metrics<'p> {
    api: &'p plugin_api,
    pointer: *mut ss_plugin_t,
}

// SAFETY: this is what Falco does, and what the plugin has to stand.
unsafe impl Send for Metrics<'_> {}

extern "C-unwind" fn no_error(_: *mut ss_plugin_owner_t) -> *const c_char {
    null()
}

/// Messages to Falco's log go to stderr.
#[expect(clippy::print_stderr, reason = "what a test prints is shown when it fails")]
unsafe extern "C-unwind" fn log(_: *mut ss_plugin_owner_t, _: *const c_char, message: *const c_char, severity: u32) {
    eprintln!("log {severity}: {}", text(message).unwrap_or_default());
}

impl<'l> Plugin<'l> {
    /// Initialises the plugin.
    ///
    /// # Errors
    /// With the plugin's text.
    pub fn init(library: &'l Library, config: &str) -> Result<Self, String> {
        let api = &library.api;
        let config = CString::new(config).expect("no NUL");
        let input = ss_plugin_init_input {
            config: config.as_ptr(),
            owner: null_mut(),
            get_owner_last_error: Some(no_error),
            tables: null(),
            log_fn: Some(log),
        };
        let mut rc = -100;
        // SAFETY: the input lives as long as the call.
        let pointer = unsafe { api.init.expect("looked up")(&raw const input, &raw mut rc) };
        let plugin = Self { api, pointer };
        if rc == ss_plugin_rc_SS_PLUGIN_SUCCESS { Ok(plugin) } else { Err(plugin.last_error()) }
    }

    /// The text of the last error.
    #[must_use]
    pub fn last_error(&self) -> String {
        // SAFETY: the plugin lives.
        text(unsafe { self.api.get_last_error.expect("looked up")(self.pointer) }).unwrap_or_default()
    }

    /// Gives it a new configuration.
    ///
    /// # Errors
    /// With the plugin's text.
    pub fn set_config(&self, config: &str) -> Result<(), String> {
        let config = CString::new(config).expect("no NUL");
        let input = ss_plugin_set_config_input { config: config.as_ptr() };
        // SAFETY: the input lives as long as the call.
        let rc = unsafe { self.api.set_config.expect("looked up")(self.pointer, &raw const input) };
        if rc == ss_plugin_rc_SS_PLUGIN_SUCCESS { Ok(()) } else { Err(self.last_error()) }
    }

    /// Opens a source.
    ///
    /// # Errors
    /// With the plugin's text.
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

    /// What it suggests to open, as JSON.
    #[must_use]
    pub fn list_open_params(&self) -> String {
        let mut rc = -100;
        // SAFETY: the plugin lives.
        let list = unsafe { self.api.__bindgen_anon_1.list_open_params.expect("looked up")(self.pointer, &raw mut rc) };
        assert_eq!(rc, ss_plugin_rc_SS_PLUGIN_SUCCESS);
        text(list).expect("a list")
    }

    /// The event in one line.
    #[must_use]
    pub fn event_to_string(&self, event: &Event) -> Option<String> {
        let input = event.input();
        // SAFETY: the event lives as long as the call.
        text(unsafe { self.api.__bindgen_anon_1.event_to_string.expect("looked up")(self.pointer, &raw const input) })
    }

    /// Asks for fields, all in one call; with `offsets`, also where they stand in the event.
    #[must_use]
    pub fn extract(&self, event: &Event, requests: &[Request], offsets: bool) -> Vec<(Answer, Offsets)> {
        let input = event.input();
        let mut fields: Vec<ss_plugin_extract_field> = requests.iter().map(Request::field).collect();
        let mut places = ss_plugin_extract_value_offsets { start: null_mut(), length: null_mut() };
        // SAFETY: all members are optional functions.
        let mut reader_ext: ss_plugin_table_reader_vtable_ext = unsafe { std::mem::zeroed() };
        let mut extract_input: ss_plugin_field_extract_input =
            // SAFETY: pointers and numbers.
            unsafe { std::mem::zeroed() };
        extract_input.get_owner_last_error = Some(no_error);
        extract_input.num_fields = fields.len() as u32;
        extract_input.fields = fields.as_mut_ptr();
        extract_input.table_reader_ext = &raw mut reader_ext;
        extract_input.value_offsets = if offsets { &raw mut places } else { null_mut() };
        let extract = self.api.__bindgen_anon_2.extract_fields.expect("looked up");
        // SAFETY: all that it is shown lives as long as the call.
        let rc = unsafe { extract(self.pointer, &raw const input, &raw const extract_input) };
        assert_eq!(rc, ss_plugin_rc_SS_PLUGIN_SUCCESS, "{}", self.last_error());
        let place = |number: usize| {
            (!places.start.is_null()).then(|| {
                // SAFETY: there are as many as fields.
                unsafe { (*places.start.add(number), *places.length.add(number)) }
            })
        };
        let answers = requests.iter().zip(&fields).enumerate();
        // SAFETY: they have just been answered.
        answers.map(|(number, (request, field))| (unsafe { request.answer(field) }, place(number))).collect()
    }

    /// A handle to ask for metrics.
    #[must_use]
    pub fn metrics(&self) -> Metrics<'_> {
        Metrics { api: self.api, pointer: self.pointer }
    }
}

impl Drop for Plugin<'_> {
    fn drop(&mut self) {
        // SAFETY: sources borrow the plugin, so none is open.
        unsafe { self.api.destroy.expect("looked up")(self.pointer) }
    }
}

impl Metrics<'_> {
    /// Names and values.
    #[must_use]
    pub fn get(&self) -> Vec<(String, u64)> {
        let mut count = 0;
        // SAFETY: the plugin lives.
        let metrics = unsafe { self.api.get_metrics.expect("looked up")(self.pointer, &raw mut count) };
        let metric = |number: usize| {
            // SAFETY: there are as many, and all are u64.
            let metric = unsafe { *metrics.add(number) };
            // SAFETY: likewise.
            (text(metric.name).expect("a name"), unsafe { metric.value.u64_ })
        };
        (0..count as usize).map(metric).collect()
    }
}

impl Source<'_> {
    /// The next batch, copied.
    ///
    /// # Errors
    /// Where there is none.
    pub fn next_batch(&mut self) -> Result<Vec<Event>, Failure> {
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
        let batch = (0..count as usize).map(|number| {
            self.events += 1;
            // SAFETY: there are as many events.
            unsafe { Event::copy(*events.add(number), self.events) }
        });
        Ok(batch.collect())
    }

    /// All events to the end.
    ///
    /// # Errors
    /// Where the source ends with an error.
    pub fn drain(&mut self) -> Result<Vec<Event>, String> {
        let mut all = Vec::new();
        loop {
            match self.next_batch() {
                Ok(batch) => all.extend(batch),
                Err(Failure::Timeout) => {}
                Err(Failure::End) => return Ok(all),
                Err(Failure::Fatal(error)) => return Err(error),
            }
        }
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
