//! How long things take. The defaults are right for the real service; tests make them short.

use std::time::Duration;

/// Times and spans. Each is right as it is; change one with a reason.
#[derive(Clone, Debug, PartialEq)]
pub struct Timing {
    /// A feed that says nothing at all, not even a keep-alive, for this long is given up and opened again. The spacing
    /// of keep-alives is not documented; clients wait between 60 s (FIG) and 120 s (XSOAR, goFIG).
    pub idle: Duration,
    /// A session is refreshed after this part of its interval; as FIG and gofalcon do.
    pub refresh_fraction: f64,
    /// The first wait after a failure. It doubles with each further one.
    pub retry_first: Duration,
    /// The longest wait after a failure that names none itself.
    pub retry_cap: Duration,
    /// Only what has worked for this long makes the waits short again, so that a service that fails at once each time
    /// is not hammered.
    pub healthy: Duration,
    /// While another program holds the application's feeds, they are asked for this often, as FIG does.
    pub standby: Duration,
    /// While all is well, new partitions are looked for this often: one request of the 6,000 a minute.
    pub relist: Duration,
    /// The list stays empty for a partition while we hold others: after this long all are opened anew, in case the
    /// service lists nothing while anything is connected. Doubles up to an hour.
    pub start_over: Duration,
    /// Until a connection is there.
    pub connect: Duration,
    /// Until an answer of the API (not of a feed) is there, whole.
    pub answer: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(120),
            refresh_fraction: 0.9,
            retry_first: Duration::from_secs(1),
            retry_cap: Duration::from_secs(60),
            healthy: Duration::from_secs(60),
            standby: Duration::from_secs(10),
            relist: Duration::from_secs(3600),
            start_over: Duration::from_secs(180),
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(30),
        }
    }
}

/// `time`, or up to a fifth more or less, so that many programs that failed together do not come back together.
pub(crate) fn jitter(time: Duration) -> Duration {
    time.mul_f64(0.8 + 0.4 * fastrand::f64())
}
