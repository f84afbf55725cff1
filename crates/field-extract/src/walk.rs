//! The walk along the members of one object: from colon to colon, over what is nested in between.

use crate::masks::{Masks, is_blank};
use crate::tree::{NODES, NodeId, candidate};
use crate::unescape::{has_backslash, unescape};
use json_scan::BLOCK;

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

/// Walks on until the member `wanted` has been seen, or to the object's end. Notes every known member on the way;
/// of two with the same key the first counts, as in the original (fastjson's `Object.Get`).
pub(crate) fn walk(walk: &mut Walk, record: &[u8], masks: &mut Masks, object: u8, wanted: NodeId, places: &mut Places) {
    let Walk::At(at, depth) = *walk else { return };
    let (mut at, mut depth) = (at as usize, depth);
    *walk = Walk::Done;
    loop {
        let number = at / BLOCK;
        let Some(block) = masks.block(record, number).copied() else { return };
        let live = !0 << (at % BLOCK);
        let base = number * BLOCK;
        let turns = (block.open | block.close) & live;
        if depth > 1 {
            if live == !0 && depth > 1 + u32::from(block.closes) {
                // However its brackets are arranged, this block stays inside of what is nested.
                depth = depth + u32::from(block.opens) - u32::from(block.closes);
                at = base + BLOCK;
            } else {
                at = base + leave(turns, block.open, &mut depth);
            }
            continue;
        }
        // The colons up to the next bracket are those of the object itself.
        let mut colons = block.colon & live & (turns & turns.wrapping_neg()).wrapping_sub(1);
        while colons != 0 {
            let colon = base + colons.trailing_zeros() as usize;
            colons &= colons - 1;
            let Some(member) = key(record, masks, object, colon) else { continue };
            let Some(place) = places.get_mut(usize::from(member.0)) else { continue };
            if *place == 0 {
                *place = u32::try_from(colon + 1).unwrap_or(0);
            }
            if member == wanted {
                *walk = state(colon + 1, 1);
                return;
            }
        }
        if turns == 0 {
            at = base + BLOCK;
        } else if block.open & turns & turns.wrapping_neg() != 0 {
            at = base + turns.trailing_zeros() as usize + 1;
            depth = 2;
        } else {
            return;
        }
    }
}

/// A walk at that place; where a record is too long for its offsets, it ends.
fn state(at: usize, depth: u32) -> Walk {
    u32::try_from(at).map_or(Walk::Done, |at| Walk::At(at, depth))
}

/// The walk's beginning in the object that opens at `open`.
pub(crate) fn begin(open: usize) -> Walk {
    state(open + 1, 1)
}

/// Follows the brackets of one block until the depth is 1 again. Answers where in the block the walk goes on.
#[inline(always)]
fn leave(mut turns: u64, open: u64, depth: &mut u32) -> usize {
    while turns != 0 {
        let bit = turns & turns.wrapping_neg();
        turns ^= bit;
        if open & bit != 0 {
            *depth += 1;
        } else {
            *depth -= 1;
            if *depth == 1 {
                return bit.trailing_zeros() as usize + 1;
            }
        }
    }
    BLOCK
}

/// The known member of `object` whose key stands before `colon`.
#[inline(always)]
fn key(record: &[u8], masks: &Masks, object: u8, colon: usize) -> Option<NodeId> {
    let mut end = colon.checked_sub(1)?;
    while *record.get(end)? != b'"' {
        end = end.checked_sub(1).filter(|_| record.get(end).copied().is_some_and(is_blank))?;
    }
    let quotes = masks.quotes_before(end);
    if quotes == 0 {
        return long_key(record, masks, object, end);
    }
    let len = quotes.leading_zeros() as usize;
    if len == 0 {
        return None;
    }
    let Some(tail) = end.checked_sub(8).and_then(|at| word(record, at)) else {
        // The record's first bytes: too close to its start to load eight.
        return any_key(record.get(end - len..end)?, object);
    };
    let tail = if len < 8 { tail >> (64 - 8 * len) } else { tail };
    let member = candidate(object, len, tail);
    if let Some(node) = NODES.get(usize::from(member.0))
        && node.object == object
        && node.tail == tail
        && node.key.len() == len
        && (len <= 8 || same_head(record, end - len, node.key.as_bytes()))
    {
        return Some(member);
    }
    let key = record.get(end - len..end)?;
    has_backslash(key).then(|| any_key(key, object)).flatten()
}

#[inline(always)]
fn word(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// Whether `key`, of more than eight bytes, stands at `at` but for its last eight.
#[inline(always)]
fn same_head(record: &[u8], at: usize, key: &[u8]) -> bool {
    // Words may overlap the tail, which is the same already.
    (0..key.len() - 8).step_by(8).all(|i| word(record, at + i) == word(key, i))
}

/// A key of 64 bytes or more can only be a known one that was written with escapes.
#[cold]
fn long_key(record: &[u8], masks: &Masks, object: u8, end: usize) -> Option<NodeId> {
    any_key(record.get(masks.quote_before(end)? + 1..end)?, object)
}

/// The known member of `object` with this key, whatever its escapes.
#[cold]
fn any_key(key: &[u8], object: u8) -> Option<NodeId> {
    let key = unescape(key);
    let found = NODES.iter().position(|node| node.object == object && node.key.as_bytes() == &*key)?;
    u8::try_from(found).ok().map(NodeId)
}
