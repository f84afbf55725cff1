//! Recognizes packed data that have lost their mark.

use crate::looks::{LONG, is_plain_json};

/// The bytes that are looked at.
pub(super) const HEAD: usize = 2 * LONG;
/// One byte in so many is not printable ASCII in packed data. In a text that is not UTF-8, fewer are.
const ODD_SHARE: usize = 4;

/// Returns whether a file that begins with `head` does not hold text, apart from NUL bytes at its start.
pub(crate) fn is_binary(head: &[u8]) -> bool {
    if is_plain_json(head) {
        return false;
    }
    let head = head.get(..HEAD).unwrap_or(head);
    let zeros = head.iter().take_while(|byte| **byte == 0).count();
    let rest = head.get(zeros..).unwrap_or_default();
    let odd = rest.iter().filter(|byte| !matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~')).count();
    odd > rest.len() / ODD_SHARE && std::str::from_utf8(rest).is_err_and(|error| error.error_len().is_some())
}
