//! The timeline as SVG. Places along the time are percentages, so that the text keeps its size at every width.

use crate::text::{counted, number};
use jiff::Timestamp;
use maud::{Markup, html};
use record_queries::{Timeline, Width};
use std::collections::BTreeMap;

/// The height of the bars.
const BARS: u64 = 170;
/// The height above the bars: the row of the alerts.
const TOP: u64 = 34;
/// The height of the bars of alerts.
const ALERTS: u64 = 22;
/// The height of the row of times.
const BOTTOM: u64 = 24;
/// The width of a digit of the axis.
const DIGIT: usize = 7;
/// The most bars: one for two pixels of a wide screen.
pub(crate) const MOST_BARS: u64 = 600;
/// The times below the bars: they fit 320 pixels.
const TIMES: u64 = 4;
/// The minutes of a day.
const DAY: u64 = 24 * 60;

/// The bars of a timeline.
#[derive(Debug)]
pub(crate) struct Chart {
    pub(crate) width: Width,
    /// The minute at which each span begins, with the numbers of its records, failed calls and alerts.
    pub(crate) spans: BTreeMap<u64, [u64; 3]>,
    first: u64,
    /// The number of all spans from the first to the last one, empty ones, too.
    count: u64,
}

impl Chart {
    /// Puts records, failed calls and alerts in the same spans. `None` if no record has a time.
    pub(crate) fn new(all: &Timeline, failed: &Timeline, alerts: Option<&Timeline>) -> Option<Self> {
        let width = all.width_for(MOST_BARS);
        let mut spans = BTreeMap::<u64, [u64; 3]>::new();
        for (place, timeline) in [Some(all), Some(failed), alerts].into_iter().enumerate() {
            for (start, count) in timeline.map(|timeline| timeline.spans(width)).unwrap_or_default() {
                if let Some(number) = spans.entry(start).or_default().get_mut(place) {
                    *number += count;
                }
            }
        }
        let (first, last) = (*spans.first_key_value()?.0, *spans.last_key_value()?.0);
        let count = (last - first) / width.minutes() + 1;
        Some(Self { width, spans, first, count })
    }

    /// Returns where a span begins, in percent.
    fn place(&self, start: u64) -> f64 {
        percent((start - self.first) / self.width.minutes(), self.count)
    }

    pub(crate) fn draw(&self, has_alerts: bool) -> Markup {
        let most = self.spans.values().map(|[all, ..]| *all).max().unwrap_or(0);
        let step = step(most);
        let top = most.div_ceil(step).max(1) * step;
        let (height, base) = (TOP + BARS + BOTTOM, TOP + BARS);
        let ticks: Vec<u64> = (0..=top / step).map(|it| it * step).collect();
        let most_alerts = self.spans.values().map(|[.., alerts]| *alerts).max().unwrap_or(0);
        // A single alert among thousands must be seen.
        let high = |count: u64| scaled(count, most_alerts, ALERTS).max(5);
        let y = |count: u64| base - scaled(count, top, BARS);
        let axis = number(top).len().max(6) * DIGIT + 8;
        // A gap between bars, unless they are very thin.
        let wide = percent(1, self.count) * if self.count > 200 { 1.0 } else { 0.86 };
        html! {
            div.chart {
                svg.y width=(axis) height=(height) aria-hidden="true" {
                    @for tick in &ticks {
                        text x=(axis - 8) y=(y(*tick) + 4) text-anchor="end" { (number(*tick)) }
                    }
                    @if has_alerts { text x=(axis - 8) y=(ALERTS) text-anchor="end" { "alerts" } }
                }
                svg.plot width="100%" height=(height) role="img" aria-label=(self.label()) {
                    @for tick in &ticks {
                        line.grid x1="0" x2="100%" y1=(y(*tick)) y2=(y(*tick)) {}
                    }
                    @for (start, [all, failed, alerts]) in &self.spans {
                        g {
                            title { (self.tip(*start, [*all, *failed, *alerts])) }
                            @let x = format!("{:.3}%", self.place(*start));
                            @let width = format!("{wide:.3}%");
                            rect.all x=(x) width=(width) y=(y(*all)) height=(base - y(*all)) {}
                            @if *failed > 0 { rect.failed x=(x) width=(width) y=(y(*failed)) height=(base - y(*failed)) {} }
                            @if *alerts > 0 { rect.alert x=(x) width=(width) y=(ALERTS - high(*alerts)) height=(high(*alerts)) {} }
                        }
                    }
                    @for place in 0..TIMES.min(self.count) {
                        @let start = self.first + self.count * place / TIMES.min(self.count) * self.width.minutes();
                        @let x = format!("{:.3}%", self.place(start));
                        line.grid x1=(x) x2=(x) y1=(base) y2=(base + 5) {}
                        text x=(x) y=(base + 18) { (self.time(start)) }
                    }
                }
            }
        }
    }

    /// Returns the whole range, for those who do not see the bars.
    fn label(&self) -> String {
        let end = self.first + self.count * self.width.minutes();
        format!("Records from {} to {} UTC", minute(self.first), minute(end))
    }

    fn tip(&self, start: u64, [all, failed, alerts]: [u64; 3]) -> String {
        let mut tip = format!("{} UTC: {}", minute(start), counted(all, "record", "records"));
        if failed > 0 {
            tip.push_str(&format!(", {} failed", number(failed)));
        }
        if alerts > 0 {
            tip.push_str(&format!(", {}", counted(alerts, "alert", "alerts")));
        }
        tip
    }

    /// Returns the time of a span as briefly as the range allows.
    fn time(&self, start: u64) -> String {
        let time = minute(start);
        let is_one_day = self.first / DAY == (self.first + (self.count - 1) * self.width.minutes()) / DAY;
        let part = if self.width.minutes() >= DAY {
            time.get(..10)
        } else if is_one_day {
            time.get(11..)
        } else {
            time.get(5..)
        };
        part.unwrap_or(&time).to_owned()
    }
}

/// Returns a thin bar for a part of the whole, for a cell of a table.
pub(crate) fn share(part: u64, whole: u64) -> Markup {
    html! {
        svg width="100%" height="8" aria-hidden="true" {
            rect.all width=(format!("{:.1}%", percent(part, whole))) height="8" {}
        }
    }
}

/// Returns a minute since 1970 as `2026-01-02 03:04`.
pub(crate) fn minute(minute: u64) -> String {
    let seconds = i64::try_from(minute.saturating_mul(60)).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX).strftime("%F %H:%M").to_string()
}

/// Returns the number of minutes in words.
pub(crate) fn span(width: Width) -> String {
    let minutes = width.minutes();
    match minutes {
        _ if minutes.is_multiple_of(DAY) => counted(minutes / DAY, "day", "days"),
        _ if minutes.is_multiple_of(60) => counted(minutes / 60, "hour", "hours"),
        _ => counted(minutes, "minute", "minutes"),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a place in a picture")]
fn percent(part: u64, whole: u64) -> f64 {
    part as f64 * 100.0 / whole.max(1) as f64
}

/// Returns a height in proportion to the count, at least 1 for a count that is not zero.
fn scaled(count: u64, top: u64, height: u64) -> u64 {
    let scaled = u128::from(count) * u128::from(height) / u128::from(top.max(1));
    u64::try_from(scaled).unwrap_or(height).max(u64::from(count > 0)).min(height)
}

/// Returns the distance of the axis's lines: 1, 2 or 5 with zeros, so that there are two to four steps.
fn step(most: u64) -> u64 {
    let mut step: u64 = 1;
    loop {
        for factor in [1, 2, 5] {
            let found = step.saturating_mul(factor);
            if most.div_ceil(found) <= 4 {
                return found;
            }
        }
        step = step.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: u64 = 60_000_000_000;

    fn timeline(width: Option<&str>, minutes: &[u64]) -> Timeline {
        let mut timeline = Timeline::new(width.map(|it| it.parse().unwrap()));
        minutes.iter().for_each(|minute| timeline.add_time(minute * MINUTE));
        timeline
    }

    #[test]
    fn the_axis_has_round_numbers() {
        let steps = [0, 1, 4, 5, 8, 9, 20, 21, 1000, 4001].map(step);
        assert_eq!(steps, [1, 1, 1, 2, 2, 5, 5, 10, 500, 2000]);
        assert_eq!(step(u64::MAX), 5_000_000_000_000_000_000);
        assert_eq!([0, 1, 50, 100].map(|count| scaled(count, 100, 10)), [0, 1, 5, 10]);
        assert_eq!(scaled(u64::MAX, u64::MAX, 170), 170);
    }

    #[test]
    fn series_share_their_spans() {
        let chart = Chart::new(
            &timeline(Some("1h"), &[0, 10, 70, 250]),
            &timeline(None, &[70]),
            Some(&timeline(None, &[10, 250])),
        );
        let chart = chart.unwrap();
        let spans: Vec<_> = chart.spans.iter().map(|(start, numbers)| (*start, *numbers)).collect();
        assert_eq!(spans, [(0, [2, 0, 1]), (60, [1, 1, 0]), (240, [1, 0, 1])]);
        assert_eq!((chart.count, chart.place(240)), (5, 80.0));
        let page = chart.draw(true).into_string();
        assert!(page.contains("1970-01-01 01:00 UTC: 1 record, 1 failed"), "{page}");
        assert_eq!(page.matches("<rect").count(), 6);
        assert!(Chart::new(&timeline(None, &[]), &timeline(None, &[]), None).is_none());
    }

    #[test]
    fn there_are_never_more_bars_than_fit() {
        let minutes: Vec<u64> = (0..3000).collect();
        let chart = Chart::new(&timeline(Some("1m"), &minutes), &timeline(None, &[]), None).unwrap();
        assert_eq!((chart.count, span(chart.width).as_str()), (600, "5 minutes"));
    }

    #[test]
    fn times_below_the_bars_say_what_differs() {
        let times = |width: &str, minutes: &[u64]| {
            let chart = Chart::new(&timeline(Some(width), minutes), &timeline(None, &[]), None).unwrap();
            let page = chart.draw(false).into_string();
            page.split("<text")
                .filter_map(|it| it.split_once('>')?.1.split_once('<'))
                .map(|it| it.0.to_owned())
                .collect::<Vec<_>>()
        };
        assert!(times("1m", &[61, 65]).ends_with(&["01:01", "01:02", "01:03", "01:04"].map(str::to_owned)));
        assert!(times("1h", &[60, DAY]).contains(&"01-01 01:00".to_owned()));
        assert!(times("1d", &[0, 9 * DAY]).contains(&"1970-01-03".to_owned()));
    }
}
