//! How long to wait before something is tried again.

use std::time::Duration;

/// Waits that double, with a cap and jitter. It never says that it is enough: nothing is given up because of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Backoff {
    first: Duration,
    cap: Duration,
}

/// For what passes by itself: throttling, a server's trouble, a broken connection. A throttle of 100 calls a second is
/// over in a fraction of a second; an outage is asked about twice a minute.
pub(crate) const PASSING: Backoff = Backoff { first: Duration::from_millis(100), cap: Duration::from_secs(30) };

/// For what somebody has to mend, here or at AWS. Nobody does so within seconds, and nobody wants to wait for more than
/// a minute to see that it worked.
pub(crate) const MENDING: Backoff = Backoff { first: Duration::from_secs(5), cap: Duration::from_secs(60) };

/// For what is asked at the start only. AWS's own outages last minutes, and asking is cheap.
pub(crate) const STARTING: Backoff = Backoff { first: Duration::from_secs(1), cap: Duration::from_secs(30) };

impl Backoff {
    /// The wait after so many failures in a row: between half and all of `first * 2^(failures - 1)`, capped.
    pub(crate) fn after(self, failures: u32) -> Duration {
        self.with_jitter(failures, fastrand::f64())
    }

    /// `jitter` is from 0 to 1. Half of the wait is certain, so that no jitter makes a loop spin.
    pub(crate) fn with_jitter(self, failures: u32, jitter: f64) -> Duration {
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
            for backoff in [PASSING, MENDING, STARTING] {
                let wait = backoff.after(failures);
                prop_assert!(wait >= backoff.first / 2 && wait <= backoff.cap);
            }
        }
    }
}
