//! The walk along the members of one object: from colon to colon, past nested values.

use super::colons::{Before, Colons};
use super::members::Members;
use crate::table::node::NodeId;
use json_scan::{BLOCK, Blocks, Task};

/// How far one object has been walked. The next question continues there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Walk {
    /// Not started.
    New,
    At {
        /// The offset in the record.
        offset: u32,
        /// The number of open brackets there, with the object's own.
        depth: u32,
        /// The last member of the tree before it; 0 before the first one.
        last: u8,
    },
    /// The layout has the colons of the object.
    Listed {
        /// The index of the first one among the nested colons.
        from: u32,
    },
    /// All members have been found, or the value is not an object.
    Done,
}

/// Walks on until the member `wanted` has been found, or to the end of the object. Notes every member of the tree on the
/// way. Of two members with the same key the first counts, as in the original (fastjson's `Object.Get`).
pub(crate) fn walk(
    walk: &mut Walk,
    record: &[u8],
    masks: &mut Blocks,
    object: u8,
    wanted: NodeId,
    members: &mut Members,
) {
    let kernel = masks.kernel();
    kernel.run(ToMember { walk, record, masks, object, wanted, members });
}

/// The walk to a member, as a task for a kernel.
struct ToMember<'a> {
    walk: &'a mut Walk,
    record: &'a [u8],
    masks: &'a mut Blocks,
    object: u8,
    wanted: NodeId,
    members: &'a mut Members,
}

impl Task for ToMember<'_> {
    type Answer = ();

    #[inline(always)]
    fn perform(self) {
        let Self { walk, record, masks, object, wanted, members } = self;
        match *walk {
            Walk::At { last: last @ 1.., .. } => members.last = last,
            _ => members.restart(object),
        }
        along(walk, record, masks, object, wanted, members);
        if let Walk::At { last, .. } = walk {
            *last = members.last;
        }
    }
}

/// Goes from colon to colon of an object, until its end or until `wanted` has been found at the end of a block.
#[inline(always)]
fn along(walk: &mut Walk, record: &[u8], masks: &mut Blocks, object: u8, wanted: NodeId, members: &mut Members) {
    let Walk::At { offset, mut depth, .. } = std::mem::replace(walk, Walk::Done) else { return };
    let mut number = offset as usize / BLOCK;
    let mut live = !0 << (offset as usize % BLOCK);
    let before = number.checked_sub(1).and_then(|before| masks.block(record, before));
    let mut before = before.map(Before::first).unwrap_or_default();
    loop {
        if masks.block(record, number).is_none() {
            return;
        }
        for block in masks.scanned_from(number) {
            before = before.next(block);
            if live == !0 && depth > 1 + u32::from(block.closes) {
                // In whatever order its brackets are, the whole block is inside of nested values.
                depth = depth + u32::from(block.opens) - u32::from(block.closes);
                number += 1;
                continue;
            }
            let own = block.own_bytes(live, &mut depth);
            let (start, bits) = (number * BLOCK, block.colon & own.bytes);
            for colon in (Colons { start, bits, before }) {
                members.note(record, masks, object, colon);
            }
            if own.end.is_some() {
                return;
            }
            number += 1;
            if members.offsets.get(usize::from(wanted.0)).is_some_and(|offset| *offset != 0) {
                *walk = at(number * BLOCK, depth);
                return;
            }
            live = !0;
        }
    }
}

/// Returns a walk at that offset. If the record is too long for 32-bit offsets, the walk ends.
fn at(offset: usize, depth: u32) -> Walk {
    u32::try_from(offset).map_or(Walk::Done, |offset| Walk::At { offset, depth, last: 0 })
}

/// Returns the start of the walk in the object that opens at `open`.
pub(crate) fn begin(open: usize) -> Walk {
    at(open + 1, 1)
}
