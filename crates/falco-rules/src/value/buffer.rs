//! Values that were computed for a record, one after the other in one buffer that is used again.

use std::net::IpAddr;
use std::ops::Range;

use crate::fields::Value;

/// Values in one buffer.
#[derive(Debug, Default)]
pub(crate) struct Values {
    bytes: Vec<u8>,
    items: Vec<Item>,
}

#[derive(Debug)]
enum Item {
    Text(Range<usize>),
    Number(u64),
    Bool(bool),
    Ip(IpAddr),
}

/// One value of a buffer.
///
/// The text of a transformed value ends with a NUL, as it does in Falco, where some comparisons count it and some do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum One<'v> {
    Text(&'v [u8]),
    Number(u64),
    Bool(bool),
    Ip(IpAddr),
}

impl<'v> One<'v> {
    /// Borrows what a field gave; `None` for a list.
    pub(crate) fn of(value: &'v Value<'_>) -> Option<Self> {
        match value {
            Value::Text(text) => Some(Self::Text(text)),
            Value::Number(number) => Some(Self::Number(*number)),
            Value::Bool(bool) => Some(Self::Bool(*bool)),
            Value::Ip(ip) => Some(Self::Ip(*ip)),
            Value::List(_) => None,
        }
    }

    /// The bytes that Falco takes for text, up to the first NUL. Those of a number are its memory on a little-endian
    /// machine: `concat(len(a.b), "x")` is accepted there and does this.
    pub(crate) fn append_c_string(self, out: &mut Vec<u8>) {
        match self {
            One::Text(text) => out.extend_from_slice(c_string(text)),
            One::Number(number) => out.extend_from_slice(c_string(&number.to_le_bytes())),
            One::Bool(bool) => out.extend_from_slice(c_string(&[u8::from(bool)])),
            One::Ip(IpAddr::V4(ip)) => out.extend_from_slice(c_string(&ip.octets())),
            One::Ip(IpAddr::V6(ip)) => out.extend_from_slice(c_string(&ip.octets())),
        }
    }

    /// The text, if it is one.
    pub(crate) const fn text(self) -> Option<&'v [u8]> {
        match self {
            One::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Returns the bytes up to the first NUL.
pub(crate) fn c_string(bytes: &[u8]) -> &[u8] {
    match memchr::memchr(0, bytes) {
        Some(end) => bytes.get(..end).unwrap_or(bytes),
        None => bytes,
    }
}

/// Returns the bytes without the NULs at their end.
pub(crate) fn trimmed(mut bytes: &[u8]) -> &[u8] {
    while let [rest @ .., 0] = bytes {
        bytes = rest;
    }
    bytes
}

impl Values {
    fn clear(&mut self) {
        self.bytes.clear();
        self.items.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    pub(crate) fn get(&self, index: usize) -> Option<One<'_>> {
        Some(match self.items.get(index)? {
            Item::Text(range) => One::Text(self.bytes.get(range.clone())?),
            Item::Number(number) => One::Number(*number),
            Item::Bool(bool) => One::Bool(*bool),
            Item::Ip(ip) => One::Ip(*ip),
        })
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = One<'_>> {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    /// Appends what a field gave; a list becomes several values.
    pub(crate) fn push(&mut self, value: &Value<'_>) {
        match value {
            Value::List(values) => values.iter().for_each(|value| self.push(value)),
            single => {
                if let Some(one) = One::of(single) {
                    self.push_one(one);
                }
            }
        }
    }

    pub(crate) fn push_text(&mut self, text: &[u8]) {
        self.push_with(|bytes| bytes.extend_from_slice(text));
    }

    /// Appends the text that a function writes.
    pub(crate) fn push_with(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.bytes.len();
        write(&mut self.bytes);
        self.items.push(Item::Text(start..self.bytes.len()));
    }

    pub(crate) fn push_number(&mut self, number: u64) {
        self.items.push(Item::Number(number));
    }

    pub(crate) fn push_one(&mut self, one: One<'_>) {
        match one {
            One::Text(text) => self.push_text(text),
            One::Number(number) => self.push_number(number),
            One::Bool(bool) => self.items.push(Item::Bool(bool)),
            One::Ip(ip) => self.items.push(Item::Ip(ip)),
        }
    }
}

/// Buffers that are used again, so that a check allocates only the first time.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    free: Vec<Values>,
}

impl Pool {
    pub(crate) fn take(&mut self) -> Values {
        self.free.pop().unwrap_or_default()
    }

    pub(crate) fn give(&mut self, mut values: Values) {
        values.clear();
        self.free.push(values);
    }
}
