//! The admin endpoint.

use crate::metrics::Metrics;
use crate::metrics::table::{BUILD_INFO, METRICS};
use program_kit::endpoint::Endpoint;
use program_kit::metric::show_build;
use std::net::SocketAddr;

/// Starts to serve.
///
/// # Errors
/// The address cannot be bound.
pub(crate) fn start(address: SocketAddr, metrics: &Metrics) -> anyhow::Result<Endpoint> {
    let metrics = metrics.clone();
    Endpoint::start(address, METRICS, |readiness| {
        show_build(&BUILD_INFO);
        let source = readiness.part("source", "the start");
        let alerts = metrics.posting().map(|posting| (readiness.part("alerts", "the start"), posting.clone()));
        move || {
            metrics.refresh();
            source.set(metrics.waits_for());
            if let Some((part, posting)) = &alerts {
                part.set(posting.waits_for());
            }
        }
    })
}
