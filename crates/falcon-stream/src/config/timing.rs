//! Intervals and timeouts. The defaults suit the real service; tests use short ones.

use std::time::Duration;

/// Intervals and timeouts. The defaults suit the real service.
#[derive(Clone, Debug, PartialEq)]
pub struct Timing {
    /// A feed that sends nothing for this long, not even a keep-alive, is closed and opened again. The interval of
    /// keep-alives is not documented; clients wait between 60 s (FIG) and 120 s (XSOAR, goFIG).
    pub idle: Duration,
    /// A session is refreshed after this fraction of its interval, as FIG and gofalcon do.
    pub refresh_fraction: f64,
    /// The first wait after a failure. It doubles with each further one.
    pub retry_first: Duration,
    /// The longest wait after a failure, unless the service asks for a longer one.
    pub retry_cap: Duration,
    /// The waits start again after the service has worked for this long, so that a service that fails at once each time
    /// does not get many requests.
    pub healthy: Duration,
    /// While another program holds the application's feeds, they are listed this often, as FIG does.
    pub standby: Duration,
    /// While all partitions are read, new ones are looked for this often: one request of the 6,000 a minute.
    pub relist: Duration,
    /// If the list stays empty for a partition while others are connected, all are opened again after this time, in
    /// case the service lists nothing as long as the application has a connection. Doubles up to an hour.
    pub start_over: Duration,
    /// The time limit for connecting.
    pub connect: Duration,
    /// The time limit for a whole answer of the API, except feeds.
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

/// Returns `time` plus or minus up to a fifth, so that programs that failed together do not all try again together.
pub(crate) fn jitter(time: Duration) -> Duration {
    time.mul_f64(0.8 + 0.4 * fastrand::f64())
}
