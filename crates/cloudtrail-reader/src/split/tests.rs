//! What stands in a text, told as a list: the records' own text, and the damages.

use super::{Content, Event, Splitter, Until};
use crate::damage::{Filler, MAX_RECORD, Reason};
use json_scan::BLOCK;
use std::collections::VecDeque;

fn split(text: &[u8], piece: usize) -> (Vec<String>, Content) {
    let mut splitter = Splitter::default();
    let mut events = VecDeque::new();
    for (index, bytes) in text.chunks(piece).enumerate() {
        let mut read = 0;
        while read < bytes.len() {
            read += splitter.feed(&bytes[read..], (index * piece + read) as u64, Until::End, &mut events);
        }
    }
    splitter.finish(text.len() as u64, None, &mut events);
    let show = |event| match event {
        Event::Record(span) => {
            let record = &text[span.start as usize..span.end as usize];
            assert!(span.odd || record.iter().all(|byte| (0x20..0x80).contains(byte)), "odd is unset");
            format!("{}: {}", span.number, String::from_utf8_lossy(record))
        }
        Event::Damage(damage) => format!("! {damage}"),
    };
    (events.into_iter().map(show).collect(), splitter.content())
}

#[track_caller]
fn check(text: &str, content: Content, expected: &[&str]) {
    for piece in [1, 7, BLOCK, 1 << 20] {
        let (found, is) = split(text.as_bytes(), piece);
        assert_eq!(found, expected, "{text}");
        assert_eq!(is, content, "{text}");
    }
}

#[test]
fn log_files() {
    check(r#"{"Records":[]}"#, Content::Log, &[]);
    check(r#"{"Records":[{"a":1},{"b":[{}]}]}"#, Content::Log, &[r#"1: {"a":1}"#, r#"2: {"b":[{}]}"#]);
    check("\u{feff}{ \"Records\" :\r\n[ {} ,\n{} ] }\n", Content::Log, &["1: {}", "2: {}"]);
    check(r#"{"\u0052ecords":[{"a":1}]}"#, Content::Log, &[r#"1: {"a":1}"#]);
}

#[test]
fn only_elements_of_records_are_records() {
    check(r#"{"before":{"x":{}},"n":[1,{}],"Records":[{"a":1}],"after":{"y":2}}"#, Content::Log, &[r#"1: {"a":1}"#]);
    check(r#"{"x":"Records","y":{"Records":[{}]},"Records":[]}"#, Content::Log, &[]);
}

#[test]
fn strings_hide_brackets_and_escapes_hide_quotes() {
    let record = r#"{"a":"}]}","b\"":"{\\","c":"\\\\\"]"}"#;
    let text = format!(r#"{{"Records":[{record},{record}]}}"#);
    check(&text, Content::Log, &[&format!("1: {record}"), &format!("2: {record}")]);
}

#[test]
fn records_without_a_file_around_them() {
    let (one, two) = (r#"{"eventVersion":"1.08","x":{}}"#, r#"{"x":[{"y":{}}],"eventTime":"t"}"#);
    let both = [&*format!("1: {one}"), &*format!("2: {two}")];
    check(&format!("{one}\n{two}\n"), Content::Log, &both);
    check(&format!("{one}\r\n\r\n{two}"), Content::Log, &both);
    check(&format!("{one}{two}"), Content::Log, &both);
    check(&format!("[{one},{two}]"), Content::Log, &both);
    check(&format!("[\n  {one},\n  {two}\n]\n"), Content::Log, &both);
    check(&format!(r#"{{"Records":[{one}]}}{{"Records":[{two}]}}"#), Content::Log, &both);
    check(&format!("{one}\n{{\"Records\":[{two}]}}"), Content::Log, &both);
    check(&format!(r#"[{{"Records":[{one}]}},{two}]"#), Content::Log, &both);
}

#[test]
fn an_event_from_eventbridge_is_its_detail() {
    let record = r#"{"eventVersion":"1.08"}"#;
    let text = format!(r#"{{"version":"0","detail-type":"AWS API Call via CloudTrail","detail":{record}}}"#);
    check(&text, Content::Log, &[&format!("1: {record}")]);
}

#[test]
fn other_files_are_told_by_their_content() {
    check(r#"{"awsAccountId":"1","digestStartTime":"t","logFiles":[{"s3Object":"k"}]}"#, Content::Digest, &[]);
    check(r#"{"fileVersion":"1.0","configurationItems":[{"a":{}}]}"#, Content::Config, &[]);
    let not = "not CloudTrail: the object has neither Records nor any member of a CloudTrail record";
    check("{}", Content::Unknown, &[&format!("! byte 0: {not}")]);
    check(r#" {"name":"left-pad","x":{"Records":[]}}"#, Content::Unknown, &[&format!("! byte 1: {not}")]);
    check(
        "# Notes",
        Content::Unknown,
        &["! byte 0: a comment; no record is missing", "! byte 0: a JSON object or array expected, found '#'"],
    );
    check("  \n ", Content::Unknown, &["! byte 4: the file is empty; no record is missing"]);
}

#[test]
fn records_of_a_wrong_type() {
    check(r#"{"Records":null}"#, Content::Log, &["! byte 11: Records is null, not an array; no record is missing"]);
    for (value, kind) in [("{\"a\":{}}", "an object"), ("\"[{}]\"", "a string"), ("7", "a number")] {
        let text = format!(r#"{{"Records":{value},"x":[1]}}"#);
        check(&text, Content::Log, &[&format!("! byte 11: Records is {kind}, not an array")]);
    }
    check(
        r#"{"Records":[1,null,{"a":1},"s{",[{}],true,{"b":2}]}"#,
        Content::Log,
        &[
            "! record 1, byte 12: the record is a number, not an object",
            "! record 2, byte 14: the record is null, not an object",
            r#"3: {"a":1}"#,
            "! record 4, byte 27: the record is a string, not an object",
            "! record 5, byte 32: the record is an array, not an object",
            "! record 6, byte 37: the record is a boolean, not an object",
            r#"7: {"b":2}"#,
        ],
    );
}

#[test]
fn damage_between_records_costs_no_record() {
    check(
        r#"{"Records":[{"a":1}{"b":2},,{"c":3} x y z {"d":4},]}"#,
        Content::Log,
        &[
            r#"1: {"a":1}"#,
            "! byte 19: no comma between two records; no record is missing",
            r#"2: {"b":2}"#,
            "! byte 27: a comma too many; no record is missing",
            r#"3: {"c":3}"#,
            "! byte 36: ',' or ']' expected, found 'x'",
            r#"4: {"d":4}"#,
            "! byte 50: a comma too many; no record is missing",
        ],
    );
    // Balanced in number, if not in kind: the record is handed out, and whoever parses it says what is wrong inside.
    check(r#"{"Records":[{"a":[1}},{"b":2}]}"#, Content::Log, &[r#"1: {"a":[1}}"#, r#"2: {"b":2}"#]);
}

#[test]
fn text_that_ends_early() {
    check(
        r#"{"Records":[{"a":1},{"b":"#,
        Content::Log,
        &[
            r#"1: {"a":1}"#,
            "! record 2, byte 25: the text ends inside the record that starts at byte 20: the file is cut, fetch it again",
        ],
    );
    check(
        r#"{"Records":[{"a":1},{"b":"}]}"#,
        Content::Log,
        &[
            r#"1: {"a":1}"#,
            "! record 2, byte 29: the text ends inside the record that starts at byte 20: the file is cut, fetch it again",
        ],
    );
    check(
        r#"{"Records":[{"a":1}"#,
        Content::Log,
        &[
            r#"1: {"a":1}"#,
            "! byte 19: the text ends before the array that the records are in is closed: the file is cut, and records may be missing",
        ],
    );
    check(
        r#"{"Records":[]"#,
        Content::Log,
        &[
            "! byte 13: the text ends without the '}' behind the array of records, which is complete; no record is missing",
        ],
    );
    check(
        r#"{"Reco"#,
        Content::Unknown,
        &["! byte 6: the text ends before the object is closed: the file is cut, and records may be missing"],
    );
}

#[test]
fn brackets_that_close_nothing() {
    check(
        r#"]{"Records":[{"a":1}]}}"#,
        Content::Log,
        &[
            "! byte 0: a JSON object or array expected, found ']'",
            r#"1: {"a":1}"#,
            "! byte 22: a JSON object or array expected, found '}'",
        ],
    );
}

#[test]
fn a_brace_too_many_between_records_costs_no_record() {
    let stray = |at: u64| format!("! byte {at}: ',' or ']' expected, found '}}'");
    let (a, b, c) = (r#"1: {"a":1}"#, r#"2: {"b":2}"#, r#"3: {"eventName":3}"#);
    let all = [a, &stray(19), b, c];
    check(r#"{"Records":[{"a":1}},{"b":2},{"eventName":3}]}"#, Content::Log, &all);
    check(r#"{"Records":[{"a":1}}}} ,{"b":2},{"eventName":3}]}"#, Content::Log, &all);
    check(r#"{"Records":[{"a":1}}{"b":2},{"eventName":3}]}"#, Content::Log, &all);
    check(
        r#"{"Records":[{"a":1},},{"b":2},{"eventName":3}]}"#,
        Content::Log,
        &[a, "! byte 20: a record expected, found '}'", b, c],
    );
    // Nothing is left that would close the object.
    check(
        r#"{"Records":[{"a":1}}]"#,
        Content::Log,
        &[
            a,
            &stray(19),
            "! byte 21: the text ends without the '}' behind the array of records, which is complete; no record is missing",
        ],
    );
    // One inside of a record: what follows it is no record, and those behind come out.
    check(
        r#"{"Records":[{"a":{"x":1}},"y":2},{"c":3}]}"#,
        Content::Log,
        &[
            r#"1: {"a":{"x":1}}"#,
            "! record 2, byte 26: the record is a string, not an object",
            "! byte 29: ',' or ']' expected, found ':'",
            r#"3: {"c":3}"#,
        ],
    );
    let (one, two) = (r#"{"eventName":1}"#, r#"{"eventName":2}"#);
    check(
        &format!("[{one}}},{two}]"),
        Content::Log,
        &[&format!("1: {one}"), "! byte 16: ',' or ']' expected, found '}'", &format!("2: {two}")],
    );
    // It stood for the bracket that closes the array: the file behind is read as one.
    check(
        "{\"Records\":[{\"a\":1}}}\n{\"Records\":[{\"b\":2}]}",
        Content::Log,
        &[
            a,
            &stray(19),
            b,
            "! byte 43: the text ends before the array that the records are in is closed: the file is cut, and records may be missing",
        ],
    );
}

#[test]
fn a_bracket_that_does_not_close_its_object_ends_it() {
    let record = r#"{"eventName":1}"#;
    let one = format!("1: {record}");
    let wrong = |at: u64| format!("! byte {at}: ',' or '}}' expected, found ']'");
    check(&format!(r#"{{"Records":[{record}]]}}"#), Content::Log, &[&one, &wrong(28)]);
    check(&format!(r#"{{"Records":[{record}]],"x":1}}"#), Content::Log, &[&one, &wrong(28)]);
    check(&format!("{{\"Records\":[]]\n{record}"), Content::Log, &[&wrong(13), &one]);
    check(&format!("{{\"x\":1]\n{record}"), Content::Log, &[&wrong(6), &one]);
    check(&format!(r#"[{{"x":1],{record}]"#), Content::Log, &[&wrong(7), &one]);
    check(&format!(r#"[{{"Records":[]]}},{record}]"#), Content::Log, &[&wrong(14), &one]);
}

#[test]
fn deep_nesting_is_a_number() {
    let deep = "[".repeat(200_000);
    let text = format!(r#"{{"Records":[{{"a":{deep}1{}}},{{"b":2}}]}}"#, "]".repeat(200_000));
    let (found, _) = split(text.as_bytes(), BLOCK);
    assert_eq!(found.len(), 2);
    assert_eq!(found[1], r#"2: {"b":2}"#);
    let (found, _) = split(deep.as_bytes(), 1 << 20);
    assert_eq!(
        found,
        [
            "! record 1, byte 1: the record is an array, not an object",
            "! byte 200000: the text ends before the array that the records are in is closed: the file is cut, and records may be missing",
        ]
    );
}

#[test]
fn a_record_that_is_too_large_is_left_out_and_the_next_one_is_not() {
    let long = "x".repeat(MAX_RECORD as usize);
    let text = format!(r#"{{"Records":[{{"a":1}},{{"b":"{long}"}},{{"c":3}}]}}"#);
    for piece in [BLOCK, 16 << 10, 1 << 30] {
        let (found, _) = split(text.as_bytes(), piece);
        let large = format!("! record 2, byte 20: the record is larger than {MAX_RECORD} bytes and is left out");
        assert_eq!(found, [r#"1: {"a":1}"#, &large, r#"3: {"c":3}"#]);
    }
    let text = format!(r#"{{"x":"{long}","eventTime":"t"}}"#);
    for piece in [BLOCK, 16 << 10, 1 << 30] {
        let (found, _) = split(text.as_bytes(), piece);
        assert_eq!(found, [format!("! byte 0: the record is larger than {MAX_RECORD} bytes and is left out")]);
    }
}

/// What stands between records and is no part of one: each is one warning, and every record comes out.
#[test]
fn what_separates_and_pads_costs_no_record() {
    let record = r#"{"eventVersion":"1"}"#;
    let warning = |at: u64, what: &str| format!("! byte {at}: {what}; no record is missing");
    let padding = |at: u64, byte: u8| warning(at, &format!("a byte that pads or separates (0x{byte:02x})"));
    let comma = |at: u64| warning(at, "a comma too many");
    let comment = |at: u64| warning(at, "a comment");
    for (text, expected) in [
        // Commas.
        (format!(r#"{{"Records":[{record},]}}"#), vec![comma(32 + 1)]),
        (format!(r#"{{"Records":[,{record}]}}"#), vec![comma(12)]),
        (format!(r#"{{"Records":[{record},,,]}}"#), vec![comma(33)]),
        (format!(r#"{{"Records":[{record}],}}"#), vec![comma(34)]),
        (format!(r#"{{,"Records":[{record}]}}"#), vec![comma(1)]),
        (format!("[{record},\n]"), vec![comma(23)]),
        (format!("{record},\n"), vec![comma(20)]),
        (format!(r#"{{"Records":[{record}]}},"#), vec![comma(34)]),
        // Separators and padding.
        (format!("\x1e{record}\n"), vec![padding(0, 0x1E)]),
        (format!("\0\0\0{record}"), vec![padding(0, 0)]),
        (format!("{record}\0\0\0\0"), vec![padding(20, 0)]),
        (format!("{record}\x1a"), vec![padding(20, 0x1A)]),
        (format!("{record};"), vec![padding(20, b';')]),
        (format!("[\u{feff}{record}\u{a0}]"), vec![padding(1, 0xEF), padding(24, 0xC2)]),
        (format!("{{\0\"Records\":[{record}]}}"), vec![padding(1, 0)]),
        (
            format!("{{\"Records\":[\x1e{record}\x1e]\0}}\0"),
            vec![padding(12, 0x1E), padding(33, 0x1E), padding(35, 0), padding(37, 0)],
        ),
        (format!("\n\n  \t{record}\r\n\r\n"), vec![]),
        // Comments.
        (format!("# exported by \"x\n{record}\n"), vec![comment(0)]),
        (format!("// {{ [ it's }}\r\n{record}"), vec![comment(0)]),
        (format!("{record}\n#"), vec![comment(21)]),
        (format!("{record}\n// ["), vec![comment(21)]),
        (format!("/* {{ \" * / ** */{record}"), vec![comment(0)]),
        (format!("#\n# a\n#[\n\n//\n{record}"), vec![comment(0)]),
        (format!("{{ # x\n\"Records\" : [ // y\n{record} /**/ ] }}"), vec![comment(2), comment(20), comment(46)]),
        // The bracket that closes the file.
        (
            format!(r#"{{"Records":[{record}]"#),
            vec![warning(34 - 1, "the text ends without the '}' behind the array of records, which is complete")],
        ),
    ] {
        for piece in [1, 7, BLOCK, 1 << 20] {
            let (found, content) = split(text.as_bytes(), piece);
            let (records, warnings): (Vec<_>, Vec<_>) = found.into_iter().partition(|it| !it.starts_with('!'));
            assert_eq!(records, [format!("1: {record}")], "{text:?}");
            assert_eq!(warnings, expected, "{text:?}");
            assert_eq!(content, Content::Log, "{text:?}");
        }
    }
}

#[test]
fn what_may_hide_a_record_is_no_comment_and_no_padding() {
    let record = r#"{"eventVersion":"1"}"#;
    for text in [
        format!("# {record}\n{record}"),
        format!("/* {record} */{record}"),
        format!("/* a\n{record}"),
        format!("{record} / {record}"),
        format!("[{record} /]"),
        format!("{record} x {record}"),
        format!("[{record}, \"{{\" ,{record}]"),
        format!("[{record}}}"),
        format!("{record}]"),
        format!("[{record},"),
        format!(r#"{{"Records":[{record}"#),
        format!(r#"{{"Records":[{record}],"x"#),
        format!(r#"{{"Records":[{record}],"x":"#),
        format!(r#"{{"Records":,"x":[{record}]}}"#),
    ] {
        for piece in [1, 7, BLOCK, 1 << 20] {
            let mut splitter = Splitter::default();
            let mut events = VecDeque::new();
            let mut read = 0;
            while read < text.len() {
                let end = text.len().min(read + piece);
                read += splitter.feed(&text.as_bytes()[read..end], read as u64, Until::End, &mut events);
            }
            splitter.finish(text.len() as u64, None, &mut events);
            let lost = |event: &Event| matches!(event, Event::Damage(damage) if damage.reason.may_hide_a_record());
            assert!(events.iter().any(lost), "{text:?}: {events:?}");
        }
    }
}

#[test]
fn a_comment_on_every_line_costs_what_a_line_costs() {
    let text = b"#\n".repeat(500_000);
    let (found, _) = split(&text, 16 << 10);
    assert_eq!(found.len(), 2);
}

#[test]
fn nul_bytes_are_a_hole_where_a_record_may_have_been_and_padding_elsewhere() {
    let record = r#"{"eventID":"1","eventName":"E"}"#;
    let zeros = |count: usize| "\0".repeat(count);
    let hole = |length| vec![Reason::Hole { length }];
    let pads = || vec![Reason::Filler(Filler::Padding(0))];
    let (short, long) = (zeros(511), zeros(512));
    for (text, records, expected) in [
        (zeros(1), 0, hole(1)),
        (zeros(4096), 0, hole(4096)),
        (format!("{short}\n"), 0, vec![Reason::Empty]),
        (format!("\n{long}\n"), 0, hole(512)),
        (format!("{short}{record}"), 1, pads()),
        (format!("{long}{record}"), 1, hole(512)),
        (format!("{record}\n{short}{record}"), 2, pads()),
        (format!("{record}\n{long}{record}"), 2, hole(512)),
        (format!("{record}\n{long}\n{short}\n{record}"), 2, hole(512)),
        (format!("{record}\n{long}"), 1, pads()),
        (format!("{{\"Records\":[{record},{long}{record}]}}"), 2, hole(512)),
        (format!("{{\"Records\":[{record}{long},{record}]}}"), 2, hole(512)),
        (format!("{{\"Records\":[{record},{short}{record}]}}"), 2, pads()),
        (format!("{{\"Records\":[{record}]}}{long}"), 1, pads()),
        (";;;".to_owned(), 0, vec![Reason::Filler(Filler::Padding(b';'))]),
    ] {
        let (mut splitter, mut events) = (Splitter::default(), VecDeque::new());
        let mut at = 0;
        while at < text.len() {
            at += splitter.feed(&text.as_bytes()[at..], at as u64, Until::End, &mut events);
        }
        splitter.finish(text.len() as u64, None, &mut events);
        let damages: Vec<_> =
            events.iter().filter_map(|it| if let Event::Damage(it) = it { Some(it) } else { None }).collect();
        let reasons: Vec<_> = damages.iter().map(|it| it.reason.clone()).collect();
        assert_eq!((events.len() - damages.len(), reasons), (records, expected), "{:?}", text.replace('\0', ""));
    }
}
