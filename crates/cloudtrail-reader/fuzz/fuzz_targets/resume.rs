//! Damages one of several documents, each on a line of its own or an element of an array: records, log files, and answers
//! that carry records. All records of the others come out, once and in order, and nothing that is not JSON. Damage may join
//! log files or answers to the next one, whose records may be missing then: this is reported.
#![no_main]

use bytes::Bytes;
use cloudtrail_reader::{BufferPool, Damage, Record, Records};
use libfuzzer_sys::fuzz_target;
use std::io::Read;

/// A source that gives a limited number of bytes at a time.
struct Drip(Bytes, usize);

impl Read for Drip {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let count = self.0.len().min(self.1).min(out.len());
        out[..count].copy_from_slice(&self.0.split_to(count));
        Ok(count)
    }
}

fn record(number: usize) -> String {
    format!(
        r#"{{"eventVersion":"1.11","userIdentity":{{"type":"Root","arn":"a]\"}}{{"}},"resources":[{{"ARN":"x"}}],"eventID":"id-{number}"}}"#
    )
}

fn document(form: u8, number: usize) -> String {
    let record = record(number);
    let string = format!("{record:?}");
    match form % 6 {
        0 | 1 => record,
        2 => format!(r#"{{"Records":[{record}]}}"#),
        3 => format!(r#"{{"message":{string}}}"#),
        4 => format!(r#"{{"logEvents":[{{"id":"1","message":{string}}}]}}"#),
        _ => format!("2026-03-04T05:06:01Z {record}"),
    }
}

fuzz_target!(|input: (u8, u8, u8, u16, u16, Vec<u8>)| {
    let (form, most, hit, from, cut, inserted) = input;
    let lines: Vec<String> = (0..4).map(|number| document(form, number)).collect();
    let hit = usize::from(hit) % lines.len();
    let from = usize::from(from) % lines[hit].len();
    let end = (from + usize::from(cut) % 200).min(lines[hit].len());
    // Inserted text may be records of its own.
    if inserted.len() > 3 || inserted.contains(&b'\n') {
        return;
    }
    let damaged = [&lines[hit].as_bytes()[..from], &inserted, &lines[hit].as_bytes()[end..]].concat();
    let parts: Vec<&[u8]> =
        lines.iter().enumerate().map(|(at, line)| if at == hit { &damaged[..] } else { line.as_bytes() }).collect();
    let file = Bytes::from(parts.join(&b'\n'));
    let pool = BufferPool::default();
    let whole: Vec<Result<Record, Damage>> = Records::from_bytes(file.clone(), &pool).collect();
    let dripped: Vec<_> = Records::from_read(Drip(file.clone(), usize::from(most) + 1), &pool).collect();
    assert_eq!(whole, dripped);
    let found: Vec<Bytes> = Records::from_bytes(file.clone(), &pool).checked().flatten().map(|it| it.bytes).collect();
    for record in &found {
        assert!(serde_json::from_slice::<serde_json::Value>(record).is_ok() || std::str::from_utf8(record).is_err());
    }
    // A block comment hides all text behind it, and reports that. The first bytes may be those of another format.
    if inserted.windows(2).any(|it| it == b"/*") || (hit == 0 && from == 0) {
        return;
    }
    let expected: Vec<String> = (0..lines.len()).filter(|at| *at != hit).map(record).collect();
    let others: Vec<&[u8]> =
        found.iter().map(|it| &it[..]).filter(|it| expected.iter().any(|all| all.as_bytes() == *it)).collect();
    let expected: Vec<&[u8]> = expected.iter().map(String::as_bytes).collect();
    if matches!(form % 6, 2..=4) && others != expected {
        assert!(whole.iter().any(Result::is_err), "a loss is reported: {}", file.escape_ascii());
        let mut rest = expected.iter();
        assert!(others.iter().all(|it| rest.any(|next| next == it)), "in order, once: {}", file.escape_ascii());
        return;
    }
    assert_eq!(others, expected, "{}", file.escape_ascii());
});
