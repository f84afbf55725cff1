//! Compares a queue that is read ten messages a request, with many requests at once, with one message after the other.

use std::path::Path;

use anyhow::{Result, ensure};

use crate::child::{self, command};
use bench::report::Row;
use bench::rounds::median;

use crate::services::{NAME, Services};
use crate::trail::{LATENCY, RECORDS};

/// The number of messages in a run of ours and of the original's. One message of the original's takes a tenth of a
/// second.
const MESSAGES: (u64, u64) = (4000, 100);
const QUICK_MESSAGES: (u64, u64) = (500, 20);
const ROUNDS: usize = 3;
const QUICK_ROUNDS: usize = 1;
/// The limit: this many times the messages a second of the original's way.
const LEAST_GAIN: f64 = 20.0;

/// Measures both ways in turn.
pub(crate) async fn measure(ct_ingest: &Path, quick: bool) -> Result<Vec<Row>> {
    let ((many, few), rounds) = if quick { (QUICK_MESSAGES, QUICK_ROUNDS) } else { (MESSAGES, ROUNDS) };
    let services = Services::start(LATENCY, RECORDS).await?;
    services.put_anywhere();
    println!("SQS: {many} messages, for the original's way {few}, {} ms a request", LATENCY.as_millis());
    let source = format!("sqs://{NAME}");
    let this = std::env::current_exe()?;
    let (mut fast, mut slow) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        services.send(many);
        child::run(command(ct_ingest, &services, &["--until-idle", "1", "--log-level", "warn", &source])).await?;
        fast.push(rate(&services, many)?);
        services.send(few);
        child::run(command(&this, &services, &["one-by-one", NAME, "--messages", &few.to_string()])).await?;
        slow.push(rate(&services, few)?);
    }
    let gains = fast.iter().zip(&slow).map(|(fast, slow)| fast / slow).collect();
    println!("ct-ingest {:6.0} messages a second, one by one {:6.1}", median(fast), median(slow));
    let title = "SQS: times the messages a second of one by one";
    Ok(vec![Row::new("", title, median(gains)).at_least(LEAST_GAIN)])
}

/// Returns the messages a second, from the first receipt to the last deletion.
fn rate(services: &Services, messages: u64) -> Result<f64> {
    let counts = services.sqs.counts(NAME);
    ensure!(counts.deleted == messages && counts.again == 0, "of {messages} messages: {counts:?}");
    Ok(messages as f64 / counts.worked.as_secs_f64())
}
