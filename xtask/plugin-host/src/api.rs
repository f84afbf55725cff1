//! The shared object and its symbols.

use anyhow::{Context, Result};
use falco_plugin_api::plugin_api;
use std::ffi::{CStr, c_char};
use std::path::Path;

/// A loaded plugin library.
pub struct Library {
    pub(crate) api: plugin_api,
    /// The library's functions, which live as long as it does.
    _object: libloading::Library,
}

impl Library {
    /// Loads a plugin.
    ///
    /// # Errors
    /// Fails if the library cannot be loaded, or lacks a symbol that libs needs (`plugin_loader.c:347`).
    pub fn load(path: &Path) -> Result<Self> {
        // SAFETY: the plugin has no initialisers with requirements.
        let object = unsafe { libloading::Library::new(path) }.with_context(|| path.display().to_string())?;
        // SAFETY: all members are optional functions.
        let mut api: plugin_api = unsafe { std::mem::zeroed() };
        macro_rules! look_up {
            ($($part:expr => $($name:ident)*;)*) => {
                $($({
                    let name = concat!("plugin_", stringify!($name));
                    // SAFETY: Falco's plugin API gives each of these names its type.
                    $part.$name = Some(*unsafe { object.get(name.as_bytes()) }.context(name)?);
                })*)*
            };
        }
        look_up! {
            api => get_required_api_version get_init_schema init destroy get_last_error get_name get_description
                get_contact get_version set_config get_metrics;
            api.__bindgen_anon_1 => get_id get_event_source open close list_open_params get_progress event_to_string
                next_batch;
            api.__bindgen_anon_2 => get_extract_event_types get_extract_event_sources get_fields extract_fields;
        }
        Ok(Self { api, _object: object })
    }

    /// Returns the plugin's name.
    pub fn name(&self) -> String {
        constant(self.api.get_name)
    }

    /// Returns the plugin's version.
    pub fn version(&self) -> String {
        constant(self.api.get_version)
    }

    /// Returns the oldest version of the API that the plugin works with.
    pub fn required_api_version(&self) -> String {
        constant(self.api.get_required_api_version)
    }

    /// Checks that name, description and contact exist, as Falco does.
    pub fn about(&self) -> [String; 2] {
        [constant(self.api.get_description), constant(self.api.get_contact)]
    }

    /// Returns the event source.
    pub fn source(&self) -> String {
        constant(self.api.__bindgen_anon_1.get_event_source)
    }

    /// Returns the plugin's number.
    pub fn id(&self) -> u32 {
        let get = self.api.__bindgen_anon_1.get_id.expect("it has been looked up");
        // SAFETY: the function takes no arguments.
        unsafe { get() }
    }

    /// Returns the fields, as JSON.
    pub fn fields_json(&self) -> String {
        constant(self.api.__bindgen_anon_2.get_fields)
    }

    /// Returns the schema of the init configuration, as JSON.
    pub fn init_schema(&self) -> String {
        let get = self.api.get_init_schema.expect("it has been looked up");
        let mut kind = 0;
        // SAFETY: the function writes the kind of schema.
        let schema = unsafe { get(&raw mut kind) };
        assert_eq!(kind, falco_plugin_api::ss_plugin_schema_type_SS_PLUGIN_SCHEMA_JSON);
        text(schema).expect("a schema")
    }
}

fn constant(get: Option<unsafe extern "C-unwind" fn() -> *const c_char>) -> String {
    // SAFETY: the function takes no arguments.
    text(unsafe { get.expect("it has been looked up")() }).expect("text")
}

/// Copies a C string of the plugin's; returns `None` for a null pointer.
pub(crate) fn text(pointer: *const c_char) -> Option<String> {
    // SAFETY: the plugin returns null or a C string that lives until its next call.
    (!pointer.is_null()).then(|| unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned())
}
