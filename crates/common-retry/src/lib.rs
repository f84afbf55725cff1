#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

use std::time::Duration;

/// Waits that double, with a cap and jitter. They go on without end: the caller decides when to give up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    first: Duration,
    cap: Duration,
}

/// For temporary failures: throttling, server errors, broken connections. A throttle of 100 calls a second ends within
/// a fraction of a second; during an outage, two tries a minute are enough.
pub const PASSING: Backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(30));

/// For failures that a person must repair, here or at the service. That takes longer than seconds, and nobody wants to
/// wait more than a minute to see that it worked.
pub const MENDING: Backoff = Backoff::new(Duration::from_secs(5), Duration::from_secs(60));

impl Backoff {
    /// Returns a backoff whose first wait is `first`, and whose longest is `cap`.
    #[must_use]
    pub const fn new(first: Duration, cap: Duration) -> Self {
        Self { first, cap }
    }

    /// Returns the wait after this many failures in a row: between half and all of `first * 2^(failures - 1)`, capped.
    #[must_use]
    pub fn after(self, failures: u32) -> Duration {
        self.with_jitter(failures, fastrand::f64())
    }

    /// Does the same as [`after`](Self::after), with `jitter` from 0 to 1. Half of the wait is certain, so no jitter
    /// makes a loop spin.
    #[must_use]
    pub fn with_jitter(self, failures: u32, jitter: f64) -> Duration {
        let doubled = 1_u32.checked_shl(failures.saturating_sub(1)).and_then(|times| self.first.checked_mul(times));
        let whole = doubled.map_or(self.cap, |wait| wait.min(self.cap));
        whole.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn waits_double_up_to_the_cap() {
        let waits: Vec<u128> = (1..12).map(|failures| PASSING.with_jitter(failures, 1.0).as_millis()).collect();
        assert_eq!(waits, [100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000]);
        assert_eq!(PASSING.with_jitter(1, 0.0), Duration::from_millis(50));
    }

    proptest! {
        #[test]
        fn every_wait_is_within_bounds(failures: u32) {
            for backoff in [PASSING, MENDING, Backoff::new(Duration::from_secs(1), Duration::from_secs(30))] {
                let wait = backoff.after(failures);
                prop_assert!(wait >= backoff.first / 2 && wait <= backoff.cap);
            }
        }
    }
}
