//! Compares this machine's clock with the service's.

use jiff::Timestamp;
use reqwest::header::{DATE, HeaderMap};

/// The largest difference between clocks, in seconds: beyond it AWS refuses signatures, and certificates may look
/// expired.
const CLOCK_DIFFERENCE: i64 = 300;

/// Returns how many seconds our clock is ahead of the answer's `Date`, if it is too much.
pub(super) fn clock_difference(headers: &HeaderMap, now: Timestamp) -> Option<i64> {
    let date = jiff::fmt::rfc2822::parse(headers.get(DATE)?.to_str().ok()?).ok()?;
    let ahead_s = now.as_second() - date.timestamp().as_second();
    (ahead_s.abs() > CLOCK_DIFFERENCE).then_some(ahead_s)
}
