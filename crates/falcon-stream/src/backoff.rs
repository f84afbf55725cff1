//! The wait after a failure.

use crate::config::Timing;
use std::time::Duration;
use tokio::time::Instant;

/// Waits that double with each failure, and start again only after a healthy time.
#[derive(Debug)]
pub(crate) struct Backoff {
    first: Duration,
    waits: common_retry::Backoff,
    healthy: Duration,
    failures: u32,
    well_since: Option<Instant>,
}

impl Backoff {
    pub(crate) fn new(timing: &Timing) -> Self {
        let Timing { retry_first: first, retry_cap: cap, healthy, .. } = *timing;
        Self { first, waits: common_retry::Backoff::new(first, cap), healthy, failures: 0, well_since: None }
    }

    /// Notes a success.
    pub(crate) fn well(&mut self, now: Instant) {
        self.well_since.get_or_insert(now);
    }

    /// Notes a failure and returns the wait before the next try: at least `least`, which the service asked for.
    pub(crate) fn failed(&mut self, now: Instant, least: Option<Duration>) -> Duration {
        if self.well_since.take().is_some_and(|since| now.duration_since(since) >= self.healthy) {
            self.failures = 0;
        }
        self.failures = self.failures.saturating_add(1);
        let wait = self.waits.after(self.failures);
        // The service's wait is the minimum, so the jitter is added to it.
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
