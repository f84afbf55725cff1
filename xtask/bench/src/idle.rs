//! What the plugin takes where there is nothing to read: of an empty queue, which it asks with long polls.

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use stand_ins::sqs::{Setup, Sqs};
use tokio::runtime::Builder;

use crate::{plugin::Plugin, report::Row};

/// Of a core: Falco runs beside what it watches, and most queues are empty most of the time.
const LIMIT: f64 = 0.01;
const QUEUE: &str = "idle";

/// What plugin-host says.
#[derive(Deserialize)]
struct Idle {
    share: f64,
}

/// The figure for an empty queue. The queue's side is served by this process, so that it does not count.
///
/// # Errors
/// Where the source ends, or the queue was never asked.
pub fn measure(plugin: &Plugin) -> Result<Row> {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let sqs = runtime.block_on(Sqs::start(Duration::ZERO))?;
    let body = Box::new(|_| String::new());
    sqs.create(QUEUE, Setup { messages: 0, body, visibility: Duration::from_secs(30) });
    let mut host = Command::new(&plugin.host);
    host.arg("idle").arg(&plugin.library).arg(format!("sqs://{QUEUE}"));
    host.env("AWS_ENDPOINT_URL_SQS", sqs.url()).env("AWS_REGION", "us-east-1").env("AWS_EC2_METADATA_DISABLED", "true");
    host.env("AWS_ACCESS_KEY_ID", "bench").env("AWS_SECRET_ACCESS_KEY", "bench-secret");
    let output = host.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "plugin-host idle: {}", output.status);
    let Idle { share } = serde_json::from_slice(&output.stdout).context("what plugin-host says")?;
    ensure!(sqs.counts(QUEUE).receives > 0, "the plugin has not asked the queue");
    Ok(row(share))
}

fn row(share: f64) -> Row {
    let title = "plugin: share of a core, empty queue";
    Row { key: "plugin_idle", title, time: None, figure: share, limit: Some(LIMIT), moonshot: None }
}

#[cfg(test)]
mod tests {
    use super::row;

    #[test]
    fn a_hundredth_of_a_core_is_the_limit() {
        assert!(!row(0.009).is_broken() && row(0.011).is_broken());
    }
}
