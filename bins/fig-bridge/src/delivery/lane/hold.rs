//! A backend that refuses every event alike is held: one call at a time, with pauses, and the log and `/readyz` say why.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use audit_schema::Verdict;
use tokio::time::Instant;

use super::super::backend::failure::Failure;
use super::Lane;
use super::queue::Waiting;
use super::rule::Tick;
use crate::backoff::{MENDING, PASSING};
use crate::metrics as table;

impl Lane {
    /// An answer that accepted nothing: to be refused with all others says nothing of an event.
    pub(super) fn hold_each(&mut self, held: Vec<(Waiting, Failure)>, is_late: bool) {
        let mut codes: BTreeMap<&str, usize> = BTreeMap::new();
        for (_, failure) in &held {
            *codes.entry(&failure.code).or_default() += 1;
        }
        for (code, events) in &codes {
            self.count_retries(code, *events);
        }
        let rank = |failure: &Failure| match failure.verdict {
            Verdict::Retry => 0,
            Verdict::Configuration => 1,
            Verdict::Unknown => 2,
            Verdict::Permanent => 3,
        };
        let Some((first, worst)) = held.iter().min_by_key(|(_, failure)| rank(failure)).cloned() else { return };
        let mut why = String::new();
        for (code, events) in codes {
            // Writing to a string cannot fail.
            let _ = write!(why, "{}{code}: {events}", if why.is_empty() { "" } else { ", " });
        }
        let _ = write!(
            why,
            " of {} events refused in a call that was answered, from {} on",
            held.len(),
            first.event.place()
        );
        let is_only_one = held.len() == 1 && self.queue.is_empty() && self.calls.is_empty() && self.suspect.is_none();
        let advice = if is_only_one { worst.advice_for_one() } else { worst.advice() };
        if is_only_one && worst.verdict != Verdict::Retry {
            why = only_one(&worst, &first);
        }
        let waiting = held.into_iter().map(|(waiting, _)| waiting);
        if worst.verdict == Verdict::Retry {
            self.queue.put_back(waiting.collect::<Vec<_>>().into_iter());
        } else {
            waiting.for_each(|waiting| self.queue.put_last(waiting));
        }
        if !is_late {
            self.fails(&why, &worst, advice);
        }
    }

    /// The backend fails all events alike. How many times in a row.
    pub(super) fn fails(&mut self, why: &str, failure: &Failure, advice: &str) -> u32 {
        let (failures, wait) = match failure.verdict {
            Verdict::Retry => {
                let failures = self.trouble.again_in_passing(why, Some(advice));
                (failures, PASSING.after(failures))
            }
            _ => {
                let failures = self.trouble.again(why, Some(advice));
                (failures, MENDING.after(failures))
            }
        };
        table::BACKEND_FAILING.of([self.name]).set(if self.trouble.is_told() { 1.0 } else { 0.0 });
        self.pause_for(wait);
        failures
    }

    pub(super) fn pause_for(&mut self, wait: Duration) {
        self.pause = Some(Instant::now() + wait);
        self.paused = self.tick();
    }

    /// Whether the call was made before the present pause: it does not say how it is now.
    pub(super) fn is_late(&self, sent: Tick) -> bool {
        self.pause.is_some() && sent < self.paused
    }
}

/// What is said of the only event in flight.
pub(super) fn only_one(failure: &Failure, waiting: &Waiting) -> String {
    format!(
        "{}: the only event in flight is refused ({}); the next event will show whether it is the event or the \
         configuration",
        failure.public(),
        waiting.event.place()
    )
}
