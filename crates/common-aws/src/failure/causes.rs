//! The texts of an error and its sources.

use std::error::Error;
use std::iter::successors;

/// Texts of the SDK that add nothing to the source below them.
const GENERIC: [&str; 3] = ["dispatch failure", "io error", "client error (Connect)"];
/// When AWS refuses a signature, it repeats the request's headers after these words, with the session token.
const REQUEST: &str = "The Canonical String";
/// With an invalid endpoint, the SDK adds the whole request after these words.
const DUMPED_REQUEST: &str = " to request `";

/// The text of hyper-util for a proxy that cannot be reached. Its type for it is private.
pub const PROXY_UNREACHABLE: &str = "tunnel error: failed to create underlying connection";

/// The texts of the SDK's endpoint rules for FIPS or dual-stack with an endpoint URL (`endpoint-rule-set` of the
/// services: most of them, and S3), and what to do.
const EXCLUDE: [(&[&str], &str); 2] = [
    (
        &["FIPS and custom endpoint", "custom endpoint cannot be combined with FIPS"],
        "FIPS endpoints and an endpoint URL exclude each other: unset AWS_USE_FIPS_ENDPOINT or AWS_ENDPOINT_URL (in a \
         profile use_fips_endpoint or endpoint_url)",
    ),
    (
        &["Dualstack and custom endpoint", "dual-stack in combination with a custom endpoint"],
        "dual-stack endpoints and an endpoint URL exclude each other: unset AWS_USE_DUALSTACK_ENDPOINT or \
         AWS_ENDPOINT_URL (in a profile use_dualstack_endpoint or endpoint_url)",
    ),
];

/// Returns what to do if settings exclude each other, so that the SDK found no endpoint.
#[must_use]
pub fn endpoint_conflict<T: AsRef<str>>(texts: &[T]) -> Option<&'static str> {
    let says = |part: &&str| texts.iter().any(|text| text.as_ref().contains(part));
    EXCLUDE.iter().find(|(parts, _)| parts.iter().any(says)).map(|(_, advice)| *advice)
}

/// Returns the error and its sources.
pub fn chain<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    successors(Some(error), |error| (*error).source())
}

/// Returns the texts of the error and its sources, without texts that another one contains and without requests.
#[must_use]
pub fn texts(error: &(dyn Error + 'static)) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for cause in chain(error) {
        let text = cause.to_string();
        let text = without_request(text.split(DUMPED_REQUEST).next().unwrap_or_default());
        if !texts.iter().any(|known| known.contains(text)) {
            texts.push(text.to_owned());
        }
    }
    texts
}

/// Returns the [`texts`] in one line, without the generic ones of the SDK; or what to do if settings exclude each other. (The SDK's `DisplayErrorContext` repeats all of
/// them as Debug text.)
#[must_use]
pub fn causes(error: &(dyn Error + 'static)) -> String {
    let mut texts = texts(error);
    if let Some(advice) = endpoint_conflict(&texts) {
        return advice.to_owned();
    }
    if texts.iter().any(|text| !GENERIC.contains(&text.as_str())) {
        texts.retain(|text| !GENERIC.contains(&text.as_str()));
    }
    texts.join(": ")
}

/// Returns AWS's message without the request that AWS repeats when it refuses a signature.
#[must_use]
pub fn without_request(message: &str) -> &str {
    message.split(REQUEST).next().unwrap_or_default().trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_exclude_each_other_are_named() {
        for (text, part) in [
            ("Invalid Configuration: FIPS and custom endpoint are not supported", Some("AWS_USE_FIPS_ENDPOINT")),
            ("A custom endpoint cannot be combined with FIPS", Some("AWS_USE_FIPS_ENDPOINT")),
            (
                "Invalid Configuration: Dualstack and custom endpoint are not supported",
                Some("AWS_USE_DUALSTACK_ENDPOINT"),
            ),
            ("Cannot set dual-stack in combination with a custom endpoint.", Some("AWS_USE_DUALSTACK_ENDPOINT")),
            ("Invalid Configuration: Missing Region", None),
        ] {
            let found = endpoint_conflict(&["other", text]);
            assert_eq!(found.is_some(), part.is_some(), "{text}: {found:?}");
            assert!(found.unwrap_or_default().contains(part.unwrap_or_default()), "{text}: {found:?}");
            assert_eq!(causes(&std::io::Error::other(text)), found.unwrap_or(text));
        }
    }
}
