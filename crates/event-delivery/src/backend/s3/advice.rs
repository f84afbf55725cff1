//! What a person can do about a failure of S3.

use super::put::OTHER;
use crate::backend::failure::Failure;

/// The code for a permission that is missing.
pub(super) const DENIED: &str = "AccessDenied";

/// Returns what a person can do about a failure.
pub(super) fn advice(failure: &Failure) -> &'static str {
    match failure.code.as_str() {
        "NoSuchBucket" => "create the bucket, or check its name; it may have been deleted",
        "PermanentRedirect" | "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException" => {
            "the bucket is in another region: correct the region in the configuration"
        }
        OTHER => {
            "another instance writes the same feed, or the clock of this machine went back: end the other instance, and \
             then restart this one, which reads its events again; nothing is lost. If this comes again without another \
             instance, it was the clock: delete the object, and its events are written again"
        }
        "Status403" => "allow s3:GetObject on the bucket's keys: an object that a restart replaces is looked at first",
        DENIED => {
            "allow s3:PutObject and s3:GetObject on the bucket's keys, and kms:GenerateDataKey on the key that encrypts them, in the \
             role's policy and the bucket's"
        }
        code if code.to_ascii_lowercase().starts_with("kms") => {
            "check that the KMS key exists, is enabled and may be used (kms:GenerateDataKey)"
        }
        "RequestTimeTooSkewed" => "correct the clock of this machine",
        _ => failure.advice(),
    }
}
