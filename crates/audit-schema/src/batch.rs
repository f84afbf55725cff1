//! The entries of one call.

use std::fmt;

use crate::{Entry, limits};

/// The entries of one `PutAuditEvents` call, in order: at most 100 entries and 1 MB, with unique ids.
///
/// Items can be any type with an [`Entry`], so that data such as the offset stay with their entry.
///
/// ```
/// use audit_schema::{Batch, Entry, Why};
///
/// let mut batch = Batch::new();
/// batch.push(Entry::new("0_1", "{}".to_owned())?)?;
/// let refused = batch.push(Entry::new("0_1", "{}".to_owned())?).expect_err("the id is in the batch");
/// assert_eq!(refused.why, Why::Duplicate);
/// assert_eq!(batch.len(), 1); // `refused.item` is for the next call
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Batch<T> {
    items: Vec<T>,
    bytes: usize,
}

/// An item that a batch did not take.
#[derive(Clone, PartialEq, Eq)]
pub struct Refused<T> {
    /// The item.
    pub item: T,
    /// Why the batch does not take it.
    pub why: Why,
}

/// Why a batch did not take an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Why {
    /// The item does not fit. Put it into the next call.
    #[error("the batch is full")]
    Full,
    /// The batch has its id, for which AWS would refuse the call (`DuplicatedAuditEventId`). Put it into another call.
    #[error("the batch has an entry with the same id")]
    Duplicate,
    /// The item is too large for any call. It belongs in the dead letter.
    #[error("a call with only this entry has {bytes} bytes, at most {} are allowed", limits::MAX_CALL_BYTES)]
    TooLarge {
        /// The size of a call with only this entry, in bytes.
        bytes: usize,
    },
}

/// The body around the entries. The channel is in the URL.
const AROUND: usize = r#"{"auditEvents":[]}"#.len();

impl<T: AsRef<Entry>> Batch<T> {
    /// Creates an empty batch.
    #[must_use]
    pub fn new() -> Self {
        Self { items: Vec::new(), bytes: AROUND }
    }

    /// Appends `item`.
    ///
    /// # Errors
    /// Returns the item if it does not fit, if the batch has its id, or if it is too large for any call.
    pub fn push(&mut self, item: T) -> Result<(), Refused<T>> {
        match self.check(item.as_ref()) {
            Ok(bytes) => {
                self.items.push(item);
                self.bytes = bytes;
                Ok(())
            }
            Err(why) => Err(Refused { item, why }),
        }
    }

    /// Returns the size of the body with `entry` in it.
    fn check(&self, entry: &Entry) -> Result<usize, Why> {
        let alone = AROUND.saturating_add(entry.body_bytes());
        if alone > limits::MAX_CALL_BYTES {
            return Err(Why::TooLarge { bytes: alone });
        }
        if self.position(entry.id()).is_some() {
            return Err(Why::Duplicate);
        }
        let comma = usize::from(!self.is_empty());
        let bytes = self.bytes + comma + entry.body_bytes();
        if self.len() >= limits::MAX_CALL_ENTRIES || bytes > limits::MAX_CALL_BYTES {
            return Err(Why::Full);
        }
        Ok(bytes)
    }

    /// Returns the index of the entry with this id. The response names entries by id.
    #[must_use]
    pub fn position(&self, id: &str) -> Option<usize> {
        // Ids of a feed differ in their last digits.
        let last = id.as_bytes().last();
        let is_same = |other: &str| other.as_bytes().last() == last && other == id;
        self.items.iter().position(|item| is_same(item.as_ref().id()))
    }

    /// Returns the number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Returns whether the batch is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Returns whether no further entry fits, however small.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.len() >= limits::MAX_CALL_ENTRIES
    }

    /// Returns the size of the call's body, in bytes.
    #[must_use]
    pub fn body_bytes(&self) -> usize {
        self.bytes
    }

    /// Writes the body of the call: JSON, as the AWS SDK writes it.
    #[must_use]
    pub fn to_body(&self) -> String {
        let mut out = String::with_capacity(self.bytes);
        out.push_str(r#"{"auditEvents":["#);
        for (number, item) in self.items.iter().enumerate() {
            if number > 0 {
                out.push(',');
            }
            item.as_ref().write(&mut out);
        }
        out.push_str("]}");
        out
    }

    /// Returns the items in order.
    #[must_use]
    pub fn items(&self) -> &[T] {
        &self.items
    }

    /// Converts the batch into its items, in order.
    #[must_use]
    pub fn into_items(self) -> Vec<T> {
        self.items
    }
}

impl<T: AsRef<Entry>> Default for Batch<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows only the number of entries and their size, so that no event reaches a log.
impl<T> fmt::Debug for Batch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Batch({} entries, {} bytes)", self.items.len(), self.bytes)
    }
}

impl<T> fmt::Debug for Refused<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refused").field("why", &self.why).finish_non_exhaustive()
    }
}

impl<T> fmt::Display for Refused<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.why.fmt(f)
    }
}

impl<T> std::error::Error for Refused<T> {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn entry(id: usize, size: usize) -> Entry {
        Entry::new(format!("0_{id}"), "x".repeat(size)).unwrap()
    }

    /// Returns the body that is sent.
    fn body(batch: &Batch<Entry>) -> String {
        let entries: Vec<_> =
            batch.items().iter().map(|it| serde_json::json!({ "id": it.id(), "eventData": it.event_data() })).collect();
        serde_json::json!({ "auditEvents": entries }).to_string()
    }

    #[test]
    fn the_body_is_that_of_the_batch() {
        let mut batch = Batch::new();
        assert_eq!(batch.to_body(), body(&batch));
        for (id, data) in ["{\"a\":\"b\\\\n\"}", "\u{1}\t\u{e9}", ""].into_iter().enumerate() {
            batch.push(Entry::new(format!("0_{id}"), data.to_owned()).unwrap()).unwrap();
            let written: serde_json::Value = serde_json::from_str(&batch.to_body()).unwrap();
            assert_eq!(written.to_string(), body(&batch));
            assert_eq!(batch.to_body().len(), batch.body_bytes());
        }
        let mut batch = Batch::new();
        batch.push(entry(9, 3).with_checksum()).unwrap();
        let checksum = batch.items()[0].checksum().unwrap();
        let body = format!(r#"{{"auditEvents":[{{"id":"0_9","eventData":"xxx","eventDataChecksum":"{checksum}"}}]}}"#);
        assert_eq!((batch.to_body().len(), batch.to_body()), (batch.body_bytes(), body));
    }

    #[test]
    fn a_hundred_fit() {
        let mut batch = Batch::new();
        for id in 0..100 {
            assert!(!batch.is_full());
            batch.push(entry(id, 10)).unwrap();
        }
        let refused = batch.push(entry(100, 10)).unwrap_err();
        assert_eq!((refused.why, refused.item.id()), (Why::Full, "0_100"));
        assert!(batch.is_full());
        assert_eq!(batch.body_bytes(), body(&batch).len());
    }

    #[test]
    fn a_megabyte_fits_to_the_byte() {
        let empty = entry(1, 0).body_bytes() + AROUND;
        let mut batch = Batch::new();
        batch.push(entry(1, 1_000_000 - empty)).unwrap();
        assert_eq!((batch.body_bytes(), body(&batch).len()), (1_000_000, 1_000_000));
        assert_eq!(batch.push(entry(2, 0)).unwrap_err().why, Why::Full);
        let refused = Batch::new().push(entry(1, 1_000_001 - empty)).unwrap_err();
        assert_eq!(refused.why, Why::TooLarge { bytes: 1_000_001 });
    }

    #[test]
    fn an_id_fits_once() {
        let mut batch = Batch::new();
        batch.push(entry(7, 1)).unwrap();
        batch.push(entry(8, 1)).unwrap();
        let refused = batch.push(entry(7, 2)).unwrap_err();
        assert_eq!(refused.why, Why::Duplicate);
        assert_eq!(format!("{refused:?} {batch:?}"), "Refused { why: Duplicate, .. } Batch(2 entries, 75 bytes)");
        assert_eq!((batch.position("0_8"), batch.position("0_9")), (Some(1), None));
    }

    proptest! {
        #[test]
        fn no_batch_exceeds_a_limit(sizes in prop::collection::vec((0_usize..300, prop_oneof![9 => 0_usize..60_000, 1 => 0_usize..1_100_000]), 0..200)) {
            let mut batches = vec![Batch::new()];
            let mut given = Vec::new();
            for (id, size) in sizes {
                let mut item = entry(id, size);
                // A duplicate, or an item that does not fit, goes into the next batch, in order. An item that is too
                // large for any call is left out.
                loop {
                    match batches.last_mut().unwrap().push(item) {
                        Ok(()) => { given.push((id, size)); break }
                        Err(Refused { why: Why::TooLarge { bytes }, .. }) => { prop_assert!(bytes > 1_000_000); break }
                        Err(refused) => { item = refused.item; batches.push(Batch::new()) }
                    }
                }
            }
            let mut kept = Vec::new();
            for batch in &batches {
                let ids: BTreeSet<&str> = batch.items().iter().map(Entry::id).collect();
                prop_assert_eq!(ids.len(), batch.len());
                prop_assert!(batch.len() <= 100);
                prop_assert!(batch.body_bytes() <= 1_000_000);
                prop_assert_eq!(batch.body_bytes(), body(batch).len());
                kept.extend(batch.items().iter().map(|it| (it.id().strip_prefix("0_").and_then(|id| id.parse().ok()).unwrap(), it.event_data().len())));
            }
            prop_assert_eq!(kept, given);
        }
    }
}
