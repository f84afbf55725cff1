//! Compares the crate with a simple reader that goes through JSON from left to right, on JSON of all shapes and on text
//! that is not JSON.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test, helpers included")]

use field_extract::{Depth, Field, Kernel, Layouts, Record, Scratch, Value, fields};
use proptest::prelude::*;

/// Generates JSON text with white space at any allowed place, keys of records, duplicates and escapes.
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

/// Generates the names on the paths of all fields, plain or with escapes, and other names.
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

/// Generates a record of the members that fields are read from, so that it has most of them.
fn record() -> BoxedStrategy<String> {
    object(prop_oneof![object(prop_oneof![object(json(3)), json(2)]), json(3)])
}

/// A reader without layout or masks: it reads one byte after another.
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

    /// Returns the range of the first member at a path.
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

    /// Returns the first of several members, as text. In a record without a source, those of its event count, too. The
    /// record may also be such an event.
    fn text(&self, paths: &[&str]) -> Option<Vec<u8>> {
        let of_event = || {
            let event = self.member("eventData").filter(|_| self.member("eventSource").is_none())?;
            Twin(&self.0[event]).own_text(paths)
        };
        self.own_text(paths).or_else(of_event).or_else(|| self.text_of_activity(paths.first()?))
    }

    /// Returns a member of an event from outside of AWS, which has a text as `UID`, and no `eventID`.
    fn text_of_activity(&self, path: &str) -> Option<Vec<u8>> {
        let uid = self.member("UID").filter(|uid| self.0[uid.start] == b'"')?;
        if self.own_text(&["eventID"]).is_some() {
            return None;
        }
        match path.strip_prefix("eventData.") {
            None if path == "eventID" => Some(as_text(&self.0[uid])),
            Some(own) if own == "UID" || own.starts_with("userIdentity.") => self.own_text(&[own]),
            _ => None,
        }
    }

    /// The same of one member, as JSON text.
    fn json(&self, path: &str) -> Option<Vec<u8>> {
        let own = |twin: &Self| Some(compact(&twin.0[twin.member(path)?])).filter(|json| json != b"null");
        own(self).or_else(|| {
            let event = self.member("eventData").filter(|_| self.member("eventSource").is_none())?;
            own(&Twin(&self.0[event]))
        })
    }

    fn own_text(&self, paths: &[&str]) -> Option<Vec<u8>> {
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

/// Returns the fields that are the text of the first member that the record has.
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
        "ct.user.mfa",
        "ct.user.samlprovider",
        "ct.user.oidcprovider",
    ];
    fields().iter().filter(move |field| {
        !computed.contains(&field.name)
            && !field.takes_index()
            && !matches!(field.name, "ct.eventcontext" | "ct.summary")
            && !field.name.starts_with("ec2.")
            && !field.name.starts_with("s3.bytes")
            && !field.name.starts_with("s3.cnt")
    })
}

/// Returns all answers about a record, from a scratch that is asked in this order.
fn answers<'r>(record: &'r [u8], fields: impl Iterator<Item = &'static Field>) -> Vec<Option<Value<'r>>> {
    let mut scratch = Scratch::new();
    let mut record = scratch.record(record, None);
    fields.map(|field| record.get(field, None)).collect()
}

/// Returns the answer of a scratch that has read nothing else.
fn alone<'r>(record: &'r [u8], field: &Field) -> Option<Value<'r>> {
    Scratch::new().record(record, None).get(field, None)
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
        let (twin, mut scratch) = (Twin(record.as_bytes()), Scratch::new());
        let mut read = scratch.record(record.as_bytes(), None);
        for field in plain_fields() {
            let ours = read.get(field, None);
            let ours = ours.map(|value| match value {
                Value::Text(text) => text.into_bytes().into_owned(),
                _ => panic!("{} is text", field.name),
            });
            prop_assert_eq!(ours, twin.text(field.from), "{} of {}", field.name, record);
        }
        for (name, path) in [("ct.request", "requestParameters"), ("ct.response", "responseElements")] {
            let ours = read.get(field_extract::field(name).unwrap(), None);
            let theirs = twin.json(path);
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
            prop_assert_eq!(&alone(&record, field), answer, "{} asked alone", field.name);
        }
    }

    /// A record that is found in the middle of a text answers as it does alone, however few or many fields are asked for.
    #[test]
    fn a_found_record_is_the_same_record(
        record in record(),
        behind in "[,\\]}\\[{\":a ]{0,80}",
        mut order in Just(fields().iter().collect::<Vec<_>>()).prop_shuffle(),
        asked in 1usize..80,
    ) {
        let text = format!("{record}{behind}");
        let record = record.as_bytes();
        order.truncate(asked);
        let mut scratch = Scratch::new();
        let mut found = scratch.first_record(text.as_bytes(), Depth::Own).unwrap();
        prop_assert_eq!(found.bytes(), record);
        prop_assert_eq!(found.time_if_emitted(), Scratch::new().record(record, None).time_if_emitted());
        for field in order {
            prop_assert_eq!(found.get(field, None), alone(record, field), "{}", field.name);
        }
        prop_assert!(scratch.first_record(&record[..record.len() - 1], Depth::Own).is_none());
    }

    /// A record that a reader has found answers as it does alone, on every kernel, with and without the blocks that were
    /// scanned to find it.
    #[test]
    fn a_record_that_was_found_is_the_same_record(
        record in record(),
        behind in "[,\\]}\\[{\":a ]{0,80}",
        order in Just(fields().iter().collect::<Vec<_>>()).prop_shuffle(),
        kernel in prop::sample::select(Kernel::all()),
        keeps in any::<bool>(),
        nested in any::<bool>(),
    ) {
        let mut scratch = Scratch::with_kernel(kernel);
        if keeps {
            scratch.finder().keep_blocks();
        }
        let text = format!("{record}{behind}");
        for _ in 0..2 {
            let length = scratch.finder().find(text.as_bytes(), if nested { Depth::Nested } else { Depth::Own });
            prop_assert_eq!(length, Some(record.len()));
            let mut found = scratch.found_record(text.as_bytes().get(..record.len()).unwrap());
            for field in &order {
                prop_assert_eq!(found.get(field, None), alone(record.as_bytes(), field), "{}", field.name);
            }
        }
    }

    /// A record whose layout was kept answers as it does alone, whatever was asked before it was kept, and in whatever order
    /// the records are read.
    #[test]
    fn a_record_with_a_kept_layout_is_the_same_record(
        records in prop::collection::vec(record(), 1..6),
        behind in "[,\\]}\\[{\":a ]{0,80}",
        mut order in Just(fields().iter().collect::<Vec<_>>()).prop_shuffle(),
        asked in 1usize..80,
        first in 0usize..4,
        own in any::<bool>(),
    ) {
        let (mut scratch, mut layouts) = (Scratch::new(), Layouts::default());
        for record in &records {
            let text = format!("{record}{behind}");
            let depth = if own { Depth::Own } else { Depth::Nested };
            let mut found = scratch.first_record(text.as_bytes(), depth).unwrap();
            prop_assert_eq!(found.bytes(), record.as_bytes());
            for field in order.iter().take(first) {
                _ = found.get(field, None);
            }
            layouts.push(found.layout());
        }
        order.truncate(asked);
        for (number, bytes) in records.iter().enumerate().rev() {
            let bytes = bytes.as_bytes();
            for info_first in [true, false] {
                let mut record = scratch.record(bytes, layouts.get(number));
                let check_info = |record: &mut Record<'_, '_>| {
                    let (mut line, mut alone) = (Vec::new(), Vec::new());
                    let answers = (record.info(&mut line), Scratch::new().record(bytes, None).info(&mut alone));
                    answers.0 == answers.1 && line == alone
                };
                prop_assert!(!info_first || check_info(&mut record));
                for field in &order {
                    prop_assert_eq!(record.get(field, None), alone(bytes, field), "{}", field.name);
                }
                prop_assert!(info_first || check_info(&mut record));
            }
        }
        prop_assert_eq!(scratch.record(b"{}", layouts.get(records.len())).event_time(), None);
    }

    /// The layout of a record with another length is refused. One of the same length may give wrong values, but no panic.
    #[test]
    fn the_layout_of_another_record_does_no_harm(first in record(), second in record()) {
        let mut layouts = Layouts::default();
        layouts.push(Scratch::new().first_record(first.as_bytes(), Depth::Nested).unwrap().layout());
        let mut scratch = Scratch::new();
        let mut record = scratch.record(second.as_bytes(), layouts.get(0));
        for field in fields() {
            let found = record.get(field, None);
            prop_assert!(first.len() == second.len() || found == alone(second.as_bytes(), field));
        }
        let length = first.len().max(second.len());
        let [first, second] = [&first, &second].map(|record| {
            let inner = record.strip_suffix('}').unwrap();
            format!("{inner}{}}}", " ".repeat(length - record.len()))
        });
        layouts.push(Scratch::new().first_record(first.as_bytes(), Depth::Nested).unwrap().layout());
        let _ = scratch.record(first.as_bytes(), layouts.get(1)).event_time();
        for field in fields() {
            _ = scratch.resume(second.as_bytes()).get(field, Some(1));
            _ = scratch.record(second.as_bytes(), layouts.get(1)).get(field, None);
        }
    }

    #[test]
    fn any_bytes_are_read(record in prop::collection::vec(prop_oneof![prop::sample::select(b"{}[]\":,\\ \0eventID".to_vec()), any::<u8>()], 0..300)) {
        let (mut scratch, mut line) = (Scratch::new(), Vec::new());
        let mut read = scratch.record(&record, None);
        _ = read.info(&mut line);
        _ = read.time_if_emitted();
        check_ranges(&record, &answers(&record, fields().iter()));
    }

    /// The members of earlier records decide how a member is looked for, and never what is found.
    #[test]
    fn a_scratch_that_has_read_others_answers_the_same(
        records in prop::collection::vec(record(), 2..8),
        mut order in Just(fields().iter().collect::<Vec<_>>()).prop_shuffle(),
        asked in 1usize..5,
    ) {
        order.truncate(asked);
        let mut scratch = Scratch::new();
        for record in records.iter().chain(&records) {
            let mut read = scratch.record(record.as_bytes(), None);
            for field in &order {
                let alone = alone(record.as_bytes(), field);
                prop_assert_eq!(read.get(field, None), alone, "{} of {}", field.name, record);
            }
        }
    }

    /// The wrong use: another record of the same length in the place of the one that was read last.
    #[test]
    fn another_record_does_no_harm(first in record(), second in record()) {
        let length = first.len().max(second.len());
        let [first, second] = [first, second].map(|mut record| {
            record.extend(std::iter::repeat_n(' ', length - record.len()));
            record
        });
        let mut scratch = Scratch::new();
        for (i, field) in fields().iter().enumerate() {
            let record = if i % 3 == 0 { &first } else { &second };
            _ = scratch.resume(record.as_bytes()).get(field, Some(1));
        }
    }
}
