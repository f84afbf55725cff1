//! The hash table that recognises the keys of the tree's members.
//!
//! The compiler builds it so that every member has a slot of its own: one comparison decides.
#![expect(clippy::indexing_slicing, reason = "the functions that index run when the crate is compiled")]

use super::node::NodeId;
use super::signature::{Signature, same_start, tail};
use super::tree::{NODES, TREE};

/// Slots in the hash table: enough to find a multiplier without collisions within a few tries.
const SLOTS: usize = 1024;

/// Mixes the object and the length of a key into its tail.
const MIX: u64 = 0x9E37_79B9_7F4A_7C15;

struct Hash {
    multiplier: u64,
    slots: [u8; SLOTS],
}

static HASH: Hash = Hash::build();

impl Hash {
    /// Tries multipliers until every member has its own slot.
    const fn build() -> Self {
        let mut multiplier = MIX;
        loop {
            if let Some(slots) = Self::slots(multiplier) {
                return Self { multiplier, slots };
            }
            multiplier = multiplier.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_406) | 1;
        }
    }

    const fn slots(multiplier: u64) -> Option<[u8; SLOTS]> {
        let mut slots = [0; SLOTS];
        let mut i = 1;
        while i < TREE.len {
            let Signature { tail, len, object, .. } = TREE.nodes[i].signature;
            let slot = slot(multiplier, object, len, tail);
            if slots[slot] != 0 {
                return None;
            }
            slots[slot] = i as u8;
            i += 1;
        }
        Some(slots)
    }
}

#[inline(always)]
const fn slot(multiplier: u64, object: u8, len: u8, tail: u64) -> usize {
    let mixed = tail ^ ((object as u64) << 32 | len as u64).wrapping_mul(MIX);
    (mixed.wrapping_mul(multiplier) >> (64 - SLOTS.ilog2())) as usize
}

/// Returns the member of `object` whose key is the `len` bytes before `end`.
#[inline(always)]
pub(crate) fn recognise(record: &[u8], end: usize, len: usize, object: u8) -> Option<NodeId> {
    let tail = tail(record, end, len)?;
    let len = u8::try_from(len).ok()?;
    let id = *HASH.slots.get(slot(HASH.multiplier, object, len, tail))?;
    let known = &NODES.get(usize::from(id))?.signature;
    let differs = known.tail ^ tail | u64::from(known.len ^ len) | u64::from(known.object ^ object);
    (differs == 0 && same_start(record, end, known)).then_some(NodeId(id))
}
