//! Holds a backend that refuses all events: one call at a time, with pauses. The log and `/readyz` say why.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use audit_schema::Verdict;
use tokio::time::Instant;

use super::Lane;
use super::waiting::{Tick, Waiting};
use crate::backend::Failure;
use crate::backend::advice_for_one;

impl Lane {
    /// Acts on an answer that accepted nothing: it says nothing about a single event.
    pub(crate) fn hold_each(&mut self, held: Vec<(Waiting, Failure)>, is_late: bool) {
        let mut codes: BTreeMap<&str, usize> = BTreeMap::new();
        for (_, failure) in &held {
            *codes.entry(&failure.code).or_default() += 1;
        }
        for (code, events) in &codes {
            self.context.count_retries(self.name, code, *events);
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
            // Writing to a `String` cannot fail.
            let _ = write!(why, "{}{code}: {events}", if why.is_empty() { "" } else { ", " });
        }
        let _ = write!(
            why,
            " of {} events refused in a call that was answered, from {} on",
            held.len(),
            first.event.place()
        );
        let is_only_one = held.len() == 1 && self.queue.is_empty() && self.calls.is_empty() && self.suspect.is_none();
        let advice = if is_only_one { advice_for_one(&*self.backend, &worst) } else { self.backend.advice(&worst) };
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
            self.fails(&why, &worst, advice, false);
        }
    }

    /// Counts a failure of the backend, and pauses calls. `hung` says that no call was answered for long. Returns how
    /// many failures came in a row.
    pub(crate) fn fails(&mut self, why: &str, failure: &Failure, advice: &str, hung: bool) -> u32 {
        let (failures, wait) = self.trouble.fail_by(failure.verdict, why, advice, hung);
        self.context.observer.failing(self.name, self.trouble.is_reported());
        self.pause_for(wait);
        failures
    }

    /// Reports that no call is answered. They go on: an answer that comes late is good.
    pub(crate) fn report_hung(&mut self) {
        let failure = self.hung.report();
        self.trouble.fail(&failure.public(), Some(self.backend.advice(&failure)));
        self.context.observer.failing(self.name, true);
    }

    pub(crate) fn pause_for(&mut self, wait: Duration) {
        self.pause = Some(Instant::now() + wait);
        self.paused = self.tick();
    }

    /// Returns whether the call was made before the present pause. Its answer does not describe the present state.
    pub(crate) fn is_late(&self, sent: Tick) -> bool {
        self.pause.is_some() && sent < self.paused
    }
}

/// Describes the refusal of the only event in flight.
pub(crate) fn only_one(failure: &Failure, waiting: &Waiting) -> String {
    format!(
        "{}: the only event in flight is refused ({}); the next event will show whether it is the event or the \
         configuration",
        failure.public(),
        waiting.event.place()
    )
}
