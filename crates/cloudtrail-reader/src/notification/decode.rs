//! URL decoding as in S3 events.

/// Decodes `%XX`, and `+` to a blank. A `%` without two hexadecimal digits stays as it is. `None` if the result is not
/// UTF-8.
pub(crate) fn url_decoded(text: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        let pair = match first {
            b'%' => behind.split_at_checked(2).and_then(|(pair, left)| Some((hex(pair)?, left))),
            _ => None,
        };
        match pair {
            Some((byte, left)) => {
                decoded.push(byte);
                rest = left;
            }
            None => {
                decoded.push(if first == b'+' { b' ' } else { first });
                rest = behind;
            }
        }
    }
    String::from_utf8(decoded).ok()
}

fn hex(pair: &[u8]) -> Option<u8> {
    pair.iter().try_fold(0_u8, |value, digit| {
        let digit = char::from(*digit).to_digit(16)?;
        u8::try_from(u32::from(value) * 16 + digit).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn plus_percent_and_what_is_neither() {
        assert_eq!(url_decoded("a+b%2Bc%3D%26%20d").as_deref(), Some("a b+c=& d"));
        assert_eq!(url_decoded("%C3%A4/%").as_deref(), Some("ä/%"));
        assert_eq!(url_decoded("%4").as_deref(), Some("%4"));
        assert_eq!(url_decoded("%zz%+1").as_deref(), Some("%zz% 1"));
        assert_eq!(url_decoded("%FF"), None);
    }

    proptest! {
        #[test]
        fn what_is_encoded_comes_back(key in ".{0,40}") {
            let encoded: String = key.bytes().map(|byte| match byte {
                b' ' => "+".to_owned(),
                b'a'..=b'z' | b'/' => char::from(byte).to_string(),
                other => format!("%{other:02X}"),
            }).collect();
            prop_assert_eq!(url_decoded(&encoded), Some(key));
        }
    }
}
