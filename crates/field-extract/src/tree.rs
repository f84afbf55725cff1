//! The members of a record that any field needs, as a tree, and the hash that recognises their keys.
//!
//! All of it is worked out when the crate is compiled, from the paths in the table ([`crate::table`]).
#![expect(clippy::indexing_slicing, reason = "the building functions run when the crate is compiled")]

use crate::table::ROWS;

/// A member of the tree, by its place in [`NODES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NodeId(pub(crate) u8);

impl NodeId {
    /// The record itself.
    pub(crate) const ROOT: Self = Self(0);
}

/// A member that a field is read from, or that holds such a member.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    pub(crate) key: &'static str,
    words: Words,
    /// The object that it is a member of, by its place in [`OBJECTS`].
    pub(crate) object: u8,
}

/// Read besides what the rows name: what decides whether the plugin hands a record on.
const ALSO_READ: &[&str] = &["eventTime", "eventType"];

/// Room while building; compilation fails where it does not suffice.
const ROOM: usize = 250;

struct Tree {
    nodes: [Node; ROOM],
    len: usize,
    /// The members whose own members are in the tree.
    objects: [NodeId; ROOM],
    object_count: usize,
}

const TREE: Tree = Tree::build();

/// The tree's members; the first is the record itself.
pub(crate) static NODES: [Node; TREE.len] = *TREE.nodes.split_at(TREE.len).0.first_chunk().expect("ROOM suffices");

/// The members whose own members are wanted; the first is the record itself.
pub(crate) static OBJECTS: [NodeId; TREE.object_count] =
    *TREE.objects.split_at(TREE.object_count).0.first_chunk().expect("ROOM suffices");

impl Tree {
    const fn build() -> Self {
        let root = Node { key: "", words: [0; REACH / 8], object: u8::MAX };
        let mut tree = Self { nodes: [root; ROOM], len: 1, objects: [NodeId::ROOT; ROOM], object_count: 1 };
        let mut row = 0;
        while row < ROWS.len() {
            tree.add_all(ROWS[row].from);
            row += 1;
        }
        tree.add_all(ALSO_READ);
        tree
    }

    const fn add_all(&mut self, paths: &[&'static str]) {
        let mut i = 0;
        while i < paths.len() {
            self.add(paths[i]);
            i += 1;
        }
    }

    const fn add(&mut self, path: &'static str) {
        let (mut rest, mut parent) = (path, NodeId::ROOT);
        while !rest.is_empty() {
            let (key, after) = split(rest);
            let object = self.open(parent);
            parent = match self.member(object, key) {
                Some(known) => known,
                None => {
                    self.nodes[self.len] = Node { key, words: words_of(key), object };
                    self.len += 1;
                    NodeId((self.len - 1) as u8)
                }
            };
            rest = after;
        }
    }

    /// The object that is the value of `node`, which it becomes if it was not one.
    const fn open(&mut self, node: NodeId) -> u8 {
        match self.object(node) {
            Some(object) => object,
            None => {
                self.objects[self.object_count] = node;
                self.object_count += 1;
                (self.object_count - 1) as u8
            }
        }
    }

    const fn object(&self, node: NodeId) -> Option<u8> {
        let mut i = 0;
        while i < self.object_count {
            if self.objects[i].0 == node.0 {
                return Some(i as u8);
            }
            i += 1;
        }
        None
    }

    const fn member(&self, object: u8, key: &str) -> Option<NodeId> {
        let mut i = 1;
        while i < self.len {
            if self.nodes[i].object == object && same(self.nodes[i].key, key) {
                return Some(NodeId(i as u8));
            }
            i += 1;
        }
        None
    }
}

/// The member at `path`, nested names joined by dots. For constants: a path that no row names does not compile.
pub(crate) const fn node(path: &str) -> NodeId {
    let (mut rest, mut at) = (path, NodeId::ROOT);
    while !rest.is_empty() {
        let (key, after) = split(rest);
        at = TREE.member(TREE.object(at).expect("a row names a member of it"), key).expect("a row names it");
        rest = after;
    }
    at
}

/// The first name of a path, and the rest.
const fn split(path: &str) -> (&str, &str) {
    let mut i = 0;
    while i < path.len() {
        if path.as_bytes()[i] == b'.' {
            return (path.split_at(i).0, path.split_at(i + 1).1);
        }
        i += 1;
    }
    (path, "")
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut i = 0;
    while i < a.len() && i < b.len() && a[i] == b[i] {
        i += 1;
    }
    i == a.len() && i == b.len()
}

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

/// Whether a byte of the words is a backslash; "yes" may be wrong.
#[inline(always)]
pub(crate) fn may_have_backslash(words: &Words) -> bool {
    const ONES: u64 = u64::MAX / 0xFF;
    // A byte that becomes zero borrows from its highest bit.
    let zero = |word: u64| word.wrapping_sub(ONES) & !word & (ONES << 7);
    words.iter().fold(0, |any, word| any | zero(word ^ (ONES * b'\\' as u64))) != 0
}

const fn words_of(key: &str) -> Words {
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
