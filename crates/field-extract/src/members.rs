//! The members that have been seen, and how their keys are recognised.

use crate::colons::Colon;
use crate::keys::{self, LONGEST, recognise};
use crate::masks::{Masks, is_blank};
use crate::tree::{NODES, Node, NodeId, OBJECTS};
use crate::unescape::unescape;

/// Where the value of each known member begins (right behind its colon); 0 where it has not been seen.
pub(crate) type Places = [u32; NODES.len()];

/// Where members are, and in which order they stood in earlier records.
#[derive(Clone)]
pub(crate) struct Members {
    pub(crate) places: Places,
    /// By member, the one that came next the last time; by object, behind all members, the first one. Records of a
    /// kind have their members in the same order, and one that is expected is recognised at half the cost.
    next: [u8; NODES.len() + OBJECTS.len()],
    pub(crate) last: u8,
}

impl Members {
    pub(crate) fn new() -> Self {
        Self { places: [0; NODES.len()], next: [0; NODES.len() + OBJECTS.len()], last: 0 }
    }

    /// Expects the first member of an object.
    #[inline(always)]
    pub(crate) fn restart(&mut self, object: u8) {
        self.last = NODES.len() as u8 + object;
    }

    /// Notes the member before a colon, if it is a known one and the first with its key.
    #[inline(always)]
    pub(crate) fn note(&mut self, record: &[u8], masks: &Masks, object: u8, colon: Colon) {
        let next = self.next.get(usize::from(self.last)).copied().unwrap_or_default();
        let expected = NODES.get(usize::from(next));
        let member = if expected.is_some_and(|node| is_key(record, colon, node) == Some(true)) {
            next
        } else {
            let Some(member) = found(record, masks, object, colon) else { return };
            if let Some(next) = self.next.get_mut(usize::from(self.last)) {
                *next = member.0;
            }
            member.0
        };
        self.last = member;
        if let Some(place @ 0) = self.places.get_mut(usize::from(member)) {
            *place = colon.place + 1;
        }
    }
}

/// The known member before a colon.
#[inline(always)]
fn found(record: &[u8], masks: &Masks, object: u8, colon: Colon) -> Option<NodeId> {
    match key(record, object, colon) {
        Key::Known(member) => Some(member),
        Key::Unknown => None,
        Key::Unusual => unusual_key(record, masks, object, colon.place as usize),
    }
}

/// Bytes that keys are compared by at once, and which must be there before a key's end.
const LEAST: usize = 8;

/// Whether the key before a colon is that of `node`; none where that is to be looked at more closely.
#[inline(always)]
fn is_key(record: &[u8], colon: Colon, node: &Node) -> Option<bool> {
    if colon.quotes >> 63 == 0 || colon.escapes {
        return None;
    }
    let length = (colon.quotes << 1).leading_zeros() as usize;
    let end = colon.place as usize - 1;
    if end < LEAST {
        return None;
    }
    // A key of 63 bytes or more is none of ours, wherever it begins.
    Some(length == usize::from(node.signature.len) && keys::is(record, end, &node.signature))
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
    let (len, end) = (opening.leading_zeros() as usize, colon - 1);
    if end < LEAST || len > LONGEST && escapes {
        return Key::Unusual;
    }
    match recognise(record, end, len, object) {
        Some(member) => Key::Known(member),
        None if escapes && record.get(end - len..end).is_none_or(|key| key.contains(&b'\\')) => Key::Unusual,
        None => Key::Unknown,
    }
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
