//! `run` starts the pipeline from checked settings.

use crate::config::settings::{CredentialSource, Credentials, Settings};
use crate::credentials::{self, Missing, ReadAgain};
use crate::delivery::{self, Running};
use crate::idle::too_late;
use crate::metrics;
use common_retry::Backoff;
use program_kit::admin::{Admin, Readiness, ReadinessPart, install_metrics};
use program_kit::aws::{self, AwsOptions, SdkConfig};
use program_kit::exit::Exit;
use program_kit::{logging, stop};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Runs until stopped, or until idle for as long as the settings say.
pub(crate) async fn run(settings: Settings, read_again: ReadAgain) -> anyhow::Result<Exit> {
    let stop = stop::token_on_signals()?;
    let readiness = Readiness::default();
    // The admin endpoint outlives the pipeline, so that the stop can be observed.
    let closing = CancellationToken::new();
    let admin = match settings.admin {
        Some(address) => {
            let collected = install_metrics()?;
            metrics::describe();
            let (readiness, page) = (readiness.clone(), Some(metrics::STATUS));
            Some(Admin::serve(address, collected, readiness, metrics::refresh, page, closing.clone()).await?)
        }
        None => None,
    };
    let done = pipeline(settings, read_again, readiness, stop).await;
    closing.cancel();
    if let Some(admin) = admin {
        admin.finished().await;
    }
    done
}

async fn pipeline(
    settings: Settings,
    read_again: ReadAgain,
    readiness: Readiness,
    stop: CancellationToken,
) -> anyhow::Result<Exit> {
    tracing::info!(
        version = program_kit::VERSION,
        backends = %settings.backends.iter().map(|backend| backend.kind().to_string()).collect::<Vec<_>>().join(","),
        region = %settings.falcon.region,
        application_id = settings.falcon.application_id,
        offset_store = %settings.offset_store,
        dead_letter = %settings.dead_letter,
        "starting"
    );
    let aws = aws::config(&AwsOptions::default()).await?;
    let part = readiness.part("credentials", "the credential store");
    let credentials = tokio::select! {
        () = stop.cancelled() => return Ok(Exit::Done),
        error = too_late(settings.until_idle, &readiness) => return Err(error),
        found = wait_for_credentials(&settings.credentials, &aws, &part) => match found {
            Ok(credentials) => credentials,
            Err(missing) => return give_up(&missing),
        },
    };
    part.mark_ready();
    let done =
        delivery::run(Running { settings, credentials, read_again, aws, readiness: readiness.clone() }, stop).await;
    drop(part);
    done
}

/// The waits between tries to read the credential store. AWS's own outages last minutes, and a call is cheap.
const AT_START: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(30));

/// Reads the credential store until it answers, as long as the failure may be transient.
async fn wait_for_credentials(
    source: &CredentialSource,
    aws: &SdkConfig,
    part: &ReadinessPart,
) -> Result<Credentials, Missing> {
    let mut failures = 0;
    loop {
        let missing = match credentials::load(source, aws).await {
            Err(missing) if missing.is_transient() => missing,
            settled => return settled,
        };
        failures += 1;
        let wait = AT_START.after(failures);
        tracing::warn!(reason = %missing, seconds = wait.as_secs_f32(), "the credential store cannot be read yet; retrying");
        part.waits_for(missing.to_string());
        tokio::time::sleep(wait).await;
    }
}

fn give_up(missing: &Missing) -> anyhow::Result<Exit> {
    let error = anyhow::anyhow!("{missing}").context("credentials");
    match missing {
        Missing::Misconfigured(_) => {
            logging::print_error(&error);
            Ok(Exit::Usage)
        }
        Missing::Refused { .. } => Err(error),
    }
}
