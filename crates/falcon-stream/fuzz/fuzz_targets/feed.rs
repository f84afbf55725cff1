//! Reads any bytes as a feed, cut into chunks anywhere. It must not panic, must give the same lines for each chunk
//! size, and the same offsets as a whole parse. The first byte is the chunks' size, the second the longest line. Run
//! `cargo fuzz run feed` in `crates/falcon-stream`.

#![no_main]

use falcon_stream::{Bytes, Line, Lines, UnreadableReason, position};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fn lines(feed: &[u8], chunk: usize, most: usize) -> Vec<Line> {
    let mut lines = Lines::new(most);
    let mut found = Vec::new();
    for piece in feed.chunks(chunk) {
        lines.push(Bytes::copy_from_slice(piece));
        while let Some(line) = lines.next_line() {
            found.push(line);
        }
    }
    found.extend(lines.rest());
    found
}

fuzz_target!(|input: &[u8]| {
    let [chunk, most, feed @ ..] = input else { return };
    let (chunk, most) = (usize::from(*chunk) + 1, usize::from(*most) * 8);
    let found = lines(feed, chunk, most);
    assert_eq!(found, lines(feed, feed.len().max(1), most));
    assert_eq!(found.len(), feed.split_inclusive(|byte| *byte == b'\n').count());

    for line in found {
        let Line::Text(text) = line else { continue };
        assert!(text.len() <= most && !text.contains(&b'\n'));
        let position = position(&text);
        // A whole parse is stricter about UTF-8, numbers and depth. If it succeeds, both must agree.
        let Ok(value) = serde_json::from_slice::<Value>(&text) else { continue };
        let offset = match &value["metadata"]["offset"] {
            Value::Number(number) => number.as_u64(),
            _ => position.as_ref().ok().map(|position| position.offset),
        };
        assert_ne!(position, Err(UnreadableReason::NotJson));
        assert_eq!(position.ok().map(|position| position.offset), offset);
    }
});
