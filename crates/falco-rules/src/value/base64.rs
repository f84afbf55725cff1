//! Base64 as libs decodes it: padding may be missing, and bits that no byte takes must be zero.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// Appends the decoded bytes; false if the text is not Base64.
pub(crate) fn decode(text: &[u8], out: &mut Vec<u8>) -> bool {
    // libs does not compare the padding with the length.
    let digits = text.strip_suffix(b"=").map_or(text, |text| text.strip_suffix(b"=").unwrap_or(text));
    digits.is_empty() == text.is_empty() && STANDARD_NO_PAD.decode_vec(digits, out).is_ok()
}
