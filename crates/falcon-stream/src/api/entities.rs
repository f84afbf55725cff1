//! Decodes the character references of HTML, for page titles in error messages.

/// Named references that occur in titles. Others are not decoded.
const NAMED: [(&str, char); 18] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", ' '),
    ("ndash", '\u{2013}'),
    ("mdash", '\u{2014}'),
    ("lsquo", '\u{2018}'),
    ("rsquo", '\u{2019}'),
    ("hellip", '\u{2026}'),
    ("middot", '\u{b7}'),
    ("bull", '\u{2022}'),
    ("laquo", '\u{ab}'),
    ("raquo", '\u{bb}'),
    ("copy", '\u{a9}'),
    ("reg", '\u{ae}'),
    ("trade", '\u{2122}'),
];

/// Returns the text with its references decoded.
pub(crate) fn decoded(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        decoded.push_str(before);
        let found = after.split_once(';').and_then(|(name, behind)| Some((character(name)?, behind)));
        let (character, behind) = found.unwrap_or(('&', after));
        decoded.push(character);
        rest = behind;
    }
    decoded.push_str(rest);
    decoded
}

/// Returns the character for the text between `&` and `;`.
fn character(name: &str) -> Option<char> {
    let Some(number) = name.strip_prefix('#') else {
        return NAMED.iter().find(|(known, _)| *known == name).map(|(_, character)| *character);
    };
    let number = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => number.parse(),
    };
    char::from_u32(number.ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_become_characters() {
        for (text, expected) in [
            ("Log in &amp; go &#8211; Caf&#xe9;", "Log in & go \u{2013} Caf\u{e9}"),
            ("&lt;b&gt; &quot;x&quot;&nbsp;&#39;y&#X27;", "<b> \"x\" 'y'"),
            ("a & b; &unknown; &#xFFFFFFFF; &#; &", "a & b; &unknown; &#xFFFFFFFF; &#; &"),
            ("&amp;lt;", "&lt;"),
            ("", ""),
        ] {
            assert_eq!(decoded(text), expected, "{text}");
        }
    }
}
