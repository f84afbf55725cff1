//! Any text as a plain file: records are where they are said to be, in order, and look like objects; what a record
//! says about itself holds when it is read alone.
#![no_main]

use bytes::Bytes;
use cloudtrail_reader::{BufferPool, Content, Records};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: Vec<u8>| {
    // What is packed or UTF-16 is for the target `inflate`: here places in the file are places in the text.
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
        if record.bytes.windows(5).any(|part| part == b"\"aws:") {
            // As the first record of a file it may be an event for Lambda.
            continue;
        }
        // As the only record of a file of its own it comes out again.
        let alone = Bytes::from([b"{\"Records\":[", &record.bytes[..], b"]}"].concat());
        let mut again = Records::from_bytes(alone, &pool);
        assert_eq!(again.next().map(|it| it.map(|it| it.bytes)), Some(Ok(record.bytes)));
    }
    assert!(number == 0 || records.content() == Content::Log);
});
