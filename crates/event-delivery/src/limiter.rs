//! Limits the calls of each second.

use std::num::NonZeroU32;
use std::time::Duration;

use audit_schema::limits;
use governor::clock::{Clock, Reference};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::time::Instant;

/// Calls that may come at once after a pause. Timers wake up to two milliseconds late; without saved calls, each delay
/// would lower the rate.
const AT_ONCE: u32 = 4;

/// Allows a call now, or returns when to ask again.
///
/// The calls of one second are spread over it.
#[derive(Debug)]
pub struct Limiter {
    inner: RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<Point>>,
}

impl Limiter {
    /// Returns the limit of `PutAuditEvents`: 100 calls a second for an account in a region. AWS does not raise it.
    #[must_use]
    pub fn put_audit_events() -> Self {
        Self::new(limits::MAX_CALLS_PER_SECOND)
    }

    /// Returns a limiter that never allows more than this many calls within one second.
    #[must_use]
    pub fn new(calls_per_second: u32) -> Self {
        // The calls of any one second are those saved up and those that come due in it.
        Self::with(calls_per_second.saturating_sub(AT_ONCE), AT_ONCE.min(calls_per_second))
    }

    fn with(steady: u32, at_once: u32) -> Self {
        let at_least_one = |count| NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_second(at_least_one(steady)).allow_burst(at_least_one(at_once));
        Self { inner: RateLimiter::direct_with_clock(quota, TokioClock { start: Instant::now() }) }
    }

    /// Takes the right to make one call.
    ///
    /// # Errors
    /// Returns how long to wait before asking again.
    pub fn take(&self) -> Result<(), Duration> {
        let now = || self.inner.clock().now();
        self.inner.check().map_err(|not_yet| not_yet.wait_time_from(now()))
    }
}

/// Tokio's time, which tests can pause.
#[derive(Clone, Debug)]
struct TokioClock {
    start: Instant,
}

/// The time since the clock's start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Point(Duration);

impl Clock for TokioClock {
    type Instant = Point;

    fn now(&self) -> Point {
        Point(self.start.elapsed())
    }
}

impl std::ops::Add<Nanos> for Point {
    type Output = Self;

    fn add(self, nanos: Nanos) -> Self {
        Self(self.0.saturating_add(nanos.into()))
    }
}

impl Reference for Point {
    fn duration_since(&self, earlier: Self) -> Nanos {
        self.0.saturating_sub(earlier.0).into()
    }

    fn saturating_sub(&self, duration: Nanos) -> Self {
        Self(self.0.saturating_sub(duration.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn no_second_has_more_calls_than_allowed_and_late_wake_ups_cost_none() {
        let limiter = Limiter::put_audit_events();
        let start = Instant::now();
        let mut calls = Vec::new();
        while start.elapsed() < Duration::from_secs(10) {
            match limiter.take() {
                Ok(()) => calls.push(start.elapsed()),
                // The timer is late.
                Err(wait) => tokio::time::sleep(wait + Duration::from_millis(2)).await,
            }
        }
        assert!((955..=965).contains(&calls.len()), "{}", calls.len());
        for (first, at) in calls.iter().enumerate() {
            let within = calls[first..].iter().take_while(|other| **other - *at < Duration::from_secs(1)).count();
            assert!(within <= 100, "{within} calls in the second from {at:?}");
        }
    }
}
