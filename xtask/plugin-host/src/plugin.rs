//! An initialised plugin.

use crate::api::{Library, text};
use falco_plugin_api::{
    plugin_api, ss_plugin_init_input, ss_plugin_owner_t, ss_plugin_rc_SS_PLUGIN_SUCCESS, ss_plugin_set_config_input,
    ss_plugin_t,
};
use std::ffi::{CString, c_char};
use std::ptr::{null, null_mut};

/// An initialised plugin.
#[derive(Debug)]
pub struct Plugin<'l> {
    pub(crate) api: &'l plugin_api,
    pub(crate) pointer: *mut ss_plugin_t,
}

/// A handle to ask for metrics. It may be used from another thread, as Falco's web server does.
#[derive(Clone, Copy, Debug)]
pub struct Metrics<'p> {
    api: &'p plugin_api,
    pointer: *mut ss_plugin_t,
}

// SAFETY: Falco does this, and the plugin must support it.
unsafe impl Send for Metrics<'_> {}

pub(crate) extern "C-unwind" fn no_error(_: *mut ss_plugin_owner_t) -> *const c_char {
    null()
}

/// Writes messages to Falco's log to stderr.
#[expect(clippy::print_stderr, reason = "what a test prints is shown when it fails")]
unsafe extern "C-unwind" fn log(_: *mut ss_plugin_owner_t, _: *const c_char, message: *const c_char, severity: u32) {
    eprintln!("log {severity}: {}", text(message).unwrap_or_default());
}

impl<'l> Plugin<'l> {
    /// Initialises the plugin.
    ///
    /// # Errors
    /// Returns the plugin's error text.
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

    /// Returns the text of the last error.
    pub fn last_error(&self) -> String {
        // SAFETY: the plugin lives.
        text(unsafe { self.api.get_last_error.expect("looked up")(self.pointer) }).unwrap_or_default()
    }

    /// Gives the plugin a new configuration.
    ///
    /// # Errors
    /// Returns the plugin's error text.
    pub fn set_config(&self, config: &str) -> Result<(), String> {
        let config = CString::new(config).expect("no NUL");
        let input = ss_plugin_set_config_input { config: config.as_ptr() };
        // SAFETY: the input lives as long as the call.
        let rc = unsafe { self.api.set_config.expect("looked up")(self.pointer, &raw const input) };
        if rc == ss_plugin_rc_SS_PLUGIN_SUCCESS { Ok(()) } else { Err(self.last_error()) }
    }

    /// Returns the plugin's suggestions for a source, as JSON.
    pub fn list_open_params(&self) -> String {
        let mut rc = -100;
        // SAFETY: the plugin lives.
        let list = unsafe { self.api.__bindgen_anon_1.list_open_params.expect("looked up")(self.pointer, &raw mut rc) };
        assert_eq!(rc, ss_plugin_rc_SS_PLUGIN_SUCCESS);
        text(list).expect("a list")
    }

    /// Returns a handle to ask for metrics.
    pub fn metrics(&self) -> Metrics<'_> {
        Metrics { api: self.api, pointer: self.pointer }
    }
}

impl Drop for Plugin<'_> {
    fn drop(&mut self) {
        // SAFETY: sources borrow the plugin, so all of them are closed.
        unsafe { self.api.destroy.expect("looked up")(self.pointer) }
    }
}

impl Metrics<'_> {
    /// Returns names and values.
    pub fn get(&self) -> Vec<(String, u64)> {
        let mut count = 0;
        // SAFETY: the plugin lives.
        let metrics = unsafe { self.api.get_metrics.expect("looked up")(self.pointer, &raw mut count) };
        let metric = |number: usize| {
            // SAFETY: the plugin returned this count, and all values are u64.
            let metric = unsafe { *metrics.add(number) };
            // SAFETY: as above.
            (text(metric.name).expect("a name"), unsafe { metric.value.u64_ })
        };
        (0..count as usize).map(metric).collect()
    }
}
