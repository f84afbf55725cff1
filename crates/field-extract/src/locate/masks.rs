//! How strings, brackets and white space are found in the masks of a record.

use json_scan::{BLOCK, Block, Blocks};
use std::ops::Range;

/// Returns the offset of the last quote before `end`.
pub(crate) fn quote_before(masks: &Blocks, end: usize) -> Option<usize> {
    let before = |number: usize| if number == end / BLOCK { !(!0 << (end % BLOCK)) } else { !0 };
    (0..=end / BLOCK).rev().find_map(|number| {
        let quotes = scanned(masks, number)?.quote & before(number);
        (quotes != 0).then(|| number * BLOCK + quotes.ilog2() as usize)
    })
}

/// Returns the offset of the closing quote of the string that opens at `open`.
#[inline]
pub(crate) fn string_end(masks: &mut Blocks, record: &[u8], open: usize) -> Option<usize> {
    string_end_and_plain(masks, record, open).map(|(end, _)| end)
}

/// Returns the offset of the closing quote of the string that opens at `open`, and whether the string is known to have
/// no escapes and no control bytes, so that it can be returned as it is.
#[inline(always)]
pub(crate) fn string_end_and_plain(masks: &mut Blocks, record: &[u8], open: usize) -> Option<(usize, bool)> {
    let from = open + 1;
    let number = from / BLOCK;
    let block = masks.block(record, number)?;
    let (quote, plain) = (block.quote, !block.escapes && block.unprintable == 0);
    // The quotes of the next 64 bytes, across the end of the block if the next one has been scanned.
    let (next, next_plain) = match scanned(masks, number + 1) {
        Some(next) => (next.quote, !next.escapes && next.unprintable == 0),
        None => (0, true),
    };
    let quotes = ((u128::from(next) << 64 | u128::from(quote)) >> (from % BLOCK)) as u64;
    if quotes != 0 {
        return Some((from + quotes.trailing_zeros() as usize, plain && next_plain));
    }
    Some((far_string_end(masks, record, number, !0 << (from % BLOCK))?, false))
}

#[cold]
fn far_string_end(masks: &mut Blocks, record: &[u8], from: usize, mut live: u64) -> Option<usize> {
    for number in from.. {
        let quotes = masks.block(record, number)?.quote & live;
        if quotes != 0 {
            return Some(number * BLOCK + quotes.trailing_zeros() as usize);
        }
        live = !0;
    }
    None
}

/// Returns the offset of the bracket that closes the one at `open`.
pub(crate) fn bracket_end(masks: &mut Blocks, record: &[u8], open: usize) -> Option<usize> {
    let mut depth = 0usize;
    let mut live = !0 << (open % BLOCK);
    for number in open / BLOCK.. {
        let block = masks.block(record, number)?;
        if live == !0 && depth > usize::from(block.closes) {
            depth = depth + usize::from(block.opens) - usize::from(block.closes);
            continue;
        }
        for bit in json_scan::bits((block.open | block.close) & live) {
            depth = if block.open >> bit & 1 == 1 { depth + 1 } else { depth.saturating_sub(1) };
            if depth == 0 {
                return Some(number * BLOCK + bit);
            }
        }
        live = !0;
    }
    None
}

/// Whether JSON text can be returned as it is: it has no white space between its tokens and no NUL.
pub(crate) fn is_compact(masks: &mut Blocks, record: &[u8], span: &Range<usize>) -> bool {
    (span.start / BLOCK..span.end.div_ceil(BLOCK)).all(|number| {
        let bytes = record.get(number * BLOCK..).unwrap_or_default();
        let bytes = bytes.get(..BLOCK).unwrap_or(bytes);
        // Most blocks have no white space at all, which one pass finds.
        !bytes.iter().fold(false, |any, byte| any | (*byte <= b' ')) || {
            let string = masks.block(record, number).map_or(!0, |block| block.string);
            let inside = |i: usize| span.contains(&(number * BLOCK + i));
            bytes.iter().enumerate().all(|(i, byte)| !superfluous(*byte, string >> i & 1 == 1) || !inside(i))
        }
    })
}

/// Appends JSON text without the white space between its tokens and without NUL.
pub(crate) fn compact(masks: &mut Blocks, record: &[u8], span: &Range<usize>, to: &mut Vec<u8>) {
    for at in span.clone() {
        let in_string = masks.block(record, at / BLOCK).is_some_and(|block| block.string >> (at % BLOCK) & 1 == 1);
        to.extend(record.get(at).filter(|byte| !superfluous(**byte, in_string)));
    }
}

/// Returns the block with that number if it has been scanned.
#[inline(always)]
fn scanned(masks: &Blocks, number: usize) -> Option<&Block> {
    masks.scanned_from(number).first()
}

/// Whether compact JSON text leaves a byte out.
fn superfluous(byte: u8, in_string: bool) -> bool {
    byte == 0 || !in_string && is_blank(byte)
}

/// Whether a byte is JSON white space.
#[inline(always)]
pub(crate) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

/// Returns the first offset from `at` on that is not white space.
#[inline(always)]
pub(crate) fn skip_blanks(record: &[u8], mut at: usize) -> usize {
    while record.get(at).copied().is_some_and(is_blank) {
        at += 1;
    }
    at
}
