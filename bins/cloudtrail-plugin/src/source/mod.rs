//! Events for Falco: opening a source, and batches of what it gives.

mod ahead;
mod batch;
mod folder;
mod handed;
mod params;
mod pump;
mod remote;
mod report;
mod state;

use crate::extract::Record;
use crate::guard::guarded;
use crate::plugin::Cloudtrail;
use anyhow::Context;
use falco_plugin::source::{EventInput, OpenParam, SourcePlugin, serialize_open_params};
use params::Params;
use std::ffi::{CStr, CString};

pub(crate) use batch::Instance;

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
            Instance::open(&params, &self.settings, &self.counters)
        })
    }

    fn close(&mut self, instance: &mut Self::Instance) {
        // The error has been logged, and there is nobody else to tell.
        let _ = guarded(&self.counters, "closing the source", || {
            instance.close();
            Ok(())
        });
    }

    fn event_to_string(&mut self, event: &EventInput<'_, Record<'_>>) -> Result<CString, anyhow::Error> {
        let event = event.event().context("the event is not one of CloudTrail's")?;
        let record = event.params.event_data;
        let Self { counters, parsed, .. } = self;
        let line = guarded(counters, "summing up an event", || {
            let mut line = Vec::new();
            // The original answers with what is missing, too (cloudtrail.go:167-184).
            let done = parsed.of(record).info(record, &mut line);
            Ok(done.map_or_else(|error| error.to_string().into_bytes(), |()| line))
        })?;
        // Names of events hold no NUL, but a record may claim so.
        Ok(CString::new(line).unwrap_or_else(|error| {
            let mut line = error.into_vec();
            line.retain(|byte| *byte != 0);
            CString::new(line).unwrap_or_default()
        }))
    }
}
