//! The plain kernel against a byte-by-byte reader, and every other kernel against the plain one.

use super::Scanner;
use crate::block::{BLOCK, Block, bits};
use crate::brackets::Brackets;
use crate::check::Tokens;
use crate::kernel::Kernel;
use proptest::prelude::*;

/// Returns the blocks by the definition, a byte at a time.
fn slow(text: &[u8]) -> Vec<(Block, u64)> {
    let (mut in_string, mut escaped) = (false, false);
    let mut padded = text.to_vec();
    padded.resize(text.len().next_multiple_of(BLOCK), b' ');
    let mut blocks = Vec::new();
    for chunk in padded.chunks(BLOCK) {
        let (mut block, mut comma) = (Block::default(), 0);
        for (i, byte) in chunk.iter().enumerate() {
            let bit = 1 << i;
            let quote = *byte == b'"' && !escaped;
            escaped = *byte == b'\\' && !escaped;
            if quote {
                block.quote |= bit;
                in_string = !in_string;
            }
            if in_string {
                block.string |= bit;
            } else {
                match byte {
                    b'{' | b'[' => block.open |= bit,
                    b'}' | b']' => block.close |= bit,
                    b':' => block.colon |= bit,
                    b',' => comma |= bit,
                    _ => {}
                }
            }
            block.escapes |= *byte == b'\\';
            if !(0x20..0x80).contains(byte) {
                block.unprintable |= bit;
            }
        }
        block.opens = block.open.count_ones() as u8;
        block.closes = block.close.count_ones() as u8;
        blocks.push((block, comma));
    }
    blocks
}

fn scan(kernel: Kernel, text: &[u8]) -> Vec<Block> {
    let mut blocks = Vec::new();
    Scanner::new(kernel).scan(text, &mut blocks);
    blocks
}

fn check(text: &[u8]) {
    let expected = slow(text);
    for kernel in Kernel::all() {
        let text_shown = String::from_utf8_lossy(text);
        let mut tokens = Vec::new();
        Scanner::new(kernel).scan_as::<Tokens>(text, &mut tokens);
        let tokens: Vec<_> = tokens.into_iter().map(|it| (it.block, it.comma)).collect();
        assert_eq!(tokens, expected, "{kernel:?} on {text_shown:?}");
        let blocks: Vec<_> = expected.iter().map(|(block, _)| *block).collect();
        assert_eq!(scan(kernel, text), blocks, "{kernel:?} on {text_shown:?}");
        let (mut brackets, of_blocks) = (Vec::new(), blocks.into_iter().map(Brackets::from).collect::<Vec<_>>());
        Scanner::new(kernel).scan_brackets(text, &mut brackets);
        assert_eq!(brackets, of_blocks, "{kernel:?} on {text_shown:?}");
    }
}

#[test]
fn strings_hide_structure() {
    check(br#"{"a":[1,{"b":"x:{}[]\"y"}],"c":null}"#);
}

#[test]
fn runs_of_backslashes_of_every_length_at_every_place() {
    for place in 0..2 * BLOCK {
        for run in 0..8 {
            let text = [&b" ".repeat(place)[..], b"\"", &b"\\".repeat(run), b"\":{}\"x\""].concat();
            check(&text);
        }
    }
}

#[test]
fn bytes_that_differ_from_brackets_in_the_folded_bit_only() {
    check(&(0..=255).collect::<Vec<u8>>());
}

#[test]
fn an_open_string_is_seen() {
    let mut scanner = Scanner::default();
    scanner.scan(b"{\"a", &mut Vec::new());
    assert!(!scanner.is_neutral());
}

#[test]
fn bits_come_lowest_first() {
    assert_eq!(bits(1 << 63 | 0b101).collect::<Vec<_>>(), [0, 2, 63]);
}

proptest! {
    #[test]
    fn all_kernels_agree_with_the_definition(text in proptest::collection::vec(
        prop_oneof![4 => proptest::sample::select(br#""\{}[]: ,a"#.to_vec()), 1 => any::<u8>()], 0..400,
    )) {
        check(&text);
    }

    #[test]
    fn a_text_in_pieces_means_the_same(
        text in proptest::collection::vec(proptest::sample::select(br#""\\\{}[]: ,a"#.to_vec()), 0..300),
        cuts in proptest::collection::vec(1usize..100, 1..9),
    ) {
        let expected = flat(&scan(Kernel::plain(), &text), text.len());
        for kernel in Kernel::all() {
            let (mut scanner, mut found, mut rest) = (Scanner::new(kernel), Vec::new(), &text[..]);
            for cut in cuts.iter().cycle() {
                let (piece, behind) = rest.split_at(rest.len().min(*cut));
                let mut blocks = Vec::new();
                scanner.scan(piece, &mut blocks);
                found.extend(flat(&blocks, piece.len()));
                rest = behind;
                if rest.is_empty() {
                    break;
                }
            }
            prop_assert_eq!(&found, &expected);
        }
    }
}

/// Returns the masks of each byte: quote, string, open, close, colon.
fn flat(blocks: &[Block], length: usize) -> Vec<[bool; 5]> {
    let bytes = blocks.iter().flat_map(|block| {
        let masks = [block.quote, block.string, block.open, block.close, block.colon];
        (0..BLOCK).map(move |i| masks.map(|mask| mask >> i & 1 == 1))
    });
    bytes.take(length).collect()
}
