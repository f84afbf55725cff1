//! The running pipeline: events from Falcon's partitions to the backends, and confirmed offsets to their store.
//!
//! ```text
//! falcon -> reading -> lane (one a backend): queue -> batch -> call -> outcome
//!              |                                                  |
//!              +-> dead letter -------------> ledger <------------+
//!                                               +-> offsets -> store
//! ```

mod backends;
mod dead_letter;
mod falcon;
mod observer;
mod pipeline;
mod reading;
mod watching;

pub(crate) use backends::{LOGS_ACCOUNT, S3_ACCOUNT, s3_client};
pub(crate) use dead_letter::{Pick, list as list_letters, replay as replay_letters};

use crate::config::settings::{Credentials, Settings};
use crate::credentials::ReadAgain;
use anyhow::Context as _;
use event_delivery::{OffsetWriter, open_offsets, wait_until_stalled};
pub(crate) use observer::Shown;
use offset_store::StoreError;
use program_kit::admin::Readiness;
use program_kit::aws::{SdkConfig, with_proxy};
use program_kit::exit::{Exit, Misconfigured};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The option that ends the program while something fails.
const UNTIL_IDLE: &str = "--until-idle";

/// Returns the result of a part of the start, or an error if a program that ends when it is idle has waited too long for it.
pub(crate) async fn unless_stalled<T>(
    until_idle: Option<Duration>,
    readiness: &Readiness,
    part: impl Future<Output = T>,
) -> anyhow::Result<T> {
    tokio::select! {
        done = part => Ok(done),
        late = wait_until_stalled(until_idle, || readiness.reasons()) => Err(late).context(UNTIL_IDLE),
    }
}

/// The checked parts that [`run`] starts with.
pub(crate) struct Running {
    pub(crate) settings: Settings,
    /// The Falcon API client's id and secret.
    pub(crate) credentials: Credentials,
    /// Reads them again after the Falcon API has refused them.
    pub(crate) read_again: ReadAgain,
    /// For AWS clients. Its region comes from the default chain: set each client's own with `config::Builder::region`.
    pub(crate) aws: SdkConfig,
    /// Shown by `/readyz`. The caller serves it, and the metrics.
    pub(crate) readiness: Readiness,
}

/// Runs until `stop` is cancelled, or until nothing has happened for `until_idle`. Then finishes the calls in flight
/// and saves the offsets.
///
/// # Errors
/// Returns an error that another try cannot remove, such as a dead letter that cannot be written.
pub(crate) async fn run(running: Running, stop: CancellationToken) -> anyhow::Result<Exit> {
    let store = crate::offsets::store(&running.settings.offset_store, &running.aws);
    let health = Arc::new(Shown(running.readiness.part("offsets", "the stored offsets")));
    let describe = |error: &StoreError| with_proxy(error.to_string());
    let opening = open_offsets(&*store, health, describe, &stop);
    let loaded = match unless_stalled(running.settings.until_idle, &running.readiness, opening).await? {
        Ok(Some(loaded)) => loaded,
        Ok(None) => return Ok(Exit::Done),
        Err(error) => match crate::offsets::remedy(&error) {
            Some(remedy) => return Err(Misconfigured(vec![format!("offsets: {error}; {remedy}")]).into()),
            None => return Err(anyhow::Error::from(error).context(format!("offsets in {}", store.name()))),
        },
    };
    let writer = OffsetWriter::start(store, loaded.clone(), running.settings.events.start_from_newest);
    pipeline::run(running, &loaded, writer, stop).await
}
