//! Fills a call of `PutLogEvents`, and reads its answer.
//!
//! The limits are those of the [API reference].
//!
//! [API reference]: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html

use std::sync::Arc;

use aws_sdk_cloudwatchlogs::types::{InputLogEvent, RejectedLogEventsInfo};

use crate::backend::format::{FormatEvent, Formatted};
use crate::backend::{Outcome, Unfit};
use crate::event::PendingEvent;

/// The most bytes of a call: the texts, and [`AROUND`] for each.
pub(super) const MOST_BYTES: usize = 1_048_576;
/// The bytes that each event counts besides its text.
pub(super) const AROUND: usize = 26;
/// The most events of a call.
pub(super) const MOST_EVENTS: usize = 10_000;
/// The most bytes of a text. The reference says 1 MB, and an event must fit into a call.
const MOST_TEXT: usize = MOST_BYTES - AROUND;
/// The time between the first and the last event of a call must not exceed 24 hours.
const MOST_SPAN_MS: i64 = 24 * 60 * 60 * 1000;

/// A full call.
pub(super) struct Call {
    /// The log events, in the order of their times.
    pub(super) events: Vec<InputLogEvent>,
    /// For each log event the index of its event in the batch, and whether the text is whole.
    sent: Vec<(usize, bool)>,
    outcomes: Vec<Outcome>,
}

/// One log event, before the call is sorted.
struct Line {
    time: i64,
    text: String,
    number: usize,
    is_whole: bool,
}

impl Call {
    /// Formats events until the call is full. Events whose time is too far from the others' are left for another call.
    pub(super) fn fill(events: &[Arc<PendingEvent>], format: &FormatEvent) -> Self {
        let mut outcomes = vec![Outcome::NotSent; events.len()];
        let mut lines: Vec<Line> = Vec::with_capacity(events.len());
        let (mut bytes, mut first, mut last) = (0, i64::MAX, i64::MIN);
        for ((number, event), outcome) in events.iter().enumerate().zip(&mut outcomes) {
            let line = match line(number, event, format) {
                Ok(line) => line,
                Err(unfit) => {
                    *outcome = Outcome::Unfit(unfit);
                    continue;
                }
            };
            let size = line.text.len() + AROUND;
            if bytes + size > MOST_BYTES || lines.len() == MOST_EVENTS {
                break;
            }
            let span = (first.min(line.time), last.max(line.time));
            if span.1 - span.0 >= MOST_SPAN_MS {
                continue;
            }
            (first, last) = span;
            bytes += size;
            lines.push(line);
        }
        // A stable sort: events of the same time stay in their order.
        lines.sort_by_key(|line| line.time);
        let sent = lines.iter().map(|line| (line.number, line.is_whole)).collect();
        let events = lines.into_iter().filter_map(|Line { time, text, .. }| {
            // Only a missing text or time would be an error.
            InputLogEvent::builder().timestamp(time).message(text).build().ok()
        });
        Self { events: events.collect(), sent, outcomes }
    }

    /// Returns the outcome of each event of the batch, for an answer without a failure. A call that was not made has no
    /// events.
    pub(super) fn outcomes(self, rejected: Option<&RejectedLogEventsInfo>) -> Vec<Outcome> {
        let Self { sent, mut outcomes, .. } = self;
        for (at, (number, is_whole)) in sent.into_iter().enumerate() {
            if let Some(outcome) = outcomes.get_mut(number) {
                let unfit = rejected.and_then(|rejected| refused(rejected, at));
                *outcome = unfit.map_or_else(|| Outcome::taken(is_whole), Outcome::Unfit);
            }
        }
        outcomes
    }
}

fn line(number: usize, event: &PendingEvent, format: &FormatEvent) -> Result<Line, Unfit> {
    let Formatted { time_ms, text, is_whole } = format(event)?;
    if text.len() > MOST_TEXT {
        let reason = format!("the event has {} bytes, and a log event {MOST_TEXT} at most", text.len());
        return Err(Unfit { code: "TooLarge", reason });
    }
    let text = match std::str::from_utf8(&text) {
        Ok("") => return Err(Unfit { code: "Empty", reason: "a log event has at least one byte".to_owned() }),
        Ok(text) => text.to_owned(),
        Err(error) => return Err(Unfit { code: "NotUtf8", reason: error.to_string() }),
    };
    // No time is before 1970.
    Ok(Line { time: time_ms.unwrap_or(event.received_ms).max(0), text, number, is_whole })
}

/// Returns why the log event with this index was not accepted, or `None` if it was.
///
/// The log events are sorted by time, so those that are too old come first. Both of their indexes are exclusive: the
/// index of the first one that is not too old. The index of those that are too new is inclusive.
fn refused(rejected: &RejectedLogEventsInfo, at: usize) -> Option<Unfit> {
    let index = |index: Option<i32>| index.and_then(|index| usize::try_from(index).ok());
    let is_before = |end: Option<i32>| index(end).is_some_and(|end| at < end);
    let (code, reason) = if is_before(rejected.too_old_log_event_end_index) {
        ("TooOld", "CloudWatch Logs takes no event that is older than 14 days")
    } else if is_before(rejected.expired_log_event_end_index) {
        ("Expired", "the event is older than the retention of the log group")
    } else if index(rejected.too_new_log_event_start_index).is_some_and(|start| at >= start) {
        ("TooNew", "CloudWatch Logs takes no event that is more than 2 hours ahead")
    } else {
        return None;
    };
    Some(Unfit { code, reason: reason.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::tests::event;
    use bytes::Bytes;

    const HOUR: i64 = 3_600_000;

    /// The line is the hour of the event; `x` events are unfit.
    fn by_hour() -> FormatEvent {
        Box::new(|event| {
            let text = event.line.clone();
            let hour: Option<i64> = std::str::from_utf8(&text).ok().and_then(|text| text.trim().parse().ok());
            if text.starts_with(b"x") {
                return Err(Unfit { code: "X", reason: String::new() });
            }
            Ok(Formatted { time_ms: hour.map(|hour| hour * HOUR), text, is_whole: hour != Some(7) })
        })
    }

    fn filled(lines: &[&'static str]) -> Call {
        let events: Vec<_> = lines.iter().enumerate().map(|(at, line)| event(0, at as u64, line, 1)).collect();
        Call::fill(&events, &by_hour())
    }

    fn texts(call: &Call) -> Vec<&str> {
        call.events.iter().map(InputLogEvent::message).collect()
    }

    #[test]
    fn a_call_is_in_the_order_of_time_and_within_a_day() {
        let call = filled(&["30", "10", "x", "7", "34", "30 ", "6"]);
        assert_eq!(texts(&call), ["7", "10", "30", "30 "], "34 and 6 come with other calls");
        let times: Vec<i64> = call.events.iter().map(InputLogEvent::timestamp).collect();
        assert!(times.is_sorted() && times[0] == 7 * HOUR);
        let unfit = Outcome::Unfit(Unfit { code: "X", reason: String::new() });
        let (done, next) = (Outcome::Confirmed, Outcome::NotSent);
        let part = Outcome::ConfirmedInPart;
        assert_eq!(call.outcomes(None), [done.clone(), done.clone(), unfit, part, next.clone(), done, next]);
    }

    #[test]
    fn what_the_answer_rejects_is_named_and_the_rest_is_confirmed() {
        let rejected = |old: Option<i32>, expired: Option<i32>, new: Option<i32>| {
            RejectedLogEventsInfo::builder()
                .set_too_old_log_event_end_index(old)
                .set_expired_log_event_end_index(expired)
                .set_too_new_log_event_start_index(new)
                .build()
        };
        let codes = |old, expired, new| -> Vec<&'static str> {
            let outcomes = filled(&["4", "3", "2", "1"]).outcomes(Some(&rejected(old, expired, new)));
            let code = |outcome: &Outcome| match outcome {
                Outcome::Unfit(unfit) => unfit.code,
                Outcome::Confirmed => "",
                _ => "?",
            };
            outcomes.iter().map(code).collect()
        };
        assert_eq!(codes(Some(1), Some(2), Some(3)), ["TooNew", "", "Expired", "TooOld"]);
        assert_eq!(codes(Some(4), None, None), ["TooOld"; 4]);
        assert_eq!(codes(None, None, Some(0)), ["TooNew"; 4]);
        assert_eq!(codes(Some(0), Some(0), Some(4)), [""; 4]);
        assert_eq!(codes(Some(-1), None, None), [""; 4]);
    }

    #[test]
    fn a_call_keeps_to_the_limits_of_bytes_and_events() {
        let long: &'static str = "y".repeat(MOST_TEXT + 1).leak();
        let fits = long.get(1..).unwrap();
        let call = filled(&[long, "1", fits]);
        assert_eq!(texts(&call), ["1"]);
        let outcomes = call.outcomes(None);
        assert!(matches!(
            &outcomes[..],
            [Outcome::Unfit(Unfit { code: "TooLarge", .. }), Outcome::Confirmed, Outcome::NotSent]
        ));
        assert_eq!(texts(&filled(&[fits, "1"])).len(), 1);
        assert_eq!(filled(&vec!["1"; MOST_EVENTS + 1]).events.len(), MOST_EVENTS);
        let empty: FormatEvent = Box::new(|_| Ok(Formatted { time_ms: Some(-5), text: Bytes::new(), is_whole: true }));
        let outcomes = Call::fill(&[event(0, 1, "1", 1)], &empty).outcomes(None);
        assert!(matches!(&outcomes[..], [Outcome::Unfit(Unfit { code: "Empty", .. })]));
    }
}
