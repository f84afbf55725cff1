//! The walk along the members of one object: from colon to colon, over what is nested in between.

use crate::keys::{REACH, recognise, words};
use crate::masks::{Masks, is_blank};
use crate::tree::{NODES, Node, NodeId};
use crate::unescape::{has_byte, unescape};
use json_scan::{BLOCK, Block};

/// Where the value of each known member begins (right behind its colon); 0 where it has not been seen.
pub(crate) type Places = [u32; NODES.len()];

/// How far one object has been walked. It goes on from there when the next member is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Walk {
    /// Not yet begun.
    New,
    /// At a place of the record, so many brackets deep, the object's own counting as one.
    At(u32, u32),
    /// All members have been seen, or the value is no object.
    Done,
}

/// How a walk came to its end.
pub(crate) enum Reached {
    /// The member that was asked for, or the end of the text.
    Stop,
    /// The object's end: the place behind its closing bracket.
    End(usize),
}

/// Walks on until the member `wanted` has been seen, or to the object's end. Notes every known member on the way;
/// of two with the same key the first counts, as in the original (fastjson's `Object.Get`).
#[inline(always)]
pub(crate) fn walk(
    walk: &mut Walk,
    record: &[u8],
    masks: &mut Masks,
    object: u8,
    wanted: Option<NodeId>,
    places: &mut Places,
) -> Reached {
    let note = |places: &mut Places, masks: &Masks, colon: Colon| note(places, record, masks, object, colon);
    along(walk, record, masks, places, note, |places| {
        wanted.is_some_and(|wanted| places.get(usize::from(wanted.0)).is_some_and(|place| *place != 0))
    })
}

/// Walks to the object's end and lists its colons, whatever stands before them.
#[inline(always)]
pub(crate) fn list(walk: &mut Walk, record: &[u8], masks: &mut Masks, colons: &mut Vec<Colon>) -> Reached {
    along(walk, record, masks, colons, |colons, _, colon| colons.push(colon), |_| false)
}

/// A colon of an object, and what the masks say of the bytes before it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Colon {
    pub(crate) place: u32,
    /// There may be a backslash near.
    escapes: bool,
    /// The quotes of the 64 bytes before it, the nearest in the highest bit.
    quotes: u64,
}

/// Goes from colon to colon of an object, until its end or until `stop` at the end of a block.
#[inline(always)]
fn along<T>(
    walk: &mut Walk,
    record: &[u8],
    masks: &mut Masks,
    to: &mut T,
    mut note: impl FnMut(&mut T, &Masks, Colon),
    stop: impl Fn(&T) -> bool,
) -> Reached {
    let Walk::At(at, mut depth) = std::mem::replace(walk, Walk::Done) else { return Reached::Stop };
    let mut number = at as usize / BLOCK;
    let mut live = !0 << (at as usize % BLOCK);
    let (mut quotes_before, mut escapes_before) = (0, false);
    if let Some(before) = number.checked_sub(1).and_then(|before| masks.block(record, before)) {
        (quotes_before, escapes_before) = (before.quote, before.escapes);
    }
    loop {
        if masks.block(record, number).is_none() {
            return Reached::Stop;
        }
        for block in masks.from(number) {
            let own = own(block, live, &mut depth);
            let mut colons = block.colon & own.bytes;
            while colons != 0 {
                let bit = colons.trailing_zeros();
                colons &= colons - 1;
                // Places are 32 bits wide; what lies beyond is taken for the start, where no value is.
                let place = u32::try_from(number * BLOCK + bit as usize).unwrap_or(0);
                let quotes = back(block.quote, quotes_before, bit);
                note(to, masks, Colon { place, escapes: block.escapes || escapes_before, quotes });
            }
            if let Some(end) = own.end {
                return Reached::End(number * BLOCK + end as usize + 1);
            }
            number += 1;
            if stop(to) {
                *walk = state(number * BLOCK, depth);
                return Reached::Stop;
            }
            live = !0;
            (quotes_before, escapes_before) = (block.quote, block.escapes);
        }
    }
}

/// Notes the member before a colon, if it is a known one and the first with its key.
#[inline(always)]
pub(crate) fn note(places: &mut Places, record: &[u8], masks: &Masks, object: u8, colon: Colon) {
    let member = match key(record, object, colon) {
        Key::Known(member) => member,
        Key::Unknown => return,
        Key::Unusual => match unusual_key(record, masks, object, colon.place as usize) {
            Some(member) => member,
            None => return,
        },
    };
    if let Some(place @ 0) = places.get_mut(usize::from(member.0)) {
        *place = colon.place + 1;
    }
}

/// Bytes at the end of a key that are compared at once.
const TAIL: usize = 8;

/// Whether the key before a colon is that of `node`; none where that is to be looked at more closely.
#[inline(always)]
pub(crate) fn is_key(record: &[u8], colon: Colon, node: &Node) -> Option<bool> {
    if colon.quotes >> 63 == 0 || colon.escapes {
        return None;
    }
    let length = (colon.quotes << 1).leading_zeros() as usize;
    if length != node.key.len() {
        // A key of 63 bytes or more is none of ours, wherever it begins.
        return Some(false);
    }
    let end = colon.place as usize;
    if let Some(tail) = end.checked_sub(1 + TAIL).and_then(|start| record.get(start..)?.first_chunk()) {
        let [.., tail_of_node] = node.words;
        let beyond = 8 * TAIL.saturating_sub(length) as u32;
        // Most keys of the same length differ here already.
        if (u64::from_le_bytes(*tail) ^ tail_of_node).checked_shr(beyond) != Some(0) {
            return Some(false);
        }
    }
    let key = end.checked_sub(length + 1).and_then(|start| record.get(start..end - 1));
    Some(key == Some(node.key.as_bytes()))
}

/// The bits of the 64 bytes before bit `bit` of `mask`; `before` is the mask of the block before.
#[inline(always)]
fn back(mask: u64, before: u64, bit: u32) -> u64 {
    // Two shifts, as a shift by 64 is none.
    before >> bit | mask << 1 << (BLOCK as u32 - 1 - bit)
}

/// A walk at that place; where a record is too long for its offsets, it ends.
fn state(at: usize, depth: u32) -> Walk {
    u32::try_from(at).map_or(Walk::Done, |at| Walk::At(at, depth))
}

/// The walk's beginning in the object that opens at `open`.
pub(crate) fn begin(open: usize) -> Walk {
    state(open + 1, 1)
}

/// What of a block belongs to the object itself and not to what is nested in it or follows it.
struct Own {
    bytes: u64,
    /// The bracket that closes the object.
    end: Option<u32>,
}

/// The bytes at depth 1 of a block. `depth` becomes that of the block's end.
#[inline(always)]
fn own(block: &Block, live: u64, depth: &mut u32) -> Own {
    if live == !0 && *depth > 1 + u32::from(block.closes) {
        // However its brackets are arranged, this block stays inside of what is nested.
        *depth = *depth + u32::from(block.opens) - u32::from(block.closes);
        return Own { bytes: 0, end: None };
    }
    let mut own = if *depth == 1 { live } else { 0 };
    let mut turns = (block.open | block.close) & live;
    while turns != 0 {
        let bit = turns & turns.wrapping_neg();
        turns ^= bit;
        let opens = block.open & bit != 0;
        // Whether this bracket leads from depth 1 or back to it: then all behind it changes sides.
        let crosses = *depth == if opens { 1 } else { 2 };
        *depth = if opens { *depth + 1 } else { *depth - 1 };
        if *depth == 0 {
            return Own { bytes: own & (bit - 1), end: Some(bit.trailing_zeros()) };
        }
        own ^= if crosses { bit.wrapping_neg() } else { 0 };
    }
    Own { bytes: own, end: None }
}

enum Key {
    Known(NodeId),
    Unknown,
    /// To be looked at more closely: white space before the colon, an escape, or a very long key.
    Unusual,
}

/// The key before a colon.
#[inline(always)]
fn key(record: &[u8], object: u8, Colon { place, escapes, quotes }: Colon) -> Key {
    // Without white space the key's closing quote is right before the colon. The next quote opens it.
    let (colon, opening) = (place as usize, quotes << 1);
    if quotes >> 63 == 0 || opening == 0 {
        return Key::Unusual;
    }
    let len = opening.leading_zeros() as usize;
    let bytes = match colon.checked_sub(1 + REACH) {
        Some(start) => record.get(start..).and_then(<[u8]>::first_chunk).copied(),
        None => record.get(..colon - 1).map(padded),
    };
    let Some(words) = bytes.and_then(|bytes| words(&bytes, len)) else { return Key::Unusual };
    match recognise(&words, len, object) {
        Some(member) => Key::Known(member),
        None if escapes && words.iter().any(|word| has_byte(*word, b'\\')) => Key::Unusual,
        None => Key::Unknown,
    }
}

/// The record's first bytes, moved up to where the bytes before a key end.
fn padded(start: &[u8]) -> [u8; REACH] {
    let mut bytes = [0; REACH];
    bytes.iter_mut().rev().zip(start.iter().rev()).for_each(|(to, from)| *to = *from);
    bytes
}

/// The known member of `object` whose key stands before `colon`, however it is written.
#[cold]
fn unusual_key(record: &[u8], masks: &Masks, object: u8, colon: usize) -> Option<NodeId> {
    let blank = |at: usize| record.get(at).copied().is_some_and(is_blank);
    let end = (0..colon).rev().find(|at| !blank(*at)).filter(|at| record.get(*at) == Some(&b'"'))?;
    let key = unescape(record.get(masks.quote_before(end)? + 1..end)?);
    let found = NODES.iter().position(|node| node.object == object && node.key.as_bytes() == &*key)?;
    u8::try_from(found).ok().map(NodeId)
}
