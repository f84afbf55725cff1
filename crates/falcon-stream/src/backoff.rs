//! How long to wait after a failure.

use crate::timing::Timing;
use std::time::Duration;
use tokio::time::Instant;

/// Doubling beyond this reaches any cap.
const MOST_DOUBLINGS: u32 = 30;

/// Waits that double, and become short again only after a healthy stretch.
#[derive(Debug)]
pub(crate) struct Backoff {
    first: Duration,
    cap: Duration,
    healthy: Duration,
    failures: u32,
    well_since: Option<Instant>,
}

impl Backoff {
    pub(crate) fn new(timing: &Timing) -> Self {
        let Timing { retry_first: first, retry_cap: cap, healthy, .. } = *timing;
        Self { first, cap, healthy, failures: 0, well_since: None }
    }

    /// It works.
    pub(crate) fn well(&mut self, now: Instant) {
        self.well_since.get_or_insert(now);
    }

    /// It has failed (again): how long to wait. At least `least`, which the service has asked for.
    pub(crate) fn failed(&mut self, now: Instant, least: Option<Duration>) -> Duration {
        if self.well_since.take().is_some_and(|since| now.duration_since(since) >= self.healthy) {
            self.failures = 0;
        }
        let doubled = self.first.saturating_mul(1 << self.failures.min(MOST_DOUBLINGS)).min(self.cap);
        self.failures = self.failures.saturating_add(1);
        // Between half of it and all of it.
        let wait = doubled.mul_f64(0.5 + 0.5 * fastrand::f64());
        // What the service asks for is the least; the jitter comes on top of it.
        least.map_or(wait, |least| wait.max(least + self.first.mul_f64(fastrand::f64())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn backoff() -> Backoff {
        Backoff::new(&Timing::default())
    }

    proptest! {
        #[test]
        fn waits_are_within_bounds(failures in 0_u32..200) {
            let mut backoff = backoff();
            let now = Instant::now();
            let mut wait = Duration::ZERO;
            for _ in 0..=failures {
                wait = backoff.failed(now, None);
            }
            let most = Duration::from_secs(1 << failures.min(6)).min(Duration::from_secs(60));
            prop_assert!(wait <= most && wait >= most / 2, "{wait:?} {most:?}");
        }
    }

    #[test]
    fn only_a_healthy_minute_is_forgiven() {
        let mut backoff = backoff();
        let start = Instant::now();
        for _ in 0..10 {
            backoff.failed(start, None);
        }
        backoff.well(start);
        backoff.well(start + Duration::from_secs(50));
        assert!(backoff.failed(start + Duration::from_secs(59), None) >= Duration::from_secs(30));
        backoff.well(start + Duration::from_secs(100));
        assert!(backoff.failed(start + Duration::from_secs(160), None) <= Duration::from_secs(1));
    }

    #[test]
    fn what_the_service_asks_for_is_the_least() {
        let wait = backoff().failed(Instant::now(), Some(Duration::from_secs(90)));
        assert!(wait >= Duration::from_secs(90) && wait <= Duration::from_secs(91));
    }
}
