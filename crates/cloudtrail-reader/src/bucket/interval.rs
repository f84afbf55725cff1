//! The time in which log files were delivered: the plugin's `s3Interval`.
//!
//! ```text
//! interval = term | term "-" term          blanks may stand around a term
//! term     = digits unit | RFC 3339 time   unit: s m h d w; so long before now
//! ```

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// A file of a minute is wanted if any second of the minute is: file names have minutes.
const MINUTE: SignedDuration = SignedDuration::from_secs(60);

/// The time in which wanted log files were delivered, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// The earliest time.
    pub start: Timestamp,
    /// The latest time. `None` for no end.
    pub end: Option<Timestamp>,
}

/// Why a text is not an interval.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IntervalError {
    /// It does not follow the grammar.
    #[error(
        "{0:?} is neither a time like 2026-01-02T15:04:05Z nor a span like 5d (s, m, h, d or w before now), nor two of \
         these with - between{quotes}",
        quotes = quotes(.0)
    )]
    Grammar(String),
    /// A time that does not exist, such as 30 February.
    #[error("{text:?} is no time: {reason}")]
    Time {
        /// The text.
        text: String,
        /// The reason.
        reason: String,
    },
    /// It is not one time.
    #[error(
        "{0:?} is neither a time like 2026-01-02T15:04:05Z, nor a date like 2026-01-02, nor a span like 5d (s, m, h, d \
         or w before now){quotes}",
        quotes = quotes(.0)
    )]
    NotATime(String),
    /// A span that begins before the earliest time.
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
    /// Parses an interval; spans count back from `now`. A text of blanks gives `None`, which means all times.
    ///
    /// # Errors
    /// If the text does not follow the grammar, goes back too far, or starts after its end.
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

    /// Parses one time: a span before `now`, an RFC 3339 time, or a date, which begins at midnight in UTC.
    ///
    /// # Errors
    /// Returns an error if the text has another form or goes back too far.
    pub fn time(text: &str, now: Timestamp) -> Result<Timestamp, IntervalError> {
        let text = text.trim();
        match term(text) {
            Some((term, "")) => term.resolve(now),
            _ => {
                let date = text.parse::<Date>().ok().filter(|_| text.len() == "2026-01-02".len());
                let midnight = date.and_then(|date| date.to_zoned_datetime(TimeZone::UTC).ok());
                midnight.map(|it| it.timestamp()).ok_or_else(|| IntervalError::NotATime(text.to_owned()))
            }
        }
    }

    /// Returns whether a file that was delivered in the minute that starts at `minute` may be wanted.
    #[must_use]
    pub fn contains_minute(&self, minute: Timestamp) -> bool {
        let after = minute.checked_add(MINUTE).unwrap_or(Timestamp::MAX);
        after > self.start && self.end.is_none_or(|end| minute <= end)
    }

    /// Returns whether a file that was delivered on one of these days, in UTC, may be wanted.
    #[must_use]
    pub fn contains_days(&self, first: Date, last: Date) -> bool {
        let midnight = |day: Date| day.to_zoned_datetime(TimeZone::UTC).ok().map(|it| it.timestamp());
        let after = last.tomorrow().ok().and_then(midnight).unwrap_or(Timestamp::MAX);
        let from = midnight(first).unwrap_or(Timestamp::MIN);
        after > self.start && self.end.is_none_or(|end| from <= end)
    }
}

enum Term<'t> {
    Span(&'t str),
    Time(&'t str),
}

/// Splits off the term at the beginning of a text.
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

/// Returns the length of the RFC 3339 time at the beginning of a text.
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

/// Returns advice for a text in quotes, as `--env-file` of Docker and shells inside shells leave them.
fn quotes(text: &str) -> &'static str {
    if text.starts_with(['"', '\'']) { "; remove the quotes around it" } else { "" }
}

/// Returns the time this long before now. `None` if it is before the earliest time.
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
        check("\"5d\"", Err("between; remove the quotes around it"));
        check("2026-02-30T03:04:05Z", Err("\"2026-02-30T03:04:05Z\" is no time: "));
        check("99999999999999999999d", Err("\"99999999999999999999d\" leads too far back"));
        check("300000w", Ok("-003724-08-22T12:00:00Z.."));
        check("9223372036854775807w", Err("leads too far back"));
        check("900000w", Err("leads too far back"));
        check("2d-5d", Err("the start, 2026-03-29T12:00:00Z, is after the end, 2026-03-26T12:00:00Z"));
    }

    #[test]
    fn one_time_is_a_span_a_time_or_a_date() {
        let time = |text: &str| Interval::time(text, now()).map(|it| it.to_string()).map_err(|error| error.to_string());
        for (text, expected) in [
            ("2h", "2026-03-31T10:00:00Z"),
            (" 7d ", "2026-03-24T12:00:00Z"),
            ("2026-01-02T03:04:05+02:00", "2026-01-02T01:04:05Z"),
            ("2026-01-02", "2026-01-02T00:00:00Z"),
        ] {
            assert_eq!(time(text).as_deref(), Ok(expected), "{text}");
        }
        for wrong in ["", "2", "5d-2d", "2026-01-02T03:04:05", "20260102", "2026-02-30", "yesterday", "2026-01-02 "] {
            let error = time(wrong).err();
            assert!(wrong.ends_with(' ') || error.is_some_and(|it| it.contains("is neither a time like")), "{wrong}");
        }
        assert!(time("9223372036854775807w").is_err_and(|error| error.contains("leads too far back")));
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
