//! Limits warnings that could come every second.

use std::time::Duration;

use tokio::time::Instant;

/// The time between two warnings: often enough for a person at the log, seldom enough not to fill it.
const PAUSE: Duration = Duration::from_secs(60);

/// Lets one warning through a minute, and counts the others.
#[derive(Debug, Default)]
pub(super) struct Limited {
    last: Option<Instant>,
    suppressed: u64,
}

impl Limited {
    /// Returns how many warnings were suppressed since the last one, or `None` if this one must be suppressed too.
    pub(super) fn now(&mut self) -> Option<u64> {
        if self.last.is_some_and(|last| last.elapsed() < PAUSE) {
            self.suppressed += 1;
            return None;
        }
        self.last = Some(Instant::now());
        Some(std::mem::take(&mut self.suppressed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_a_minute() {
        let mut limited = Limited::default();
        assert_eq!(limited.now(), Some(0));
        tokio::time::advance(PAUSE / 2).await;
        assert_eq!(limited.now(), None);
        tokio::time::advance(PAUSE / 2).await;
        assert_eq!(limited.now(), Some(1));
    }
}
