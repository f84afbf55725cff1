//! The log events of CloudWatch Logs that have been read, by log group.

use std::collections::BTreeSet;

/// The most ids of a log group that are kept: about 100 MB. With the default window of an hour, that is enough for 270
/// log events a second.
pub(super) const MOST_IDS: usize = 1_000_000;

/// The ID of a log event, with its time in ms since 1970. Ids are unique within a log group.
pub type LogEventId = (i64, Box<str>);

/// The log events of one log group that have been read.
///
/// Each log event from `from` up to a window before `to` has been read. Later ones have been read if their ids are here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct GroupState {
    /// The start of the time that has been read. `None` for the beginning.
    pub(super) from: Option<i64>,
    /// The time up to which everything that was visible has been read. `None` if no slice is complete yet.
    pub(super) to: Option<i64>,
    /// The ids of all log events read from this time on are kept. Never later than `to`.
    pub(super) ids_from: i64,
    pub(super) ids: BTreeSet<LogEventId>,
}

impl Default for GroupState {
    fn default() -> Self {
        Self { from: None, to: None, ids_from: i64::MIN, ids: BTreeSet::new() }
    }
}

impl GroupState {
    /// Returns the time from which to read, to have read everything from `start` on: a window before the time up to
    /// which everything visible was read, or `start` if that is later.
    ///
    /// If a part after `start` has not been read, that and everything after it is read, and log events whose ids are
    /// not kept any more come again.
    pub(super) fn resume(&mut self, start: Option<i64>, window: i64) -> Option<i64> {
        let is_covered = self.from.is_none_or(|from| start.is_some_and(|start| from <= start));
        let Some(to) = self.to.filter(|_| is_covered) else {
            (self.from, self.to, self.ids_from) = (start, None, i64::MIN);
            return start;
        };
        let low = to.saturating_sub(window).max(self.ids_from);
        match start.filter(|start| *start > low) {
            // The time in between is not read any more, so what comes late to it stays unread.
            Some(start) => {
                self.from = Some(start);
                self.to = (start <= to).then_some(to);
                if self.to.is_none() {
                    self.ids_from = i64::MIN;
                }
                Some(start)
            }
            None => Some(low),
        }
    }

    /// Adds ids. Returns the number of ids that were removed because too many are kept.
    ///
    /// If the oldest id is from the time that was read completely, the window is shortened: log events that come late
    /// to this time are not read. Otherwise its log event may come again.
    pub(super) fn add(&mut self, ids: impl IntoIterator<Item = LogEventId>, most: usize) -> u64 {
        self.ids.extend(ids);
        let mut removed = 0;
        while self.ids.len() > most {
            let Some((time, _)) = self.ids.pop_first() else { break };
            removed += 1;
            if self.to.is_some_and(|to| time < to) {
                self.ids_from = self.ids_from.max(time.saturating_add(1));
            }
        }
        removed
    }

    /// Records that everything that was visible up to this time has been read, and removes the ids before the window.
    pub(super) fn read_up_to(&mut self, time: i64, window: i64) {
        let to = self.to.map_or(time, |to| to.max(time));
        self.to = Some(to);
        self.ids_from = self.ids_from.max(to.saturating_sub(window));
        self.ids = self.ids.split_off(&(self.ids_from, Box::from("")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn id(time: i64, name: &str) -> LogEventId {
        (time, name.into())
    }

    #[test]
    fn a_run_looks_back_over_the_window() {
        let mut state = GroupState::default();
        assert_eq!(state.resume(Some(5), 10), Some(5));
        state.add([id(95, "a"), id(50, "b")], MOST_IDS);
        assert_eq!(state.resume(Some(5), 10), Some(5), "no slice is complete yet");
        state.read_up_to(100, 10);
        assert_eq!((state.resume(Some(5), 10), state.ids.len()), (Some(90), 1));
        // A longer window cannot look back to ids that were removed.
        assert_eq!(state.resume(Some(5), 50), Some(90));
        assert_eq!(state.resume(Some(95), 10), Some(95));
    }

    #[test]
    fn an_earlier_start_reads_everything_from_there_on() {
        for earlier in [Some(5), None] {
            let mut state = GroupState::default();
            state.resume(Some(50), 10);
            state.add([id(95, "a")], MOST_IDS);
            state.read_up_to(100, 10);
            assert_eq!(state.resume(earlier, 10), earlier);
            state.read_up_to(20, 10);
            assert_eq!((state.resume(earlier, 10), state.ids.len()), (Some(10), 1), "and the ids are still kept");
        }
        // A later start leaves a gap, which is read when it is wanted.
        let mut state = GroupState::default();
        state.resume(Some(5), 10);
        state.read_up_to(100, 10);
        assert_eq!(state.resume(Some(200), 10), Some(200));
        state.read_up_to(300, 10);
        assert_eq!(state.resume(Some(5), 10), Some(5));
    }

    #[test]
    fn too_many_ids_shorten_the_window_only_where_everything_was_read() {
        let mut state = GroupState::default();
        state.resume(Some(0), 100);
        assert_eq!(state.add([id(1, "a"), id(2, "b"), id(3, "c")], 2), 1);
        assert_eq!(state.resume(Some(0), 100), Some(0), "it may come again");
        state.read_up_to(50, 100);
        assert_eq!(state.add([id(60, "d")], 2), 1);
        assert_eq!(state.resume(Some(0), 100), Some(3));
    }

    proptest! {
        /// Log events become visible up to a window late. Runs read some of what they see, in slices, and end anywhere.
        #[test]
        fn no_log_event_within_the_window_is_lost_and_complete_runs_give_each_once(
            events in prop::collection::vec((0_i64..200, 0_i64..20), 1..60),
            runs in prop::collection::vec((0_i64..300, 1_i64..40, 0_usize..12, any::<bool>()), 1..12),
        ) {
            const WINDOW: i64 = 20;
            let (mut state, mut times_read) = (GroupState::default(), vec![0; events.len()]);
            let kills = runs.iter().filter(|(.., is_killed)| *is_killed).count();
            let mut runs = runs;
            runs.sort_by_key(|(now, ..)| *now);
            runs.push((400, 40, usize::MAX, false));
            for (now, length, most, is_killed) in runs {
                let from = state.resume(None, WINDOW).unwrap_or(i64::MIN);
                let before = state.clone();
                let (mut start, mut given) = (from, 0);
                let mut end = from.max(0) + length;
                'run: loop {
                    let last = end >= now;
                    for (number, (time, late)) in events.iter().enumerate() {
                        let is_in_slice = *time >= start && (last || *time < end) && time + late <= now;
                        if !is_in_slice || state.ids.contains(&id(*time, &number.to_string())) {
                            continue;
                        }
                        if given == most {
                            break 'run;
                        }
                        given += 1;
                        times_read[number] += 1;
                        state.add([id(*time, &number.to_string())], MOST_IDS);
                    }
                    state.read_up_to(end.min(now), WINDOW);
                    if last {
                        break;
                    }
                    (start, end) = (end, end + length);
                }
                if is_killed {
                    // The state was not saved.
                    state = before;
                }
            }
            prop_assert!(times_read.iter().all(|times| (1..=1 + kills).contains(times)), "{:?}", times_read);
        }
    }
}
