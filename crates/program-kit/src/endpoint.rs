//! The endpoint on a thread of its own, so that it answers even if the program is busy.

use crate::admin::{Admin, Readiness, install_metrics};
use crate::metric::{self, Metric};
use anyhow::Context;
use std::net::SocketAddr;
use std::thread::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The running endpoint of a program without a runtime.
#[derive(Debug)]
pub struct Endpoint {
    closing: CancellationToken,
    thread: JoinHandle<()>,
}

impl Endpoint {
    /// Collects the metrics of a table, and starts to serve. `parts` adds parts to the readiness, and returns the function
    /// that updates them and the metrics before each answer.
    ///
    /// # Errors
    /// The address cannot be bound.
    pub fn start<R: Fn() + Send + Sync + 'static>(
        address: SocketAddr,
        metrics: &[Metric],
        parts: impl FnOnce(&Readiness) -> R,
    ) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("starting the thread of the admin endpoint")?;
        let (handle, readiness, closing) = (install_metrics()?, Readiness::default(), CancellationToken::new());
        metric::describe(metrics);
        let refresh = parts(&readiness);
        let admin = runtime.block_on(Admin::serve(address, handle, readiness, refresh, None, closing.clone()))?;
        let thread = std::thread::Builder::new().name("admin".to_owned());
        let thread = thread.spawn(move || runtime.block_on(admin.finished())).context("starting a thread")?;
        Ok(Self { closing, thread })
    }

    /// Stops the endpoint after finishing the answers in progress.
    pub fn end(self) {
        self.closing.cancel();
        if self.thread.join().is_err() {
            tracing::error!("the thread of the admin endpoint failed");
        }
    }
}
