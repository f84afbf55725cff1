//! The hash that recognises the keys of the tree's members.
//!
//! It is worked out when the crate is compiled: every member has a slot of its own, so that one comparison tells. Keys
//! are compared eight bytes at a time, from both ends; those of this length overlap or meet in the middle.
#![expect(clippy::indexing_slicing, reason = "the functions that index run when the crate is compiled")]

use crate::tree::{NODES, NodeId, TREE};

/// No key in the tree is longer: four words of [`WORD`] bytes.
pub(crate) const LONGEST: usize = 4 * WORD;

/// Bytes that are compared at once.
const WORD: usize = 8;

/// What a key is recognised by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signature {
    /// Its last eight bytes, moved down to the lowest ones where it is shorter.
    tail: u64,
    /// Its first eight bytes, if it is longer than that.
    head: u64,
    /// What is between them, from the ends inwards.
    inner: [u64; 2],
    pub(crate) len: u8,
    /// The object that it is a key of.
    object: u8,
    /// What it ends with before a colon.
    wanted: Wanted,
}

/// The last eight bytes of a key, and of what stands before a shorter one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tail(u64);

/// What a [`Tail`] must be: these bits, and any others but those of the mask.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    bits: u64,
    mask: u64,
}

impl Tail {
    /// The one before a colon, where the key ends there and enough stands before it.
    #[inline(always)]
    pub(crate) fn before(record: &[u8], colon: u32) -> Option<Self> {
        let start = (colon as usize).checked_sub(WORD + 1)?;
        let [tail @ .., quote]: &[u8; WORD + 1] = record.get(start..)?.first_chunk()?;
        (*quote == b'"').then(|| Self(u64::from_le_bytes(*tail)))
    }
}

impl Wanted {
    /// The key's own last bytes; of a shorter one all, and the quote that opens it.
    const fn of(key: &[u8]) -> Self {
        let len = key.len();
        if len >= WORD {
            return Self { bits: word(key, len - WORD, WORD), mask: !0 };
        }
        let unused = 8 * (WORD - 1 - len) as u32;
        Self { bits: ((b'"' as u64) | word(key, 0, len) << 8) << unused, mask: !0 << unused }
    }
}

impl Signature {
    pub(crate) const fn of(key: &str, object: u8) -> Self {
        let key = key.as_bytes();
        assert!(key.len() <= LONGEST, "LONGEST must be larger");
        let len = key.len();
        let tail = if len < WORD { word(key, 0, len) } else { word(key, len - WORD, WORD) };
        let head = if len > WORD { word(key, 0, WORD) } else { 0 };
        let inner = if len > 2 * WORD { [word(key, len - 2 * WORD, WORD), word(key, WORD, WORD)] } else { [0; 2] };
        Self { tail, head, inner, len: len as u8, object, wanted: Wanted::of(key) }
    }

    /// Whether the key before a colon, whose tail is given, is this one, in a record without escapes.
    #[inline(always)]
    pub(crate) fn is(&self, record: &[u8], tail: Tail, colon: u32) -> bool {
        let Wanted { bits, mask } = self.wanted;
        let (len, end) = (usize::from(self.len), (colon as usize).wrapping_sub(1));
        let opens = |open: usize| record.get(open) == Some(&b'"');
        tail.0 & mask == bits
            && (len < WORD || end.checked_sub(len + 1).is_some_and(opens) && same_start(record, end, self))
    }
}

const fn word(key: &[u8], from: usize, len: usize) -> u64 {
    let (mut word, mut i) = (0, 0);
    while i < len {
        word |= (key[from + i] as u64) << (8 * i);
        i += 1;
    }
    word
}

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

/// The member of `object` whose key is the `len` bytes before `end`.
#[inline(always)]
pub(crate) fn recognise(record: &[u8], end: usize, len: usize, object: u8) -> Option<NodeId> {
    let tail = tail(record, end, len)?;
    let len = u8::try_from(len).ok()?;
    let id = *HASH.slots.get(slot(HASH.multiplier, object, len, tail))?;
    let known = &NODES.get(usize::from(id))?.signature;
    let differs = known.tail ^ tail | u64::from(known.len ^ len) | u64::from(known.object ^ object);
    (differs == 0 && same_start(record, end, known)).then_some(NodeId(id))
}

/// Whether the key of this length before `end` is the one with that signature.
#[inline(always)]
pub(crate) fn is(record: &[u8], end: usize, known: &Signature) -> bool {
    tail(record, end, usize::from(known.len)) == Some(known.tail) && same_start(record, end, known)
}

/// Compares what the tail does not hold.
#[inline(always)]
fn same_start(record: &[u8], end: usize, known: &Signature) -> bool {
    let len = usize::from(known.len);
    if len <= WORD {
        return true;
    }
    let Some(start) = end.checked_sub(len) else { return false };
    let [before_tail, behind_head] = known.inner;
    load(record, start) == Some(known.head)
        && (len <= 2 * WORD
            || load(record, end - 2 * WORD) == Some(before_tail) && load(record, start + WORD) == Some(behind_head))
}

/// The tail of the `len` bytes before `end`.
#[inline(always)]
fn tail(record: &[u8], end: usize, len: usize) -> Option<u64> {
    cut(load(record, end.checked_sub(WORD)?)?, len)
}

/// The last `len` bytes of a word, if it is one that has more.
#[inline(always)]
fn cut(word: u64, len: usize) -> Option<u64> {
    word.checked_shr(8 * WORD.saturating_sub(len) as u32)
}

#[inline(always)]
fn load(record: &[u8], at: usize) -> Option<u64> {
    record.get(at..)?.first_chunk().map(|word| u64::from_le_bytes(*word))
}
