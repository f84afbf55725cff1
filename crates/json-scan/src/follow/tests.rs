use super::Followed;
use crate::{BLOCK, Block, Kernel, Scanner, bits};
use proptest::prelude::*;

/// What [`Kernel::follow`] is to find, a bracket or colon at a time.
fn slow(blocks: &[Block]) -> (Vec<u32>, Option<u32>) {
    let (mut depth, mut colons) = (0, Vec::new());
    for (number, block) in blocks.iter().enumerate() {
        for bit in bits(block.open | block.close | block.colon) {
            let place = (number * BLOCK + bit) as u32;
            if block.colon >> bit & 1 == 0 {
                depth += if block.open >> bit & 1 == 1 { 1 } else { -1 };
            } else if depth == 1 {
                colons.push(place);
            }
            if depth == 0 {
                return (colons, Some(place));
            }
        }
    }
    (colons, None)
}

/// Follows the object that `text` begins with, `step` blocks at a time.
fn check(text: &[u8], step: usize) {
    let mut blocks = Vec::new();
    Scanner::default().scan(text, &mut blocks);
    let expected = slow(&blocks);
    for kernel in Kernel::all().into_iter().filter(|kernel| kernel.follows()) {
        // What was followed before does not count.
        let mut followed = Followed { depth: 7, blocks: 3, colons: vec![1, 2], end: Some(5) };
        followed.reset();
        for some in blocks.chunks(step) {
            if followed.end.is_none() {
                kernel.follow(some, &mut followed);
            }
        }
        assert_eq!((&followed.colons, followed.end), (&expected.0, expected.1), "{:?}", String::from_utf8_lossy(text));
    }
}

#[test]
fn own_colons_and_no_others() {
    check(br#"{"a":{"b":1,"c":[{"d":2}]},"e":[],"f:":"}","g" : 3},{"h":4}"#, 1);
}

#[test]
fn deeper_than_a_byte_counts() {
    for depth in [63, 64, 65, 126, 127, 128, 129, 300] {
        let text = [&b"{\"a\":"[..], &b"[".repeat(depth), &b"]".repeat(depth), b",\"b\":1}"].concat();
        (1..9).for_each(|step| check(&text, step));
    }
}

#[test]
fn more_colons_than_are_written_at_once() {
    for count in 0..140 {
        let text = [&b"{"[..], &b":".repeat(count), b"}"].concat();
        (1..4).for_each(|step| check(&text, step));
    }
}

#[test]
fn more_blocks_than_a_byte_counts() {
    let text = [&b"{\"a\":\""[..], &b"-".repeat(600 * BLOCK), b"\",\"b\":1}"].concat();
    [1, 255, 256, 257, 700].into_iter().for_each(|step| check(&text, step));
}

proptest! {
    #[test]
    fn the_same_as_one_by_one(
        rest in proptest::collection::vec(
            prop_oneof![6 => Just(b'a'), 5 => proptest::sample::select(b":{}[]\" ,".to_vec())], 0..2000,
        ),
        step in 1usize..9,
    ) {
        check(&[b"{", &rest[..]].concat(), step);
    }
}
