//! Any bytes as a record: no panic, no endless loop, ranges inside the record, and answers that do not depend on the
//! order of the questions. The corpus holds records of all branches; `cargo fuzz run fields` in `crates/field-extract`.

#![no_main]

use field_extract::{Index, Outlines, Value, fields};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|record: &[u8]| {
    let mut index = Index::new();
    let forward: Vec<_> = fields().iter().map(|field| index.get(record, field, None)).collect();
    let time = index.time_if_emitted(record);
    let mut line = Vec::new();
    let info = index.info(record, &mut line);

    for value in forward.iter().flatten() {
        let texts = match value {
            Value::Text(text) => std::slice::from_ref(text),
            Value::List(list) => list.as_slice(),
            Value::Number(_) => &[],
        };
        for text in texts {
            assert!(!text.as_bytes().contains(&0));
            assert!(text.range().is_none_or(|range| &record[range] == text.as_bytes()));
        }
    }

    let mut other = Index::new();
    let mut other_line = Vec::new();
    assert_eq!(other.info(record, &mut other_line), info);
    assert_eq!(other_line, line);
    assert_eq!(other.time_if_emitted(record), time);
    let mut backward: Vec<_> = fields().iter().rev().map(|field| other.get(record, field, None)).collect();
    backward.reverse();
    assert_eq!(backward, forward);

    // The second time it is expected to be present or absent as it was the first time.
    for (field, answer) in fields().iter().zip(&forward) {
        for _ in 0..2 {
            other.reset();
            assert_eq!(&other.get(record, field, None), answer);
        }
    }

    // Found by its own length, a record answers as it does alone.
    if let Some(length) = other.measure(record).map(|measured| measured.length) {
        let alone = &record[..length];
        let answers: Vec<_> = fields().iter().map(|field| other.get(alone, field, None)).collect();
        for (field, answer) in fields().iter().zip(answers) {
            assert_eq!(Index::new().get(alone, field, None), answer);
            other.measure(record);
            assert_eq!(other.get(alone, field, None), answer);
        }
    }

    // Recalled by an outline of it, too.
    let mut outlines = Outlines::default();
    if let Some(length) = other.outline(record).map(|measured| measured.length) {
        outlines.keep(&other);
        let alone = &record[..length];
        other.recall(&outlines, 0);
        let mut line = Vec::new();
        let mut line_alone = Vec::new();
        assert_eq!(other.info(alone, &mut line), Index::new().info(alone, &mut line_alone));
        assert_eq!(line, line_alone);
        for field in fields() {
            assert_eq!(other.get(alone, field, None), Index::new().get(alone, field, None));
        }
    }

    for field in fields().iter().filter(|field| field.takes_index()) {
        for number in [0, 1, u64::MAX] {
            assert_eq!(other.get(record, field, Some(number)), Index::new().get(record, field, Some(number)));
        }
    }
});
