//! What AWS refuses, and what to do about it.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::error::Error;

/// Why AWS does not give something. The text says what is missing, and what AWS says; it holds nothing of what was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct AccessError {
    pub(super) trouble: Trouble,
    text: String,
    /// The region that the bucket is in, where S3 has said so.
    pub(super) region: Option<String>,
}

/// What kind of trouble it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trouble {
    /// A permission is missing.
    Denied,
    /// The key that the object is encrypted with may not be used.
    Key,
    /// The object is archived (Glacier) and must be restored first.
    Archived,
    /// There is no such bucket or queue.
    NoSuchPlace,
    /// There is no such object.
    NoSuchObject,
    /// The bucket is in another region.
    Region,
    /// No region is set.
    NoRegion,
    /// There are no credentials, or AWS does not know them.
    Credentials,
    /// The queue does not know the receipt any more.
    Receipt,
    /// The object was replaced while it was read.
    Replaced,
    /// The credentials have expired. The SDK's chain fetches new ones where it can, so that waiting may help.
    Expired,
    /// Too many requests. It works later.
    Throttled,
    /// No answer came, or not all of it: a broken connection, a time limit. It may work later.
    Broken,
    /// A fault of AWS's, which may pass.
    Transient,
    /// Anything else.
    Other,
}

/// What was asked for, to say what permission is missing.
#[derive(Clone, Copy, Debug)]
pub(super) enum Doing {
    List,
    Get,
    FindQueue,
    Receive,
    Delete,
    Extend,
}

impl AccessError {
    /// What kind of trouble it is.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        self.trouble
    }

    pub(super) fn new(trouble: Trouble, text: impl Into<String>) -> Self {
        Self { trouble, text: text.into(), region: None }
    }

    /// Reads the SDK's error.
    pub(super) fn of<E>(error: &SdkError<E, HttpResponse>, doing: Doing) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let response = error.raw_response();
        let status = response.map_or(0, |it| it.status().as_u16());
        let region = response.and_then(|it| it.headers().get("x-amz-bucket-region"));
        let code = error.as_service_error().and_then(ProvideErrorMetadata::code).unwrap_or_default();
        let said = error.as_service_error().and_then(ProvideErrorMetadata::message).unwrap_or_default();
        let causes = causes(error);
        let said = if said.is_empty() { causes.join(": ") } else { said.to_owned() };
        let region = region.or_else(|| expected_region(code, &said)).map(str::to_owned);
        let answered = matches!(error, SdkError::ServiceError(_));
        let trouble = if answered { of_answer(code, status, &said) } else { of_failure(error, &causes) };
        let advice = advice(trouble, doing);
        let seen = match (code, status) {
            ("", 0) => said,
            ("", status) => format!("status {status}: {said}"),
            (code, _) => format!("{code}: {said}"),
        };
        let text = if advice.is_empty() { seen } else { format!("{advice} ({seen})") };
        Self { trouble, text, region }
    }

    pub(super) fn is_transient(&self) -> bool {
        matches!(self.trouble, Trouble::Expired | Trouble::Throttled | Trouble::Broken | Trouble::Transient)
    }
}

/// Codes of S3 (API Reference, "Error responses"), of SQS (API Reference, "Common errors"), and of STS behind both.
fn of_answer(code: &str, status: u16, said: &str) -> Trouble {
    match code {
        "NoSuchBucket" | "QueueDoesNotExist" | "AWS.SimpleQueueService.NonExistentQueue" => Trouble::NoSuchPlace,
        "NoSuchKey" => Trouble::NoSuchObject,
        "InvalidObjectState" => Trouble::Archived,
        "PermanentRedirect" | "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException" => Trouble::Region,
        "ReceiptHandleIsInvalid" | "MessageNotInflight" => Trouble::Receipt,
        // "Value … for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired."
        "InvalidParameterValue" if said.contains("ReceiptHandle") => Trouble::Receipt,
        "PreconditionFailed" => Trouble::Replaced,
        "KMS.DisabledException"
        | "KMS.NotFoundException"
        | "KMS.InvalidStateException"
        | "KMS.InvalidKeyUsageException"
        | "KMS.AccessDeniedException"
        | "KMS.OptInRequired"
        | "KmsAccessDenied"
        | "KmsDisabled"
        | "KmsNotFound"
        | "KmsInvalidState" => Trouble::Key,
        "AccessDenied" | "AccessDeniedException" if said.contains("kms:") || said.contains("KMS") => Trouble::Key,
        "AccessDenied" | "AccessDeniedException" | "AllAccessDisabled" | "AccountProblem" => Trouble::Denied,
        "ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired" => Trouble::Expired,
        "RequestExpired" | "RequestTimeTooSkewed" => Trouble::Transient,
        "InvalidAccessKeyId"
        | "SignatureDoesNotMatch"
        | "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "InvalidToken"
        | "IncompleteSignature"
        | "MissingAuthenticationToken" => Trouble::Credentials,
        code if ["Throttl", "SlowDown", "TooMany", "Limit"].iter().any(|part| code.contains(part)) => {
            Trouble::Throttled
        }
        code if ["Timeout", "Internal", "Unavailable"].iter().any(|part| code.contains(part)) => Trouble::Transient,
        _ => match status {
            429 => Trouble::Throttled,
            301 | 307 | 308 => Trouble::Region,
            403 => Trouble::Denied,
            404 => Trouble::NoSuchObject,
            408 | 500.. => Trouble::Transient,
            _ => Trouble::Other,
        },
    }
}

/// The region in "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'": S3 says
/// so to requests that are signed for another region than the endpoint's, and not always in a header.
fn expected_region<'a>(code: &str, said: &'a str) -> Option<&'a str> {
    let (_, rest) = said.split_once("expecting '").filter(|_| code == "AuthorizationHeaderMalformed")?;
    rest.split_once('\'').map(|(region, _)| region).filter(|region| !region.is_empty())
}

fn of_failure<E>(error: &SdkError<E, HttpResponse>, causes: &[String]) -> Trouble {
    // The types behind are private to the SDK's crates; their texts are all there is to tell them by.
    let says = |part: &str| causes.iter().any(|cause| cause.contains(part));
    if says("credential provider") || says("no providers in chain") {
        Trouble::Credentials
    } else if says("region must be set") || says("Missing Region") {
        Trouble::NoRegion
    } else if matches!(error, SdkError::ConstructionFailure(_)) {
        Trouble::Other
    } else {
        Trouble::Broken
    }
}

fn advice(trouble: Trouble, doing: Doing) -> &'static str {
    match (trouble, doing) {
        (Trouble::Denied, Doing::List) => "not allowed: s3:ListBucket on the bucket is needed",
        (Trouble::Denied, Doing::Get) => {
            "not allowed: s3:GetObject on the object is needed, and kms:Decrypt where it is encrypted with a key; without \
             s3:ListBucket S3 says the same of objects that are not there"
        }
        (Trouble::Denied, Doing::FindQueue) => "not allowed: sqs:GetQueueUrl is needed; or give the queue's URL or ARN",
        (Trouble::Denied, Doing::Receive) => "not allowed: sqs:ReceiveMessage on the queue is needed",
        (Trouble::Denied, Doing::Delete) => "not allowed: sqs:DeleteMessage on the queue is needed",
        (Trouble::Denied, Doing::Extend) => "not allowed: sqs:ChangeMessageVisibility on the queue is needed",
        (Trouble::Key, Doing::FindQueue | Doing::Receive | Doing::Delete | Doing::Extend) => {
            "not allowed: kms:Decrypt on the key that the queue is encrypted with is needed, and the key must be enabled"
        }
        (Trouble::Key, _) => {
            "not allowed: kms:Decrypt on the key that the object is encrypted with is needed, and the key must be enabled"
        }
        (Trouble::Archived, _) => "the object is archived (S3 Glacier): restore it first",
        (Trouble::NoSuchPlace, Doing::List | Doing::Get) => "there is no such bucket",
        (Trouble::NoSuchPlace, _) => {
            "there is no such queue in this region and account; see the options for region and owner account"
        }
        (Trouble::NoSuchObject, _) => "there is no such object; it may have been deleted",
        (Trouble::Region, _) => "the bucket is in another region, and S3 does not say in which: set the region",
        (Trouble::NoRegion, _) => {
            "no region is set: set AWS_REGION, the option for the region, or a profile that has one"
        }
        (Trouble::Credentials, _) => {
            "no valid credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or a role"
        }
        (Trouble::Receipt, _) => "the message's visibility has ended",
        (Trouble::Replaced, _) => "the object was replaced while it was read",
        (Trouble::Expired, _) => {
            "the credentials have expired: renew them, or use a role, whose credentials renew themselves"
        }
        (Trouble::Throttled | Trouble::Broken | Trouble::Transient | Trouble::Other, _) => "",
    }
}

/// The texts of an error and of what is behind it, each once.
fn causes(error: &(dyn Error + 'static)) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(cause) = next {
        let text = cause.to_string();
        if !texts.iter().any(|known| known.contains(&text)) {
            texts.push(text);
        }
        next = cause.source();
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_apart() {
        for (code, status, said, expected) in [
            ("NoSuchBucket", 404, "", Trouble::NoSuchPlace),
            ("NoSuchKey", 404, "", Trouble::NoSuchObject),
            ("", 404, "", Trouble::NoSuchObject),
            ("AccessDenied", 403, "Access Denied", Trouble::Denied),
            ("AccessDenied", 403, "not authorized to perform: kms:Decrypt on the resource", Trouble::Key),
            ("InvalidObjectState", 403, "", Trouble::Archived),
            ("PermanentRedirect", 301, "", Trouble::Region),
            ("SlowDown", 503, "", Trouble::Throttled),
            ("", 429, "", Trouble::Throttled),
            ("InternalError", 500, "", Trouble::Transient),
            ("", 502, "", Trouble::Transient),
            ("ThrottlingException", 400, "", Trouble::Throttled),
            ("KMS.ThrottlingException", 400, "", Trouble::Throttled),
            ("ExpiredToken", 400, "", Trouble::Expired),
            ("InvalidAccessKeyId", 403, "", Trouble::Credentials),
            ("ReceiptHandleIsInvalid", 400, "", Trouble::Receipt),
            ("InvalidParameterValue", 400, "for parameter ReceiptHandle is invalid", Trouble::Receipt),
            ("InvalidParameterValue", 400, "for parameter QueueName is invalid", Trouble::Other),
            ("KMS.AccessDeniedException", 400, "", Trouble::Key),
            ("AWS.SimpleQueueService.NonExistentQueue", 400, "", Trouble::NoSuchPlace),
            ("Odd", 400, "", Trouble::Other),
        ] {
            assert_eq!(of_answer(code, status, said), expected, "{code} {status} {said}");
        }
    }
}
