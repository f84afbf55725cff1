//! Decides whose fault a refusal is: the event's, or the configuration's.
//!
//! The code alone does not show it: `ValidationException` may come for one event, or for every call to a wrong channel.
//! The fate of other events does. A *witness* is another event that the backend accepts:
//!
//! 1. **Without a witness, the backend is held.** Nothing goes to the dead letter. Events stay in flight, one call at a
//!    time probes with backoff, and the log and `/readyz` say why. This is true for a single event in flight, too: the
//!    next event shows whether the event or the configuration is wrong.
//! 2. **With a witness, the event is wrong.** The witness is accepted in the same answer, or in a call that was made
//!    after the refusal; the event is then tried again, and refused again. The code decides what follows:
//!    - a code about the content (`Permanent`): the dead letter, at once;
//!    - a temporary code (`Retry`): tried again alone, without end, and named;
//!    - a code about the account, or an undocumented one: tried again alone and named. It goes to the dead letter only
//!      after [`GIVEN_UP_TRIES`] tries, each with a witness, and [`GIVEN_UP_AFTER`].
//! 3. **A call that is refused as a whole is split.** Its halves are tried until a single event is refused alone. That
//!    event is the suspect. If a later call has an event accepted, rule 2 decides. If another event is refused alone
//!    first, the configuration is wrong, and rule 1 decides.

use std::time::Duration;

use audit_schema::Verdict;
use tokio::time::Instant;

use super::waiting::{Alone, Refusals, Tick, Waiting};

/// How often an event is tried alone before it is given up for a code that does not blame the content.
pub(crate) const GIVEN_UP_TRIES: u32 = 8;
/// How long it is tried at least. New codes come with changes at AWS, and mistakes are rolled back within minutes. The
/// dead letter loses nothing.
pub(crate) const GIVEN_UP_AFTER: Duration = Duration::from_secs(120);
/// After this many failures of a call, each with other events accepted in between, its events are blamed. Before that,
/// a failure of the backend itself says nothing about them.
const BLAMED_TRIES: u32 = 5;

/// The consequence of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The backend is held: the event is not known to be wrong.
    Held,
    /// The event is tried again alone, and the others go on. Carries how often it was tried alone, and since when.
    Later { tries: u32, since: Instant },
    /// The event goes to the dead letter.
    DeadLetter,
}

impl Waiting {
    /// Returns whether another event has been accepted since this one was refused. `accepted` is the tick of the last
    /// call that had an event accepted.
    pub(crate) fn has_witness(&self, accepted: Tick) -> bool {
        self.refusals.as_ref().is_some_and(|refusals| accepted > refusals.last)
    }

    /// Counts a refusal, in an answer of this tick.
    pub(crate) fn refused(&mut self, now: Tick) {
        let refusals = self.refusals.get_or_insert_with(|| Box::new(Refusals { tries: 0, last: now, alone: None }));
        refusals.tries = refusals.tries.saturating_add(1);
        refusals.last = now;
    }

    /// Returns what follows from the refusal that [`Waiting::refused`] has counted.
    pub(crate) fn fate(&mut self, verdict: Verdict, has_witness: bool) -> Fate {
        let Some(refusals) = &mut self.refusals else { return Fate::Held };
        if has_witness && verdict == Verdict::Permanent {
            return Fate::DeadLetter;
        }
        if has_witness {
            refusals.alone.get_or_insert(Alone { since: Instant::now(), tries: 0, witnessed: 0 }).witnessed += 1;
        }
        let Some(Alone { since, tries, witnessed }) = &mut refusals.alone else { return Fate::Held };
        *tries = tries.saturating_add(1);
        let has_had_time = *witnessed >= GIVEN_UP_TRIES && since.elapsed() >= GIVEN_UP_AFTER;
        if has_witness && verdict != Verdict::Retry && has_had_time {
            return Fate::DeadLetter;
        }
        Fate::Later { tries: *tries, since: *since }
    }

    /// Returns whether the event was refused while others were accepted. Its failure says nothing about the backend
    /// then.
    fn is_alone(&self) -> bool {
        self.refusals.as_ref().is_some_and(|refusals| refusals.alone.is_some())
    }
}

/// Returns whether the events are the reason why a whole call failed: see rules 2 and 3.
pub(crate) fn is_of_batch(batch: &[Waiting], verdict: Verdict, accepted: Tick) -> bool {
    if let [waiting] = batch
        && waiting.is_alone()
    {
        return true;
    }
    let has_witness = batch.iter().all(|waiting| waiting.has_witness(accepted));
    let tries = batch.iter().filter_map(|waiting| Some(waiting.refusals.as_ref()?.tries)).min().unwrap_or_default();
    has_witness && (is_of_content(verdict) || tries >= BLAMED_TRIES)
}

/// Returns whether the content of a call may be the reason.
pub(crate) fn is_of_content(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Permanent | Verdict::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::tests::event;

    fn waiting() -> Waiting {
        Waiting::new(event(0, 4, "{}", 1))
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_witness_nothing_is_given_up() {
        for verdict in [Verdict::Permanent, Verdict::Configuration, Verdict::Unknown, Verdict::Retry] {
            let mut waiting = waiting();
            for tick in 1..100 {
                waiting.refused(tick);
                assert_eq!(waiting.fate(verdict, false), Fate::Held, "{verdict:?}");
                tokio::time::advance(GIVEN_UP_AFTER).await;
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn with_a_witness_the_code_says_what_becomes_of_the_event() {
        let mut poison = waiting();
        poison.refused(1);
        assert_eq!(poison.fate(Verdict::Permanent, true), Fate::DeadLetter);
        for (verdict, given_up) in [(Verdict::Configuration, true), (Verdict::Unknown, true), (Verdict::Retry, false)] {
            let mut waiting = waiting();
            // Refusals together with all others do not count against it.
            for tick in 1..50 {
                waiting.refused(tick);
                assert_eq!(waiting.fate(verdict, false), Fate::Held);
            }
            for tries in 1..GIVEN_UP_TRIES {
                waiting.refused(100);
                assert!(matches!(waiting.fate(verdict, true), Fate::Later { tries: found, .. } if found == tries));
            }
            waiting.refused(101);
            assert_ne!(waiting.fate(verdict, true), Fate::DeadLetter, "{verdict:?}: too early");
            tokio::time::advance(GIVEN_UP_AFTER).await;
            waiting.refused(102);
            assert_eq!(waiting.fate(verdict, true) == Fate::DeadLetter, given_up, "{verdict:?}");
        }
    }

    #[test]
    fn a_witness_is_accepted_in_a_later_call() {
        let mut waiting = waiting();
        assert!(!waiting.has_witness(7), "it was never refused");
        waiting.refused(7);
        assert!(!waiting.has_witness(6) && !waiting.has_witness(7) && waiting.has_witness(8));
        assert!(is_of_batch(std::slice::from_ref(&waiting), Verdict::Permanent, 8));
        assert!(
            !is_of_batch(std::slice::from_ref(&waiting), Verdict::Retry, 8),
            "one failure says nothing of the event"
        );
        for tick in 8..12 {
            waiting.refused(tick);
        }
        assert!(is_of_batch(std::slice::from_ref(&waiting), Verdict::Retry, 12));
    }
}
