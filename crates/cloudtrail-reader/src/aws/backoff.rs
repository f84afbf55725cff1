//! How long to wait before trying again.

use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The first wait; a request takes some tens of ms.
const FIRST: Duration = Duration::from_millis(200);
/// The longest wait: S3 and SQS recover in seconds, and who waits longer only adds to the delay.
const LONGEST: Duration = Duration::from_secs(20);
/// The doubling ends here, far beyond [`LONGEST`].
const MOST_DOUBLINGS: u32 = 10;

/// So many failures are not told: by then some three seconds have passed.
const TOLD_FIRST: u32 = 4;
/// After that one of so many is told: with the longest wait, one in five minutes.
const TOLD_EVERY: u32 = 16;

/// Waits that double, with jitter.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// How often it has been waited for.
    pub(super) fn failures(&self) -> u32 {
        self.failures
    }

    /// Whether the failure to come is one to tell the user of: not the first few, which are part of every day, and then
    /// every now and then.
    pub(super) fn is_to_be_told(&self) -> bool {
        self.failures % TOLD_EVERY == TOLD_FIRST
    }

    /// Begins anew, after a success.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }

    /// Waits, half of the time for sure and up to all of it by chance. `false` where `stop` came first.
    pub(super) async fn wait(&mut self, stop: &CancellationToken) -> bool {
        let delay = self.delay();
        stop.run_until_cancelled(tokio::time::sleep(delay)).await.is_some()
    }

    /// How long to wait this time.
    pub(super) fn delay(&mut self) -> Duration {
        self.next(fastrand::f64())
    }

    fn next(&mut self, chance: f64) -> Duration {
        let full = FIRST.saturating_mul(1 << self.failures.min(MOST_DOUBLINGS)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        full.mul_f64(0.5 + chance / 2.0)
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
            (0..40).filter(|failures| Backoff { failures: *failures }.is_to_be_told()).collect::<Vec<_>>(),
            [4, 20, 36]
        );
        backoff.reset();
        assert_eq!(backoff.next(0.0).as_millis(), 100);
    }
}
