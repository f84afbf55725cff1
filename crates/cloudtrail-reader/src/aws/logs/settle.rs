//! Records which slices have been read, so that the state never has more than what was handed on.

use super::super::pass::{Pass, SharedState};
use crate::state::LogEventId;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The slices of a pass that have begun, and the state of their log group.
#[derive(Debug)]
pub(super) struct Tracker {
    /// The name of the log group in the state.
    pub(super) group: String,
    /// In ms.
    pub(super) window: i64,
    pub(super) state: Option<SharedState>,
    slices: Mutex<Begun>,
    /// Whether too many ids were reported.
    warned: AtomicBool,
}

#[derive(Debug, Default)]
struct Begun {
    /// The number of the first slice in `ends`.
    first: u64,
    /// For each slice, the time up to which it reads, and whether it was read.
    ends: VecDeque<(i64, Option<bool>)>,
}

impl Tracker {
    pub(super) fn new(group: String, window: i64, state: Option<SharedState>) -> Arc<Self> {
        Arc::new(Self { group, window, state, slices: Mutex::default(), warned: AtomicBool::new(false) })
    }

    /// Starts a pass. The slices of earlier passes have ended.
    pub(super) fn start(&self) {
        let mut slices = self.slices.lock().unwrap_or_else(PoisonError::into_inner);
        slices.first += slices.ends.len() as u64;
        slices.ends.clear();
    }

    /// Begins the next slice, which reads up to this time.
    pub(super) fn begin(self: &Arc<Self>, to: i64, pass: &Pass) -> Arc<SliceClaim> {
        let mut slices = self.slices.lock().unwrap_or_else(PoisonError::into_inner);
        let number = slices.first + slices.ends.len() as u64;
        slices.ends.push_back((to, None));
        let tracker = Arc::clone(self);
        Arc::new(SliceClaim {
            tracker,
            number,
            is_handed_out: AtomicBool::new(false),
            open: AtomicU64::new(0),
            _pass: pass.clone(),
        })
    }

    /// Returns whether each log event has been read.
    pub(super) fn are_read(&self, events: &[LogEventId]) -> Vec<bool> {
        let Some(state) = &self.state else { return vec![false; events.len()] };
        let state = state.lock().unwrap_or_else(PoisonError::into_inner);
        events.iter().map(|event| state.is_log_event_read(&self.group, event)).collect()
    }

    fn add(&self, events: Vec<LogEventId>) {
        let Some(state) = &self.state else { return };
        let removed = state.lock().unwrap_or_else(PoisonError::into_inner).add_log_events(&self.group, events);
        if removed > 0 && !self.warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                group = self.group,
                "the window has more log events than can be remembered: it is in effect shorter, and log events that \
                 come late may be missed, or come again after a restart; use a shorter window (--cwl-window, cwlWindow)"
            );
        }
    }

    /// Ends a slice. If it and all slices before it were read, records that.
    fn end(&self, number: u64, is_read: bool) {
        let mut slices = self.slices.lock().unwrap_or_else(PoisonError::into_inner);
        let index = number.checked_sub(slices.first).and_then(|index| usize::try_from(index).ok());
        if let Some((_, end)) = index.and_then(|index| slices.ends.get_mut(index)) {
            *end = Some(is_read);
        }
        let mut read = None;
        while let Some((to, Some(true))) = slices.ends.front() {
            read = Some(*to);
            slices.ends.pop_front();
            slices.first += 1;
        }
        if let (Some(to), Some(state)) = (read, &self.state) {
            state.lock().unwrap_or_else(PoisonError::into_inner).close_log_group(&self.group, to, self.window);
        }
    }
}

/// The claim on one slice, shared by its receipts. When the last one is dropped, the slice ends: it was read if all its
/// pages were handed out, and each receipt was settled.
#[derive(Debug)]
pub(in crate::aws) struct SliceClaim {
    tracker: Arc<Tracker>,
    number: u64,
    is_handed_out: AtomicBool,
    /// The receipts that are not settled.
    open: AtomicU64,
    _pass: Pass,
}

impl SliceClaim {
    /// Counts a receipt.
    pub(in crate::aws) fn open(&self) {
        self.open.fetch_add(1, Ordering::AcqRel);
    }

    /// Records log events as read, and settles one receipt.
    pub(in crate::aws) fn settle(&self, events: Vec<LogEventId>) {
        self.tracker.add(events);
        self.open.fetch_sub(1, Ordering::AcqRel);
    }

    /// Records that the last page of the slice has been handed out.
    pub(super) fn hand_out(&self) {
        self.is_handed_out.store(true, Ordering::Release);
    }
}

impl Drop for SliceClaim {
    fn drop(&mut self) {
        let is_read = *self.is_handed_out.get_mut() && *self.open.get_mut() == 0;
        self.tracker.end(self.number, is_read);
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::receipt::Receipt;
    use super::*;
    use tokio::sync::mpsc;

    #[test]
    fn a_slice_is_read_when_it_and_all_before_it_are_settled() {
        let state = SharedState::default();
        let tracker = Tracker::new("g".to_owned(), 10, Some(Arc::clone(&state)));
        let (pass, mut ended) = mpsc::channel(1);
        let claims = [100, 200, 300, 400].map(|to| tracker.begin(to, &pass));
        drop(pass);
        let event = |time: i64| (time, Box::from("x"));
        let receipts: Vec<_> =
            claims.iter().map(|claim| [50, 51].map(|time| Receipt::of_log_events(claim, vec![event(time)]))).collect();
        claims.iter().for_each(|claim| claim.hand_out());
        drop(claims);
        let mut receipts = receipts.into_iter();
        let from = || state.lock().unwrap().resume_log_group("g", None, 10);
        let [first, second] = receipts.next().unwrap();
        let [third, fourth] = receipts.next().unwrap();
        third.confirm();
        fourth.refuse();
        first.confirm();
        assert_eq!(from(), None, "a receipt of the first slice is open");
        assert!(state.lock().unwrap().is_log_event_read("g", &event(50)));
        second.confirm();
        assert_eq!(from(), Some(190));
        // A receipt that is dropped leaves its slice unread, and those behind it cannot be closed.
        let [first, second] = receipts.next().unwrap();
        first.confirm();
        drop(second);
        assert!(ended.try_recv().is_err_and(|error| error == mpsc::error::TryRecvError::Empty));
        receipts.next().unwrap().into_iter().for_each(Receipt::confirm);
        assert_eq!(from(), Some(190));
        assert!(ended.try_recv().is_err_and(|error| error == mpsc::error::TryRecvError::Disconnected));
        // The next pass starts from the beginning.
        tracker.start();
        let (pass, _ended) = mpsc::channel(1);
        let claim = tracker.begin(500, &pass);
        claim.hand_out();
        drop(claim);
        assert_eq!(from(), Some(490));
    }
}
