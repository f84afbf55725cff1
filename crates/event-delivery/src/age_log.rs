//! Logs and counts events that are left out because of their age.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::observer::Observer;
use crate::order_log::is_due;
use crate::partition::Partition;

/// How often a partition is logged. Events in between are counted. A limit of age that is too low stays so for days.
const TOLD_EVERY: Duration = Duration::from_secs(300);

/// Logs events that are too old, by partition.
#[derive(Debug, Default)]
pub(crate) struct Ages(BTreeMap<Partition, AgeLog>);

/// The events of a partition since its last log line.
#[derive(Debug, Default)]
struct AgeLog {
    at: Option<Instant>,
    events: u64,
    /// The last one.
    offset: u64,
    advice: &'static str,
}

impl Ages {
    /// Logs and counts an event.
    pub(crate) fn note(&mut self, partition: Partition, offset: u64, advice: &'static str, observer: &dyn Observer) {
        observer.too_old(partition);
        let log = self.0.entry(partition).or_default();
        (log.events, log.offset, log.advice) = (log.events + 1, offset, advice);
        self.tell_due();
    }

    /// Logs the counts that have waited long enough. Returns the number of lines.
    pub(crate) fn tell_due(&mut self) -> usize {
        self.tell(|log| is_due(log.at, TOLD_EVERY))
    }

    fn tell(&mut self, wanted: impl Fn(&AgeLog) -> bool) -> usize {
        let due = self.0.iter_mut().filter(|(_, log)| log.events > 0 && wanted(log));
        due.map(|(partition, log)| log.tell(*partition)).count()
    }
}

/// Logs what is only counted: the reading ends.
impl Drop for Ages {
    fn drop(&mut self) {
        self.tell(|_| true);
    }
}

impl AgeLog {
    fn tell(&mut self, partition: Partition) {
        let Self { events, offset, advice, .. } = *self;
        tracing::warn!(
            feed = partition.0,
            offset,
            events,
            "events are too old and go to no destination, also such as were read before a restart; {advice}"
        );
        (self.events, self.at) = (0, Some(Instant::now()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[derive(Default)]
    struct Counted(AtomicU64);

    impl Observer for Counted {
        fn too_old(&self, _partition: Partition) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn each_event_is_counted_and_a_line_comes_at_once_and_then_seldom() {
        let (mut ages, observer) = (Ages::default(), Counted::default());
        let waiting = |ages: &Ages| ages.0.values().map(|log| log.events).collect::<Vec<_>>();
        for (partition, offset, expected) in [(0, 1, vec![0]), (0, 2, vec![1]), (1, 1, vec![1, 0]), (0, 3, vec![2, 0])]
        {
            ages.note(Partition(partition), offset, "raise the limit", &observer);
            assert_eq!(waiting(&ages), expected);
        }
        assert_eq!((ages.tell_due(), observer.0.load(Ordering::Relaxed)), (0, 4));
        tokio::time::sleep(TOLD_EVERY).await;
        assert_eq!((ages.tell_due(), waiting(&ages)), (1, vec![0, 0]), "only what has something to say");
    }
}
