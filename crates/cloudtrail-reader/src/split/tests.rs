//! The tests show the items of a text as a list of the records' own text and of the damages.

use super::{Content, SplitItem, Splitter, Until};
use crate::damage::{Damage, DamageReason, Filler, Found, MAX_RECORD};
use crate::looks::object_reason;
use json_scan::BLOCK;
use std::collections::VecDeque;

fn split(text: &[u8], piece: usize) -> (Vec<String>, Content) {
    let mut splitter = Splitter::default();
    let mut items = VecDeque::new();
    for (index, bytes) in text.chunks(piece).enumerate() {
        let mut read = 0;
        while read < bytes.len() {
            read += splitter.feed(&bytes[read..], (index * piece + read) as u64, Until::End, &mut items);
        }
    }
    splitter.finish(text.len() as u64, None, &mut items);
    let show = |event| match event {
        SplitItem::Record(span) => {
            let record = &text[span.start as usize..span.end as usize];
            assert!(span.unprintable || record.iter().all(|byte| (0x20..0x80).contains(byte)), "unprintable is unset");
            format!("{}: {}", span.number, String::from_utf8_lossy(record))
        }
        SplitItem::OtherObject(range) => {
            let object = &text[range.start as usize..range.end as usize];
            assert!(object.starts_with(b"{") && object.ends_with(b"}"), "the range is the object's");
            format!("! {}", Damage { record: None, byte: range.start, reason: object_reason(object) })
        }
        SplitItem::Skipped(..) => unreachable!("removed above"),
        SplitItem::Element(range, number) => {
            let found = Found::at(text[range.start as usize]);
            let reason = DamageReason::NotAnObject(found);
            format!("! {}", Damage { record: Some(number), byte: range.start, reason })
        }
        SplitItem::Damage(damage) | SplitItem::Broken { damage, .. } => format!("! {damage}"),
    };
    items.retain(|item| !matches!(item, SplitItem::Skipped(..)));
    (items.into_iter().map(show).collect(), splitter.content())
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
fn other_files_are_recognized_by_their_content() {
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
    // The brackets match in number, but not in kind. The record is delivered, and its parser reports the error inside.
    check(r#"{"Records":[{"a":[1}},{"b":2}]}"#, Content::Log, &[r#"1: {"a":[1}}"#, r#"2: {"b":2}"#]);
}

#[test]
fn text_that_ends_early() {
    check(
        r#"{"Records":[{"a":1},{"b":"#,
        Content::Log,
        &[
            r#"1: {"a":1}"#,
            "! record 2, byte 25: the text ends inside the record that starts at byte 20, and its 5 bytes are not read: the file is cut, fetch it again",
        ],
    );
    check(
        r#"{"Records":[{"a":1},{"b":"}]}"#,
        Content::Log,
        &[
            r#"1: {"a":1}"#,
            "! record 2, byte 29: the text ends inside the record that starts at byte 20, and its 9 bytes are not read: the file is cut, fetch it again",
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
    // The object is not closed.
    check(
        r#"{"Records":[{"a":1}}]"#,
        Content::Log,
        &[
            a,
            &stray(19),
            "! byte 21: the text ends without the '}' behind the array of records, which is complete; no record is missing",
        ],
    );
    // An extra brace inside a record: the rest of that record is damage, and the records after it are found.
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
    // It replaces the bracket that closes the array. The file after it is read as a file.
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
        let large = format!("! record 2, byte 20: {}", DamageReason::RecordTooLarge);
        assert_eq!(found, [r#"1: {"a":1}"#, &large, r#"3: {"c":3}"#]);
    }
    let barely = "x".repeat(MAX_RECORD as usize - 6);
    for text in [format!(r#"{{"x":"{long}","eventTime":"t"}}"#), format!(r#"{{"":"{barely}"}}"#)] {
        assert!(text.len() as u64 > MAX_RECORD);
        for piece in [BLOCK, 16 << 10, 1 << 30] {
            let (found, _) = split(text.as_bytes(), piece);
            assert_eq!(found, [format!("! byte 0: {}", DamageReason::RecordTooLarge)]);
        }
    }
}

/// Bytes between records that are not part of one cause one warning each, and every record is found.
#[test]
fn separators_and_padding_hide_no_record() {
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
fn invisible_characters_around_records_are_padding_and_others_are_not() {
    let record = r#"{"eventVersion":"1"}"#;
    for hidden in "\u{80}\u{85}\u{a0}\u{ad}\u{1680}\u{180e}\u{2003}\u{200b}\u{200d}\u{200f}\u{2028}\u{202e}\u{202f}\
                   \u{2060}\u{3000}\u{fe0f}\u{feff}\u{e0001}"
        .chars()
    {
        let lead = hidden.to_string().into_bytes()[0];
        let padding =
            |at: usize| format!("! byte {at}: a byte that pads or separates (0x{lead:02x}); no record is missing");
        let one = format!("1: {record}");
        check(&format!("[{hidden}{record}]"), Content::Log, &[&padding(1), &one]);
        let (first, second) = (padding(0), padding(hidden.len_utf8() + record.len()));
        let around = format!("{hidden}{record}{hidden}");
        if hidden == '\u{feff}' {
            check(&around, Content::Log, &[&one]);
        } else {
            check(&around, Content::Log, &[&first, &one, &second]);
        }
    }
    for (text, byte) in [("\u{20ac}", 0xe2), ("\u{e9}", 0xc3), ("\u{1f600}", 0xf0)] {
        let damage = format!("! byte 0: a JSON object or array expected, found byte 0x{byte:02x}");
        check(&format!("{text}{record}"), Content::Log, &[&damage, &format!("1: {record}")]);
    }
    for text in [&b"\xE2\x80"[..], b"\xE2", b"\x80", b"\xFF", b"\xC2 "] {
        for piece in [1, 100] {
            let (found, _) = split(&[text, record.as_bytes(), text].concat(), piece);
            assert_eq!(found.iter().filter(|it| it.contains("expected, found byte")).count(), 2, "{found:?}");
            assert_eq!(found.iter().filter(|it| !it.starts_with('!')).count(), 1, "{found:?}");
        }
    }
}

#[test]
fn damage_that_may_hide_a_record_is_not_padding() {
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
            let mut items = VecDeque::new();
            let mut read = 0;
            while read < text.len() {
                let end = text.len().min(read + piece);
                read += splitter.feed(&text.as_bytes()[read..end], read as u64, Until::End, &mut items);
            }
            splitter.finish(text.len() as u64, None, &mut items);
            // An element without records is damage.
            let lost = |event: &SplitItem| match event {
                SplitItem::Damage(damage) => damage.reason.may_hide_a_record(),
                other => matches!(other, SplitItem::Element(..)),
            };
            assert!(items.iter().any(lost), "{text:?}: {items:?}");
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
    let hole = |length| vec![DamageReason::Hole { length }];
    let pads = || vec![DamageReason::Filler(Filler::Padding(0))];
    let (short, long) = (zeros(12), zeros(13));
    for (text, records, expected) in [
        (zeros(1), 0, hole(1)),
        (zeros(4096), 0, hole(4096)),
        (format!("{short}\n"), 0, vec![DamageReason::Empty]),
        (format!("\n{long}\n"), 0, hole(13)),
        (format!("{short}{record}"), 1, pads()),
        (format!("{long}{record}"), 1, hole(13)),
        (format!("{record}\n{short}{record}"), 2, pads()),
        (format!("{record}\n{long}{record}"), 2, hole(13)),
        (format!("{record}\n{long}\n{short}\n{record}"), 2, hole(25)),
        (format!("{record}\n{short}"), 1, pads()),
        (format!("{record}\n{long}"), 1, hole(13)),
        (format!("{record}{short}\n{long}"), 1, hole(25)),
        (format!("{{\"Records\":[{record},{long}{record}]}}"), 2, hole(13)),
        (format!("{{\"Records\":[{record}{long},{record}]}}"), 2, hole(13)),
        (format!("{{\"Records\":[{record},{short}{record}]}}"), 2, pads()),
        (format!("{{\"Records\":[{record}]}}{long}"), 1, pads()),
        (format!("[{record}]\n{long}"), 1, pads()),
        (
            format!("{{\"Records\":[{record}]{long}"),
            1,
            [hole(13), vec![DamageReason::Filler(Filler::Unclosed)]].concat(),
        ),
        (format!("{{\"Records\":[{record}]}}{{\"Records\":[{record}]}}{long}"), 2, hole(13)),
        (";;;".to_owned(), 0, vec![DamageReason::Filler(Filler::Padding(b';'))]),
    ] {
        let (mut splitter, mut items) = (Splitter::default(), VecDeque::new());
        let mut at = 0;
        while at < text.len() {
            at += splitter.feed(&text.as_bytes()[at..], at as u64, Until::End, &mut items);
        }
        splitter.finish(text.len() as u64, None, &mut items);
        items.retain(|item| !matches!(item, SplitItem::Skipped(..)));
        let damages: Vec<_> =
            items.iter().filter_map(|it| if let SplitItem::Damage(it) = it { Some(it) } else { None }).collect();
        let reasons: Vec<_> = damages.iter().map(|it| it.reason.clone()).collect();
        assert_eq!((items.len() - damages.len(), reasons), (records, expected), "{:?}", text.replace('\0', ""));
    }
}

#[test]
fn a_time_in_front_of_a_record_is_no_damage() {
    let record = r#"{"eventVersion":"1","a":[1]}"#;
    let line = |time: &str| format!("{time} {record}\n");
    for time in ["2026-03-04T05:06:01.000Z", "2026-03-04T05:06:01Z", "2026-03-04T05:06:01.123456789Z"] {
        check(&line(time), Content::Log, &[&format!("1: {record}")]);
    }
    let two = line("2026-03-04T05:06:01.000Z") + &line("2026-03-04T05:06:02.000Z");
    check(&two, Content::Log, &[&format!("1: {record}"), &format!("2: {record}")]);
    for (text, damage) in [
        ("2026-03-04T05:06:01.000Z", "byte 0: a JSON object or array expected, found a number"),
        (
            "2026-03-04T05:06:01.000Z ",
            "byte 25: the text ends before the line that begins with a time is closed: the file is cut, and records may be missing",
        ),
        ("2026-03-04T05:06:01.000Z START", "byte 0: a JSON object or array expected, found a number"),
        ("2026-03-04 05:06:01.000Z ", "byte 0: a JSON object or array expected, found a number"),
        ("2026", "byte 0: a JSON object or array expected, found a number"),
    ] {
        check(text, Content::Unknown, &[&format!("! {damage}")]);
    }
}

#[test]
fn a_short_text_in_front_of_a_record_is_no_damage() {
    let record = r#"{"eventVersion":"1","a":[1]}"#;
    for prefix in [
        "<13>Nov 27 09:05:05 host app[12]: ",
        "<165>1 2003-10-11T22:14:15.003Z host app 111 ID47 - ",
        "Nov 27 09:05:05 host app[12]: ",
        "2026-03-04T05:06:01.000000+00:00 123456789012_CloudTrail_us-east-1 ",
        "2026-03-04T05:06:01.000Z stdout F ",
        "2026-03-04 05:06:01 ",
        "web_1  | ",
        "INFO:",
    ] {
        let line = format!("{prefix}{record}\n");
        check(&line, Content::Log, &[&format!("1: {record}")]);
        check(&format!("{line}\r\n{line}"), Content::Log, &[&format!("1: {record}"), &format!("2: {record}")]);
    }
    let long = "x".repeat(2000);
    for prefix in ["null,", "\"a\" ", "a } ", "a \"b\" ", &long] {
        let (found, _) = split(format!("{prefix}{record}\n").as_bytes(), 7);
        assert!(
            found.iter().any(|it| it.starts_with("! ") && !it.contains("no record is missing")),
            "{prefix}: {found:?}"
        );
    }
}

#[test]
fn a_list_in_a_carrier_may_be_larger_than_a_record() {
    for name in ["records", "logEvents", "events", "Events"] {
        let text = format!(r#"{{"a":1,"{name}":[{{"eventName":"A"}},{{"message":"m"}}],"b":[]}}"#);
        let (items, _) = split(text.as_bytes(), 7);
        assert_eq!(items.first().map(String::as_str), Some(r#"1: {"eventName":"A"}"#));
        assert_eq!(items.len(), 2, "{items:?}");
    }
}
