//! The hash that recognises the keys of the tree's members.
//!
//! It is worked out when the crate is compiled: every member has a slot of its own, so that one comparison tells.
#![expect(clippy::indexing_slicing, reason = "the functions that index run when the crate is compiled")]

use crate::tree::{NODES, NodeId, TREE};

/// How many bytes before a key's end are looked at: no key in the tree is longer.
pub(crate) const REACH: usize = 32;

/// The last [`REACH`] bytes before a key's end as little-endian words; what stands before the key is zero.
pub(crate) type Words = [u64; REACH / 8];

/// The words of a key of `len` bytes, which `bytes` end with; none if it is longer.
#[inline(always)]
pub(crate) fn words(bytes: &[u8; REACH], len: usize) -> Option<Words> {
    let mask = MASKS.get(len)?;
    let (words, _) = bytes.as_chunks::<8>();
    let mut masked = *mask;
    masked.iter_mut().zip(words).for_each(|(masked, word)| *masked &= u64::from_le_bytes(*word));
    Some(masked)
}

pub(crate) const fn words_of(key: &str) -> Words {
    let key = key.as_bytes();
    assert!(key.len() <= REACH, "REACH must be larger");
    let (mut words, mut i) = ([0; REACH / 8], 0);
    while i < key.len() {
        let at = REACH - key.len() + i;
        words[at / 8] |= (key[i] as u64) << (8 * (at % 8));
        i += 1;
    }
    words
}

/// By the length of a key, ones where its bytes are.
static MASKS: [Words; REACH + 1] = {
    let (mut masks, mut len) = ([[0; REACH / 8]; REACH + 1], 0);
    while len <= REACH {
        let mut i = REACH - len;
        while i < REACH {
            masks[len][i / 8] |= 0xFF << (8 * (i % 8));
            i += 1;
        }
        len += 1;
    }
    masks
};

/// Slots in the hash table: enough that a multiplier without collisions is found at once.
const SLOTS: usize = 1024;

/// Mixes the object and the length of a key into its tail.
const MIX: u64 = 0x9E37_79B9_7F4A_7C15;

struct Hash {
    multiplier: u64,
    slots: [u8; SLOTS],
}

static HASH: Hash = Hash::build();

impl Hash {
    /// Tries multipliers until each member has a slot of its own.
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
            let node = &TREE.nodes[i];
            let slot = slot(multiplier, node.object, node.key.len(), &node.words);
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
const fn slot(multiplier: u64, object: u8, len: usize, words: &Words) -> usize {
    let [.., tail] = words;
    let mixed = *tail ^ ((object as u64) << 32 | len as u64).wrapping_mul(MIX);
    (mixed.wrapping_mul(multiplier) >> (64 - SLOTS.ilog2())) as usize
}

/// The member of `object` whose key has this length and these words.
#[inline(always)]
pub(crate) fn recognise(words: &Words, len: usize, object: u8) -> Option<NodeId> {
    let id = *HASH.slots.get(slot(HASH.multiplier, object, len, words))?;
    let node = NODES.get(usize::from(id))?;
    let [[a, b, c, d], [e, f, g, h]] = [*words, node.words];
    let other = (a ^ e) | (b ^ f) | (c ^ g) | (d ^ h) | u64::from(node.object ^ object);
    (other == 0).then_some(NodeId(id))
}
