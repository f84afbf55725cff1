//! Whose fault a refusal is: the event's, or the configuration's. The one place where that is decided.
//!
//! A code alone does not say it: `ValidationException` may come for one event, and for every call to a wrong channel. So
//! what counts is what becomes of other events (a "witness" is another event that the backend accepts):
//!
//! 1. **No witness: the backend is held.** Nothing goes to the dead letter. Events stay in flight, one call at a time
//!    probes, with backoff, and the log and `/readyz` say why. This holds for a single event in flight, too: whether it
//!    is the event or the configuration shows with the next event.
//! 2. **With a witness it is the event.** The witness is accepted in the same answer, or in a call that was made after
//!    the event had been refused; the event is then tried again, and refused again. What becomes of the event follows from
//!    its code:
//!    - a code about what the event says (`Permanent`): the dead letter, at once;
//!    - a code that passes (`Retry`): tried again by itself, for ever, and named;
//!    - a code about the account, or one that is not documented: tried again by itself and named; the dead letter only
//!      after [`GIVEN_UP_TRIES`] tries, each with a witness, and [`GIVEN_UP_AFTER`].
//! 3. **A call that is refused as a whole is narrowed down.** Its halves are tried until a single event is refused by
//!    itself. That one is the suspect. If something of the calls after it is accepted, the suspect goes by rule 2. If
//!    another event is refused by itself first, it is the configuration, and rule 1 holds.

use std::time::Duration;

use audit_schema::Verdict;
use tokio::time::Instant;

use super::queue::Waiting;

/// How often an event is tried by itself before it is given up for a code that does not say that the event is wrong.
pub(super) const GIVEN_UP_TRIES: u32 = 8;
/// For how long, too. New codes come with changes at AWS, which are rolled back within minutes if they are mistakes; and
/// the dead letter loses nothing.
pub(super) const GIVEN_UP_AFTER: Duration = Duration::from_secs(120);
/// Calls that fail as a whole for a reason of the backend's own say nothing of their events. After so many tries, with
/// other events accepted in between, they do.
const BLAMED_TRIES: u32 = 5;

/// The order of sending and answering within a lane. Time would do, if no two moments were ever the same.
pub(super) type Tick = u64;

/// What is known of an event that was refused.
#[derive(Clone, Debug)]
pub(super) struct Refusals {
    /// How often it was refused, by itself or with all others.
    pub(super) tries: u32,
    /// When it was refused last.
    last: Tick,
    /// There once it was refused while others were accepted.
    alone: Option<Alone>,
}

/// An event that is refused by itself.
#[derive(Clone, Copy, Debug)]
struct Alone {
    since: Instant,
    /// How often it was refused since then.
    tries: u32,
    /// How often with a witness.
    witnessed: u32,
}

/// What is to become of an event that was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is not known to be the event: the backend is held.
    Held,
    /// The event is tried again by itself; the others go on. So often it was tried so far, and since when.
    Later { tries: u32, since: Instant },
    /// The event is given up.
    DeadLetter,
}

impl Waiting {
    /// Whether another event has been accepted since this one was refused. `accepted` is when the last call was made of
    /// which something was accepted.
    pub(super) fn has_witness(&self, accepted: Tick) -> bool {
        self.refusals.as_ref().is_some_and(|refusals| accepted > refusals.last)
    }

    /// The event was refused, in an answer of this moment.
    pub(super) fn refused(&mut self, now: Tick) {
        let refusals = self.refusals.get_or_insert_with(|| Box::new(Refusals { tries: 0, last: now, alone: None }));
        refusals.tries = refusals.tries.saturating_add(1);
        refusals.last = now;
    }

    /// What is to become of the event, by the rule above. It has been told of this refusal before.
    pub(super) fn fate(&mut self, verdict: Verdict, has_witness: bool) -> Fate {
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

    /// Whether it was refused while others were accepted: that it fails says nothing of the backend any more.
    fn is_alone(&self) -> bool {
        self.refusals.as_ref().is_some_and(|refusals| refusals.alone.is_some())
    }
}

/// Whether the failure of a whole call is that of its events: see rules 2 and 3.
pub(super) fn is_of_batch(batch: &[Waiting], verdict: Verdict, accepted: Tick) -> bool {
    if let [waiting] = batch
        && waiting.is_alone()
    {
        return true;
    }
    let has_witness = batch.iter().all(|waiting| waiting.has_witness(accepted));
    let tries = batch.iter().filter_map(|waiting| Some(waiting.refusals.as_ref()?.tries)).min().unwrap_or_default();
    has_witness && (is_of_content(verdict) || tries >= BLAMED_TRIES)
}

/// Whether what a call holds may be the reason.
pub(super) fn is_of_content(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Permanent | Verdict::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::event::tests::event;

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
            // What it was refused with all others does not count against it.
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
