//! Counts records by time.

use crate::table::bars;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// A minute in nanoseconds: times are counted by minutes.
pub(crate) const MINUTE: u64 = 60 * 1_000_000_000;
/// The minutes in memory, in 50 MB. With more, times are counted by days.
const MOST_MINUTES: usize = 1 << 20;
/// The minutes of a day.
const DAY: u64 = 24 * 60;
/// The widths that are chosen from, in minutes: from one minute to four weeks.
const WIDTHS: &[u64] = &[1, 5, 15, 60, 3 * 60, 6 * 60, 12 * 60, DAY, 7 * DAY, 28 * DAY];
/// The most spans for which a width is chosen: they fit two screens.
const MOST_SPANS: u64 = 60;
/// The empty spans that are written one by one, as bars. More of them become one line.
const MOST_EMPTY: u64 = 24;

/// The width of a span of a timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Width(u64);

impl Width {
    /// Returns the minutes of a span.
    #[must_use]
    pub fn minutes(self) -> u64 {
        self.0
    }
}

impl std::str::FromStr for Width {
    type Err = &'static str;

    /// Parses a number and a unit: `15m`, `1h`, `1d`, `1w`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mistake = "must be a number of minutes, hours, days or weeks, such as 15m, 1h, 1d or 1w";
        let units = [('m', 1), ('h', 60), ('d', DAY), ('w', 7 * DAY)];
        let found = units.iter().find_map(|(unit, minutes)| Some((text.strip_suffix(*unit)?, *minutes)));
        let (digits, minutes) = found.ok_or(mistake)?;
        let number = digits.parse::<u64>().ok().filter(|_| digits.bytes().all(|it| it.is_ascii_digit()));
        number.and_then(|it| it.checked_mul(minutes)).filter(|it| *it > 0).map(Self).ok_or(mistake)
    }
}

/// The number of records in each minute.
#[derive(Debug)]
pub struct Timeline {
    width: Option<Width>,
    /// The records of each minute since 1970.
    minutes: BTreeMap<u64, u64>,
    most_minutes: usize,
    /// Whether the minutes are those at which days begin.
    is_by_day: bool,
    /// The records without a readable time.
    pub(crate) untimed: u64,
}

impl Timeline {
    /// Creates an empty timeline. `None` chooses the width of a span when the times are known.
    #[must_use]
    pub fn new(width: Option<Width>) -> Self {
        Self { width, minutes: BTreeMap::new(), most_minutes: MOST_MINUTES, is_by_day: false, untimed: 0 }
    }

    /// Counts minutes since 1970, eight bytes each. The largest number is a record without a time.
    pub(crate) fn add(&mut self, minutes: &[u8]) {
        for minute in minutes.chunks_exact(8).filter_map(|bytes| bytes.first_chunk().copied()) {
            match u64::from_le_bytes(minute) {
                u64::MAX => self.untimed += 1,
                minute => self.add_minute(minute),
            }
        }
    }

    /// Counts a time, in nanoseconds since 1970.
    pub fn add_time(&mut self, nanoseconds: u64) {
        self.add_minute(nanoseconds / MINUTE);
    }

    fn add_minute(&mut self, minute: u64) {
        let minute = if self.is_by_day { minute / DAY * DAY } else { minute };
        *self.minutes.entry(minute).or_default() += 1;
        // There are fewer days in the range of the times than this limit.
        if self.minutes.len() > self.most_minutes && !self.is_by_day {
            self.is_by_day = true;
            self.minutes = self.in_spans(DAY);
        }
    }

    /// Returns whether times were counted by days although spans are shorter.
    #[must_use]
    pub fn is_coarse(&self) -> bool {
        self.is_by_day && self.width.is_some_and(|Width(width)| width < DAY)
    }

    /// Returns the spans that have records, in their order, as bars that fit a terminal or as JSON objects.
    pub(crate) fn answer(&self, columns: Option<usize>) -> Vec<u8> {
        let Width(width) = self.width();
        let spans = self.in_spans(width);
        match columns {
            Some(columns) => as_bars(&spans, width, columns).into_bytes(),
            None => spans
                .iter()
                .map(|(start, count)| format!("{{\"time\":\"{}\",\"count\":{count}}}\n", time(*start)))
                .collect::<String>()
                .into_bytes(),
        }
    }

    /// Returns the width of a span: the one asked for, or else one that gives few spans.
    #[must_use]
    pub fn width(&self) -> Width {
        let width = self.width.map_or_else(|| self.chosen_width(MOST_SPANS), |Width(width)| width);
        Width(if self.is_by_day { width.next_multiple_of(DAY) } else { width })
    }

    /// Returns the width of a span, but a larger one if there would be more spans than this.
    #[must_use]
    pub fn width_for(&self, most_spans: u64) -> Width {
        let width = self.width();
        if self.fits(width.0, most_spans) { width } else { Width(self.chosen_width(most_spans).max(width.0)) }
    }

    /// Returns the spans that have records: the minute since 1970 at which each begins, and the number of records.
    #[must_use]
    pub fn spans(&self, width: Width) -> BTreeMap<u64, u64> {
        self.in_spans(width.0)
    }

    fn in_spans(&self, width: u64) -> BTreeMap<u64, u64> {
        let mut spans = BTreeMap::new();
        for (minute, count) in &self.minutes {
            *spans.entry(minute / width * width).or_default() += count;
        }
        spans
    }

    /// Returns the smallest width that does not need too many spans, or the largest one.
    fn chosen_width(&self, most_spans: u64) -> u64 {
        let fits = |width: &u64| self.fits(*width, most_spans);
        WIDTHS.iter().copied().find(fits).or(WIDTHS.last().copied()).unwrap_or(DAY)
    }

    fn fits(&self, width: u64, most_spans: u64) -> bool {
        let (first, last) = (self.minutes.first_key_value(), self.minutes.last_key_value());
        let (first, last) = first.zip(last).map_or((0, 0), |((first, _), (last, _))| (*first, *last));
        last / width - first / width < most_spans
    }
}

/// Returns a bar for each span, also for empty ones, unless there are many.
fn as_bars(spans: &BTreeMap<u64, u64>, width: u64, columns: usize) -> String {
    let mut rows = Vec::new();
    let mut next = None;
    for (start, count) in spans {
        let empty = next.map_or(0, |next| start.saturating_sub(next) / width);
        if empty > MOST_EMPTY {
            rows.push((vec![format!("({empty} without records)")], 0));
        } else {
            rows.extend((1..=empty).rev().map(|back| (vec![time(start - back * width)], 0)));
        }
        rows.push((vec![time(*start)], *count));
        next = Some(start + width);
    }
    bars(&["TIME".to_owned()], &rows, columns)
}

fn time(minute: u64) -> String {
    let seconds = i64::try_from(minute).ok().and_then(|it| it.checked_mul(60));
    seconds.and_then(|it| Timestamp::from_second(it).ok()).unwrap_or(Timestamp::MAX).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn minute(text: &str) -> u64 {
        u64::try_from(text.parse::<Timestamp>().unwrap().as_nanosecond()).unwrap() / MINUTE
    }

    fn timeline(width: Option<&str>, times: &[&str]) -> Timeline {
        let mut timeline = Timeline::new(width.map(|it| it.parse().unwrap()));
        times.iter().for_each(|it| timeline.add(&minute(it).to_le_bytes()));
        timeline
    }

    fn json(width: Option<&str>, times: &[&str]) -> String {
        String::from_utf8(timeline(width, times).answer(None)).unwrap()
    }

    #[test]
    fn a_width_is_chosen_or_given() {
        let times = ["2026-01-02T03:04:05Z", "2026-01-02T03:04:59Z", "2026-01-02T05:59:00Z"];
        let chosen =
            "{\"time\":\"2026-01-02T03:00:00Z\",\"count\":2}\n{\"time\":\"2026-01-02T05:55:00Z\",\"count\":1}\n";
        assert_eq!(json(None, &times), chosen);
        assert_eq!(json(Some("1d"), &times), "{\"time\":\"2026-01-02T00:00:00Z\",\"count\":3}\n");
        assert_eq!(json(None, &times[..1]), "{\"time\":\"2026-01-02T03:04:00Z\",\"count\":1}\n");
        assert_eq!(json(None, &[]), "");
        for wrong in ["", "h", "0m", "1", "-1h", "+1h", "1.5h", "1y", "99999999999999999999w"] {
            assert!(wrong.parse::<Width>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_chosen_width_gives_few_bars_wherever_the_first_span_begins() {
        let width = |minutes: [u64; 2]| {
            let mut timeline = Timeline::new(None);
            minutes.iter().for_each(|minute| timeline.add(&minute.to_le_bytes()));
            timeline.chosen_width(MOST_SPANS)
        };
        assert_eq!((width([0, 3599]), width([30, 3629]), width([30, 3599])), (60, 180, 60));
        assert_eq!(width([0, 60 * 28 * DAY]), 28 * DAY);
    }

    #[test]
    fn a_width_that_was_asked_for_grows_if_there_would_be_too_many_spans() {
        let timeline = timeline(Some("1m"), &["2026-01-02T00:00:00Z", "2026-01-02T23:59:00Z"]);
        assert_eq!([1440, 1439, 24].map(|most| timeline.width_for(most).minutes()), [1, 5, 60]);
        assert_eq!(timeline.spans(Width(60)).len(), 2);
    }

    #[test]
    fn bars_show_that_a_span_is_empty() {
        let bars = |times: &[&str]| String::from_utf8(timeline(Some("1h"), times).answer(Some(60))).unwrap();
        let text = bars(&["2026-01-02T03:00:00Z", "2026-01-02T05:00:00Z", "2026-01-02T05:10:00Z"]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!((lines[0], lines.len()), ("COUNT  TIME", 4));
        assert!(lines[1].starts_with("    1  2026-01-02T03:00:00Z  █"), "{text}");
        assert_eq!(lines[2], "    0  2026-01-02T04:00:00Z");
        assert_eq!(lines[3].matches('█').count() / 2, lines[1].matches('█').count(), "{text}");
        let text = bars(&["2026-01-02T03:00:00Z", "2027-01-02T05:00:00Z"]);
        assert!(text.contains("(8761 without records)") && text.lines().count() == 4, "{text}");
    }

    #[test]
    fn many_minutes_become_days() {
        let mut timeline = Timeline { most_minutes: 3, ..Timeline::new(Some(Width(1))) };
        for number in 0..10_u64 {
            timeline.add(&(number * 600).to_le_bytes());
        }
        timeline.add(&u64::MAX.to_le_bytes());
        assert!(timeline.is_coarse() && timeline.minutes.len() == 4);
        assert_eq!((timeline.minutes.values().sum::<u64>(), timeline.untimed), (10, 1));
        let text = String::from_utf8(timeline.answer(None)).unwrap();
        assert!(text.starts_with("{\"time\":\"1970-01-01T00:00:00Z\",\"count\":3}\n"), "{text}");
    }

    proptest! {
        #[test]
        fn every_record_is_in_one_span(minutes in prop::collection::vec(0_u64..40_000_000, 0..50), width in 1_u64..5_000) {
            let mut timeline = Timeline::new(Some(Width(width)));
            minutes.iter().for_each(|minute| timeline.add(&minute.to_le_bytes()));
            prop_assert_eq!(timeline.in_spans(width).values().sum::<u64>(), minutes.len() as u64);
            let chosen = Timeline { width: None, ..timeline };
            let width = chosen.chosen_width(MOST_SPANS);
            // Empty spans between the others may be bars, too.
            let spans = chosen.in_spans(width);
            let bars = spans.keys().max().zip(spans.keys().min()).map_or(0, |(last, first)| (last - first) / width + 1);
            prop_assert!(bars <= MOST_SPANS || width == 28 * DAY, "{} bars of {}", bars, width);
        }
    }
}
