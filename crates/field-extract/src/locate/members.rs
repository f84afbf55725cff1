//! The members that have been found, and how their keys are recognised.

use super::colons::Colon;
use super::masks::{is_blank, quote_before};
use crate::table::keys::recognise;
use crate::table::node::{Node, NodeId};
use crate::table::signature::{LONGEST, Tail};
use crate::table::tree::{NODES, OBJECTS};
use crate::unescape::unescape;
use json_scan::Blocks;

/// The offset of the value of each member of the tree (right behind its colon); 0 if it has not been found.
pub(crate) type Offsets = [u32; NODES.len()];

/// The offsets of the members, and their order in earlier records.
#[derive(Clone)]
pub(crate) struct Members {
    pub(crate) offsets: Offsets,
    /// For each member, the one that came next in an earlier record; after all members, for each object its first member.
    /// Records of one kind have their members in the same order, and an expected member is recognised at half the cost.
    next: [u8; NODES.len() + OBJECTS.len()],
    pub(crate) last: u8,
}

impl Members {
    pub(crate) fn new() -> Self {
        Self { offsets: [0; NODES.len()], next: [0; NODES.len() + OBJECTS.len()], last: 0 }
    }

    /// Starts an object: its first member is expected next.
    #[inline(always)]
    pub(crate) fn restart(&mut self, object: u8) {
        self.last = NODES.len() as u8 + object;
    }

    /// Notes the member before a colon, if it is in the tree and the first with its key.
    #[inline(always)]
    pub(crate) fn note(&mut self, record: &[u8], masks: &Blocks, object: u8, colon: Colon) {
        let next = self.next.get(usize::from(self.last)).copied().unwrap_or_default();
        let expected = NODES.get(usize::from(next)).filter(|_| next != NodeId::ROOT.0);
        let member = if expected.is_some_and(|node| is_key(record, colon, node)) {
            next
        } else {
            let Some(member) = found(record, masks, object, colon) else { return };
            if let Some(next) = self.next.get_mut(usize::from(self.last)) {
                *next = member.0;
            }
            member.0
        };
        self.last = member;
        if let Some(offset @ 0) = self.offsets.get_mut(usize::from(member)) {
            *offset = colon.offset + 1;
        }
    }
}

/// Returns the member of the tree before a colon.
#[inline(always)]
fn found(record: &[u8], masks: &Blocks, object: u8, colon: Colon) -> Option<NodeId> {
    match key(record, object, colon) {
        Key::Known(member) => Some(member),
        Key::Unknown => None,
        Key::Unusual => unusual_key(record, masks, object, colon.offset as usize),
    }
}

/// Bytes that keys are compared by at once. A key that ends closer to the start of the record is handled separately.
const MIN_END: usize = 8;

/// Whether the key before a colon is certainly that of `node`.
#[inline(always)]
fn is_key(record: &[u8], colon: Colon, node: &Node) -> bool {
    // Without a backslash near, a quote in front of the key's bytes opens it: the masks of the quotes are not needed.
    !colon.has_escapes()
        && Tail::before(record, colon.offset).is_some_and(|tail| node.signature.is(record, tail, colon.offset))
}

enum Key {
    Known(NodeId),
    Unknown,
    /// A key that needs a closer look: white space before the colon, an escape, or a very long key.
    Unusual,
}

/// Reads the key before a colon.
#[inline(always)]
fn key(record: &[u8], object: u8, colon: Colon) -> Key {
    let (offset, escapes, quotes) = (colon.offset, colon.has_escapes(), colon.quotes());
    // Without white space, the closing quote is right before the colon. The next quote back opens the key.
    let (colon, opening) = (offset as usize, quotes << 1);
    if quotes >> 63 == 0 || opening == 0 {
        return Key::Unusual;
    }
    let (len, end) = (opening.leading_zeros() as usize, colon - 1);
    if end < MIN_END || len > LONGEST && escapes {
        return Key::Unusual;
    }
    match recognise(record, end, len, object) {
        Some(member) => Key::Known(member),
        None if escapes && record.get(end - len..end).is_none_or(|key| key.contains(&b'\\')) => Key::Unusual,
        None => Key::Unknown,
    }
}

/// Returns the member of `object` whose key is before `colon`, in whatever way it is written.
#[cold]
fn unusual_key(record: &[u8], masks: &Blocks, object: u8, colon: usize) -> Option<NodeId> {
    let blank = |at: usize| record.get(at).copied().is_some_and(is_blank);
    let end = (0..colon).rev().find(|at| !blank(*at)).filter(|at| record.get(*at) == Some(&b'"'))?;
    let key = unescape(record.get(quote_before(masks, end)? + 1..end)?);
    let found = NODES.iter().position(|node| node.object == object && node.key.as_bytes() == &*key)?;
    u8::try_from(found).ok().map(NodeId)
}
