//! The wait before the next try.

use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// A request takes a few tens of ms. S3 and SQS recover in seconds, so a longer wait than the last only adds delay.
const WAITS: common_retry::Backoff = common_retry::Backoff::new(Duration::from_millis(200), Duration::from_secs(20));

/// This many failures pass before the first warning: about three seconds.
const FIRST_WARNING: u32 = 4;
/// After the first warning, one failure in this many is a warning: with the longest wait, one in five minutes.
const WARNING_EVERY: u32 = 16;

/// Waits that double, with jitter.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Returns the number of waits since the last success.
    pub(super) fn failures(&self) -> u32 {
        self.failures
    }

    /// Returns whether the next failure should be logged as a warning: not the first few, which are normal, and later
    /// only some of them.
    pub(super) fn should_warn(&self) -> bool {
        self.failures % WARNING_EVERY == FIRST_WARNING
    }

    /// Starts again after a success.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }

    /// Waits between half of the delay and all of it. Returns `false` if `stop` came first.
    pub(super) async fn wait(&mut self, stop: &CancellationToken) -> bool {
        let delay = self.delay();
        stop.run_until_cancelled(tokio::time::sleep(delay)).await.is_some()
    }

    /// Returns the next delay.
    pub(super) fn delay(&mut self) -> Duration {
        self.next(fastrand::f64())
    }

    fn next(&mut self, chance: f64) -> Duration {
        self.failures = self.failures.saturating_add(1);
        WAITS.with_jitter(self.failures, chance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let mut backoff = Backoff::default();
        let waits: Vec<_> = (0..9).map(|_| backoff.next(1.0).as_millis()).collect();
        assert_eq!(waits, [200, 400, 800, 1600, 3200, 6400, 12_800, 20_000, 20_000]);
        assert_eq!(backoff.failures(), 9);
        assert_eq!(backoff.next(0.0).as_millis(), 10_000);
        assert_eq!(
            (0..40).filter(|failures| Backoff { failures: *failures }.should_warn()).collect::<Vec<_>>(),
            [4, 20, 36]
        );
        backoff.reset();
        assert_eq!(backoff.next(0.0).as_millis(), 100);
    }
}
