//! `run` starts the pipeline from checked settings.

use crate::config::settings::Settings;
use crate::credentials::{self, Missing, ReadAgain};
use crate::delivery::{self, Running, Shown, unless_stalled};
use crate::metrics;
use event_delivery::{Health, open_when_answered};
use program_kit::admin::{Admin, Readiness, install_metrics};
use program_kit::aws::{self, AwsOptions};
use program_kit::exit::{Exit, Misconfigured};
use program_kit::stop;
use std::sync::Arc;
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
    let health: Arc<dyn Health> = Arc::new(Shown(readiness.part("credentials", "the credential store")));
    let load = async || credentials::load(&settings.credentials, &aws).await;
    let again = |missing: &Missing| missing.is_transient().then(|| missing.to_string());
    let loading = open_when_answered("credentials", Arc::clone(&health), load, again, &stop);
    let credentials = match unless_stalled(settings.until_idle, &readiness, loading).await? {
        Ok(Some(credentials)) => credentials,
        Ok(None) => return Ok(Exit::Done),
        Err(missing) => return Err(give_up(&missing)),
    };
    health.mark_ready();
    delivery::run(Running { settings, credentials, read_again, aws, readiness }, stop).await
}

fn give_up(missing: &Missing) -> anyhow::Error {
    let text = format!("credentials: {missing}");
    match missing {
        Missing::Misconfigured(_) => Misconfigured(vec![text]).into(),
        Missing::Refused { .. } => anyhow::Error::msg(text),
    }
}
