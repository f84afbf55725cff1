//! The walk along the members of one object: from colon to colon, over what is nested in between.

use crate::colons::{Before, Colons};
use crate::masks::Masks;
use crate::members::Members;
use crate::tree::NodeId;
use json_scan::{BLOCK, Block, Task};

/// How far one object has been walked. It goes on from there when the next member is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Walk {
    /// Not yet begun.
    New,
    At {
        /// The place in the record.
        place: u32,
        /// Brackets open there, the object's own counting as one.
        depth: u32,
        /// The last known member before it; 0 for none.
        last: u8,
    },
    /// Its members are in a list, and need not be walked to.
    Listed {
        /// Where they begin in the list.
        from: u32,
    },
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
pub(crate) fn walk(
    walk: &mut Walk,
    record: &[u8],
    masks: &mut Masks,
    object: u8,
    wanted: NodeId,
    members: &mut Members,
) -> Reached {
    let kernel = masks.kernel();
    kernel.run(ToMember { walk, record, masks, object, wanted, members })
}

struct ToMember<'a> {
    walk: &'a mut Walk,
    record: &'a [u8],
    masks: &'a mut Masks,
    object: u8,
    wanted: NodeId,
    members: &'a mut Members,
}

impl Task for ToMember<'_> {
    type Answer = Reached;

    #[inline(always)]
    fn perform(self) -> Reached {
        let Self { walk, record, masks, object, wanted, members } = self;
        match *walk {
            Walk::At { last: last @ 1.., .. } => members.last = last,
            _ => members.restart(object),
        }
        let mut note = Note { members, object, wanted };
        let reached = along(walk, record, masks, &mut note);
        if let Walk::At { last, .. } = walk {
            *last = note.members.last;
        }
        reached
    }
}

/// What is done on the way. No closures, for the reason that [`Task`] gives.
pub(crate) trait Visit {
    /// Is shown the object's own colons, block by block.
    fn colons(&mut self, record: &[u8], masks: &Masks, colons: Colons);

    /// Whether that was enough.
    fn stop(&self) -> bool;
}

struct Note<'a> {
    members: &'a mut Members,
    object: u8,
    wanted: NodeId,
}

impl Visit for Note<'_> {
    #[inline(always)]
    fn colons(&mut self, record: &[u8], masks: &Masks, colons: Colons) {
        for colon in colons {
            self.members.note(record, masks, self.object, colon);
        }
    }

    #[inline(always)]
    fn stop(&self) -> bool {
        self.members.places.get(usize::from(self.wanted.0)).is_some_and(|place| *place != 0)
    }
}

/// Goes from colon to colon of an object, until its end or until `visit` has enough at the end of a block.
#[inline(always)]
pub(crate) fn along(walk: &mut Walk, record: &[u8], masks: &mut Masks, visit: &mut impl Visit) -> Reached {
    let Walk::At { place: at, mut depth, .. } = std::mem::replace(walk, Walk::Done) else { return Reached::Stop };
    let mut number = at as usize / BLOCK;
    let mut live = !0 << (at as usize % BLOCK);
    let before = number.checked_sub(1).and_then(|before| masks.block(record, before));
    let mut before = before.map(Before::first).unwrap_or_default();
    loop {
        if masks.block(record, number).is_none() {
            return Reached::Stop;
        }
        for block in masks.from(number) {
            before = before.next(block);
            if live == !0 && depth > 1 + u32::from(block.closes) {
                // However its brackets are arranged, this block stays inside of what is nested.
                depth = depth + u32::from(block.opens) - u32::from(block.closes);
                number += 1;
                continue;
            }
            let own = own(block, live, &mut depth);
            let (start, bits) = (number * BLOCK, block.colon & own.bytes);
            visit.colons(record, masks, Colons { start, bits, before });
            if let Some(end) = own.end {
                return Reached::End(number * BLOCK + end as usize + 1);
            }
            number += 1;
            if visit.stop() {
                *walk = state(number * BLOCK, depth);
                return Reached::Stop;
            }
            live = !0;
        }
    }
}

/// A walk at that place; where a record is too long for its offsets, it ends.
fn state(at: usize, depth: u32) -> Walk {
    u32::try_from(at).map_or(Walk::Done, |place| Walk::At { place, depth, last: 0 })
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
