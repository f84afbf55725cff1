//! A backend that takes a part of each call and refuses the rest as too much: the next call waits a little.

use std::time::Duration;

use tokio::time::Instant;

use crate::backoff::PASSING;

/// The longest pause while the backend still accepts events. AWS counts its limits for each second (`PutAuditEvents`: 100
/// calls a second; Parameter Store and SQS likewise), so that a longer pause gains nothing and costs throughput.
const MOST: Duration = Duration::from_secs(1);
/// Answers in a row from which on it is told: one or two are no news.
const TOLD_FROM: u32 = 3;
/// While it lasts the log says so this often.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// Answers that accepted something and refused as much or more as too much.
#[derive(Debug, Default)]
pub(super) struct Slowed {
    in_a_row: u32,
    /// Since it was told last.
    accepted: usize,
    throttled: usize,
    told: Option<Instant>,
    /// When it last came [`TOLD_FROM`] times in a row.
    last: Option<Instant>,
}

impl Slowed {
    /// Returns the pause after such an answer.
    pub(super) fn again(&mut self, part: &str, accepted: usize, throttled: usize) -> Duration {
        self.in_a_row = self.in_a_row.saturating_add(1);
        self.accepted += accepted;
        self.throttled += throttled;
        if self.in_a_row >= TOLD_FROM {
            self.last = Some(Instant::now());
        }
        if self.in_a_row >= TOLD_FROM && self.told.is_none_or(|told| told.elapsed() >= TOLD_EVERY) {
            let Self { accepted, throttled, .. } = *self;
            tracing::warn!(
                part,
                accepted,
                throttled,
                "the backend throttles half of the events or more: calls wait up to a second, and the throttled events are \
                 sent again; where events fall behind, ask AWS for a higher limit"
            );
            (self.accepted, self.throttled, self.told) = (0, 0, Some(Instant::now()));
        }
        PASSING.after(self.in_a_row).min(MOST)
    }

    /// Whether so much was throttled lately that an event may be refused again and again by chance.
    pub(super) fn is_on(&self) -> bool {
        self.last.is_some_and(|last| last.elapsed() < TOLD_EVERY)
    }

    /// An answer refused little or nothing as too much.
    pub(super) fn is_over(&mut self) {
        self.in_a_row = 0;
    }
}
