//! Which events falcon-stream is asked for, and from where on.

use anyhow::Context as _;
use falcon_stream::{EventStream, Partition, Start, connect};
use tokio_util::sync::CancellationToken;

use super::ledger::Positions;
use crate::config::kinds::Names;
use crate::config::settings::{Credentials, Settings};

/// Begins to read.
///
/// # Errors
/// What the settings say and the Falcon API cannot take.
pub(super) fn open(
    settings: &Settings,
    credentials: &Credentials,
    places: Places,
    stop: &CancellationToken,
) -> anyhow::Result<EventStream> {
    let mut config = crate::falcon::config(settings, credentials).start(move |partition| places.start(partition));
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

    fn start(&self, partition: Partition) -> Start {
        match self.after(partition.0) {
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
            assert_eq!(places.start(Partition(feed)), start, "{places:?}, feed {feed}");
        }
    }
}
