//! The records that an object carries which is not a record itself.

use super::record::Record;
use crate::damage::Damage;
use bytes::Bytes;
use std::vec::IntoIter;

/// The records of one carrier, value by value.
pub(super) struct CarriedRecords {
    pub(super) values: IntoIter<Value>,
    pub(super) current: Option<Current>,
    /// The next item. It is known before it is asked for, so that nobody waits for input in front of it.
    pub(super) next: Option<Result<Record, Damage>>,
}

/// A value of a carrier.
pub(super) enum Value {
    /// A text, the offset of its place in the file, and whether the text stands there as it is.
    Text {
        bytes: Bytes,
        at: u64,
        is_exact: bool,
        /// The raw text of its key.
        key: Option<Vec<u8>>,
    },
    Damage(Damage),
}

/// The value that is being read.
pub(super) struct Current {
    pub(super) records: Box<dyn Iterator<Item = Result<Record, Damage>> + Send>,
    pub(super) at: u64,
    pub(super) is_exact: bool,
    pub(super) key: Option<Vec<u8>>,
    /// The highest number in it so far.
    pub(super) highest: u64,
}

impl Current {
    /// Returns the next record with its number and offset in the file, in which `before` records precede this value.
    pub(super) fn next(&mut self, before: u64) -> Option<Result<Record, Damage>> {
        let item = self.records.next()?;
        let offset = |inner: u64| if self.is_exact { self.at + inner } else { self.at };
        Some(match item {
            Ok(record) => {
                self.highest = self.highest.max(record.number);
                Ok(Record { number: before + record.number, offset: offset(record.offset), ..record })
            }
            Err(damage) => {
                self.highest = self.highest.max(damage.record.unwrap_or(0));
                let record = damage.record.map(|number| before + number);
                let key = self.key.as_deref().filter(|_| !self.is_exact);
                Err(Damage { record, byte: offset(damage.byte), reason: damage.reason.in_member(key) })
            }
        })
    }
}
