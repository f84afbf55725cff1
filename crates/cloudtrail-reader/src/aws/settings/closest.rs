//! Suggests the known key that is closest to an unknown one.

use super::keys;
use layered_settings::closest;

/// Returns the key that was probably meant, for example `aws.region` for `regoin` in `aws` or for `Region` next to it.
/// Prefers keys of the same object.
pub(super) fn key(within: &str, name: &str) -> Option<String> {
    let is_beside = |key: &str| key.strip_prefix(within).is_some_and(|key| !key.contains('.'));
    let last = |key: &str| key.rsplit('.').next().unwrap_or(key).to_owned();
    let mut known: Vec<String> = keys::all().chain(["aws".to_owned()]).collect();
    known.sort_by_cached_key(|key| (!is_beside(key), key.clone()));
    closest(name, known.into_iter().map(|key| (last(&key), key)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistyped_keys_are_recognised() {
        for (within, name, meant) in [
            ("", "sqsDelte", Some("sqsDelete")),
            ("", "sqs_delete", Some("sqsDelete")),
            ("", "s3-download-concurrency", Some("s3DownloadConcurrency")),
            ("", "s3AccountsList", Some("s3AccountList")),
            ("", "Region", Some("aws.region")),
            ("", "asw", Some("aws")),
            ("aws.", "regoin", Some("aws.region")),
            ("aws.", "useAsync", Some("useAsync")),
            ("aws.", "zone", None),
            ("", "bogus", None),
            ("", "", None),
        ] {
            assert_eq!(key(within, name).as_deref(), meant, "{within}{name}");
        }
    }
}
