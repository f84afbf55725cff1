//! Where a partition stands: which event comes next, and which are not wanted.

use crate::config::Start;
use crate::position::Position;
use std::time::{Duration, SystemTime};

/// By how much the service's clock and ours may differ. Events up to this much older than the start may come through.
const CLOCK_MARGIN: Duration = Duration::from_secs(300);

/// Where a feed is to be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// At this offset, inclusive.
    Offset(u64),
    /// With the next event.
    Newest,
}

/// What is to be done with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is new.
    New,
    /// Its offset is not above the last one: it is sent again, out of order, or the feed's offsets have started again.
    Behind,
    /// It is from before the start.
    Old,
}

/// Where a partition stands.
///
/// With [`Start::Newest`] there is no offset to come back to until the first event. If the feed breaks before it, asking
/// for the newest again would lose what happened in between. So the time of the first opening is kept, the feed is opened
/// again from the beginning, and what was created before that time is passed over.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Place {
    /// Where it begins has been asked.
    begun: bool,
    /// The event that has been dealt with last. It is the one that came last, not the one with the highest offset: where a
    /// feed's offsets have started again, it is opened again behind the new ones, and to read an event twice loses nothing.
    last: Option<u64>,
    newest: bool,
    /// With `newest`, once it has been opened: what was created before (ms since 1970) is not wanted.
    since: Option<u64>,
    /// It has been opened again from the beginning: what is older than `since` may come.
    catching_up: bool,
}

impl Place {
    /// Takes up where the partition is to be read from. Gives the offset it goes on behind where that is further than
    /// what has been handed on: another program has read up to there.
    pub(crate) fn start(&mut self, start: Start) -> Option<u64> {
        let begun = std::mem::replace(&mut self.begun, true);
        match start {
            Start::After(offset) if self.last.is_none_or(|last| last < offset) => {
                *self = Self { begun: true, last: Some(offset), ..Self::default() };
                begun.then_some(offset)
            }
            Start::Newest if !begun => {
                self.newest = true;
                None
            }
            _ => None,
        }
    }

    pub(crate) fn last(&self) -> Option<u64> {
        self.last
    }

    /// Where the feed is to be opened. Offsets are inclusive, so it is the one after the last.
    pub(crate) fn next(&self) -> From {
        match self.last {
            Some(last) => From::Offset(last.saturating_add(1)),
            None if self.newest && self.since.is_none() => From::Newest,
            None => From::Offset(0),
        }
    }

    /// The feed has been opened; the request began at `asked`.
    pub(crate) fn opened(&mut self, asked: SystemTime) {
        if !self.newest {
            return;
        }
        if self.since.is_some() {
            self.catching_up = true;
        } else {
            let since = asked.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().saturating_sub(CLOCK_MARGIN);
            self.since = Some(u64::try_from(since.as_millis()).unwrap_or_default());
        }
    }

    /// Judges an event and moves over it.
    pub(crate) fn pass(&mut self, position: Position) -> Verdict {
        let is_behind = self.last.is_some_and(|last| position.offset <= last);
        self.last = Some(position.offset);
        let old = self.since.is_some_and(|since| position.created.is_some_and(|created| created < since));
        if self.catching_up && old {
            return Verdict::Old;
        }
        // Events come in the order of their creation: from here on all are wanted.
        self.newest = false;
        self.catching_up = false;
        if is_behind { Verdict::Behind } else { Verdict::New }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(offset: u64, created: Option<u64>) -> Position {
        Position { offset, created }
    }

    fn place(start: Start) -> Place {
        let mut place = Place::default();
        assert_eq!(place.start(start), None);
        place
    }

    #[test]
    fn what_another_program_has_read_is_not_read_again() {
        let mut place = place(Start::After(41));
        assert_eq!(place.pass(at(50, None)), Verdict::New);
        for behind in [Start::Beginning, Start::Newest, Start::After(41), Start::After(50)] {
            assert_eq!((place.start(behind), place.next()), (None, From::Offset(51)), "{behind:?}");
        }
        assert_eq!((place.start(Start::After(900)), place.next()), (Some(900), From::Offset(901)));
        let mut newest = Place::default();
        newest.start(Start::Newest);
        newest.opened(SystemTime::UNIX_EPOCH);
        assert_eq!((newest.start(Start::After(7)), newest.next()), (Some(7), From::Offset(8)));
        newest.opened(SystemTime::now());
        assert_eq!(newest.pass(at(8, Some(1))), Verdict::New, "nothing is passed over any more");
    }

    #[test]
    fn d7_a_stored_offset_opens_at_the_next_one() {
        assert_eq!(place(Start::After(41)).next(), From::Offset(42));
        assert_eq!(place(Start::After(0)).next(), From::Offset(1));
        assert_eq!(place(Start::Beginning).next(), From::Offset(0));
        let mut found = place(Start::Beginning);
        assert_eq!(found.pass(at(0, None)), Verdict::New);
        assert_eq!(found.next(), From::Offset(1));
        assert_eq!(found.pass(at(0, None)), Verdict::Behind);
        assert_eq!(place(Start::After(u64::MAX)).next(), From::Offset(u64::MAX));
    }

    #[test]
    fn a_feed_whose_offsets_start_again_is_followed() {
        let mut place = place(Start::After(900_000));
        assert_eq!(place.pass(at(1, None)), Verdict::Behind);
        assert_eq!(place.next(), From::Offset(2));
        assert_eq!(place.pass(at(2, None)), Verdict::New);
        assert_eq!(place.next(), From::Offset(3));
    }

    #[test]
    fn d8_newest_is_asked_for_once() {
        let mut found = place(Start::Newest);
        assert_eq!(found.next(), From::Newest);
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        found.opened(start);
        assert_eq!(found.next(), From::Offset(0), "nothing that happened since is lost");
        found.opened(start + Duration::from_secs(5000));
        assert_eq!(found.pass(at(3, Some(999_000_000))), Verdict::Old);
        assert_eq!(found.next(), From::Offset(4), "what is old is not read again");
        assert_eq!(found.pass(at(4, Some(999_800_000))), Verdict::New);
        assert_eq!(found.pass(at(5, Some(1))), Verdict::New, "once it has begun, nothing is passed over");
        assert_eq!(found.next(), From::Offset(6));
        for created in [None, Some(1)] {
            let mut found = place(Start::Newest);
            found.opened(start);
            assert_eq!(found.pass(at(9, created)), Verdict::New, "what comes on the newest is new, whatever its date");
        }
    }
}
