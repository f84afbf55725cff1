//! The walk against a plain twin that reads JSON from left to right, on JSON of all shapes and on what is no JSON.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test, helpers included")]

use field_extract::{Field, Index, Outlines, Value, fields};
use proptest::prelude::*;

/// JSON text of a value with white space wherever it may stand, keys of records, duplicates and escapes.
fn json(depth: u32) -> BoxedStrategy<String> {
    let scalar = prop_oneof![
        string(),
        Just("null".to_owned()),
        Just("true".to_owned()),
        any::<i32>().prop_map(|number| number.to_string()),
        any::<f32>().prop_filter("JSON has no others", |it| it.is_finite()).prop_map(|it| format!("{it:e}")),
    ];
    scalar
        .prop_recursive(depth, 60, 8, |inner| {
            prop_oneof![
                prop::collection::vec((blank(), inner.clone(), blank()), 0..5).prop_map(|elements| {
                    let elements: Vec<String> = elements.into_iter().map(|(a, it, b)| format!("{a}{it}{b}")).collect();
                    format!("[{}]", elements.join(","))
                }),
                object(inner),
            ]
        })
        .boxed()
}

fn object(inner: impl Strategy<Value = String> + 'static) -> BoxedStrategy<String> {
    let member = (blank(), key(), blank(), blank(), inner, blank())
        .prop_map(|(a, key, b, c, value, d)| format!("{a}{key}{b}:{c}{value}{d}"));
    prop::collection::vec(member, 0..10).prop_map(|members| format!("{{{}}}", members.join(","))).boxed()
}

fn blank() -> impl Strategy<Value = &'static str> {
    prop_oneof![9 => Just(""), 1 => prop::sample::select(vec![" ", "\n", "\t ", "\r\n    "])]
}

/// The names on the paths of all fields, plain or with some letters as escapes, and others.
fn key() -> impl Strategy<Value = String> {
    let mut names: Vec<&str> = fields().iter().flat_map(|field| field.from).flat_map(|path| path.split('.')).collect();
    names.sort_unstable();
    names.dedup();
    let known = prop::sample::select(names);
    prop_oneof![
        8 => known.clone().prop_map(|name| format!("\"{name}\"")),
        2 => (known.clone(), any::<u64>()).prop_map(|(name, which)| {
            let escape = |(i, char): (usize, char)| {
                if which >> (i % 64) & 1 == 1 { format!("\\u{:04x}", u32::from(char)) } else { char.to_string() }
            };
            format!("\"{}\"", name.chars().enumerate().map(escape).collect::<String>())
        }),
        1 => known.prop_map(|name| format!("\"\\\"{name}\"")),
        1 => string(),
    ]
}

fn string() -> impl Strategy<Value = String> {
    let text = prop_oneof![
        "[a-z/:]{0,12}",
        "[ -~]{0,90}",
        any::<String>(),
        prop::sample::select(vec![
            "AssumedRole",
            "Root",
            "IAMUser",
            "instance",
            "Name",
            "GetObject",
            "{\"eventName\":\"x\"}"
        ])
        .prop_map(str::to_owned),
    ];
    text.prop_map(|text| serde_json::to_string(&text).unwrap())
}

/// A record made of the members that fields are read from, so that most of them are there.
fn record() -> BoxedStrategy<String> {
    object(prop_oneof![object(prop_oneof![object(json(3)), json(2)]), json(3)])
}

/// A reader without an index or masks: it looks at one byte after the other.
struct Twin<'r>(&'r [u8]);

impl Twin<'_> {
    fn blanks(&self, mut at: usize) -> usize {
        while matches!(self.0.get(at), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            at += 1;
        }
        at
    }

    fn value_end(&self, at: usize) -> usize {
        match self.0[at] {
            b'"' => {
                let mut at = at + 1;
                while self.0[at] != b'"' {
                    at += if self.0[at] == b'\\' { 2 } else { 1 };
                }
                at + 1
            }
            b'{' | b'[' => {
                let (mut at, mut depth) = (at, 0);
                loop {
                    match self.0[at] {
                        b'"' => at = self.value_end(at) - 1,
                        b'{' | b'[' => depth += 1,
                        b'}' | b']' => depth -= 1,
                        _ => {}
                    }
                    at += 1;
                    if depth == 0 {
                        return at;
                    }
                }
            }
            _ => at + self.0[at..].iter().take_while(|byte| !b",]} \n\r\t".contains(byte)).count(),
        }
    }

    /// The text of the first member at a path, as it stands in the record.
    fn member(&self, path: &str) -> Option<std::ops::Range<usize>> {
        let mut at = self.blanks(0);
        'path: for name in path.split('.') {
            if self.0[at] != b'{' {
                return None;
            }
            at = self.blanks(at + 1);
            while self.0[at] == b'"' {
                let end = self.value_end(at);
                let key: String = serde_json::from_slice(&self.0[at..end]).unwrap();
                let value = self.blanks(self.blanks(end) + 1);
                if key == name {
                    at = value;
                    continue 'path;
                }
                at = self.blanks(self.value_end(value));
                at = if self.0[at] == b',' { self.blanks(at + 1) } else { at };
            }
            return None;
        }
        Some(at..self.value_end(at))
    }

    /// The first member of several places, as text.
    fn text(&self, paths: &[&str]) -> Option<Vec<u8>> {
        let text = paths.iter().filter_map(|path| self.member(path)).map(|range| &self.0[range]);
        text.filter(|text| *text != b"null").map(as_text).next()
    }
}

fn as_text(json: &[u8]) -> Vec<u8> {
    let mut text = match serde_json::from_slice(json) {
        Ok(serde_json::Value::String(text)) => text.into_bytes(),
        _ => compact(json),
    };
    text.retain(|byte| *byte != 0);
    text
}

fn compact(json: &[u8]) -> Vec<u8> {
    let (mut in_string, mut escaped, mut text) = (false, false, Vec::new());
    for byte in json {
        if in_string || !byte.is_ascii_whitespace() {
            text.push(*byte);
        }
        in_string ^= *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
    }
    text
}

/// The fields that are the text of the first member that is there.
fn plain_fields() -> impl Iterator<Item = &'static Field> {
    let computed = [
        "ct.shortsrc",
        "ct.user",
        "ct.originaluser",
        "ct.user.sessionname",
        "ct.info",
        "ct.managementevent",
        "ct.readonly",
        "ct.sessioncredentialfromconsole",
        "ct.resources",
        "ct.request",
        "ct.response",
        "ct.additionaleventdata",
        "ct.request.policy",
        "ct.response.subnetid",
        "s3.uri",
    ];
    fields().iter().filter(move |field| {
        !computed.contains(&field.name)
            && !field.name.starts_with("ec2.")
            && !field.name.starts_with("s3.bytes")
            && !field.name.starts_with("s3.cnt")
    })
}

/// All answers about a record, each from an index that was asked in this order before.
fn answers<'r>(record: &'r [u8], fields: impl Iterator<Item = &'static Field>) -> Vec<Option<Value<'r>>> {
    let mut index = Index::new();
    fields.map(|field| index.get(record, field, None)).collect()
}

fn check_ranges(record: &[u8], values: &[Option<Value<'_>>]) {
    for value in values.iter().flatten() {
        let (Some(range), Value::Text(text)) = (value.range(), value) else { continue };
        assert_eq!(&record[range], text.as_bytes());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn finds_what_the_twin_finds(record in record()) {
        let (twin, mut index) = (Twin(record.as_bytes()), Index::new());
        for field in plain_fields() {
            let ours = index.get(record.as_bytes(), field, None);
            let ours = ours.map(|value| match value {
                Value::Text(text) => text.into_bytes().into_owned(),
                _ => panic!("{} is text", field.name),
            });
            prop_assert_eq!(ours, twin.text(field.from), "{} of {}", field.name, record);
        }
        for (name, path) in [("ct.request", "requestParameters"), ("ct.response", "responseElements")] {
            let ours = index.get(record.as_bytes(), field_extract::field(name).unwrap(), None);
            let theirs = twin.member(path).map(|range| compact(&record.as_bytes()[range])).filter(|it| it != b"null");
            prop_assert_eq!(ours.as_ref().map(|it| match it { Value::Text(it) => it.as_bytes(), _ => &[] }), theirs.as_deref());
        }
    }

    #[test]
    fn the_order_of_questions_does_not_matter(record in record(), cut in any::<prop::sample::Index>(), damage in any::<Option<u8>>()) {
        let mut record = record.into_bytes();
        let at = cut.index(record.len());
        match damage {
            Some(byte) => record[at] = byte,
            None => record.truncate(at),
        }
        let forward = answers(&record, fields().iter());
        let mut backward = answers(&record, fields().iter().rev());
        backward.reverse();
        prop_assert_eq!(&forward, &backward);
        check_ranges(&record, &forward);
        for (field, answer) in fields().iter().zip(&forward) {
            prop_assert_eq!(&Index::new().get(&record, field, None), answer, "{} asked alone", field.name);
        }
    }

    /// A record that is measured in the middle of a text answers as it does alone, however few or many are asked.
    #[test]
    fn a_measured_record_is_the_same_record(
        record in record(),
        behind in "[,\\]}\\[{\":a ]{0,80}",
        mut order in Just(fields().iter().collect::<Vec<_>>()).prop_shuffle(),
        asked in 1usize..80,
    ) {
        let text = format!("{record}{behind}");
        let record = record.as_bytes();
        order.truncate(asked);
        let mut index = Index::new();
        let measured = index.measure(text.as_bytes());
        prop_assert_eq!(measured.map(|it| it.length), Some(record.len()));
        prop_assert!(!measured.is_some_and(|it| it.plain) || record.iter().all(|byte| (0x20..0x7F).contains(byte)));
        prop_assert_eq!(index.time_if_emitted(record), Index::new().time_if_emitted(record));
        for field in order {
            prop_assert_eq!(index.get(record, field, None), Index::new().get(record, field, None), "{}", field.name);
        }
        prop_assert_eq!(index.measure(&record[..record.len() - 1]), None);
    }

    /// A record of which the outline was kept answers as it does alone, whatever was asked before it was kept, and in
    /// whatever order records are recalled.
    #[test]
    fn a_recalled_record_is_the_same_record(
        records in prop::collection::vec(record(), 1..6),
        behind in "[,\\]}\\[{\":a ]{0,80}",
        mut order in Just(fields().iter().collect::<Vec<_>>()).prop_shuffle(),
        asked in 1usize..80,
        first in 0usize..4,
        measure in any::<bool>(),
    ) {
        let (mut index, mut outlines) = (Index::new(), Outlines::default());
        for record in &records {
            let text = format!("{record}{behind}");
            let measured = if measure { index.measure(text.as_bytes()) } else { index.outline(text.as_bytes()) };
            prop_assert_eq!(measured.map(|it| it.length), Some(record.len()));
            for field in order.iter().take(first) {
                _ = index.get(record.as_bytes(), field, None);
            }
            outlines.keep(&index);
        }
        order.truncate(asked);
        for (number, record) in records.iter().enumerate().rev() {
            let record = record.as_bytes();
            for info_first in [true, false] {
                index.recall(&outlines, number);
                let check_info = |index: &mut Index| {
                    let (mut line, mut alone) = (Vec::new(), Vec::new());
                    let answers = (index.info(record, &mut line), Index::new().info(record, &mut alone));
                    answers.0 == answers.1 && line == alone
                };
                prop_assert!(!info_first || check_info(&mut index));
                for field in &order {
                    prop_assert_eq!(index.get(record, field, None), Index::new().get(record, field, None), "{}", field.name);
                }
                prop_assert!(info_first || check_info(&mut index));
            }
        }
        index.recall(&outlines, records.len());
        prop_assert_eq!(index.event_time(b"{}"), None);
    }

    #[test]
    fn any_bytes_are_read(record in prop::collection::vec(prop_oneof![prop::sample::select(b"{}[]\":,\\ \0eventID".to_vec()), any::<u8>()], 0..300)) {
        let mut index = Index::new();
        let mut line = Vec::new();
        _ = index.info(&record, &mut line);
        _ = index.time_if_emitted(&record);
        check_ranges(&record, &answers(&record, fields().iter()));
    }

    /// What earlier records had or lacked decides how a member is looked for, and never what is found.
    #[test]
    fn an_index_that_has_seen_others_answers_the_same(
        records in prop::collection::vec(record(), 2..8),
        mut order in Just(fields().iter().collect::<Vec<_>>()).prop_shuffle(),
        asked in 1usize..5,
    ) {
        order.truncate(asked);
        let mut index = Index::new();
        for record in records.iter().chain(&records) {
            index.reset();
            for field in &order {
                let alone = Index::new().get(record.as_bytes(), field, None);
                prop_assert_eq!(index.get(record.as_bytes(), field, None), alone, "{} of {}", field.name, record);
            }
        }
    }

    /// The wrong use: another record without a reset.
    #[test]
    fn another_record_does_no_harm(first in record(), second in record()) {
        let mut index = Index::new();
        for (i, field) in fields().iter().enumerate() {
            let record = if i % 3 == 0 { &first } else { &second };
            _ = index.get(record.as_bytes(), field, Some(1));
        }
    }
}
