//! Damaged records among others: all the others come out.
#![allow(clippy::string_slice, reason = "the texts are ASCII")]

use super::{Bytes, Drip, Outcome, dripped, gzip, in_place, texts, whole};
use crate::damage::{Damage, DamageReason, MAX_RECORD};
use crate::pool::BufferPool;
use crate::records::Records;
use crate::records::resume::{FREE, SHARE};
use proptest::prelude::*;
use std::io::Read;

fn record(number: usize) -> String {
    format!(
        r#"{{"eventVersion":"1.11","userIdentity":{{"type":"Root","arn":"a]\"}}"}},"resources":[{{"ARN":"x{number}"}}],"n":{number},"eventID":"id-{number}"}}"#
    )
}

/// A record whose keys are sorted, as `jq -S` writes it.
fn sorted(number: usize) -> String {
    format!(r#"{{"additional":{{"x":[1,{{"y":"z{number}"}}]}},"awsRegion":"r","eventID":"id-{number}"}}"#)
}

/// Reads a file in each way, checks that they give the same, and returns it.
#[track_caller]
fn read(file: &[u8]) -> Vec<Outcome> {
    let found = whole(file);
    let pool = BufferPool::default();
    let shared = Bytes::copy_from_slice(file);
    assert_eq!(in_place(Records::from_bytes(shared.clone(), &pool)), found, "{}", file.escape_ascii());
    let checked = |records: Records<'_>| super::outcome(records.checked());
    let expected = checked(Records::from_bytes(shared.clone(), &pool));
    assert_eq!(in_place(Records::from_bytes(shared, &pool).checked()), expected);
    for most in [1, 2, 3, 7, 64, 65, 1000] {
        assert_eq!(dripped(file, most), found, "{most}: {}", file.escape_ascii());
        assert_eq!(checked(Records::from_read(Drip(file, most), &pool)), expected, "{most}");
    }
    assert_eq!(whole(&gzip(file)), found);
    found
}

fn lost(found: &[Outcome]) -> Vec<&Damage> {
    found.iter().filter_map(|it| it.as_ref().err()).filter(|it| it.reason.may_hide_a_record()).collect()
}

#[test]
fn a_cut_line_costs_only_itself() {
    for make in [record, sorted] {
        let (before, cut, after) = (make(1), make(2), [make(3), make(4)]);
        for end in 1..cut.len() {
            let text = format!("{before}\n{}\n{}\n{}\n", &cut[..end], after[0], after[1]);
            let found = read(text.as_bytes());
            assert_eq!(texts(&found), [&before, &after[0], &after[1]], "{text}");
            let [damage] = lost(&found)[..] else { panic!("{text}: {found:?}") };
            let length = end as u64 + 1;
            let expected = Damage {
                record: Some(2),
                byte: before.len() as u64 + 1,
                reason: DamageReason::DamagedRecord { length },
            };
            assert_eq!(*damage, expected, "{text}");
        }
    }
}

#[test]
fn a_lost_quote_or_bracket_costs_only_its_line() {
    for make in [record, sorted] {
        let (before, line, after) = (make(1), make(2), [make(3), make(4)]);
        for at in (0..line.len()).filter(|at| b"\"{}[]:,\\".contains(&line.as_bytes()[*at])) {
            let damaged = format!("{}{}", &line[..at], &line[at + 1..]);
            let text = format!("{before}\n{damaged}\n{}\n{}\n", after[0], after[1]);
            let found = read(text.as_bytes());
            let mut found_texts = texts(&found);
            found_texts.retain(|it| *it == before || after.iter().any(|after| after == it));
            assert_eq!(found_texts, [&before, &after[0], &after[1]], "{text}: {found:?}");
            let checked =
                super::outcome(Records::from_bytes(Bytes::from(text.clone()), &BufferPool::default()).checked());
            let is_json = serde_json::from_str::<serde_json::Value>(&damaged).is_ok();
            assert!(is_json || !lost(&checked).is_empty(), "{text}: {checked:?}");
            let others: Vec<_> = texts(&checked).into_iter().map(str::to_owned).collect();
            for other in others {
                assert!(serde_json::from_str::<serde_json::Value>(&other).is_ok(), "{other}");
            }
        }
    }
}

#[test]
fn records_of_an_array_follow_a_damaged_one() {
    let (one, two, three) = (record(1), record(2), record(3));
    let broken = two.replacen(r#""Root""#, r#""Root"#, 1);
    for (start, separator, end) in
        [("{\"Records\":[", ",", "]}"), ("{\"Records\":[\n", ",\n", "\n]}\n"), ("[", ", ", "]")]
    {
        for damaged in [&broken, &two[..two.len() - 20], &two.replacen('{', "", 1), &two.replace("[{", "[[{")] {
            let text = format!("{start}{one}{separator}{damaged}{separator}{three}{separator}{one}{end}");
            let found = read(text.as_bytes());
            let checked =
                super::outcome(Records::from_bytes(Bytes::from(text.clone()), &BufferPool::default()).checked());
            assert_eq!(texts(&checked), [&one, &three, &one], "{text}: {checked:?}");
            assert!(!lost(&checked).is_empty() && !lost(&found).is_empty(), "{text}");
        }
    }
}

#[test]
fn a_log_on_each_line_follows_a_damaged_one() {
    let log = |number| format!("{{\"Records\":[{},{}]}}", record(number), record(number + 1));
    let whole_log = log(1);
    for end in 30..whole_log.len() - 1 {
        let text = format!("{}\n{}\n{}\n", &whole_log[..end], log(3), log(5));
        let found = read(text.as_bytes());
        let last: Vec<_> = [3, 4, 5, 6].map(record).into();
        let texts = texts(&found);
        assert_eq!(texts[texts.len() - 4..], last, "{text}: {found:?}");
        assert!(end >= whole_log.len() - 1 || !lost(&found).is_empty(), "{text}: {found:?}");
    }
}

#[test]
fn pretty_records_follow_a_damaged_one() {
    let pretty = |number| {
        serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(&record(number)).unwrap()).unwrap()
    };
    let (one, cut, three) = (pretty(1), pretty(2), pretty(3));
    let compact = |number| serde_json::from_str::<serde_json::Value>(&record(number)).unwrap();
    for end in (20..cut.len() - 1).step_by(3) {
        let text = format!("{one}\n{}\n{three}\n{one}\n", &cut[..end]);
        let found = read(text.as_bytes());
        let values: Vec<serde_json::Value> = texts(&found).iter().map(|it| serde_json::from_str(it).unwrap()).collect();
        assert_eq!(values, [compact(1), compact(3), compact(1)], "{text}: {found:?}");
        assert_eq!(lost(&found).len(), 1, "{text}: {found:?}");
    }
}

#[test]
fn white_space_inside_a_record_is_no_damage() {
    let flat = serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(&record(1)).unwrap()).unwrap();
    let flat: String = flat.lines().map(|line| format!("{}\n", line.trim_start())).collect();
    let broken = "{\"eventVersion\":\"1.11\",\"resources\":[\n{\"ARN\":\"x\"},\n{\"ARN\":\"y\"}],\"userIdentity\":\n{\"type\":\"Root\"}}\n";
    for text in
        [format!("{flat}{flat}"), format!("{broken}{broken}"), format!("{{\"Records\":[\n{broken},\n{broken}]}}")]
    {
        let found = read(text.as_bytes());
        assert_eq!(found.iter().filter(|it| it.is_ok()).count(), 2, "{text}: {found:?}");
        assert!(found.iter().all(Result::is_ok), "{text}: {found:?}");
    }
}

/// The next record comes when its line has been read, not at the end of the text.
#[test]
fn a_record_after_a_damaged_line_comes_at_once() {
    struct Stream<'a>(&'a [u8]);
    impl Read for Stream<'_> {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            assert!(!self.0.is_empty(), "it reads on before it returns the record");
            self.0.read(out)
        }
    }
    let text = format!("{}\n{}\n{}\n{{", record(1), &record(2)[..70], record(3));
    let mut records = Records::from_read(Stream(text.as_bytes()), &BufferPool::default());
    assert_eq!(records.next().unwrap().unwrap().bytes, record(1));
    assert!(records.next().unwrap().is_err());
    assert_eq!(records.next().unwrap().unwrap().bytes, record(3));
}

#[test]
fn a_damaged_line_behind_a_prefix_costs_only_itself() {
    for prefix in ["<13>Nov 27 09:05:05 host app[12]: ", "2026-03-04T05:06:01.000Z ", "2026-03-04T05:06:01Z s "] {
        let line = |record: &str| format!("{prefix}{record}\n");
        let cut = record(2);
        for end in 1..cut.len() {
            let text = [line(&record(1)), line(&cut[..end]), line(&record(3)), line(&record(4))].concat();
            let found = read(text.as_bytes());
            assert_eq!(texts(&found), [record(1), record(3), record(4)], "{text}: {found:?}");
            assert_eq!(lost(&found).len(), 1, "{text}: {found:?}");
        }
    }
}

/// A file that is damaged in each line costs time in proportion to its size.
#[test]
fn many_damaged_lines_take_no_more_time_than_good_ones() {
    /// The lines of a MB.
    const LINES: usize = 65_000;
    for line in ["{\"eventTime\":[\n", "{\"eventTime\":\"\n", "{\"eventTime\":{\"a\":\n", "{\n \"eventTime\":[\n"] {
        for (lines, and_then) in [
            (LINES, String::new()),
            // The check of the text up to here finds what is wrong, at each line again.
            (LINES, format!("x\n{}", line.repeat(LINES / 4))),
            // A record certainly begins here.
            (LINES, record(1) + "\n"),
            ((MAX_RECORD as usize / line.len()) - 100, record(1) + "\n"),
        ] {
            let text = line.repeat(lines) + &and_then;
            let mut records = Records::from_bytes(text.into(), &BufferPool::default());
            let found: Vec<Outcome> = super::outcomes(&mut records);
            assert!(!lost(&found).is_empty());
            let most = FREE + SHARE * records.position();
            assert!(records.resume.again <= most, "{line:?}: {} of {most} bytes are read again", records.resume.again);
        }
    }
}

#[derive(Clone, Debug)]
enum Harm {
    Cut(prop::sample::Index),
    Drop(prop::sample::Index),
    Insert(prop::sample::Index, u8),
}

proptest! {
    #[test]
    fn one_damaged_line_costs_no_other(
        count in 1usize..8,
        hit in any::<prop::sample::Index>(),
        harm in prop_oneof![
            any::<prop::sample::Index>().prop_map(Harm::Cut),
            any::<prop::sample::Index>().prop_map(Harm::Drop),
            (any::<prop::sample::Index>(), prop_oneof![any::<u8>(), prop::sample::select(&b"\"\\{}[],:\n# /x"[..])])
                .prop_map(|(at, byte)| Harm::Insert(at, byte)),
        ],
        is_sorted: bool,
        most in 1usize..300,
        ends: bool,
    ) {
        let make = if is_sorted { sorted } else { record };
        let good: Vec<String> = (0..count).map(make).collect();
        let hit = hit.index(count);
        let mut damaged = good[hit].clone().into_bytes();
        match harm {
            Harm::Cut(at) => damaged.truncate(at.index(damaged.len())),
            Harm::Drop(at) => drop(damaged.remove(at.index(damaged.len()))),
            Harm::Insert(at, byte) => damaged.insert(at.index(damaged.len()), byte),
        }
        let mut lines: Vec<&[u8]> = good.iter().map(String::as_bytes).collect();
        lines[hit] = &damaged;
        let mut text = lines.join(&b'\n');
        if ends {
            text.push(b'\n');
        }
        let found = whole(&text);
        let expected: Vec<_> = good.iter().enumerate().filter(|(at, _)| *at != hit).map(|(_, it)| it.as_bytes()).collect();
        let others: Vec<_> = found.iter().flatten().map(|(bytes, ..)| &bytes[..]).filter(|it| expected.contains(it)).collect();
        prop_assert_eq!(&others, &expected, "{}", text.escape_ascii());
        prop_assert_eq!(&dripped(&text, most), &found, "{}", text.escape_ascii());
        prop_assert_eq!(&in_place(Records::from_bytes(text.clone().into(), &BufferPool::default())), &found);
        prop_assert_eq!(&whole(&gzip(&text)), &found);
        let checked = super::outcome(Records::from_bytes(text.into(), &BufferPool::default()).checked());
        for (bytes, ..) in checked.iter().flatten() {
            prop_assert!(json_scan::Checker::default().check(bytes).is_ok());
        }
        let checked: Vec<_> = checked.iter().flatten().map(|(bytes, ..)| &bytes[..]).filter(|it| expected.contains(it)).collect();
        prop_assert_eq!(&checked, &expected);
    }
}
