//! The running pipeline: Falcon's feeds to the backends, and confirmed offsets to their store.

use crate::config::settings::{Credentials, Settings};
use program_kit::admin::Readiness;
use program_kit::aws::SdkConfig;
use program_kit::exit::Exit;
use tokio_util::sync::CancellationToken;

/// What `run` hands over: all of it checked or started by the caller.
pub(crate) struct Running {
    pub(crate) settings: Settings,
    /// The Falcon API client's, whatever store it came from.
    pub(crate) credentials: Credentials,
    /// For AWS clients. Its region is the default chain's: set each client's own with `config::Builder::region`.
    pub(crate) aws: SdkConfig,
    /// Shown by `/readyz`. The caller serves it and the metrics where the settings ask for that.
    pub(crate) readiness: Readiness,
}

/// Runs until `stop` is cancelled, or until there was nothing to do for `until_idle`. On a stop it finishes what is
/// begun and saves the offsets.
///
/// # Errors
/// What cannot get better by trying again, such as offsets that cannot be read at the start.
#[expect(clippy::unused_async, reason = "the pipeline is not built yet")]
pub(crate) async fn run(running: Running, stop: CancellationToken) -> anyhow::Result<Exit> {
    drop((running, stop));
    Err(anyhow::anyhow!("not built yet"))
}
