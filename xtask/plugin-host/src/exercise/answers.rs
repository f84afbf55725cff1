//! Compares the plugin's answers about one event with field-extract's own.

use anyhow::{Context, Result, ensure};
use field_extract::{Scratch, Value, fields};
use plugin_host::{Answer, InPlace, Offsets, Plugin, Request};

/// The counts of compared answers.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) events: usize,
    pub(super) values: usize,
    pub(super) places: usize,
}

/// Asks for the summary, and for every field: each in a separate call, with and without its range, and all at once.
pub(super) fn ask(plugin: &Plugin<'_>, event: InPlace<'_>, scratch: &mut Scratch, seen: &mut Seen) -> Result<()> {
    let mut record = scratch.record(event.payload(), None);
    seen.events += 1;
    ensure!(record.time_if_emitted().ok() == Some(event.time()), "the time is {}", event.time());
    let mut line = Vec::new();
    let line = record.info(&mut line).map_or_else(|error| error.to_string().into_bytes(), |()| line);
    let summary = plugin.event_to_string(event).context("no summary")?;
    ensure!(summary.as_bytes() == String::from_utf8_lossy(&line).as_bytes(), "the summary is {summary}");
    let requests: Vec<Request> = fields().iter().filter_map(|field| Request::of(field.name, None)).collect();
    let together = plugin.extract(event, &requests, true);
    for ((field, request), (answer, _)) in fields().iter().zip(&requests).zip(&together) {
        let expected = record.get(field, None);
        let one = |offsets| plugin.extract(event, std::slice::from_ref(request), offsets).pop();
        let (bare, with_place) = (one(false).context("no answer")?, one(true).context("no answer")?);
        let same = [answer, &bare.0, &with_place.0].iter().all(|it| is(it, expected.as_ref()));
        ensure!(same, "{}: {answer:?}, {bare:?}, {with_place:?}", field.name);
        ensure!(has_value(event, &with_place), "{}: the range has another value", field.name);
        seen.values += usize::from(*answer != Answer::None);
        seen.places += usize::from(with_place.1.is_some());
    }
    Ok(())
}

fn is(answer: &Answer, expected: Option<&Value<'_>>) -> bool {
    match (answer, expected) {
        (Answer::None, None) => true,
        (Answer::Number(found), Some(Value::Number(number))) => found == number,
        (Answer::Strings(found), Some(Value::Text(text))) => found.iter().eq([text.as_bytes()]),
        (Answer::Strings(found), Some(Value::List(list))) => found.iter().eq(list.iter().map(|text| text.as_bytes())),
        _ => false,
    }
}

/// Checks that the range has the value.
fn has_value(event: InPlace<'_>, (answer, place): &(Answer, Offsets)) -> bool {
    let Some((start, length)) = *place else { return true };
    let end = u64::from(start) + u64::from(length);
    let text = event.bytes().get(start as usize..usize::try_from(end).unwrap_or(usize::MAX));
    matches!(answer, Answer::Strings(found) if text.is_some_and(|text| found.iter().eq([text])))
}
