//! `--until-idle` while something fails.

use event_delivery::stalled_after;
use program_kit::admin::Readiness;
use std::time::Duration;

/// Waits as long as a program that ends when it is idle waits for something that fails.
pub(crate) async fn too_late(until_idle: Option<Duration>, readiness: &Readiness) -> anyhow::Error {
    let Some(enough) = until_idle else { return std::future::pending().await };
    tokio::time::sleep(stalled_after(enough)).await;
    stalled(readiness, enough)
}

/// Returns why a program that should end when it is idle ends before.
pub(crate) fn stalled(readiness: &Readiness, enough: Duration) -> anyhow::Error {
    let reasons: Vec<String> = readiness.waiting().iter().map(|(part, why)| format!("{part}: {why}")).collect();
    let seconds = stalled_after(enough).as_secs();
    anyhow::anyhow!(
        "--until-idle: nothing was read or delivered for {seconds} s, so it is not known whether events wait: {}",
        reasons.join("; ")
    )
}
