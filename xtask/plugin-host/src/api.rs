//! The shared object and its symbols.

use anyhow::{Context, Result};
use falco_plugin_api::{
    plugin_api, plugin_api__bindgen_ty_1, plugin_api__bindgen_ty_2, plugin_api__bindgen_ty_3, plugin_api__bindgen_ty_4,
    plugin_api__bindgen_ty_5,
};
use std::ffi::{CStr, c_char};
use std::path::Path;

/// A loaded plugin library.
pub struct Library {
    pub(crate) api: plugin_api,
    /// Its functions live as long as it does.
    _object: libloading::Library,
}

impl std::fmt::Debug for Library {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Library").finish_non_exhaustive()
    }
}

impl Library {
    /// Loads a plugin.
    ///
    /// # Errors
    /// Where it cannot be loaded or a symbol is missing that libs wants (`plugin_loader.c:347`).
    pub fn load(path: &Path) -> Result<Self> {
        // SAFETY: the plugin has no initialisers that ask anything of us.
        let object = unsafe { libloading::Library::new(path) }.with_context(|| path.display().to_string())?;
        macro_rules! symbol {
            ($name:ident) => {{
                let name = concat!("plugin_", stringify!($name), "\0").as_bytes();
                // SAFETY: Falco's plugin API gives each of these names its type.
                let symbol = unsafe { object.get(name) };
                Some(*symbol.context(concat!("plugin_", stringify!($name)))?)
            }};
        }
        let api = plugin_api {
            get_required_api_version: symbol!(get_required_api_version),
            get_init_schema: symbol!(get_init_schema),
            init: symbol!(init),
            destroy: symbol!(destroy),
            get_last_error: symbol!(get_last_error),
            get_name: symbol!(get_name),
            get_description: symbol!(get_description),
            get_contact: symbol!(get_contact),
            get_version: symbol!(get_version),
            __bindgen_anon_1: plugin_api__bindgen_ty_1 {
                get_id: symbol!(get_id),
                get_event_source: symbol!(get_event_source),
                open: symbol!(open),
                close: symbol!(close),
                list_open_params: symbol!(list_open_params),
                get_progress: symbol!(get_progress),
                event_to_string: symbol!(event_to_string),
                next_batch: symbol!(next_batch),
            },
            __bindgen_anon_2: plugin_api__bindgen_ty_2 {
                get_extract_event_types: symbol!(get_extract_event_types),
                get_extract_event_sources: symbol!(get_extract_event_sources),
                get_fields: symbol!(get_fields),
                extract_fields: symbol!(extract_fields),
            },
            __bindgen_anon_3: plugin_api__bindgen_ty_3 {
                get_parse_event_types: None,
                get_parse_event_sources: None,
                parse_event: None,
            },
            __bindgen_anon_4: plugin_api__bindgen_ty_4 {
                get_async_event_sources: None,
                get_async_events: None,
                set_async_event_handler: None,
                dump_state: None,
            },
            set_config: symbol!(set_config),
            get_metrics: symbol!(get_metrics),
            __bindgen_anon_5: plugin_api__bindgen_ty_5 { capture_open: None, capture_close: None },
        };
        Ok(Self { api, _object: object })
    }

    /// The plugin's name.
    #[must_use]
    pub fn name(&self) -> String {
        constant(self.api.get_name)
    }

    /// The plugin's version.
    #[must_use]
    pub fn version(&self) -> String {
        constant(self.api.get_version)
    }

    /// The version of the API that it wants at least.
    #[must_use]
    pub fn required_api_version(&self) -> String {
        constant(self.api.get_required_api_version)
    }

    /// Name, description and contact are there, as Falco wants them.
    #[must_use]
    pub fn about(&self) -> [String; 2] {
        [constant(self.api.get_description), constant(self.api.get_contact)]
    }

    /// The event source.
    #[must_use]
    pub fn source(&self) -> String {
        constant(self.api.__bindgen_anon_1.get_event_source)
    }

    /// The plugin's number.
    #[must_use]
    pub fn id(&self) -> u32 {
        let get = self.api.__bindgen_anon_1.get_id.expect("it has been looked up");
        // SAFETY: it takes nothing.
        unsafe { get() }
    }

    /// The fields, as JSON.
    #[must_use]
    pub fn fields_json(&self) -> String {
        constant(self.api.__bindgen_anon_2.get_fields)
    }

    /// The schema of the init configuration, as JSON.
    #[must_use]
    pub fn init_schema(&self) -> String {
        let get = self.api.get_init_schema.expect("it has been looked up");
        let mut kind = 0;
        // SAFETY: it writes the kind of schema.
        let schema = unsafe { get(&raw mut kind) };
        assert_eq!(kind, falco_plugin_api::ss_plugin_schema_type_SS_PLUGIN_SCHEMA_JSON);
        text(schema).expect("a schema")
    }
}

fn constant(get: Option<unsafe extern "C-unwind" fn() -> *const c_char>) -> String {
    // SAFETY: it takes nothing.
    text(unsafe { get.expect("it has been looked up")() }).expect("text")
}

/// Copies a C string of the plugin's; none for a null pointer.
pub(crate) fn text(pointer: *const c_char) -> Option<String> {
    // SAFETY: what the plugin gives is null or a C string, and lives until its next call.
    (!pointer.is_null()).then(|| unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned())
}
