//! "Did you mean": the known key that is closest to an unknown one.

use super::Given;

/// Returns the key that was probably meant, `aws.region` for `regoin` in `aws` or `Region` beside it. Keys of the same
/// object are looked at first.
pub(super) fn key(within: &str, name: &str) -> Option<String> {
    let name = name.to_lowercase();
    let last = |key: &str| key.rsplit('.').next().unwrap_or(key).to_lowercase();
    let is_beside = |key: &str| key.strip_prefix(within).is_some_and(|key| !key.contains('.'));
    let distance = |key: &String| (strsim::osa_distance(&name, &last(key)), !is_beside(key));
    let known = Given::keys().chain(["aws".to_owned()]);
    let ((distance, _), key) = known.map(|key| (distance(&key), key)).min()?;
    // A third of the letters may be wrong, but no more than three: a guess beyond that is no help.
    (distance <= (name.chars().count() / 3).min(3)).then_some(key)
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
