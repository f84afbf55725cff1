//! Which events falcon-stream asks for, and where it starts.

use anyhow::Context as _;
use event_delivery::{Reopen, Reopened};
use falcon_stream::{ApiClient, EventStream, Partition, Start, connect};
use program_kit::aws::SdkConfig;
use tokio_util::sync::CancellationToken;

use crate::config::kinds::Names;
use crate::config::settings::{CredentialSource, Credentials, Settings};
use crate::credentials::{self, ReadAgain};

/// The Falcon API client, and where to read its id and secret again.
pub(super) struct Client {
    pub(super) credentials: Credentials,
    pub(super) read_again: ReadAgain,
    pub(super) aws: SdkConfig,
}

/// Starts to read.
///
/// # Errors
/// Returns an error for settings that the Falcon API cannot take.
pub(super) fn open(
    settings: &Settings,
    client: Client,
    reopen: Reopen,
    stop: &CancellationToken,
) -> anyhow::Result<EventStream> {
    let (at_least, from_newest) = (settings.events.offset, settings.events.start_from_newest);
    let mut config = crate::falcon::config(settings, &client.credentials).start(move |partition: Partition| {
        let reopen = reopen.clone();
        async move { start(reopen.read(event_delivery::Partition(partition.0), at_least).await, from_newest) }
    });
    let Client { read_again, aws, .. } = client;
    config = config.renewal(move || {
        let (source, aws) = (read_again(), aws.clone());
        async move { renewed(&source?, &aws).await }
    });
    // The service filters by exact name, but names that a user has typed count in any case. So the service filters only
    // FIG's own choice, which is in the service's spelling.
    if settings.events.types.is_none()
        && settings.generic().is_none()
        && let Names::Only(types) = settings.wanted_types()
    {
        config = config.event_types(types.iter().map(|name| name.as_str().to_owned()));
    }
    let config = config.build().context("falcon")?;
    connect(config, stop).context("falcon")
}

/// Reads the API client again, from the configuration or its store. If that fails, a warning is logged and the old
/// client stays.
async fn renewed(source: &CredentialSource, aws: &SdkConfig) -> Option<ApiClient> {
    match credentials::load(source, aws).await {
        Ok(Credentials { client_id, client_secret }) => Some(ApiClient { id: client_id, secret: client_secret }),
        Err(missing) => {
            tracing::warn!(reason = %missing, "the Falcon API refuses the API client, and its id and secret cannot be read again: the old ones stay in use; check the configuration and the credential store");
            None
        }
    }
}

/// Returns where reading starts in a partition.
fn start(opened: Reopened, from_newest: bool) -> Start {
    match opened {
        Reopened::After(offset) => Start::After(offset),
        Reopened::WithoutOffset if from_newest => Start::Newest,
        // falcon-stream knows where it was.
        Reopened::WithoutOffset | Reopened::WhereItWas => Start::Beginning,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_offset_wins_over_newest() {
        for (opened, from_newest, expected) in [
            (Reopened::After(41), false, Start::After(41)),
            (Reopened::WithoutOffset, false, Start::Beginning),
            (Reopened::After(41), true, Start::After(41)),
            (Reopened::WithoutOffset, true, Start::Newest),
            (Reopened::WhereItWas, true, Start::Beginning),
        ] {
            assert_eq!(start(opened, from_newest), expected, "{opened:?}, {from_newest}");
        }
    }
}
