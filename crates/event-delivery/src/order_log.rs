//! Logs and counts events whose offset does not grow.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::ledger::Order;
use crate::observer::Observer;
use crate::partition::Partition;

/// How often a partition is logged. Events in between are counted.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// Returns whether a line is due again that was logged `at`.
pub(crate) fn is_due(at: Option<Instant>, every: Duration) -> bool {
    at.is_none_or(|at| at.elapsed() >= every)
}

/// Logs events whose offset is not above the last one, and partitions whose offsets have started again.
#[derive(Debug, Default)]
pub(crate) struct Orders(BTreeMap<Partition, OrderLog>);

/// The counts of a partition since its last log line.
#[derive(Debug, Default)]
struct OrderLog {
    at: Option<Instant>,
    behind: u64,
    restarts: u64,
}

impl Orders {
    /// Logs and counts the order of an event.
    pub(crate) fn note(&mut self, partition: Partition, offset: u64, order: Order, observer: &dyn Observer) {
        let (last, is_restart, is_behind) = match order {
            Order::Next => return,
            Order::Behind { last } => (last, false, true),
            Order::Restarted { last, is_first } => (last, true, is_first),
        };
        let log = self.0.entry(partition).or_default();
        if is_behind {
            observer.out_of_order(partition);
            log.behind += 1;
        }
        if is_restart {
            observer.restarted(partition);
            log.restarts += 1;
        }
        // A restart is logged at once, unless the previous line had one.
        let is_news = is_restart && log.restarts == 1;
        if !is_news && !is_due(log.at, TOLD_EVERY) {
            return;
        }
        let (events, restarts) = (log.behind, log.restarts);
        if restarts > 0 {
            tracing::warn!(
                feed = partition.0,
                offset,
                last,
                events,
                restarts,
                "the feed's offsets have started again: its events are published, and reading goes on from there; if \
                 nobody has reset the tenant's streams, check that no other tenant shares the offset store"
            );
        } else {
            tracing::warn!(
                feed = partition.0,
                offset,
                last,
                events,
                "the offset of an event is not above the last one, and the event did not come before: it is \
                 published, and may be published twice"
            );
        }
        *log = OrderLog { at: Some(Instant::now()), ..OrderLog::default() };
    }
}
