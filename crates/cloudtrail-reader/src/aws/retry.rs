//! Tries a failed request again.

use super::backoff::Backoff;
use super::error::AccessError;
use super::monitor::Monitor;
use std::fmt::Display;
use tokio_util::sync::CancellationToken;

/// How often a request is retried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RetryLimit {
    Tries(u32),
    ForEver,
}

/// Logs and counts a failure, and waits before the next try. Returns the error if no further try follows.
pub(super) async fn again(
    what: &impl Display,
    error: AccessError,
    backoff: &mut Backoff,
    limit: RetryLimit,
    (monitor, stop): (&Monitor, &CancellationToken),
) -> Result<(), AccessError> {
    let given_up = match limit {
        RetryLimit::Tries(most) => backoff.failures() >= most,
        RetryLimit::ForEver => false,
    };
    if !error.is_transient() || given_up {
        return Err(error);
    }
    if backoff.should_warn() {
        tracing::warn!(%what, %error, failures = backoff.failures() + 1, "cannot be read yet; trying again");
    } else {
        tracing::debug!(%what, %error, failures = backoff.failures() + 1, "cannot be read yet; trying again");
    }
    monitor.count_retry(error.kind);
    if backoff.wait(stop).await { Ok(()) } else { Err(error) }
}
