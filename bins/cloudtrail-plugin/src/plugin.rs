//! The plugin as Falco loads it: its identity and configuration.

use crate::config::{Init, settings};
use crate::guard::guarded;
use crate::logging;
use crate::metrics::Counters;
use crate::parsed::Parsed;
use anyhow::Context;
use cloudtrail_reader::aws::Settings;
use falco_plugin::base::{Json, Metric, Plugin};
use falco_plugin::tables::TablesInput;
use std::ffi::{CStr, CString};
use std::sync::Arc;

/// The plugin's version with a NUL at its end.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");

/// The plugin: one for each time that Falco initialises it.
#[derive(Debug)]
pub struct Cloudtrail {
    pub(crate) settings: Settings,
    pub(crate) counters: Arc<Counters>,
    /// The event whose fields were extracted last.
    pub(crate) parsed: Parsed,
    /// A buffer for the summary of an event, kept for its memory.
    pub(crate) line: Vec<u8>,
    /// The last answer of `list_open_params`.
    pub(crate) open_params: CString,
}

impl Plugin for Cloudtrail {
    const NAME: &'static CStr = c"cloudtrail";
    const PLUGIN_VERSION: &'static CStr = match CStr::from_bytes_with_nul(VERSION.as_bytes()) {
        Ok(version) => version,
        Err(_) => c"",
    };
    const DESCRIPTION: &'static CStr = c"reads AWS CloudTrail records from files, S3 and SQS";
    const CONTACT: &'static CStr = c"The trailbridge developers";
    type ConfigType = Json<Init>;

    fn new(_tables: Option<&TablesInput<'_>>, Json(init): Self::ConfigType) -> Result<Self, anyhow::Error> {
        let counters = Arc::new(Counters::default());
        let settings = guarded(&counters, "reading the init configuration", || {
            logging::start();
            // Falco's message does not name the plugin that could not be initialised.
            settings(init).context("plugin cloudtrail")
        })?;
        Ok(Self { settings, counters, parsed: Parsed::default(), line: Vec::new(), open_params: CString::default() })
    }

    fn set_config(&mut self, Json(init): Self::ConfigType) -> Result<(), anyhow::Error> {
        self.settings = guarded(&self.counters, "reading the new configuration", || settings(init))?;
        Ok(())
    }

    fn get_metrics(&mut self) -> impl IntoIterator<Item = Metric> {
        guarded(&self.counters, "giving metrics", || Ok(self.counters.all())).unwrap_or_default()
    }
}
