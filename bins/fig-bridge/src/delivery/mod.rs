//! The running pipeline: Falcon's feeds to the backends, and confirmed offsets to their store.
//!
//! ```text
//! falcon -> reading -> lane (one a backend): queue -> batch -> call -> outcome
//!              |                                                  |
//!              +-> dead letter -------------> ledger <------------+
//!                                               +-> offsets -> store
//! ```

mod backend;
mod dead_letter;
mod event;
mod falcon;
mod gauges;
mod idle;
mod lane;
mod ledger;
mod limiter;
mod offsets;
mod orders;
mod pipeline;
mod reading;
mod room;
mod trouble;
mod watching;

pub(crate) use dead_letter::{Pick, list as list_letters, replay as replay_letters};

use crate::config::settings::{Credentials, Settings};
use crate::run::ReadAgain;
use offset_store::{StoreError, Writer};
use program_kit::admin::Readiness;
use program_kit::aws::SdkConfig;
use program_kit::exit::Exit;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// What `run` hands over: all of it checked or started by the caller.
pub(crate) struct Running {
    pub(crate) settings: Settings,
    /// The Falcon API client's, whatever store it came from.
    pub(crate) credentials: Credentials,
    /// Where they may be read again after the Falcon API has refused them.
    pub(crate) read_again: ReadAgain,
    /// For AWS clients. Its region is the default chain's: set each client's own with `config::Builder::region`.
    pub(crate) aws: SdkConfig,
    /// Shown by `/readyz`. The caller serves it and the metrics where the settings ask for that.
    pub(crate) readiness: Readiness,
}

/// Runs until `stop` is cancelled, or until there was nothing to do for `until_idle`. On a stop it finishes what is
/// begun and saves the offsets.
///
/// # Errors
/// What cannot get better by trying again, such as a dead letter that cannot be written at the start.
pub(crate) async fn run(running: Running, stop: CancellationToken) -> anyhow::Result<Exit> {
    let store = crate::offsets::store(&running.settings.offset_store, &running.aws);
    let health = running.readiness.part("offsets", "the stored offsets");
    let loaded = match offsets::open(&store, health, &stop).await {
        Ok(Some(loaded)) => loaded,
        Ok(None) => return Ok(Exit::Done),
        Err(error) if is_unreadable(&error) => {
            let hint = error.context("mend what is stored, or forget it with: fig-bridge offsets reset");
            program_kit::logging::print_error(&hint);
            return Ok(Exit::Usage);
        }
        Err(error) => return Err(error),
    };
    let writer = Writer::spawn(Arc::clone(&store), loaded.clone());
    let again = offsets::Again::new(store, &writer, stop.clone());
    pipeline::run(running, &loaded, writer, again, stop).await
}

fn is_unreadable(error: &anyhow::Error) -> bool {
    error.downcast_ref::<StoreError>().is_some_and(StoreError::is_unreadable)
}
