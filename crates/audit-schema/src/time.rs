//! The time of an event, and Falcon's ways to write it.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

use crate::json;

/// The time of an event, to the second: `yyyy-MM-DDTHH:mm:ssZ` in UTC, from 1970 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventTime(Timestamp);

impl EventTime {
    /// Creates a time from ms since 1970, rounded down to the second. `None` before 1970 and after 9999.
    #[must_use]
    pub fn from_millis(millis: i64) -> Option<Self> {
        if millis < 0 {
            return None;
        }
        Timestamp::from_second(millis.div_euclid(MILLIS_A_SECOND)).ok().map(Self)
    }

    /// Returns the time in ms since 1970.
    #[must_use]
    pub fn as_millis(self) -> i64 {
        self.0.as_millisecond()
    }

    /// Creates the nearest time that is valid.
    pub(crate) fn clamped(millis: i64) -> Self {
        let nearest = if millis < 0 { 0 } else { Timestamp::MAX.as_second() };
        Self::from_millis(millis).unwrap_or(Self(Timestamp::from_second(nearest).unwrap_or_default()))
    }
}

impl fmt::Display for EventTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Whole seconds have no fraction, so this is `yyyy-MM-DDTHH:mm:ssZ`.
        self.0.fmt(f)
    }
}

const MILLIS_A_SECOND: i64 = 1_000;

/// From this number on a time is in ms, below it in seconds. As seconds it is the year 5138, as ms March 1973; Falcon
/// sends neither.
const MILLIS_FROM: i64 = 100_000_000_000;

/// Reads the time from a member of a Falcon event, in ms since 1970. The member is a number of ms or seconds, or a
/// date, which is in UTC if it has no zone. `None` for other values, for 0 and for times before 1970.
pub(crate) fn read(json: &str) -> Option<i64> {
    let text = json::scalar(json)?;
    let text = text.trim();
    let number = match text.parse::<i64>() {
        Ok(whole) => Some(if whole < MILLIS_FROM { whole.saturating_mul(MILLIS_A_SECOND) } else { whole }),
        Err(_) => float(text).or_else(|| date(text)),
    };
    number.filter(|millis| *millis > 0 && EventTime::from_millis(*millis).is_some())
}

/// Reads ms as FIG's `datetime.utcfromtimestamp` does (`fig/falcon/models.py:85`): rounded to the microsecond, half to
/// even.
fn float(text: &str) -> Option<i64> {
    let number: f64 = text.parse().ok().filter(|number: &f64| number.is_finite())?;
    let seconds = if number < MILLIS_FROM as f64 { number } else { number / MILLIS_A_SECOND as f64 };
    let micros = (seconds.fract() * 1e6).round_ties_even();
    Some((seconds.trunc() as i64).saturating_mul(MILLIS_A_SECOND).saturating_add((micros / 1e3) as i64))
}

fn date(text: &str) -> Option<i64> {
    let timestamp = text.parse::<Timestamp>().ok().or_else(|| {
        let without_zone: DateTime = text.parse().ok()?;
        Offset::UTC.to_timestamp(without_zone).ok()
    })?;
    Some(timestamp.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, time: &str) {
        let read = read(json).and_then(EventTime::from_millis).map(|time| time.to_string());
        assert_eq!(read.as_deref().unwrap_or("none"), time, "{json}");
    }

    #[test]
    fn numbers_are_told_apart_by_size() {
        check("1766724718104", "2025-12-26T04:51:58Z");
        check("1766724718999", "2025-12-26T04:51:58Z");
        check("1480375833", "2016-11-28T23:30:33Z");
        check("99999999999", "5138-11-16T09:46:39Z");
        check("100000000000", "1973-03-03T09:46:40Z");
        check("1766724718104.7", "2025-12-26T04:51:58Z");
        check("1766724718999.9999", "2025-12-26T04:51:59Z");
        check("1.766724718104e12", "2025-12-26T04:51:58Z");
        check("1480375833.75", "2016-11-28T23:30:33Z");
        check(r#""1766724718104""#, "2025-12-26T04:51:58Z");
        check(r#"" 1480375833 ""#, "2016-11-28T23:30:33Z");
        check(r#""1480375833.0""#, "2016-11-28T23:30:33Z");
    }

    #[test]
    fn fractions_of_seconds_are_kept_to_the_ms() {
        for (json, millis) in [
            ("1480375833.75", 1_480_375_833_750),
            ("1766724718104.9", 1_766_724_718_104),
            (r#""2024-07-22 15:50:16.923999999""#, 1_721_663_416_923),
        ] {
            assert_eq!(read(json), Some(millis), "{json}");
        }
    }

    #[test]
    fn dates_are_read() {
        check(r#""2024-07-22 15:50:16.923000000""#, "2024-07-22T15:50:16Z");
        check(r#""2024-07-22T15:50:16""#, "2024-07-22T15:50:16Z");
        check(r#""2024-07-22T15:50:16Z""#, "2024-07-22T15:50:16Z");
        check(r#""2024-07-22 15:50:16.9+02:00""#, "2024-07-22T13:50:16Z");
        check(r#""2024-07-22""#, "2024-07-22T00:00:00Z");
        check(r#""2024\u002d07-22 01:02:03""#, "2024-07-22T01:02:03Z");
    }

    #[test]
    fn what_is_no_time_is_none() {
        for json in [
            "0",
            "-1",
            "-1766724718104",
            "1e300",
            "1e999",
            "99999999999999999999",
            "253402300800000",
            "true",
            "null",
            "{}",
            "[1766724718104]",
            r#""""#,
            r#"" ""#,
            r#""nan""#,
            r#""inf""#,
            r#""yesterday""#,
            r#""2024-13-01""#,
            r#""1969-12-31T23:59:59Z""#,
        ] {
            check(json, "none");
        }
    }

    #[test]
    fn any_time_of_receipt_can_be_said() {
        for (millis, time) in [
            (i64::MIN, "1970-01-01T00:00:00Z"),
            (0, "1970-01-01T00:00:00Z"),
            (1_766_724_718_104, "2025-12-26T04:51:58Z"),
            (i64::MAX, "9999-12-30T22:00:00Z"),
        ] {
            assert_eq!(EventTime::clamped(millis).to_string(), time);
        }
    }
}
