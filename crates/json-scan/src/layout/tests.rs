//! The layout of every kernel against a reader that visits one bracket or colon at a time.

use super::list::Layouts;
use super::{Depth, Layout, MAX_LEVEL, Nested};
use crate::block::{BLOCK, Block, bits};
use crate::blocks::Blocks;
use crate::kernel::Kernel;
use crate::scanner::Scanner;
use proptest::prelude::*;

/// Returns the layout, found a bracket or colon at a time.
fn slow(text: &[u8]) -> Found {
    let mut blocks = Vec::new();
    Scanner::new(Kernel::plain()).scan(text, &mut blocks);
    let (mut depth, mut found) = (0, Found::default());
    for (number, block) in blocks.iter().enumerate() {
        for bit in bits(block.open | block.close | block.colon) {
            let (opens, closes) = (block.open >> bit & 1, block.close >> bit & 1);
            depth = depth + opens - closes;
            let offset = (number * BLOCK + bit) as u32;
            match u8::try_from(depth) {
                Ok(0) => {
                    found.end = Some(offset);
                    return found.with_flags(&text[..=offset as usize]);
                }
                Ok(1) if opens + closes == 0 => found.colons.push(offset),
                Ok(level) if opens == 0 && u64::from(level) + closes <= u64::from(MAX_LEVEL) => {
                    found.nested.push((offset, level, closes == 1));
                }
                _ => {}
            }
        }
    }
    found.with_flags(text)
}

#[derive(Debug, Default, PartialEq)]
struct Found {
    colons: Vec<u32>,
    nested: Vec<(u32, u8, bool)>,
    end: Option<u32>,
    escapes: bool,
    unprintable: bool,
}

impl Found {
    fn with_flags(self, object: &[u8]) -> Self {
        let unprintable = object.iter().any(|byte| !(0x20..0x80).contains(byte));
        Self { escapes: object.contains(&b'\\'), unprintable, ..self }
    }
}

/// Finds the layout of the object that `text` begins with, with every kernel.
fn check(text: &[u8]) {
    for kernel in Kernel::all() {
        for depth in [Depth::Own, Depth::Nested] {
            let mut expected = slow(text);
            if depth == Depth::Own {
                expected.nested.clear();
            }
            // The layout of the previous object leaves no trace.
            let mut layout = Layout {
                colons: vec![1, 2],
                nested: vec![Nested::new(3, 1)],
                end: Some(5),
                escapes: true,
                unprintable: true,
            };
            let mut blocks = Blocks::new(kernel);
            blocks.block(b"\"", 0);
            let length = layout.find(text, depth, &mut blocks);
            let nested = layout.nested().iter().map(|it| (it.offset(), it.level(), it.is_bracket())).collect();
            let (escapes, unprintable) = (layout.has_escapes(), layout.has_unprintable());
            let found = Found { colons: layout.colons().to_vec(), nested, end: layout.end, escapes, unprintable };
            assert_eq!(found, expected, "{kernel:?} on {:?}", String::from_utf8_lossy(text));
            assert_eq!((length, layout.length()), (expected.end.map(|end| end as usize + 1), length));
        }
        check_kept(text, kernel);
    }
}

/// Finds the layout, keeps the blocks, and goes on with them.
fn check_kept(text: &[u8], kernel: Kernel) {
    let (mut layout, mut own, mut blocks) = (Layout::default(), Layout::default(), Blocks::new(kernel));
    own.find(text, Depth::Own, &mut Blocks::new(kernel));
    let length = layout.find_keeping(text, &mut blocks);
    assert_eq!(layout, own);
    let (mut expected, object) = (Vec::new(), text.get(..length.unwrap_or(text.len())).unwrap());
    Scanner::new(Kernel::plain()).scan(text, &mut expected);
    // The caller has only the object. Blocks that were kept may have bytes behind it.
    for (number, expected) in expected.iter().take(object.len().div_ceil(BLOCK)).enumerate() {
        let live = !0 >> (BLOCK - (object.len() - number * BLOCK).min(BLOCK));
        let masks = |it: &Block| [it.quote, it.string, it.open, it.close, it.colon].map(|mask| mask & live);
        let found = *blocks.block(object, number).unwrap();
        assert_eq!(masks(&found), masks(expected), "{kernel:?} {number} {:?}", String::from_utf8_lossy(text));
        if live == !0 {
            assert_eq!(found, *expected);
        }
    }
    assert_eq!(blocks.block(object, expected.len()), None);
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
fn text_that_does_not_begin_with_an_object_has_no_layout() {
    for text in [&b" {}"[..], b"[1:2]", b"}", b":", b"x{}"] {
        for kernel in Kernel::all() {
            let mut layout = Layout::default();
            assert_eq!(layout.find(text, Depth::Nested, &mut Blocks::new(kernel)), None);
            assert_eq!(layout, Layout::default());
        }
    }
}

#[test]
fn flags_are_those_of_the_object_and_not_of_the_text_behind_it() {
    for behind in ["", "\n", "\\", "é", "\n{\"a\":\"\\u0041\"}"] {
        for object in ["{\"a\":1}", "{\"a\":\"\\\\\"}", "{\"a\":\"é\"}", "{\n}"] {
            check(format!("{object}{behind}").as_bytes());
        }
    }
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

#[test]
fn kept_layouts_are_the_same_and_fit_their_own_objects_only() {
    let objects = [&br#"{"a":{"b":1},"c":2}"#[..], br#"{"a":{"b":1,"c":2}}"#, br#"{"e":"\n"}"#, b"{}"];
    let (mut layouts, mut layout, mut blocks) = (Layouts::default(), Layout::default(), Blocks::default());
    for object in objects {
        layout.find(object, Depth::Nested, &mut blocks);
        layouts.push(layout.view());
        layouts.push(None);
    }
    for (number, object) in objects.into_iter().enumerate() {
        layout.find(object, Depth::Nested, &mut blocks);
        let view = layouts.get(2 * number).unwrap();
        assert_eq!(Some(view), layout.view());
        let mut copy = Layout { colons: vec![9], ..Layout::default() };
        copy.copy_from(view);
        assert_eq!(copy, layout);
        for other in objects {
            assert_eq!(view.fits(other), other == object, "{:?}", String::from_utf8_lossy(other));
        }
        assert!(!view.fits(&object[1..]) && !view.fits(&[object, b" "].concat()));
        assert_eq!(layouts.get(2 * number + 1), None);
    }
    assert_eq!(layouts.get(2 * objects.len()), None);
    layouts.clear();
    assert_eq!(layouts.get(0), None);
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
