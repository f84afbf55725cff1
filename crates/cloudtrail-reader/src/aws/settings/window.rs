//! The window in which log events may become visible late.

use super::super::logs::MOST_WINDOW;
use std::time::Duration;

/// Why a text is not a window.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a time from 1m to 14d, such as 90s, 30m, 6h or 2d")]
pub(super) struct WindowError(String);

/// The shortest window, in seconds. Log events are never visible at once.
const SHORTEST: u64 = 60;

/// Parses a number with a unit: s, m, h, d or w.
pub(super) fn parse(text: &str) -> Result<Duration, WindowError> {
    let wrong = || WindowError(text.to_owned());
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return Err(wrong()),
    };
    let seconds = number.parse::<u64>().ok().and_then(|number| number.checked_mul(seconds));
    let seconds = seconds.filter(|seconds| (SHORTEST..=MOST_WINDOW.as_secs()).contains(seconds));
    seconds.map(Duration::from_secs).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_a_number_with_a_unit_within_limits() {
        for (text, seconds) in [("60s", 60), ("30m", 1800), ("6h", 21_600), ("14d", 1_209_600), ("2w", 1_209_600)] {
            assert_eq!(parse(text), Ok(Duration::from_secs(seconds)));
        }
        for text in ["", "5", "h", "59s", "15d", "1.5h", "-1h", "99999999999999999w", "1é"] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.ends_with("is not a time from 1m to 14d, such as 90s, 30m, 6h or 2d"), "{error}");
        }
    }
}
