//! What kind of trouble an error is.

use super::Trouble;
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_http::endpoint::ResolveEndpointError as ServiceEndpointError;
use aws_smithy_runtime_api::client::endpoint::error::{InvalidEndpointError, ResolveEndpointError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use std::error::Error;

/// Codes of S3 (API Reference, "Error responses"), of SQS (API Reference, "Common errors"), and of STS behind both.
pub(super) fn of_answer(code: &str, status: u16, said: &str) -> Trouble {
    match code {
        "NoSuchBucket" | "QueueDoesNotExist" | "AWS.SimpleQueueService.NonExistentQueue" => Trouble::NoSuchPlace,
        "NoSuchKey" | "NoSuchVersion" => Trouble::NoSuchObject,
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
            304 => Trouble::Unchanged,
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
pub(super) fn expected_region<'a>(code: &str, said: &'a str) -> Option<&'a str> {
    let (_, rest) = said.split_once("expecting '").filter(|_| code == "AuthorizationHeaderMalformed")?;
    rest.split_once('\'').map(|(region, _)| region).filter(|region| !region.is_empty())
}

/// Of what is no answer.
pub(super) fn of_failure<E>(error: &SdkError<E, HttpResponse>, causes: &[String]) -> Trouble
where
    E: Error + 'static,
{
    if let Some(trouble) = of_credentials(error) {
        return trouble;
    }
    // The types behind most of them are private to the SDK's crates; their texts are all there is to tell them by.
    let says = |part: &str| causes.iter().any(|cause| cause.contains(part));
    if says("credential provider") || says("no providers in chain") {
        Trouble::Credentials
    } else if says("region must be set") || says("Missing Region") || says("missing signing region") {
        Trouble::NoRegion
    } else if has_no_host(error) || says("must be a valid host label") {
        Trouble::NoHost
    } else if matches!(error, SdkError::ConstructionFailure(_)) {
        Trouble::Other
    } else {
        Trouble::Broken
    }
}

/// Of credentials that could not be had: that none were found, or that something is wrong with how they are set, stays so.
/// An endpoint that answers 500, or not at all, as a container's does while its pod starts, may do better next time.
pub(super) fn of_credentials(error: &(dyn Error + 'static)) -> Option<Trouble> {
    let mut chain = std::iter::successors(Some(error), |error| (*error).source());
    let found = chain.find_map(|error| error.downcast_ref::<CredentialsError>())?;
    Some(match found {
        CredentialsError::CredentialsNotLoaded(_) | CredentialsError::InvalidConfiguration(_) => Trouble::Credentials,
        _ => Trouble::Transient,
    })
}

/// Whether a web page came, where AWS sends XML or JSON.
pub(super) fn is_web_page(code: &str, response: &HttpResponse) -> bool {
    let kind = response.headers().get("content-type").unwrap_or_default();
    code.is_empty() && kind.trim_start().to_ascii_lowercase().starts_with("text/html")
}

/// Whether it was not even to be found out whom to ask. S3's rules of endpoints make one error, what is common to all
/// services makes another.
fn has_no_host(error: &(dyn Error + 'static)) -> bool {
    let mut chain = std::iter::successors(Some(error), |error| (*error).source());
    chain.any(|error| {
        error.is::<ServiceEndpointError>() || error.is::<ResolveEndpointError>() || error.is::<InvalidEndpointError>()
    })
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
            ("", 304, "", Trouble::Unchanged),
            ("NotModified", 304, "", Trouble::Unchanged),
            ("NoSuchVersion", 404, "", Trouble::NoSuchObject),
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
