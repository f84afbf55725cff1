//! Batches that are read in place, through the C ABI: an event's fields must not depend on its address or on earlier
//! questions.
#![expect(clippy::unwrap_used, reason = "a test, helpers included")]

mod common;

use common::{fixture, plugin, record, request};
use field_extract::fields;
use plugin_host::{Answer, Batch, Event, Failure, InPlace, Plugin, Source};
use std::path::Path;

/// Waits for the next batch. On a busy machine it may come after the plugin's time for a batch. A macro, because a batch
/// borrows its source.
macro_rules! next {
    ($source:expr) => {
        loop {
            match $source.next_in_place() {
                Err(Failure::Timeout) => {}
                other => break other,
            }
        }
    };
}

/// Returns all fields of an event.
fn all<'e>(plugin: &Plugin<'_>, event: impl Into<InPlace<'e>>) -> (Option<String>, Vec<Answer>) {
    let event = event.into();
    let answers = fields().iter().map(|field| plugin.extract(event, &[request(field.name, None)], false).remove(0).0);
    let answers = answers.collect();
    (plugin.event_to_string(event), answers)
}

fn open<'p>(plugin: &'p Plugin<'_>, path: &Path) -> Source<'p> {
    plugin.open(path.to_str().unwrap()).unwrap()
}

/// Returns the answers of a new plugin.
fn alone(event: &Event) -> (Option<String>, Vec<Answer>) {
    all(&plugin(), event)
}

#[test]
fn an_event_says_the_same_where_it_lies_and_elsewhere_in_any_order() {
    let plugin = plugin();
    let mut seen = 0;
    open(&plugin, &fixture("cloudtrail"))
        .each_batch(|batch| {
            let copies: Vec<Event> = batch.iter().map(InPlace::copy).collect();
            let expected: Vec<_> = copies.iter().map(alone).collect();
            let in_place: Vec<_> = batch.iter().collect();
            for (number, expected) in expected.iter().enumerate().rev() {
                assert_eq!(&all(&plugin, in_place[number]), expected);
                assert_eq!(&all(&plugin, &copies[number]), expected);
                // Field by field, with other events in between.
                let other = in_place[(number + 3) % in_place.len()];
                for (field, answer) in fields().iter().zip(&expected.1) {
                    let asked =
                        |event: InPlace<'_>| plugin.extract(event, &[request(field.name, None)], false).remove(0).0;
                    assert_eq!(&asked(in_place[number]), answer, "{}", field.name);
                    asked(other);
                    asked((&copies[number]).into());
                    assert_eq!(&asked(in_place[number]), answer, "{}", field.name);
                }
                seen += 1;
            }
        })
        .unwrap();
    assert!(seen > 30, "{seen}");
}

#[test]
fn of_two_sources_each_event_says_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    for source in ["a", "b"] {
        let records: Vec<_> = (0..3_000).map(|n| record(&format!(r#""eventName":"{source}{n}""#))).collect();
        let text = format!(r#"{{"Records":[{}]}}"#, records.join(","));
        std::fs::write(folder.path().join(source), text).unwrap();
    }
    let plugin = plugin();
    let name = |event: InPlace<'_>| plugin.extract(event, &[request("ct.name", None)], false).remove(0).0;
    let names = |batch: Batch<'_>, source: &str, from: usize| {
        for (number, event) in batch.iter().enumerate() {
            assert_eq!(name(event), common::one(&format!("{source}{}", from + number)));
        }
        from + batch.iter().count()
    };
    let (mut a, mut b) = (open(&plugin, &folder.path().join("a")), open(&plugin, &folder.path().join("b")));
    // A batch of one source, and meanwhile those of the other, which is closed in the middle.
    let mut from_b = 0;
    let first = next!(a).unwrap();
    let mut from_a = names(first, "a", 0);
    for _ in 0..2 {
        from_b = names(next!(b).unwrap(), "b", from_b);
        assert_eq!(names(first, "a", 0), from_a);
    }
    drop(b);
    assert_eq!(names(first, "a", 0), from_a);
    while let Ok(batch) = next!(a) {
        from_a = names(batch, "a", from_a);
    }
    assert_eq!(from_a, 3_000);
    // After the end, and after closing, events that were kept have the same fields.
    let kept = Event::new(2, 0, record(r#""eventName":"kept""#).as_bytes(), 1);
    assert_eq!(name((&kept).into()), common::one("kept"));
    drop(a);
    assert_eq!(name((&kept).into()), common::one("kept"));
}

#[test]
fn a_batch_that_was_asked_for_is_not_the_one_before() {
    let folder = tempfile::tempdir().unwrap();
    // The same addresses again and again, with records of the same length and the name at another position in each.
    let spread = |n: usize| {
        let (a, b) = (n % 97, 97 - n % 97);
        let user = format!(r#""userIdentity":{{"a":"{:.<b$}","type":"Root","userName":"{n:06}"}}"#, "");
        record(&format!(r#""a":"{:.<a$}","eventName":"{n:06}",{user}"#, ""))
    };
    let records: Vec<_> = (0..9_000).map(spread).collect();
    std::fs::write(folder.path().join("a"), format!(r#"{{"Records":[{}]}}"#, records.join(","))).unwrap();
    let plugin = plugin();
    // Only this event of each batch, so that the cached index is for the same address in the next batch.
    for at in [0, 1, 100] {
        let mut source = open(&plugin, folder.path());
        let mut number = 0;
        while let Ok(batch) = next!(source) {
            if let Some(event) = batch.iter().nth(at) {
                // The user is extracted before and after the reading thread knows that it will be.
                for name in ["ct.name", "ct.user"] {
                    let answer = plugin.extract(event, &[request(name, None)], false).remove(0).0;
                    assert_eq!(answer, common::one(&format!("{:06}", number + at)), "{name}");
                }
            }
            number += batch.iter().count();
        }
        assert_eq!(number, 9_000);
    }
}
