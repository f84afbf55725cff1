//! The keys of the settings, in the spelling of the original plugin.

/// The known keys, and those of `aws`.
pub(super) const KEYS: [&str; 10] = [
    "sqsDelete",
    "s3DownloadConcurrency",
    "s3Interval",
    "useAsync",
    "useS3SNS",
    "s3AccountList",
    "sqsOwnerAccount",
    "emitInsights",
    "cwlWindow",
    "aws",
];
/// See [`KEYS`].
pub(super) const AWS_KEYS: [&str; 4] = ["profile", "region", "config", "credentials"];

/// Returns every key; those of `aws` as `aws.region` and so on.
pub(super) fn all() -> impl Iterator<Item = String> {
    let top = KEYS.iter().filter(|key| **key != "aws").map(ToString::to_string);
    top.chain(AWS_KEYS.iter().map(|key| format!("aws.{key}")))
}
