//! Members that a record does not have, seen without walking along the record.
//!
//! Most records have no `errorCode`, and a walk knows that only at their end. Whether the key's text stands anywhere in
//! what the walk has not seen is found out many times faster. That it stands nowhere proves that the member is absent;
//! that it does stand somewhere proves nothing (it may be another object's), and the walk goes on.

use crate::tree::{NODES, NodeId};
use crate::walk::Walk;
use json_scan::BLOCK;
use memchr::memmem::Finder;
use std::sync::LazyLock;

/// Noted as the place of a member that is known to be absent: no record is so long.
pub(crate) const ABSENT: u32 = u32::MAX;

/// The keys of all members, with their quotes.
static KEYS: LazyLock<Vec<Finder<'static>>> =
    LazyLock::new(|| NODES.iter().map(|node| Finder::new(&format!("\"{}\"", node.key)).into_owned()).collect());

/// Absent members that are searched for in one record. Each search costs about a third of a walk to the record's end,
/// which tells of all of them.
const WORTH_SEARCHING: u8 = 1;

/// What the records before this one lead to expect. Only how an answer is found depends on it, never the answer.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Guess {
    /// The members that the last record asked for them did not have, one bit each.
    absent: [u64; NODES.len().div_ceil(64)],
    /// Members that were asked for and absent, in this record and in the one before.
    missed: u8,
    missed_before: u8,
}

impl Guess {
    /// Goes on to the next record.
    #[inline(always)]
    pub(crate) fn next(&mut self) {
        self.missed_before = std::mem::take(&mut self.missed);
    }

    /// Whether to search for the member: it is likely to be absent, and few others are asked for that are.
    #[inline(always)]
    pub(crate) fn is_worth_searching(&self, node: NodeId) -> bool {
        self.missed < WORTH_SEARCHING
            && self.missed_before <= WORTH_SEARCHING
            && self.absent.get(usize::from(node.0) / 64).is_some_and(|word| word >> (node.0 % 64) & 1 == 1)
    }

    /// Learns what a record has said of a member that was asked for.
    #[inline(always)]
    pub(crate) fn learn(&mut self, node: NodeId, absent: bool) {
        self.missed = self.missed.saturating_add(u8::from(absent));
        if let Some(word) = self.absent.get_mut(usize::from(node.0) / 64) {
            *word = *word & !(1 << (node.0 % 64)) | u64::from(absent) << (node.0 % 64);
        }
    }
}

/// Whether the record provably has no such member behind what has been walked.
pub(crate) fn is_absent(record: &[u8], walk: Walk, node: NodeId) -> bool {
    let walked = match walk {
        Walk::New => 0,
        Walk::At { place, .. } => place as usize,
        Walk::Listed { .. } | Walk::Done => return true,
    };
    // A walk stops at the end of the block in which it has found a member, so that no key behind that member begins
    // before this block.
    let start = walked.saturating_sub(BLOCK);
    let Some(rest) = record.get(start..) else { return false };
    // A key may be written with escapes. Few records have any, and those are walked.
    KEYS.get(usize::from(node.0)).is_some_and(|key| key.find(rest).is_none()) && memchr::memchr(b'\\', rest).is_none()
}

#[cfg(test)]
mod tests {
    use crate::{Index, field};

    /// A member that is expected to be absent and is there, wherever the walk has stopped before it.
    #[test]
    fn a_member_is_found_at_every_place_however_it_is_written() {
        let [name, error] = ["ct.name", "ct.error"].map(|name| field(name).expect("a field"));
        let mut index = Index::new();
        for pad in 0..140 {
            let far = format!(r#""errorCode"{}"#, " ".repeat(300));
            for key in [r#""errorCode""#, r#""error\u0043ode""#, &far, r#""\u0065rrorCode" "#] {
                let without =
                    format!(r#"{{"v":1,"eventName":"A","userAgent":"{}","x":{{"errorCod":1}}}}"#, "-".repeat(pad));
                let pad = "-".repeat(pad);
                let with = format!(r#"{{"v":1,"eventName":"A","userAgent":"{pad}",{key}:"Denied","requestID":"1"}}"#);
                // Twice, so that it has been learned.
                for record in [&without, &without] {
                    index.reset();
                    assert!(index.get(record.as_bytes(), name, None).is_some());
                    assert_eq!(index.get(record.as_bytes(), error, None), None, "{record}");
                }
                index.reset();
                assert!(index.get(with.as_bytes(), name, None).is_some());
                assert!(index.get(with.as_bytes(), error, None).is_some(), "{with}");
            }
        }
    }
}
