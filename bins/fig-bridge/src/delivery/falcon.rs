//! Which events falcon-stream is asked for, and from where on.

use anyhow::Context as _;
use falcon_stream::{ApiClient, EventStream, Partition, Start, connect};
use program_kit::aws::SdkConfig;
use tokio_util::sync::CancellationToken;

use super::ledger::Positions;
use super::offsets::Again;
use crate::config::kinds::Names;
use crate::config::settings::{CredentialSource, Credentials, Settings};
use crate::credentials;
use crate::run::ReadAgain;

/// The Falcon API client, and what it takes to read it again.
pub(super) struct Client {
    pub(super) credentials: Credentials,
    pub(super) read_again: ReadAgain,
    pub(super) aws: SdkConfig,
}

/// Begins to read.
///
/// # Errors
/// What the settings say and the Falcon API cannot take.
pub(super) fn open(
    settings: &Settings,
    client: Client,
    places: Places,
    again: Again,
    stop: &CancellationToken,
) -> anyhow::Result<EventStream> {
    let mut config = crate::falcon::config(settings, &client.credentials).start(move |partition: Partition| {
        let (places, again) = (places.clone(), again.clone());
        async move { again.start(&places, partition.0).await }
    });
    let Client { read_again, aws, .. } = client;
    config = config.renewal(move || {
        let (source, aws) = (read_again(), aws.clone());
        async move { renewed(&source?, &aws).await }
    });
    // The service filters by the exact name, and names that a user has typed count whatever their case. So only FIG's
    // own choice is left to it, which is spelled as the service spells it.
    if settings.events.types.is_none()
        && settings.generic.is_none()
        && let Names::Only(types) = settings.wanted_types()
    {
        config = config.event_types(types.iter().map(|name| name.as_str().to_owned()));
    }
    let config = config.build().context("falcon")?;
    connect(config, stop).context("falcon")
}

/// The API client as it is now in the configuration or its store. What cannot be read is told, and changes nothing.
async fn renewed(source: &CredentialSource, aws: &SdkConfig) -> Option<ApiClient> {
    match credentials::load(source, aws).await {
        Ok(Credentials { client_id, client_secret }) => Some(ApiClient { id: client_id, secret: client_secret }),
        Err(missing) => {
            tracing::warn!(reason = %missing, "the Falcon API refuses the API client, and its id and secret cannot be read again");
            None
        }
    }
}

/// Where each feed is to be read from.
#[derive(Clone, Debug)]
pub(super) struct Places {
    /// Up to there all is done with.
    pub(super) stored: Positions,
    /// `EVENTS_OFFSET`: counts as a stored offset where it is higher. 0: none given.
    pub(super) at_least: u64,
    /// A feed without a stored offset begins with what comes next.
    pub(super) newest: bool,
}

impl Places {
    /// The offset that the feed is done with, if there is any.
    pub(super) fn after(&self, feed: u32) -> Option<u64> {
        let given = (self.at_least > 0).then_some(self.at_least);
        self.stored.get(&feed).copied().max(given)
    }

    pub(super) fn start(&self, feed: u32) -> Start {
        match self.after(feed) {
            Some(offset) => Start::After(offset),
            None if self.newest => Start::Newest,
            None => Start::Beginning,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_offset_wins_over_newest_and_a_higher_given_one_over_it() {
        let places = |at_least, newest| Places { stored: [(0, 41)].into(), at_least, newest };
        for (places, feed, start) in [
            (places(0, false), 0, Start::After(41)),
            (places(0, false), 1, Start::Beginning),
            (places(0, true), 0, Start::After(41)),
            (places(0, true), 1, Start::Newest),
            (places(7, false), 0, Start::After(41)),
            (places(7, false), 1, Start::After(7)),
            (places(900, false), 0, Start::After(900)),
        ] {
            assert_eq!(places.start(feed), start, "{places:?}, feed {feed}");
        }
    }
}
