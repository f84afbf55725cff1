use super::{DEEPEST, Followed, Inner, Reach};
use crate::{BLOCK, Kernel, Scanner, bits};
use proptest::prelude::*;

/// What [`Kernel::follow`] is to find, a bracket or colon at a time.
fn slow(text: &[u8]) -> Found {
    let mut blocks = Vec::new();
    Scanner::default().scan(text, &mut blocks);
    let (mut depth, mut found) = (0, Found::default());
    for (number, block) in blocks.iter().enumerate() {
        for bit in bits(block.open | block.close | block.colon) {
            let (opens, closes) = (block.open >> bit & 1, block.close >> bit & 1);
            depth = depth + opens - closes;
            let place = (number * BLOCK + bit) as u32;
            match u8::try_from(depth) {
                Ok(0) => {
                    found.end = Some(place);
                    return found;
                }
                Ok(1) if opens + closes == 0 => found.colons.push(place),
                Ok(level) if opens == 0 && u64::from(level) + closes <= u64::from(DEEPEST) => {
                    found.inner.push((place, level, closes == 1));
                }
                _ => {}
            }
        }
    }
    found
}

#[derive(Debug, Default, PartialEq)]
struct Found {
    colons: Vec<u32>,
    inner: Vec<(u32, u8, bool)>,
    end: Option<u32>,
}

/// Follows the object that `text` begins with.
fn check(text: &[u8]) {
    for kernel in Kernel::all().into_iter().filter(|kernel| kernel.follows()) {
        for reach in [Reach::Own, Reach::Inner] {
            let mut expected = slow(text);
            if reach == Reach::Own {
                expected.inner.clear();
            }
            // What was followed before does not count.
            let mut followed =
                Followed { colons: vec![1, 2], inner: vec![Inner::new(3, 1)], end: Some(5), ..Followed::default() };
            kernel.follow(text, reach, &mut followed);
            let inner = followed.inner.iter().map(|it| (it.place(), it.level(), it.closes())).collect();
            let found = Found { colons: followed.colons, inner, end: followed.end };
            assert_eq!(found, expected, "{:?}", String::from_utf8_lossy(text));
            let object = followed.end.map_or(text, |end| &text[..=end as usize]);
            let odd = |byte: &u8| !(0x20..0x80).contains(byte);
            assert!(followed.escapes || !object.contains(&b'\\'));
            assert!(!followed.escapes || text.contains(&b'\\'));
            assert!(followed.odd || !object.iter().any(odd));
            assert!(!followed.odd || text.iter().any(odd));
        }
    }
}

#[test]
fn own_colons_and_no_others() {
    check(br#"{"a":{"b":1,"c":[{"d":2}]},"e":[],"f:":"}","g" : 3},{"h":4}"#);
    check(br#"{"a":{"b":{"c":{"d":{"e":{"f":1}}}}}}"#);
    check(b"{}");
    check(b"{");
    check(b"");
}

#[test]
fn deeper_than_a_byte_counts() {
    for depth in [63, 64, 65, 126, 127, 128, 129, 300] {
        let text = [&b"{\"a\":"[..], &b"[".repeat(depth), &b"]".repeat(depth), b",\"b\":1}"].concat();
        check(&text);
    }
}

#[test]
fn more_colons_than_are_written_at_once() {
    for count in 0..140 {
        let text = [&b"{"[..], &b":".repeat(count), b"}"].concat();
        check(&text);
    }
}

#[test]
fn more_blocks_than_a_byte_counts() {
    for blocks in [254, 255, 256, 257, 511, 512, 600] {
        check(&[&b"{\"a\":\""[..], &b"-".repeat(blocks * BLOCK), b"\",\"b\":1}"].concat());
    }
}

#[test]
fn the_depth_comes_back_from_anywhere() {
    for depth in [50, 60, 61, 67, 68, 69, 70, 130, 257, 260, 500] {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        let inside = ":{:{:{:}:}:}:".repeat(9);
        check(format!("{{:{open}{inside}{close}:{inside}}}").as_bytes());
    }
}

proptest! {
    #[test]
    fn the_same_as_one_by_one(
        rest in proptest::collection::vec(
            prop_oneof![6 => Just(b'a'), 6 => proptest::sample::select(b":{}[]\" ,\\".to_vec()), 1 => Just(200)], 0..2000,
        ),
    ) {
        check(&[b"{", &rest[..]].concat());
    }
}
