//! The time that files must have been delivered in: the plugin's `s3Interval`.
//!
//! ```text
//! interval = term | term "-" term          blanks may stand around a term
//! term     = digits unit | RFC 3339 time   unit: s m h d w; so long before now
//! ```

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// The files of a minute are wanted if any second of it is: names of files tell minutes.
const MINUTE: SignedDuration = SignedDuration::from_secs(60);

/// The time in which files must have been delivered, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// The earliest time.
    pub start: Timestamp,
    /// The latest time; none for all that comes.
    pub end: Option<Timestamp>,
}

/// Why a text is no interval.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IntervalError {
    /// It does not follow the grammar.
    #[error(
        "{0:?} is neither a time like 2026-01-02T15:04:05Z nor a span like 5d (s, m, h, d or w before now), nor two of \
         these with - between"
    )]
    Grammar(String),
    /// A time that is none, like a 30 February.
    #[error("{text:?} is no time: {reason}")]
    Time {
        /// What stands there.
        text: String,
        /// Why not.
        reason: String,
    },
    /// A span so long that it leads before all times.
    #[error("{0:?} leads too far back; the earliest time is in the year -9999")]
    TooLong(String),
    /// The start is after the end.
    #[error("the start, {start}, is after the end, {end}")]
    StartAfterEnd {
        /// The start as a time.
        start: Timestamp,
        /// The end as a time.
        end: Timestamp,
    },
}

impl Interval {
    /// Reads an interval; spans count back from `now`. A text of blanks gives `None`, which means all times.
    ///
    /// # Errors
    /// Where the text does not follow the grammar, leads beyond all times, or starts after its end.
    pub fn parse(text: &str, now: Timestamp) -> Result<Option<Self>, IntervalError> {
        let whole = text.trim();
        if whole.is_empty() {
            return Ok(None);
        }
        let grammar = || IntervalError::Grammar(whole.to_owned());
        let (first, rest) = term(whole).ok_or_else(grammar)?;
        let rest = rest.trim_start();
        let start = first.resolve(now)?;
        if rest.is_empty() {
            return Ok(Some(Self { start, end: None }));
        }
        let second = rest.strip_prefix('-').ok_or_else(grammar)?.trim_start();
        let (second, rest) = term(second).ok_or_else(grammar)?;
        if !rest.is_empty() {
            return Err(grammar());
        }
        let end = second.resolve(now)?;
        if start > end {
            return Err(IntervalError::StartAfterEnd { start, end });
        }
        Ok(Some(Self { start, end: Some(end) }))
    }

    /// Whether a file that was delivered in the minute that starts at `minute` may be wanted.
    #[must_use]
    pub fn contains_minute(&self, minute: Timestamp) -> bool {
        let after = minute.checked_add(MINUTE).unwrap_or(Timestamp::MAX);
        after > self.start && self.end.is_none_or(|end| minute <= end)
    }

    /// Returns whether a file that was delivered on one of these days, in UTC, may be wanted.
    #[must_use]
    pub fn contains_days(&self, first: Date, last: Date) -> bool {
        let midnight = |day: Date| day.to_zoned(TimeZone::UTC).ok().map(|it| it.timestamp());
        let after = last.tomorrow().ok().and_then(midnight).unwrap_or(Timestamp::MAX);
        let from = midnight(first).unwrap_or(Timestamp::MIN);
        after > self.start && self.end.is_none_or(|end| from <= end)
    }
}

enum Term<'t> {
    Span(&'t str),
    Time(&'t str),
}

/// The term that a text begins with, and what follows.
fn term(text: &str) -> Option<(Term<'_>, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let unit = text.as_bytes().get(digits).copied().unwrap_or_default();
    if digits > 0 && b"smhdw".contains(&unit) {
        let (span, rest) = text.split_at_checked(digits + 1)?;
        return Some((Term::Span(span), rest));
    }
    let (time, rest) = text.split_at_checked(time_length(text.as_bytes())?)?;
    Some((Term::Time(time), rest))
}

/// The length of the RFC 3339 time that a text begins with.
fn time_length(text: &[u8]) -> Option<usize> {
    const SHAPE: &[u8] = b"0000-00-00T00:00:00";
    for (index, shape) in SHAPE.iter().enumerate() {
        let byte = text.get(index)?;
        let fits = match shape {
            b'0' => byte.is_ascii_digit(),
            b'T' => matches!(byte, b'T' | b't'),
            other => byte == other,
        };
        if !fits {
            return None;
        }
    }
    let mut length = SHAPE.len();
    if text.get(length) == Some(&b'.') {
        let digits = text.iter().skip(length + 1).take_while(|byte| byte.is_ascii_digit()).count();
        length += 1 + digits;
    }
    match text.get(length)? {
        b'Z' | b'z' => Some(length + 1),
        b'+' | b'-' => Some(length + "+00:00".len()).filter(|end| *end <= text.len()),
        _ => None,
    }
}

impl Term<'_> {
    fn resolve(&self, now: Timestamp) -> Result<Timestamp, IntervalError> {
        match self {
            Self::Time(text) => text.parse().map_err(|error: jiff::Error| IntervalError::Time {
                text: (*text).to_owned(),
                reason: error.to_string(),
            }),
            Self::Span(text) => back(text, now).ok_or_else(|| IntervalError::TooLong((*text).to_owned())),
        }
    }
}

/// The time that long before now; none where there is no such time.
fn back(span: &str, now: Timestamp) -> Option<Timestamp> {
    let (digits, unit) = span.split_at_checked(span.len().checked_sub(1)?)?;
    let seconds: i64 = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => 604_800,
    };
    let seconds = digits.parse::<i64>().ok()?.checked_mul(seconds)?;
    now.checked_sub(SignedDuration::from_secs(seconds)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn now() -> Timestamp {
        "2026-03-31T12:00:00Z".parse().unwrap()
    }

    #[track_caller]
    fn check(text: &str, expected: Result<&str, &str>) {
        let found = Interval::parse(text, now()).map(|it| match it {
            None => "all".to_owned(),
            Some(Interval { start, end: None }) => format!("{start}.."),
            Some(Interval { start, end: Some(end) }) => format!("{start}..{end}"),
        });
        let found = found.map_err(|error| error.to_string());
        match expected {
            Ok(expected) => assert_eq!(found.as_deref(), Ok(expected), "{text}"),
            Err(part) => assert!(found.as_ref().is_err_and(|error| error.contains(part)), "{text}: {found:?}"),
        }
    }

    #[test]
    fn spans_times_and_ranges_of_either() {
        check("", Ok("all"));
        check("  ", Ok("all"));
        check("5d", Ok("2026-03-26T12:00:00Z.."));
        check(" 5d ", Ok("2026-03-26T12:00:00Z.."));
        check("90s", Ok("2026-03-31T11:58:30Z.."));
        check("2w-36h", Ok("2026-03-17T12:00:00Z..2026-03-30T00:00:00Z"));
        check("5d - 2d", Ok("2026-03-26T12:00:00Z..2026-03-29T12:00:00Z"));
        check("2026-01-02T03:04:05Z", Ok("2026-01-02T03:04:05Z.."));
        check("2026-01-02T03:04:05.678z", Ok("2026-01-02T03:04:05.678Z.."));
        check("2026-01-02t03:04:05+02:00", Ok("2026-01-02T01:04:05Z.."));
        check("2026-01-02T03:04:05-05:00-2026-01-03T00:00:00Z", Ok("2026-01-02T08:04:05Z..2026-01-03T00:00:00Z"));
        check("2026-01-02T03:04:05Z  -  1d", Ok("2026-01-02T03:04:05Z..2026-03-30T12:00:00Z"));
        check("0s-0s", Ok("2026-03-31T12:00:00Z..2026-03-31T12:00:00Z"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for text in ["5", "d", "-5d", "5d-", "5d-2d-1d", "5 d", "5D", "now", "2026-01-02", "2026-01-02T03:04Z", "5dd"] {
            check(text, Err("is neither a time like"));
        }
        check("2026-01-02T03:04:05", Err("is neither a time like"));
        check("2026-02-30T03:04:05Z", Err("\"2026-02-30T03:04:05Z\" is no time: "));
        check("99999999999999999999d", Err("\"99999999999999999999d\" leads too far back"));
        check("300000w", Ok("-003724-08-22T12:00:00Z.."));
        check("9223372036854775807w", Err("leads too far back"));
        check("900000w", Err("leads too far back"));
        check("2d-5d", Err("the start, 2026-03-29T12:00:00Z, is after the end, 2026-03-26T12:00:00Z"));
    }

    #[test]
    fn a_minute_is_wanted_if_a_second_of_it_is() {
        let interval = Interval::parse("2026-01-02T03:04:30Z-2026-01-02T03:06:00Z", now()).unwrap().unwrap();
        let minute = |text: &str| interval.contains_minute(text.parse().unwrap());
        assert!(!minute("2026-01-02T03:03:00Z"));
        assert!(minute("2026-01-02T03:04:00Z"));
        assert!(minute("2026-01-02T03:06:00Z"));
        assert!(!minute("2026-01-02T03:07:00Z"));
    }

    #[test]
    fn days_are_wanted_if_a_second_of_them_is() {
        let interval = Interval::parse("2026-01-02T23:59:59Z-2026-01-04T00:00:00Z", now()).unwrap().unwrap();
        let days = |first: &str, last: &str| interval.contains_days(first.parse().unwrap(), last.parse().unwrap());
        assert!(!days("2026-01-01", "2026-01-01"));
        assert!(days("2026-01-02", "2026-01-02"));
        assert!(days("2026-01-04", "2026-01-04"));
        assert!(!days("2026-01-05", "2026-01-05"));
        assert!(days("2026-01-01", "2026-01-31") && days("2026-01-01", "2026-12-31"));
        assert!(!days("2025-01-01", "2025-12-31"));
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(text in "[0-9a-zTZ:+. -]{0,60}|.{0,40}") {
            if let Ok(Some(Interval { start, end: Some(end) })) = Interval::parse(&text, now()) {
                prop_assert!(start <= end);
            }
        }

        #[test]
        fn what_is_written_is_read(a in 0_i64..100_000, b in 0_i64..100_000, blanks in " {0,3}") {
            let (from, to) = (a.max(b), a.min(b));
            let as_spans = Interval::parse(&format!("{from}m{blanks}-{blanks}{to}m"), now()).unwrap().unwrap();
            let time = |minutes| now() - SignedDuration::from_mins(minutes);
            prop_assert_eq!(as_spans, Interval { start: time(from), end: Some(time(to)) });
            let as_times = format!("{}{blanks}-{blanks}{}", time(from), time(to));
            prop_assert_eq!(Interval::parse(&as_times, now()), Ok(Some(as_spans)));
        }
    }
}
