//! Events that keep failing while others go through: each is named, in the log and for `/readyz`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use metrics::Gauge;
use tokio::time::Instant;

use super::super::backend::failure::{Failure, is_throttle};
use super::super::event::Event;
use crate::metrics as table;

/// An event that has failed for so long is named. What passes by itself, as a throttle, is over by then. Tries are up to
/// 30 s apart, so that every such event is named within a minute.
const NAMED_AFTER: Duration = Duration::from_secs(10);
/// The same for an event that is throttled while most of the others are. With two of three throttled, one event of 100,000
/// is refused thirty times in a row by chance, which takes this long; and nobody is needed for it.
const THROTTLED_NAMED_AFTER: Duration = Duration::from_secs(600);
/// While events keep failing the log says so this often.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// Events of one lane that keep failing. They are among those in flight, which bounds them.
#[derive(Debug)]
pub(super) struct Stuck {
    part: &'static str,
    /// By where the event lies in memory, which it does until it is done with.
    events: BTreeMap<usize, About>,
    told: Option<Instant>,
    gauge: Gauge,
}

#[derive(Clone, Debug)]
struct About {
    feed: u32,
    offset: Option<u64>,
    code: String,
    advice: &'static str,
    tries: u32,
    since: Instant,
}

impl Stuck {
    pub(super) fn new(part: &'static str) -> Self {
        let gauge = table::BACKEND_EVENTS_FAILING.of([part]);
        gauge.set(0.0);
        Self { part, events: BTreeMap::new(), told: None, gauge }
    }

    /// The event was refused while others were accepted; `is_slowed` where most of those are throttled, too. Whether that
    /// changes what [`Stuck::text`] says.
    pub(super) fn refused(
        &mut self,
        event: &Arc<Event>,
        failure: &Failure,
        (tries, since): (u32, Instant),
        is_slowed: bool,
    ) -> bool {
        let is_by_chance = is_slowed && is_throttle(&failure.code);
        if since.elapsed() < if is_by_chance { THROTTLED_NAMED_AFTER } else { NAMED_AFTER } {
            return false;
        }
        let (code, advice) = (failure.code.clone(), failure.advice());
        let about = About { feed: event.feed, offset: event.offset, code, advice, tries, since };
        let is_new = self.events.insert(key(event), about.clone()).is_none();
        let is_due = self.told.is_none_or(|told| told.elapsed() >= TOLD_EVERY);
        if is_due || (is_new && self.events.len() == 1) {
            let About { feed, offset, code, advice, tries, since } = about;
            tracing::warn!(
                part = self.part,
                feed,
                offset,
                code,
                tries,
                seconds = since.elapsed().as_secs(),
                events = self.events.len(),
                advice,
                "an event keeps failing while others go through: the stored offset waits for it"
            );
            self.told = Some(Instant::now());
        }
        self.show();
        true
    }

    /// Whether the event is one of those that keep failing.
    pub(super) fn has(&self, event: &Arc<Event>) -> bool {
        self.events.contains_key(&key(event))
    }

    /// The event is done with. Whether it was one of those that kept failing.
    pub(super) fn done(&mut self, event: &Arc<Event>) -> bool {
        if self.events.is_empty() {
            return false;
        }
        let Some(About { feed, offset, code, tries, since, .. }) = self.events.remove(&key(event)) else {
            return false;
        };
        let seconds = since.elapsed().as_secs();
        tracing::info!(part = self.part, feed, offset, code, tries, seconds, "an event that kept failing is done with");
        self.show();
        true
    }

    /// Names the event that has failed for longest; none where no event keeps failing.
    pub(super) fn text(&self) -> Option<String> {
        let About { feed, offset, code, advice, tries, since } =
            self.events.values().min_by_key(|about| about.since)?;
        let which = offset.map_or_else(|| "a line without an offset".to_owned(), |offset| format!("offset {offset}"));
        let more = match self.events.len() {
            1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        Some(format!(
            "feed {feed}, {which}{more}: {code}, {tries} tries in {} s, while others go through; the stored offset waits \
             for it; {advice}",
            since.elapsed().as_secs()
        ))
    }

    #[expect(clippy::cast_precision_loss, reason = "there is room for some ten thousand events")]
    fn show(&self) {
        self.gauge.set(self.events.len() as f64);
    }
}

fn key(event: &Arc<Event>) -> usize {
    Arc::as_ptr(event).addr()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::event::tests::event;

    #[tokio::test(start_paused = true)]
    async fn an_event_is_named_once_it_has_failed_for_a_while() {
        let (mut stuck, start, slow) = (Stuck::new("backend"), Instant::now(), event(0, 4, "{}", 1));
        let failure = Failure::not_answered();
        assert!(!stuck.refused(&slow, &failure, (1, start), false));
        assert_eq!(stuck.text(), None);
        tokio::time::advance(NAMED_AFTER).await;
        assert!(stuck.refused(&slow, &failure, (7, start), false));
        let other = event(1, 9, "{}", 1);
        tokio::time::advance(NAMED_AFTER).await;
        assert!(stuck.refused(&other, &failure, (7, start + NAMED_AFTER), false));
        assert!(stuck.text().unwrap().starts_with("feed 0, offset 4 and 1 more: NotAnswered, 7 tries"));
        assert!(stuck.has(&slow) && stuck.done(&slow) && !stuck.done(&slow) && !stuck.has(&slow));
        stuck.done(&other);
        assert_eq!(stuck.text(), None);
    }
}
