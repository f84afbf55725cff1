//! Times as CloudTrail writes them.

/// Parses an RFC 3339 time into nanoseconds since 1970. Returns `None` for other text and for times that do not fit a
/// `u64`.
///
/// As in Go's `time.Parse`, `T` and `Z` are upper case, a fraction may follow a comma, and digits after the ninth are
/// ignored.
pub(crate) fn nanoseconds(text: &[u8]) -> Option<u64> {
    let (head, tail) = text.split_first_chunk::<19>()?;
    let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1, b'T', h0, h1, b':', n0, n1, b':', s0, s1] = *head else {
        return None;
    };
    let year = number(&[y0, y1])? * 100 + number(&[y2, y3])?;
    let (month, day) = (number(&[m0, m1])?, number(&[d0, d1])?);
    let (hour, minute, second) = (number(&[h0, h1])?, number(&[n0, n1])?, number(&[s0, s1])?);
    let date_is_real = (1..=12).contains(&month) && (1..=days_of(year, month)).contains(&day);
    if !date_is_real || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (fraction, zone) = fraction(tail)?;
    let seconds = days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset(zone)?;
    u64::try_from(seconds).ok()?.checked_mul(1_000_000_000)?.checked_add(fraction)
}

fn number(digits: &[u8; 2]) -> Option<i64> {
    let [tens, ones] = digits.map(|digit| char::from(digit).to_digit(10));
    Some(i64::from(tens? * 10 + ones?))
}

/// Returns the nanoseconds that `text` begins with, and the zone after them.
fn fraction(text: &[u8]) -> Option<(u64, &[u8])> {
    let Some((b'.' | b',', rest)) = text.split_first() else { return Some((0, text)) };
    let len = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, zone) = rest.split_at_checked(len).filter(|(digits, _)| !digits.is_empty())?;
    let padded = digits.iter().chain(std::iter::repeat(&b'0')).take(9);
    Some((padded.fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0')), zone))
}

/// Returns the seconds that a zone is ahead of UTC.
fn offset(zone: &[u8]) -> Option<i64> {
    let (sign, h0, h1, m0, m1) = match *zone {
        [b'Z'] => return Some(0),
        [b'+', h0, h1, b':', m0, m1] => (1, h0, h1, m0, m1),
        [b'-', h0, h1, b':', m0, m1] => (-1, h0, h1, m0, m1),
        _ => return None,
    };
    let (hours, minutes) = (number(&[h0, h1])?, number(&[m0, m1])?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3_600 + minutes * 60))
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Returns the days since 1970 in the Gregorian calendar. Years begin with March here, so that a leap day is the last day.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leaps = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    // 153 days in five months from March on: 31, 30, 31, 30, 31.
    year * 365 + leaps + (153 * month + 2) / 5 + day - 1 - 719_468
}

/// Writes a time as CloudTrail does: to the second.
pub(crate) fn written(time: u64) -> String {
    let seconds = time / 1_000_000_000;
    let (day, second) = (seconds / 86_400, seconds % 86_400);
    // The inverse of `days`.
    let day = day + 719_468;
    let era = day / 146_097;
    let of_era = day % 146_097;
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::{nanoseconds, written};

    #[track_caller]
    fn check(text: &str, seconds: impl Into<Option<u64>>) {
        assert_eq!(nanoseconds(text.as_bytes()), seconds.into().map(|it: u64| it * 1_000_000_000), "{text}");
    }

    #[test]
    fn times() {
        check("1970-01-01T00:00:00Z", 0);
        check("2026-01-02T03:04:05Z", 1_767_323_045);
        check("2024-02-29T23:59:59Z", 1_709_251_199);
        check("2000-03-01T00:00:00Z", 951_868_800);
        check("2026-01-02T03:04:05+01:30", 1_767_323_045 - 5_400);
        check("2026-01-02T03:04:05-01:30", 1_767_323_045 + 5_400);
        check("2554-07-21T23:34:33Z", 18_446_744_073);
    }

    #[test]
    fn written_times_are_read_again() {
        for day in (0..213_500).step_by(17).chain([59, 60, 789, 11_016, 11_017]) {
            let time = (day * 86_400 + day % 86_400) * 1_000_000_000;
            assert_eq!(nanoseconds(written(time).as_bytes()), Some(time), "{}", written(time));
        }
        assert_eq!(written(951_782_399_999_999_999), "2000-02-28T23:59:59Z");
        assert_eq!(written(951_782_400_000_000_000), "2000-02-29T00:00:00Z");
    }

    #[test]
    fn fractions() {
        assert_eq!(nanoseconds(b"1970-01-01T00:00:01.5Z"), Some(1_500_000_000));
        assert_eq!(nanoseconds(b"1970-01-01T00:00:01,25Z"), Some(1_250_000_000));
        assert_eq!(nanoseconds(b"1970-01-01T00:00:01.123456789987+00:00"), Some(1_123_456_789));
    }

    #[test]
    fn no_times() {
        let broken = [
            "",
            "x",
            "2026",
            "2026-01-02",
            "2026-01-02T03:04:05",
            "2026-01-02 03:04:05Z",
            "2026-01-02t03:04:05z",
            "2026-13-02T03:04:05Z",
            "2026-00-02T03:04:05Z",
            "2026-02-29T03:04:05Z",
            "2026-01-00T03:04:05Z",
            "2026-01-02T24:04:05Z",
            "2026-01-02T03:60:05Z",
            "2026-01-02T03:04:60Z",
            "2026-01-02T03:04:05.Z",
            "2026-01-02T03:04:05+0100",
            "2026-01-02T03:04:05+24:00",
            "2026-01-02T03:04:05ZZ",
            "12026-01-02T03:04:05Z",
        ];
        broken.into_iter().for_each(|text| check(text, None));
    }

    #[test]
    fn out_of_range_is_no_time() {
        check("1969-12-31T23:59:59Z", None);
        check("1970-01-01T00:00:00+00:01", None);
        check("0000-01-01T00:00:00Z", None);
        check("2554-07-21T23:34:34Z", None);
        check("9999-12-31T23:59:59Z", None);
    }
}
