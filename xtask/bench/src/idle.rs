//! Measures the plugin with an empty queue, which it asks with long polls.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde::Deserialize;
use stand_ins::sqs::{Setup, Sqs};
use tokio::runtime::Builder;

use crate::plugin::Plugin;
use crate::report::Row;

const QUEUE: &str = "idle";

/// The output of plugin-host.
#[derive(Deserialize)]
struct Idle {
    share: f64,
}

/// Returns the row for an empty queue. This process serves the queue, so that the queue's work does not count.
///
/// # Errors
/// Fails if the source ends, or if the plugin never asked the queue.
pub fn measure(plugin: &Plugin) -> Result<Row> {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let sqs = runtime.block_on(Sqs::start(Duration::ZERO))?;
    let body = Box::new(|_| String::new());
    sqs.create(QUEUE, Setup { messages: 0, body, visibility: Duration::from_secs(30) });
    let Idle { share } = plugin.run("idle", |host| {
        host.arg(format!("sqs://{QUEUE}")).env("AWS_ENDPOINT_URL_SQS", sqs.url()).envs([
            ("AWS_REGION", "us-east-1"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_ACCESS_KEY_ID", "bench"),
            ("AWS_SECRET_ACCESS_KEY", "bench-secret"),
        ])
    })?;
    ensure!(sqs.counts(QUEUE).receives > 0, "the plugin made no request to the queue");
    // Falco runs next to the programs that it watches, and most queues are empty most of the time.
    Ok(Row::new("plugin_idle", "plugin: share of a core, empty queue", share))
}
