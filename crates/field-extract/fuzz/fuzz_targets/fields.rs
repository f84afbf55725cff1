//! Any bytes as a record: no panic, no endless loop, ranges inside the record, and answers that do not depend on the
//! order of the questions. The corpus has records for all branches; `cargo fuzz run fields` in `crates/field-extract`.

#![no_main]

use field_extract::{Depth, Field, Layouts, Scratch, Value, fields};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut scratch = Scratch::new();
    let mut record = scratch.record(bytes, None);
    let forward: Vec<_> = fields().iter().map(|field| record.get(field, None)).collect();
    let time = record.time_if_emitted();
    let mut line = Vec::new();
    let info = record.info(&mut line);

    for value in forward.iter().flatten() {
        let texts = match value {
            Value::Text(text) => std::slice::from_ref(text),
            Value::List(list) => list.as_slice(),
            Value::Number(_) => &[],
        };
        for text in texts {
            assert!(!text.as_bytes().contains(&0));
            assert!(text.range().is_none_or(|range| &bytes[range] == text.as_bytes()));
        }
    }

    let mut other = Scratch::new();
    let mut other_line = Vec::new();
    let mut record = other.record(bytes, None);
    assert_eq!(record.info(&mut other_line), info);
    assert_eq!(other_line, line);
    assert_eq!(record.time_if_emitted(), time);
    let mut backward: Vec<_> = fields().iter().rev().map(|field| record.get(field, None)).collect();
    backward.reverse();
    assert_eq!(backward, forward);

    // The second time, the member is expected to be present or absent as it was the first time.
    for (field, answer) in fields().iter().zip(&forward) {
        for _ in 0..2 {
            assert_eq!(&other.record(bytes, None).get(field, None), answer);
        }
    }

    // A record that is found in a text, or whose layout was kept, answers as it does alone.
    for depth in [Depth::Own, Depth::Nested] {
        let mut layouts = Layouts::default();
        let Some(mut record) = other.first_record(bytes, depth) else { continue };
        layouts.push(record.layout());
        let found = record.bytes();
        let answers: Vec<_> = fields().iter().map(|field| record.get(field, None)).collect();
        for (field, answer) in fields().iter().zip(answers) {
            assert_eq!(alone(found, field, None), answer);
            assert_eq!(other.first_record(bytes, depth).and_then(|mut record| record.get(field, None)), answer);
        }
        let mut record = other.record(found, layouts.get(0));
        let (mut line, mut line_alone) = (Vec::new(), Vec::new());
        assert_eq!(record.info(&mut line), Scratch::new().record(found, None).info(&mut line_alone));
        assert_eq!(line, line_alone);
        for field in fields() {
            assert_eq!(record.get(field, None), alone(found, field, None));
        }
    }

    let mut record = other.record(bytes, None);
    for field in fields().iter().filter(|field| field.takes_index()) {
        for number in [0, 1, u64::MAX] {
            assert_eq!(record.get(field, Some(number)), alone(bytes, field, Some(number)));
        }
    }
});

/// Returns the answer of a scratch that has read nothing else.
fn alone<'r>(record: &'r [u8], field: &Field, index: Option<u64>) -> Option<Value<'r>> {
    Scratch::new().record(record, None).get(field, index)
}
