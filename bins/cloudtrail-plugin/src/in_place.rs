//! Gives Falco batches without copying the events.
//!
//! `falco_plugin` copies the events of a batch into memory of its own, but Falco only needs pointers to them. So
//! `next_batch` is exported from here: it calls `falco_plugin`, and then gives Falco the pointers that the source has
//! set meanwhile. A host that calls `falco_plugin` itself, as its runner does, gets copies.
#![expect(unsafe_code, reason = "Falco's ABI: see each SAFETY line")]

use crate::plugin::Cloudtrail;
use falco_plugin::api::{
    ss_instance_t, ss_plugin_event, ss_plugin_event_input, ss_plugin_rc_SS_PLUGIN_SUCCESS, ss_plugin_t,
};
use falco_plugin::internals::source::wrappers;
use falco_plugin::wrap_ffi;
use std::cell::Cell;
use std::ffi::c_char;

/// The state of this thread's call of `next_batch`.
#[derive(Clone, Copy)]
enum Call {
    /// No call that accepts pointers is in progress.
    None,
    /// The source may set pointers to its events.
    Asked,
    /// The source has set pointers: their number and the first one.
    Handed(u32, *mut *mut ss_plugin_event),
}

thread_local! {
    static CALL: Cell<Call> = const { Cell::new(Call::None) };
}

/// Pointers to the events of a batch.
#[derive(Default)]
pub(crate) struct Events(Vec<*mut ss_plugin_event>);

impl Events {
    /// Points to these events in place of earlier ones.
    pub(crate) fn set<'e>(&mut self, events: impl Iterator<Item = &'e [u8]>) {
        self.0.clear();
        // Falco writes only to events without a time or a plugin number, and ours have both.
        self.0.extend(events.map(|event| event.as_ptr().cast_mut().cast()));
    }

    /// Gives the pointers to Falco, if the call accepts them. Pointers and events must stay unchanged until the next
    /// call.
    pub(crate) fn hand(&mut self) -> bool {
        let asked = matches!(CALL.get(), Call::Asked);
        if asked && let Ok(count) = u32::try_from(self.0.len()) {
            CALL.set(Call::Handed(count, self.0.as_mut_ptr()));
        }
        matches!(CALL.get(), Call::Handed(..))
    }
}

// SAFETY: all functions of a source are exported: these as `source_plugin!` writes them, and `plugin_next_batch`.
unsafe impl wrappers::SourcePluginExported for Cloudtrail {}

wrap_ffi! {
    #[unsafe(no_mangle)]
    use falco_plugin::internals::source::wrappers: <Cloudtrail>;
    unsafe fn plugin_get_progress(
        plugin: *mut ss_plugin_t,
        instance: *mut ss_instance_t,
        progress: *mut u32,
    ) -> *const c_char;
    unsafe fn plugin_get_id() -> u32;
    unsafe fn plugin_get_event_source() -> *const c_char;
    unsafe fn plugin_list_open_params(plugin: *mut ss_plugin_t, rc: *mut i32) -> *const c_char;
    unsafe fn plugin_open(plugin: *mut ss_plugin_t, params: *const c_char, rc: *mut i32) -> *mut ss_instance_t;
    unsafe fn plugin_close(plugin: *mut ss_plugin_t, instance: *mut ss_instance_t) -> ();
    unsafe fn plugin_event_to_string(plugin: *mut ss_plugin_t, event: *const ss_plugin_event_input) -> *const c_char;
}

/// Falco's `next_batch` (`plugin_api.h`).
///
/// # Safety
/// The pointers must be Falco's: to this plugin, to an open instance of it, and to writable locations.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C-unwind" fn plugin_next_batch(
    plugin: *mut ss_plugin_t,
    instance: *mut ss_instance_t,
    count: *mut u32,
    events: *mut *mut *mut ss_plugin_event,
) -> i32 {
    CALL.set(Call::Asked);
    // SAFETY: by contract.
    let rc = unsafe { wrappers::plugin_next_batch::<Cloudtrail>(plugin, instance, count, events) };
    if let Call::Handed(handed, first) = CALL.replace(Call::None)
        && rc == ss_plugin_rc_SS_PLUGIN_SUCCESS
    {
        // SAFETY: by contract these locations are writable. The pointers lead into the instance, which keeps the
        // pointers and the events unchanged until the next batch or until it is closed.
        unsafe { (*count, *events) = (handed, first) };
    }
    rc
}
