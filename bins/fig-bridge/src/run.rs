//! `run`: from checked settings to the running pipeline.

use crate::backoff::STARTING;
use crate::config::settings::{CredentialSource, Credentials, Settings};
use crate::credentials::{self, Missing};
use crate::delivery::{self, Running};
use crate::metrics;
use program_kit::admin::{Admin, Part, Readiness, install_metrics};
use program_kit::aws::{self, AwsOptions, SdkConfig};
use program_kit::exit::Exit;
use program_kit::{logging, stop};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Reads where the Falcon API client comes from again; none where the configuration cannot be read just now.
pub(crate) type ReadAgain = Arc<dyn Fn() -> Option<CredentialSource> + Send + Sync>;

/// Runs until told to stop, or until idle for as long as the settings say.
pub(crate) async fn run(settings: Settings, read_again: ReadAgain) -> anyhow::Result<Exit> {
    let stop = stop::token_on_signals()?;
    let readiness = Readiness::default();
    // The admin endpoint outlives the pipeline: what happens while it stops can be seen.
    let closing = CancellationToken::new();
    let admin = match settings.admin {
        Some(address) => {
            let collected = install_metrics()?;
            metrics::describe();
            Some(Admin::serve_fresh(address, collected, readiness.clone(), metrics::refresh, closing.clone()).await?)
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
        backends = %settings.backends.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
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
        found = until_there(&settings.credentials, &aws, &part) => match found {
            Ok(credentials) => credentials,
            Err(missing) => return give_up(&missing),
        },
    };
    part.is_ready();
    let done =
        delivery::run(Running { settings, credentials, read_again, aws, readiness: readiness.clone() }, stop).await;
    drop(part);
    done
}

/// Asks the credential store until it answers, as long as what is in the way may go away by itself.
async fn until_there(source: &CredentialSource, aws: &SdkConfig, part: &Part) -> Result<Credentials, Missing> {
    let mut failures = 0;
    loop {
        let missing = match credentials::load(source, aws).await {
            Err(missing) if missing.is_transient() => missing,
            settled => return settled,
        };
        failures += 1;
        let wait = STARTING.after(failures);
        tracing::warn!(reason = %missing, seconds = wait.as_secs_f32(), "the credential store cannot be read yet; trying again");
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
