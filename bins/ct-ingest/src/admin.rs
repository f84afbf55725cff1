//! The admin endpoint, on a thread of its own: it answers however busy the program is.

use crate::metrics::Metrics;
use anyhow::Context;
use program_kit::admin::{Admin, Readiness, install_metrics};
use std::net::SocketAddr;
use std::thread::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The endpoint, while it is served.
pub(crate) struct Endpoint {
    closing: CancellationToken,
    thread: JoinHandle<()>,
}

impl Endpoint {
    /// Serves until it is told to end.
    ///
    /// # Errors
    /// Names the address where it cannot be bound to.
    pub(crate) fn start(address: SocketAddr, metrics: &Metrics) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("starting the thread of the admin endpoint")?;
        let (handle, readiness, closing) = (install_metrics()?, Readiness::default(), CancellationToken::new());
        Metrics::describe();
        let (source, metrics) = (readiness.part("source", "the start"), metrics.clone());
        let refresh = move || {
            metrics.refresh();
            match metrics.waits_for() {
                None => source.is_ready(),
                Some(why) => source.waits_for(why),
            }
        };
        let admin = runtime.block_on(Admin::serve_fresh(address, handle, readiness, refresh, closing.clone()))?;
        let thread = std::thread::Builder::new().name("admin".to_owned());
        let thread = thread.spawn(move || runtime.block_on(admin.finished())).context("starting a thread")?;
        Ok(Self { closing, thread })
    }

    /// Ends it; answers that are under way are finished.
    pub(crate) fn end(self) {
        self.closing.cancel();
        if self.thread.join().is_err() {
            tracing::error!("the thread of the admin endpoint failed");
        }
    }
}
