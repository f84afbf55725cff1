//! Events for Falco: opens a source, and returns its events in batches.

mod ahead;
mod batch;
mod folder;
mod group;
mod handed;
mod params;
mod remote;
mod state;

use crate::guard::guarded;
use crate::parsed::{KEPT, RecordEvent};
use crate::plugin::Cloudtrail;
use anyhow::Context;
use cloudtrail_reader::aws::AwsNames;
use falco_plugin::source::{EventInput, OpenParam, SourcePlugin, serialize_open_params};
use params::Params;
use std::ffi::{CStr, CString};

pub(crate) use batch::Instance;
pub(crate) use group::Group;

/// The suggestions of `list_open_params`: the kinds of sources.
const SUGGESTIONS: [OpenParam<'static>; 4] = [
    OpenParam::Item { value: "/path/to/logs", desc: "a log file, or a folder with the folders in it" },
    OpenParam::Item { value: "s3://bucket/prefix/", desc: "the log files of a bucket below a prefix" },
    OpenParam::Item {
        value: "cwl://log-group",
        desc: "the log events of a log group of CloudWatch Logs, as they come",
    },
    OpenParam::Item { value: "sqs://queue", desc: "the log files that messages of a queue name, by name, URL or ARN" },
];

impl SourcePlugin for Cloudtrail {
    type Instance = Instance;
    const EVENT_SOURCE: &'static CStr = c"aws_cloudtrail";
    const PLUGIN_ID: u32 = group::PLUGIN_ID;
    type Event<'a> = RecordEvent<'a>;

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
        // The error has been logged, and cannot be returned.
        let _ = guarded(counters, "closing the source", || {
            parsed.show(None);
            instance.close();
            Ok(())
        });
    }

    fn event_to_string(&mut self, event: &EventInput<'_, RecordEvent<'_>>) -> Result<CString, anyhow::Error> {
        let event = event.event().context("the event is not one of CloudTrail's")?;
        let record = event.params.event_data;
        let Self { counters, parsed, line, .. } = self;
        let summary = guarded(counters, "summing up an event", || {
            line.clear();
            line.shrink_to(KEPT);
            // The original also returns a summary with gaps (cloudtrail.go:167-184).
            if let Err(missing) = parsed.of(record).info(line) {
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

/// Warns of AWS's shared files that the init configuration names and that cannot be read. Credentials may come from
/// elsewhere, so this is not an error. The SDK does not report it.
fn warn_of_missing_files(aws: &AwsNames) {
    for (key, path) in [("aws.config", &aws.config), ("aws.credentials", &aws.credentials)] {
        // The SDK expands `~`.
        let Some(path) = path.as_ref().filter(|path| !path.starts_with('~')) else { continue };
        if let Err(error) = std::fs::File::open(path) {
            log::warn!("{key} in init_config: {path}: {error}; nothing in this file is used");
        }
    }
}

/// Returns the line with a NUL at its end, in memory of exactly its size, which `CString` takes without a copy.
fn c_string(line: &[u8]) -> CString {
    let mut text = Vec::with_capacity(line.len() + 1);
    text.extend_from_slice(line);
    CString::new(text).unwrap_or_else(|error| {
        // Names of events hold no NUL, but a record may contain one.
        let mut text = error.into_vec();
        text.retain(|byte| *byte != 0);
        CString::new(text).unwrap_or_default()
    })
}
