//! Reads any text as a plain file. The records have correct offsets, come in order, and look like objects. A record that is
//! JSON is found again when it is read alone.
#![no_main]

use bytes::Bytes;
use cloudtrail_reader::{BufferPool, Content, Records};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: Vec<u8>| {
    // The target `inflate` covers packed and UTF-16 files. Here an offset in the file is an offset in the text.
    let begins_plain = matches!(text.first(), Some(b'{' | b'[' | b' ' | b'\n' | b'#' | b',' | b'"'));
    if !begins_plain || text.get(1..4).is_some_and(|bytes| bytes.contains(&0)) {
        return;
    }
    let pool = BufferPool::default();
    let file = Bytes::from(text);
    let mut records = Records::from_bytes(file.clone(), &pool);
    let (mut end, mut number) = (0, 0);
    for record in records.by_ref().filter_map(Result::ok) {
        assert!(record.offset >= end && record.number > number, "in order");
        assert!(record.bytes.starts_with(b"{") && record.bytes.ends_with(b"}"));
        assert!(!record.bytes.contains(&b'\n') && !record.bytes.contains(&b'\r'), "on one line");
        let at = record.offset as usize;
        assert_eq!(file.get(at), Some(&b'{'));
        (end, number) = (record.offset + 1, record.number);
        if file[at..].starts_with(&record.bytes) {
            end = record.offset + record.bytes.len() as u64;
        }
    }
    assert!(number == 0 || records.content() == Content::Log);
    // If a text is not JSON, the extent of a record depends on the text around it.
    for record in Records::from_bytes(file, &pool).checked().filter_map(Result::ok) {
        if record.bytes.windows(5).any(|part| part == b"\"aws:") {
            // As the first record of a file, it may be an event for Lambda.
            continue;
        }
        let alone = Bytes::from([b"{\"Records\":[", &record.bytes[..], b"]}"].concat());
        let mut again = Records::from_bytes(alone, &pool);
        assert_eq!(again.next().map(|it| it.map(|it| it.bytes)), Some(Ok(record.bytes)));
    }
});
