//! Names events that keep failing while others are accepted, in the log and `/readyz`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::backend::Failure;
use crate::backend::failure::is_throttle;
use crate::event::PendingEvent;
use crate::observer::Observer;
use crate::partition::Partition;

/// An event that has failed for this long is named. Temporary failures, such as a throttle, end earlier. Tries are up
/// to 30 s apart, so every such event is named within a minute.
const NAMED_AFTER: Duration = Duration::from_secs(10);
/// The same for an event that is throttled while most others are. If two of three are throttled, one event of 100,000
/// is refused thirty times in a row by chance, which takes this long. Nobody needs to act on that.
const THROTTLED_NAMED_AFTER: Duration = Duration::from_secs(600);
/// How often events that keep failing are logged.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// The events of one lane that keep failing. They are in flight, which bounds them.
pub(crate) struct Stuck {
    part: &'static str,
    /// By the event's address in memory, which it keeps until it is confirmed.
    events: BTreeMap<usize, About>,
    told: Option<Instant>,
    observer: Arc<dyn Observer>,
}

#[derive(Clone, Debug)]
struct About {
    feed: Partition,
    offset: u64,
    code: String,
    advice: &'static str,
    tries: u32,
    since: Instant,
}

impl Stuck {
    pub(crate) fn new(part: &'static str, observer: Arc<dyn Observer>) -> Self {
        observer.events_failing(part, 0);
        Self { part, events: BTreeMap::new(), told: None, observer }
    }

    /// Counts a refusal of an event while others were accepted. `is_slowed` says that most of those are throttled, too.
    pub(crate) fn refused(
        &mut self,
        event: &Arc<PendingEvent>,
        (failure, advice): (&Failure, &'static str),
        (tries, since): (u32, Instant),
        is_slowed: bool,
    ) {
        let is_by_chance = is_slowed && is_throttle(&failure.code);
        if since.elapsed() < if is_by_chance { THROTTLED_NAMED_AFTER } else { NAMED_AFTER } {
            return;
        }
        let code = failure.code.clone();
        let about = About { feed: event.partition, offset: event.offset, code, advice, tries, since };
        let is_new = self.events.insert(key(event), about.clone()).is_none();
        let is_due = self.told.is_none_or(|told| told.elapsed() >= TOLD_EVERY);
        if is_due || (is_new && self.events.len() == 1) {
            let About { feed, offset, code, advice, tries, since } = about;
            tracing::warn!(
                part = self.part,
                feed = feed.0,
                offset,
                code,
                tries,
                seconds = since.elapsed().as_secs(),
                events = self.events.len(),
                advice,
                "an event keeps failing while others are accepted: the stored offset waits for it"
            );
            self.told = Some(Instant::now());
        }
        self.show();
    }

    /// Returns whether the event is one of those that keep failing.
    pub(crate) fn has(&self, event: &Arc<PendingEvent>) -> bool {
        self.events.contains_key(&key(event))
    }

    /// Removes an event that is confirmed or in the dead letter.
    pub(crate) fn done(&mut self, event: &Arc<PendingEvent>) {
        let Some(About { feed, offset, code, tries, since, .. }) = self.events.remove(&key(event)) else { return };
        let seconds = since.elapsed().as_secs();
        tracing::info!(
            part = self.part,
            feed = feed.0,
            offset,
            code,
            tries,
            seconds,
            "an event that kept failing is delivered or in the dead letter"
        );
        self.show();
    }

    /// Describes the event that has failed for longest. `None` if no event keeps failing.
    pub(crate) fn text(&self) -> Option<String> {
        let About { feed, offset, code, advice, tries, since } =
            self.events.values().min_by_key(|about| about.since)?;
        let more = match self.events.len() {
            1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        Some(format!(
            "feed {feed}, offset {offset}{more}: {code}, {tries} tries in {} s, while others are accepted; the stored offset waits \
             for it; {advice}",
            since.elapsed().as_secs()
        ))
    }

    fn show(&self) {
        self.observer.events_failing(self.part, self.events.len());
    }
}

fn key(event: &Arc<PendingEvent>) -> usize {
    Arc::as_ptr(event).addr()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::tests::event;

    #[tokio::test(start_paused = true)]
    async fn an_event_is_named_once_it_has_failed_for_a_while() {
        let (mut stuck, start, slow) = (Stuck::new("backend", Arc::new(())), Instant::now(), event(0, 4, "{}", 1));
        let failure = Failure::not_answered();
        stuck.refused(&slow, (&failure, ""), (1, start), false);
        assert_eq!((stuck.text(), stuck.has(&slow)), (None, false));
        tokio::time::advance(NAMED_AFTER).await;
        stuck.refused(&slow, (&failure, ""), (7, start), false);
        assert!(stuck.has(&slow));
        let other = event(1, 9, "{}", 1);
        tokio::time::advance(NAMED_AFTER).await;
        stuck.refused(&other, (&failure, ""), (7, start + NAMED_AFTER), false);
        assert!(stuck.has(&other));
        assert!(stuck.text().unwrap().starts_with("feed 0, offset 4 and 1 more: NotAnswered, 7 tries"));
        stuck.done(&slow);
        stuck.done(&slow);
        assert!(!stuck.has(&slow) && stuck.has(&other));
        stuck.done(&other);
        assert_eq!(stuck.text(), None);
    }
}
