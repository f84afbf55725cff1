//! Suggests the address that a path which does not exist was meant to be.

use super::meaning::{Address, AddressError};
use super::parse::QUOTES;
use crate::typed::trimmed;

/// Brackets and similar characters that come along when an address is copied out of a text.
const AROUND: [char; 10] = ['<', '>', '(', ')', '[', ']', '{', '}', ',', ';'];
/// The schemes of addresses, and how to write each.
const SCHEMES: [(&str, &str); 5] = [("s3a", "s3"), ("s3n", "s3"), ("s3", "s3"), ("sqs", "sqs"), ("cwl", "cwl")];

/// Returns the mistake in a text that is not an address and, as the caller knows, not an existing path. `None` if the
/// text looks like an ordinary path.
#[must_use]
pub fn mistyped(text: &str) -> Option<AddressError> {
    let text = trimmed(text);
    let bare = text.trim_matches(|char| QUOTES.contains(&char) || AROUND.contains(&char) || char.is_whitespace());
    if bare.len() < text.len() && !bare.is_empty() {
        let is_quoted = text.starts_with(QUOTES) || text.ends_with(QUOTES);
        let what = if is_quoted { "the quotes around it are" } else { "the characters around it are" };
        let is_address = !matches!(Address::parse(bare), Ok(Address::Path));
        return (is_quoted || is_address).then(|| other(format!("{what} part of the value: write {bare}")));
    }
    if let Some(meant) = without_slashes(text) {
        return Some(other(format!("is not a path; an address is written {meant}")));
    }
    if let Some((before, address)) = address_inside(text) {
        return Some(other(format!("has {before} before the address: write {address}")));
    }
    if let Some((scheme, rest)) = text.split_once("://") {
        return Some(other(match scheme.to_ascii_lowercase().as_str() {
            "file" => format!("is not a path: write {rest}, without file://"),
            _ => format!(
                "there are no sources of the kind {scheme}://, but s3://bucket/prefix, sqs://queue, cwl://log-group and \
                 paths"
            ),
        }));
    }
    // The host of a URL, without `https://`.
    let with_scheme = format!("https://{text}");
    let is_host = text.split('/').next().is_some_and(|host| host.contains(".amazonaws.com"));
    match Address::parse(&with_scheme).ok().filter(|_| is_host)? {
        Address::Bucket(uri) => Some(other(format!("is not a path; a bucket is written {uri}"))),
        _ => Some(other(format!("is not a path; a queue is written sqs://{with_scheme}"))),
    }
}

fn other(text: String) -> AddressError {
    AddressError::Other(text)
}

/// Returns the meaning of `s3:/bucket`, `s3:bucket`, `s3//bucket` and `s3:\\bucket`.
fn without_slashes(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    SCHEMES.iter().find_map(|(typed, scheme)| {
        let rest = text.get(typed.len()..).filter(|_| lower.starts_with(typed))?;
        let is_cut = rest.starts_with([':', ';', '\\']) || rest.starts_with("//");
        let name = rest.trim_start_matches([':', ';', '/', '\\']).replace('\\', "/");
        let meant = if name.is_empty() { "NAME" } else { &name };
        (is_cut && !rest.starts_with("://")).then(|| format!("{scheme}://{meant}"))
    })
}

/// Splits a text with an address in it, such as `SOURCE=s3://bucket`.
fn address_inside(text: &str) -> Option<(&str, &str)> {
    let lower = text.to_ascii_lowercase();
    let at = SCHEMES.iter().filter_map(|(scheme, _)| lower.find(&format!("{scheme}://"))).min()?;
    text.split_at_checked(at).filter(|(before, _)| !before.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_is_said() {
        for (text, expected) in [
            ("\"s3://b-1/p\"", "the quotes around it are part of the value: write s3://b-1/p"),
            ("'sqs://q'", "the quotes around it are part of the value: write sqs://q"),
            ("“/var/log”", "the quotes around it are part of the value: write /var/log"),
            ("\"s3://b-1", "the quotes around it are part of the value: write s3://b-1"),
            ("<s3://b-1>", "the characters around it are part of the value: write s3://b-1"),
            ("s3:/b-1/p", "is not a path; an address is written s3://b-1/p"),
            ("S3:b-1", "is not a path; an address is written s3://b-1"),
            ("s3//b-1", "is not a path; an address is written s3://b-1"),
            ("s3a:/b-1", "is not a path; an address is written s3://b-1"),
            ("s3:\\\\b-1\\p", "is not a path; an address is written s3://b-1/p"),
            ("sqs:q", "is not a path; an address is written sqs://q"),
            ("sqs:", "is not a path; an address is written sqs://NAME"),
            ("SOURCE=s3://b-1", "has SOURCE= before the address: write s3://b-1"),
            ("file:///var/log", "is not a path: write /var/log, without file://"),
            (
                "gs://b",
                "there are no sources of the kind gs://, but s3://bucket/prefix, sqs://queue, cwl://log-group and paths",
            ),
            ("cwl:trail", "is not a path; an address is written cwl://trail"),
            ("b-1.s3.amazonaws.com/p", "is not a path; a bucket is written s3://b-1/p"),
            (
                "sqs.eu-west-1.amazonaws.com/123456789012/q",
                "is not a path; a queue is written sqs://https://sqs.eu-west-1.amazonaws.com/123456789012/q",
            ),
        ] {
            assert_eq!(mistyped(text).map(|error| error.to_string()).as_deref(), Some(expected), "{text}");
        }
        for text in ["logs/2026", "s3", "s3-logs/a", "sqs.json", "logs[1]", "(copy)", "a,b", ""] {
            assert_eq!(mistyped(text), None, "{text}");
        }
    }
}
