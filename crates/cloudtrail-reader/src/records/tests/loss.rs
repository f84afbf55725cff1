//! Files that are cut at every byte, or in which bytes are lost: the records are those of the whole file, or a loss is
//! reported.

use super::{Bytes, gzip};
use crate::findings::{Completeness, Findings, Origin};
use crate::pool::BufferPool;
use crate::records::Records;
use crate::unpack::tests::zstd;
use std::ops::Range;

/// A file of documents, one after the other.
struct File {
    name: &'static str,
    bytes: Vec<u8>,
    /// The offsets at which a cut leaves whole documents, which no reader can notice.
    ends: Vec<Range<usize>>,
    /// The offset after the first document, if all bytes after it may be padding because it is complete in itself.
    closed: Option<usize>,
}

impl File {
    fn new(name: &'static str, lead: &[u8], documents: &[&[u8]], separator: &[u8], closed: bool) -> Self {
        let (mut bytes, mut ends, mut first) = (lead.to_vec(), Vec::new(), None);
        let mut end = 0;
        for document in documents {
            // The last bracket of a log file may be missing, because the array in it is complete.
            let bracket = usize::from(closed && bytes.ends_with(b"]}"));
            ends.push(end - bracket..bytes.len() + 1);
            bytes.extend_from_slice(document);
            end = bytes.len();
            first.get_or_insert(end);
            bytes.extend_from_slice(separator);
        }
        Self { name, bytes, ends, closed: first.filter(|_| closed) }
    }
}

fn files() -> Vec<File> {
    let record = |number: u32| {
        format!(r#"{{"eventVersion":"1.11","userIdentity":{{"arn":"a\"]"}},"eventName":"E","eventID":"id-{number}"}}"#)
    };
    let small = |number: u32| format!(r#"{{"eventID":{number}}}"#);
    let log = |records: &[String]| format!(r#"{{"Records":[{}]}}"#, records.join(","));
    let plain = log(&[record(1), small(2), record(3)]);
    let pretty = {
        let value: serde_json::Value = serde_json::from_str(&plain).unwrap();
        serde_json::to_string_pretty(&value).unwrap()
    };
    let (one, two) = (log(&[record(1)]), log(&[small(2)]));
    let event = |record: &str| format!(r#"{{"version":"0","detail-type":"x","detail":{record}}}"#);
    let array = format!("[\n{},\n{}\n]\n", record(1), small(2));
    let utf16: Vec<u8> = one.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let [first, second, third] = [1, 2, 3].map(|number| if number == 2 { small(2) } else { record(number) });
    let lines = [first.as_bytes(), second.as_bytes(), third.as_bytes()];
    let packed = gzip(plain.as_bytes());
    let members = [gzip(one.as_bytes()), gzip(two.as_bytes())];
    let zstd = zstd(plain.as_bytes());
    vec![
        File::new("plain", b"", &[plain.as_bytes()], b"", true),
        File::new("pretty", b"", &[pretty.as_bytes()], b"\n", true),
        File::new("array", b"", &[array.as_bytes()], b"", true),
        File::new("byte order mark", b"\xEF\xBB\xBF", &[one.as_bytes()], b"\n", true),
        File::new("lines", b"", &lines, b"\n", false),
        File::new("records end to end", b"", &lines, b"", false),
        File::new("Firehose", b"", &[one.as_bytes(), two.as_bytes()], b"", true),
        File::new("EventBridge", b"", &[event(&first).as_bytes(), event(&second).as_bytes()], b"\n", false),
        File::new("UTF-16", b"\xFF\xFE", &[&utf16], b"", true),
        File::new("gzip", b"", &[&packed], b"", true),
        File::new("members", b"", &[&members[0], &members[1]], b"", true),
        File::new("gzip of lines", b"", &[&gzip(&lines.join(&b"\n"[..]))], b"", true),
        File::new("gzip in gzip", b"", &[&gzip(&packed)], b"", true),
        File::new("zstd", b"", &[&zstd], b"", true),
    ]
}

/// Returns the records, and whether they count as all: the message would be deleted.
fn read(file: &[u8]) -> (Vec<Bytes>, bool, Completeness) {
    let mut findings = Findings::default();
    let pool = BufferPool::default();
    let mut records = Records::from_bytes(Bytes::copy_from_slice(file), &pool).checked_unless_vouched();
    let mut found = Vec::new();
    for item in records.by_ref() {
        match item {
            Ok(record) => found.push(record.bytes),
            Err(damage) => findings.add(damage),
        }
    }
    findings.records = found.len() as u64;
    let content = records.content();
    (found, findings.is_read(content, Origin::Announced), findings.completeness(content))
}

#[test]
fn a_cut_is_noticed_unless_whole_documents_remain() {
    for File { name, bytes, ends, .. } in files() {
        let (all, is_read, _) = read(&bytes);
        assert!(is_read && !all.is_empty(), "{name} itself");
        let mut unnoticed = Vec::new();
        for end in 0..bytes.len() {
            let (found, is_read, completeness) = read(&bytes[..end]);
            let is_unnoticed = is_read && found != all;
            let is_hidden = ends.iter().any(|range| range.contains(&end));
            assert!(!is_unnoticed || is_hidden, "{name}, cut at {end} of {}: {found:?}", bytes.len());
            unnoticed.extend(is_unnoticed.then_some(end));
            assert_ne!(completeness, Completeness::SomethingElse, "{name}, cut at {end}: a bucket notes its key");
        }
        for range in ends {
            assert!(
                unnoticed.iter().any(|end| range.contains(end)),
                "{name}: {range:?} is no exception: {unnoticed:?}"
            );
        }
    }
}

#[test]
fn nul_bytes_in_place_of_others_are_noticed_unless_they_pad_a_complete_file() {
    for File { name, bytes, closed, .. } in files() {
        let (all, ..) = read(&bytes);
        for length in [1, 8, 13, 64, 512] {
            for start in 0..bytes.len() {
                let mut changed = bytes.clone();
                let end = bytes.len().min(start + length);
                changed[start..end].fill(0);
                let (found, is_read, _) = read(&changed);
                let is_padding = end == bytes.len() && closed.is_some_and(|end| changed[..end] == bytes[..end]);
                let place = format!("{name}, {length} from {start} of {}: {found:?}", bytes.len());
                assert!(!is_read || found == all || is_padding, "{place}");
            }
        }
    }
}
