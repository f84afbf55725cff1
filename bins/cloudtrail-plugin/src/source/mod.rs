//! Events for Falco: opening a source, and batches of what it gives.

mod ahead;
mod batch;
mod folder;
mod group;
mod handed;
mod params;
mod pump;
mod remote;
mod report;
mod state;

use crate::extract::{KEPT, Record};
use crate::guard::guarded;
use crate::plugin::Cloudtrail;
use anyhow::Context;
use cloudtrail_reader::aws::AwsNames;
use falco_plugin::source::{EventInput, OpenParam, SourcePlugin, serialize_open_params};
use params::Params;
use std::ffi::{CStr, CString};

pub(crate) use batch::Instance;
pub(crate) use group::Group;

/// What `list_open_params` suggests: the kinds of sources there are.
const SUGGESTIONS: [OpenParam<'static>; 3] = [
    OpenParam::Item { value: "/path/to/logs", desc: "a log file, or a folder with the folders in it" },
    OpenParam::Item { value: "s3://bucket/prefix/", desc: "the log files of a bucket below a prefix" },
    OpenParam::Item { value: "sqs://queue", desc: "the log files that messages of a queue name, by name, URL or ARN" },
];

impl SourcePlugin for Cloudtrail {
    type Instance = Instance;
    const EVENT_SOURCE: &'static CStr = c"aws_cloudtrail";
    const PLUGIN_ID: u32 = 2;
    type Event<'a> = Record<'a>;

    fn list_open_params(&mut self) -> Result<&CStr, anyhow::Error> {
        let Self { counters, open_params, .. } = self;
        guarded(counters, "listing open parameters", || serialize_open_params(&SUGGESTIONS, open_params))
    }

    fn open(&mut self, params: Option<&str>) -> Result<Self::Instance, anyhow::Error> {
        guarded(&self.counters, "opening the source", || {
            let params = Params::parse(params.unwrap_or_default())?;
            if let Params::Remote(_) = params {
                warn_of_missing_files(&self.settings.aws);
            }
            Instance::open(&params, &self.settings, &self.counters)
        })
    }

    fn close(&mut self, instance: &mut Self::Instance) {
        let Self { counters, parsed, .. } = self;
        // The error has been logged, and there is nobody else to tell.
        let _ = guarded(counters, "closing the source", || {
            parsed.show(None);
            instance.close();
            Ok(())
        });
    }

    fn event_to_string(&mut self, event: &EventInput<'_, Record<'_>>) -> Result<CString, anyhow::Error> {
        let event = event.event().context("the event is not one of CloudTrail's")?;
        let record = event.params.event_data;
        let Self { counters, parsed, line, .. } = self;
        let summary = guarded(counters, "summing up an event", || {
            line.clear();
            line.shrink_to(KEPT);
            // The original answers with what is missing, too (cloudtrail.go:167-184).
            if let Err(missing) = parsed.of(record).info(record, line) {
                line.clear();
                line.extend_from_slice(missing.to_string().as_bytes());
            }
            Ok(c_string(line))
        });
        if summary.is_err() {
            parsed.forget();
        }
        summary
    }
}

/// Says which shared files of AWS's, named in the init configuration, cannot be read. Credentials may come from elsewhere, so
/// this is no reason to stop. The SDK says nothing of it.
fn warn_of_missing_files(aws: &AwsNames) {
    for (key, path) in [("aws.config", &aws.config), ("aws.credentials", &aws.credentials)] {
        // The SDK knows where `~` is.
        let Some(path) = path.as_ref().filter(|path| !path.starts_with('~')) else { continue };
        if let Err(error) = std::fs::File::open(path) {
            log::warn!("cloudtrail: {key} in init_config: {path}: {error}; nothing in this file is used");
        }
    }
}

/// The line with a NUL behind it, in memory of just its size, which `CString` takes over as it is.
fn c_string(line: &[u8]) -> CString {
    let mut text = Vec::with_capacity(line.len() + 1);
    text.extend_from_slice(line);
    CString::new(text).unwrap_or_else(|error| {
        // Names of events hold no NUL, but a record may claim so.
        let mut text = error.into_vec();
        text.retain(|byte| *byte != 0);
        CString::new(text).unwrap_or_default()
    })
}
