//! The point from which a partition is opened again, and the order of its events.

use crate::api::OpenAt;
use crate::config::Start;
use crate::feed::position::Position;
use std::time::{Duration, SystemTime};

/// The allowed difference between the service's clock and ours. Events up to this much older than the start may be
/// handed out.
const CLOCK_MARGIN: Duration = Duration::from_secs(300);

/// How an event relates to the events before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EventOrder {
    /// It is new.
    New,
    /// Its offset is not above the last one: it is sent again, is out of order, or the feed's offsets have started
    /// again.
    Behind,
    /// It is older than the start.
    Old,
}

/// The point from which a partition is opened again.
///
/// With [`Start::Newest`] no offset is known until the first event. If the feed breaks before it, opening at the newest
/// event again would lose the events in between. So the time of the first opening is kept, the feed is opened again
/// from the beginning, and events that were created before that time are skipped.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ResumePoint {
    /// The caller has been asked for the start.
    begun: bool,
    /// The offset of the event that came last, which need not be the highest: if a feed's offsets have started again,
    /// the feed is opened after the new ones. Reading an event twice loses nothing.
    last: Option<u64>,
    newest: bool,
    /// With `newest`, after the first opening: events created before this time (ms since 1970) are skipped.
    since: Option<u64>,
    /// The feed was opened again from the beginning: events older than `since` may come.
    catching_up: bool,
}

impl ResumePoint {
    /// Applies the caller's start. Returns its offset if it is ahead of the events that were handed out: another
    /// program has read up to there.
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

    /// Returns where to open the feed. Offsets are inclusive, so it is the offset after the last one.
    pub(crate) fn next(&self) -> OpenAt {
        match self.last {
            Some(last) => OpenAt::Offset(last.saturating_add(1)),
            None if self.newest && self.since.is_none() => OpenAt::Newest,
            None => OpenAt::Offset(0),
        }
    }

    /// Notes that the feed was opened by a request that began at `asked`.
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

    /// Returns the order of an event and moves past it.
    pub(crate) fn pass(&mut self, position: Position) -> EventOrder {
        let is_behind = self.last.is_some_and(|last| position.offset <= last);
        self.last = Some(position.offset);
        let old = self.since.is_some_and(|since| position.created.is_some_and(|created| created < since));
        if self.catching_up && old {
            return EventOrder::Old;
        }
        // Events come in the order of their creation, so all later ones are new.
        self.newest = false;
        self.catching_up = false;
        if is_behind { EventOrder::Behind } else { EventOrder::New }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(offset: u64, created: Option<u64>) -> Position {
        Position { offset, created }
    }

    fn place(start: Start) -> ResumePoint {
        let mut place = ResumePoint::default();
        assert_eq!(place.start(start), None);
        place
    }

    #[test]
    fn what_another_program_has_read_is_not_read_again() {
        let mut place = place(Start::After(41));
        assert_eq!(place.pass(at(50, None)), EventOrder::New);
        for behind in [Start::Beginning, Start::Newest, Start::After(41), Start::After(50)] {
            assert_eq!((place.start(behind), place.next()), (None, OpenAt::Offset(51)), "{behind:?}");
        }
        assert_eq!((place.start(Start::After(900)), place.next()), (Some(900), OpenAt::Offset(901)));
        let mut newest = ResumePoint::default();
        newest.start(Start::Newest);
        newest.opened(SystemTime::UNIX_EPOCH);
        assert_eq!((newest.start(Start::After(7)), newest.next()), (Some(7), OpenAt::Offset(8)));
        newest.opened(SystemTime::now());
        assert_eq!(newest.pass(at(8, Some(1))), EventOrder::New, "nothing is passed over any more");
    }

    #[test]
    fn d7_a_stored_offset_opens_at_the_next_one() {
        assert_eq!(place(Start::After(41)).next(), OpenAt::Offset(42));
        assert_eq!(place(Start::After(0)).next(), OpenAt::Offset(1));
        assert_eq!(place(Start::Beginning).next(), OpenAt::Offset(0));
        let mut found = place(Start::Beginning);
        assert_eq!(found.pass(at(0, None)), EventOrder::New);
        assert_eq!(found.next(), OpenAt::Offset(1));
        assert_eq!(found.pass(at(0, None)), EventOrder::Behind);
        assert_eq!(place(Start::After(u64::MAX)).next(), OpenAt::Offset(u64::MAX));
    }

    #[test]
    fn a_feed_whose_offsets_start_again_is_followed() {
        let mut place = place(Start::After(900_000));
        assert_eq!(place.pass(at(1, None)), EventOrder::Behind);
        assert_eq!(place.next(), OpenAt::Offset(2));
        assert_eq!(place.pass(at(2, None)), EventOrder::New);
        assert_eq!(place.next(), OpenAt::Offset(3));
    }

    #[test]
    fn d8_newest_is_asked_for_once() {
        let mut found = place(Start::Newest);
        assert_eq!(found.next(), OpenAt::Newest);
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        found.opened(start);
        assert_eq!(found.next(), OpenAt::Offset(0), "nothing that happened since is lost");
        found.opened(start + Duration::from_secs(5000));
        assert_eq!(found.pass(at(3, Some(999_000_000))), EventOrder::Old);
        assert_eq!(found.next(), OpenAt::Offset(4), "what is old is not read again");
        assert_eq!(found.pass(at(4, Some(999_800_000))), EventOrder::New);
        assert_eq!(found.pass(at(5, Some(1))), EventOrder::New, "once it has begun, nothing is passed over");
        assert_eq!(found.next(), OpenAt::Offset(6));
        for created in [None, Some(1)] {
            let mut found = place(Start::Newest);
            found.opened(start);
            assert_eq!(
                found.pass(at(9, created)),
                EventOrder::New,
                "what comes on the newest is new, whatever its date"
            );
        }
    }
}
