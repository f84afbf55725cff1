//! What the log and the metrics say of offsets that do not go up.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::ledger::Order;
use crate::metrics as table;

/// A feed is spoken of this often at most; what came in between is counted.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// Tells of events whose offset is not above the last one, and of feeds whose offsets have started again.
#[derive(Debug, Default)]
pub(super) struct Orders(BTreeMap<u32, Told>);

/// What was told of a feed.
#[derive(Debug, Default)]
struct Told {
    at: Option<Instant>,
    behind: u64,
    restarts: u64,
}

impl Orders {
    /// An event was taken.
    pub(super) fn tell(&mut self, feed: u32, offset: u64, order: Order) {
        let (last, is_restart, is_behind) = match order {
            Order::Next => return,
            Order::Behind { last } => (last, false, true),
            Order::Restarted { last, is_first } => (last, true, is_first),
        };
        let told = self.0.entry(feed).or_default();
        if is_behind {
            table::EVENTS_OUT_OF_ORDER.of([feed.to_string()]).increment(1);
            told.behind += 1;
        }
        if is_restart {
            table::FEED_RESTARTS.of([feed.to_string()]).increment(1);
            told.restarts += 1;
        }
        // That a feed starts again is told at once, unless it was just told.
        let is_news = is_restart && told.restarts == 1;
        if !is_news && told.at.is_some_and(|at| at.elapsed() < TOLD_EVERY) {
            return;
        }
        let (events, restarts) = (told.behind, told.restarts);
        if restarts > 0 {
            tracing::warn!(
                feed,
                offset,
                last,
                events,
                restarts,
                "the feed's offsets have started again: its events are published, and it is followed from there; if \
                 nobody has reset the tenant's streams, check that no other tenant shares the offset store (OFFSET_STORE)"
            );
        } else {
            tracing::warn!(
                feed,
                offset,
                last,
                events,
                "an event came with an offset that is not above the last one, and is none that came before: it is \
                 published, and may be published twice"
            );
        }
        *told = Told { at: Some(Instant::now()), ..Told::default() };
    }
}
