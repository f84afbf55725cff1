//! The kinds of failures: first the codes of S3, SQS and CloudWatch Logs with a meaning of their own, then those of all services.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use common_aws::failure::FailureKind;

/// The kind of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccessErrorKind {
    /// A permission is missing.
    Denied,
    /// The encryption key of the object cannot be used.
    EncryptionKey,
    /// The object is archived (Glacier) and must be restored first.
    Archived,
    /// The bucket, queue or log group does not exist.
    NoSuchSource,
    /// The object does not exist.
    NoSuchObject,
    /// The bucket is in another region.
    OtherRegion,
    /// No region is set.
    NoRegion,
    /// The host does not exist: the endpoint or the region is wrong.
    NoHost,
    /// Credentials are missing, or AWS does not know them.
    Credentials,
    /// The receipt handle is not valid any more.
    ReceiptHandle,
    /// The object was replaced while it was read.
    Replaced,
    /// The token of a page has expired, or is not valid.
    PageToken,
    /// The object has not changed since it was last read.
    Unchanged,
    /// The credentials have expired. The SDK's chain fetches new ones if it can, so waiting may help.
    Expired,
    /// Too many requests. A later one succeeds.
    Throttled,
    /// The answer did not come, or not completely: a broken connection or a timeout. A retry may succeed.
    NoAnswer,
    /// A failure inside AWS, which may pass.
    Transient,
    /// Anything else.
    Other,
}

/// Returns the kind of an answer. Codes of S3: API Reference, "Error responses". Codes of SQS: API Reference, "Common
/// errors". Codes of CloudWatch Logs: API Reference, `FilterLogEvents`.
pub(super) fn of_answer(code: &str, status: u16, said: &str) -> AccessErrorKind {
    match code {
        "NoSuchBucket" | "QueueDoesNotExist" | "AWS.SimpleQueueService.NonExistentQueue" => {
            AccessErrorKind::NoSuchSource
        }
        "InvalidObjectState" => AccessErrorKind::Archived,
        "PermanentRedirect" | "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException" => {
            AccessErrorKind::OtherRegion
        }
        "ReceiptHandleIsInvalid" | "MessageNotInflight" => AccessErrorKind::ReceiptHandle,
        // "Value … for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired."
        "InvalidParameterValue" if said.contains("ReceiptHandle") => AccessErrorKind::ReceiptHandle,
        "ResourceNotFoundException" => AccessErrorKind::NoSuchSource,
        // "The specified nextToken is invalid."
        "InvalidParameterException" if said.to_ascii_lowercase().contains("token") => AccessErrorKind::PageToken,
        "PreconditionFailed" => AccessErrorKind::Replaced,
        "KMS.DisabledException"
        | "KMS.NotFoundException"
        | "KMS.InvalidStateException"
        | "KMS.InvalidKeyUsageException"
        | "KMS.AccessDeniedException"
        | "KMS.OptInRequired"
        | "KmsAccessDenied"
        | "KmsDisabled"
        | "KmsNotFound"
        | "KmsInvalidState" => AccessErrorKind::EncryptionKey,
        "AccessDenied" | "AccessDeniedException" if said.contains("kms:") || said.contains("KMS") => {
            AccessErrorKind::EncryptionKey
        }
        code => match (FailureKind::of_answer(code, status), status) {
            (FailureKind::Other, 304) => AccessErrorKind::Unchanged,
            (FailureKind::Other, 301 | 307 | 308) => AccessErrorKind::OtherRegion,
            (kind, _) => of_failure(kind),
        },
    }
}

/// Returns the kind of a failure that is common to all services.
pub(super) fn of_failure(kind: FailureKind) -> AccessErrorKind {
    match kind {
        FailureKind::Throttled => AccessErrorKind::Throttled,
        FailureKind::Fault | FailureKind::ClockSkew => AccessErrorKind::Transient,
        FailureKind::NoAnswer => AccessErrorKind::NoAnswer,
        FailureKind::CredentialsMissing | FailureKind::CredentialsRefused => AccessErrorKind::Credentials,
        FailureKind::CredentialsExpired => AccessErrorKind::Expired,
        FailureKind::Denied => AccessErrorKind::Denied,
        FailureKind::NotFound => AccessErrorKind::NoSuchObject,
        FailureKind::NoRegion => AccessErrorKind::NoRegion,
        FailureKind::NoEndpoint => AccessErrorKind::NoHost,
        _ => AccessErrorKind::Other,
    }
}

/// Returns the region in "The authorization header is malformed; the region 'us-east-1' is wrong; expecting
/// 'eu-west-1'". This is S3's answer to requests that are signed for another region than the endpoint's; the header with
/// the region may be missing.
pub(super) fn expected_region<'a>(code: &str, said: &'a str) -> Option<&'a str> {
    let (_, rest) = said.split_once("expecting '").filter(|_| code == "AuthorizationHeaderMalformed")?;
    rest.split_once('\'').map(|(region, _)| region).filter(|region| !region.is_empty())
}

/// Returns whether the answer is a web page, where AWS sends XML or JSON.
pub(super) fn is_web_page(code: &str, response: &HttpResponse) -> bool {
    let kind = response.headers().get("content-type").unwrap_or_default();
    code.is_empty() && kind.trim_start().to_ascii_lowercase().starts_with("text/html")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_apart() {
        for (code, status, said, expected) in [
            ("NoSuchBucket", 404, "", AccessErrorKind::NoSuchSource),
            ("NoSuchKey", 404, "", AccessErrorKind::NoSuchObject),
            ("", 404, "", AccessErrorKind::NoSuchObject),
            ("AccessDenied", 403, "Access Denied", AccessErrorKind::Denied),
            (
                "AccessDenied",
                403,
                "not authorized to perform: kms:Decrypt on the resource",
                AccessErrorKind::EncryptionKey,
            ),
            ("InvalidObjectState", 403, "", AccessErrorKind::Archived),
            ("PermanentRedirect", 301, "", AccessErrorKind::OtherRegion),
            ("SlowDown", 503, "", AccessErrorKind::Throttled),
            ("", 429, "", AccessErrorKind::Throttled),
            ("", 304, "", AccessErrorKind::Unchanged),
            ("NotModified", 304, "", AccessErrorKind::Unchanged),
            ("NoSuchVersion", 404, "", AccessErrorKind::NoSuchObject),
            ("InternalError", 500, "", AccessErrorKind::Transient),
            ("", 502, "", AccessErrorKind::Transient),
            ("ThrottlingException", 400, "", AccessErrorKind::Throttled),
            ("KMS.ThrottlingException", 400, "", AccessErrorKind::Throttled),
            ("ExpiredToken", 400, "", AccessErrorKind::Expired),
            ("InvalidAccessKeyId", 403, "", AccessErrorKind::Credentials),
            ("ReceiptHandleIsInvalid", 400, "", AccessErrorKind::ReceiptHandle),
            ("InvalidParameterValue", 400, "for parameter ReceiptHandle is invalid", AccessErrorKind::ReceiptHandle),
            ("InvalidParameterValue", 400, "for parameter QueueName is invalid", AccessErrorKind::Other),
            ("KMS.AccessDeniedException", 400, "", AccessErrorKind::EncryptionKey),
            ("AWS.SimpleQueueService.NonExistentQueue", 400, "", AccessErrorKind::NoSuchSource),
            ("ResourceNotFoundException", 400, "", AccessErrorKind::NoSuchSource),
            ("InvalidParameterException", 400, "The specified nextToken is invalid.", AccessErrorKind::PageToken),
            ("InvalidParameterException", 400, "startTime is invalid", AccessErrorKind::Other),
            ("Odd", 400, "", AccessErrorKind::Other),
        ] {
            assert_eq!(of_answer(code, status, said), expected, "{code} {status} {said}");
        }
    }
}
