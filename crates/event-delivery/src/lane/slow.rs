//! Delays calls to a backend that accepts a part of each call and throttles the rest.

use std::time::Duration;

use tokio::time::Instant;

use common_retry::PASSING;

/// The longest pause while the backend still accepts events. AWS counts its limits for each second (`PutAuditEvents`:
/// 100 calls a second; Parameter Store and SQS likewise), so a longer pause gains nothing and costs throughput.
const MOST: Duration = Duration::from_secs(1);
/// After this many answers in a row it is logged.
const TOLD_FROM: u32 = 3;
/// How often it is logged while it lasts.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// Answers that accepted something, and throttled as much or more.
#[derive(Debug, Default)]
pub(crate) struct Slowed {
    in_a_row: u32,
    /// Counted since the last log line.
    accepted: usize,
    throttled: usize,
    told: Option<Instant>,
    /// When it last came [`TOLD_FROM`] times in a row.
    last: Option<Instant>,
}

impl Slowed {
    /// Counts such an answer, and returns the pause after it.
    pub(crate) fn again(&mut self, part: &str, accepted: usize, throttled: usize) -> Duration {
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
                 sent again; if events fall behind, ask AWS for a higher limit"
            );
            (self.accepted, self.throttled, self.told) = (0, 0, Some(Instant::now()));
        }
        PASSING.after(self.in_a_row).min(MOST)
    }

    /// Returns whether enough events are throttled that one may be refused again and again by chance.
    pub(crate) fn is_on(&self) -> bool {
        self.last.is_some_and(|last| last.elapsed() < TOLD_EVERY)
    }

    /// Starts again after an answer that throttled little or nothing.
    pub(crate) fn reset(&mut self) {
        self.in_a_row = 0;
    }
}
