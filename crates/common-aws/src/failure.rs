//! The kinds of failures of AWS calls.

mod causes;

pub use causes::{PROXY_UNREACHABLE, causes, chain, endpoint_conflict, texts, without_request};

use aws_credential_types::provider::error::CredentialsError;
use aws_runtime::retries::classifiers::{THROTTLING_ERRORS, TRANSIENT_ERRORS};
use aws_smithy_http::endpoint::ResolveEndpointError as ServiceEndpointError;
use aws_smithy_runtime_api::client::endpoint::error::{InvalidEndpointError, ResolveEndpointError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::error::Error;

/// The kind of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FailureKind {
    /// Too many requests.
    Throttled,
    /// A failure inside AWS, or a conflict with another call, which may pass.
    Fault,
    /// The answer did not come, or not completely: a broken connection or a timeout.
    NoAnswer,
    /// The clock of this machine is wrong.
    ClockSkew,
    /// No credentials were found, or the configuration of credentials is wrong.
    CredentialsMissing,
    /// The credentials have expired. A role renews them.
    CredentialsExpired,
    /// AWS does not accept the credentials.
    CredentialsRefused,
    /// A permission is missing, or a policy denies the call.
    Denied,
    /// The named resource does not exist.
    NotFound,
    /// No region is set.
    NoRegion,
    /// No endpoint exists for the configured region, or the configured one is not valid.
    NoEndpoint,
    /// Any other failure. AWS refused the content of the call, or the call could not be built.
    Other,
}

/// Throttling codes that `aws_runtime` does not list: of SQS ("`ReceiveMessage`, Errors") and of S3 ("Error responses").
const MORE_THROTTLING: [&str; 3] = ["OverLimit", "TooManyRequests", "RequestLimitExceededException"];
/// A part of throttling codes of many services, such as `KMS.ThrottlingException` and `KmsThrottled`.
const THROTTLING_PART: &str = "throttl";
/// Another update at the same time (SSM, "`PutParameter`, Errors").
const CONFLICTS: [&str; 1] = ["TooManyUpdates"];
/// Parts of the codes of failures inside AWS, such as `InternalError`, `InternalServerError` and `ServiceUnavailable`
/// (Common Errors of the services). Some have the status 400.
const FAULT_PARTS: [&str; 3] = ["internal", "unavailable", "timeout"];
/// Codes about a time that differs from AWS's by more than 15 minutes.
const CLOCK: [&str; 3] = ["RequestExpired", "RequestTimeTooSkewed", "RequestInTheFuture"];
/// Codes about an expired session token.
const EXPIRED: [&str; 3] = ["ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"];
/// Codes about keys, tokens and signatures that AWS does not accept.
const REFUSED: [&str; 10] = [
    "IncompleteSignature",
    "IncompleteSignatureException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "InvalidToken",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];
/// Codes about a missing permission.
const DENIED: [&str; 6] =
    ["AccessDenied", "AccessDeniedException", "AccountProblem", "AllAccessDisabled", "NotAuthorized", "OptInRequired"];
/// Parts of codes about resources that do not exist.
const NOT_FOUND_PARTS: [&str; 4] = ["NotFound", "NoSuch", "DoesNotExist", "NonExistent"];
/// From this status on, the failure is inside AWS, whatever the code.
const FIRST_SERVER_STATUS: u16 = 500;

impl FailureKind {
    /// Returns the kind of the SDK's error.
    #[must_use]
    pub fn of_call<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        match error {
            SdkError::ServiceError(answer) => {
                Self::of_answer(answer.err().code().unwrap_or_default(), answer.raw().status().as_u16())
            }
            SdkError::ResponseError(_) | SdkError::TimeoutError(_) => Self::NoAnswer,
            _ => Self::of_unsent(error),
        }
    }

    /// Returns the kind of an answer with this code, which may be empty, and this HTTP status.
    #[must_use]
    pub fn of_answer(code: &str, status: u16) -> Self {
        match Self::of_code(code) {
            Some(Self::Throttled) => Self::Throttled,
            _ if status >= FIRST_SERVER_STATUS => Self::Fault,
            Some(kind) => kind,
            None => of_status(status),
        }
    }

    /// Returns the kind of a code, of a call or of an entry in an answer. `None` for a code that is not known.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        // A code may have a namespace before a `#` and a URL after a `:`.
        of_code(code.rsplit('#').next().and_then(|code| code.split(':').next()).unwrap_or_default())
    }

    /// Returns the kind of an error without an answer. The types behind most of them are private to the SDK, so their
    /// texts decide.
    fn of_unsent<E: Error + 'static>(error: &SdkError<E, HttpResponse>) -> Self {
        if let Some(error) = credentials_error(error) {
            return Self::of_credentials(error);
        }
        let texts = texts(error);
        let has = |part: &str| texts.iter().any(|text| text.contains(part));
        if has("credential provider") || has("no providers in chain") {
            Self::CredentialsMissing
        } else if has("region must be set") || has("Missing Region") || has("missing signing region") {
            Self::NoRegion
        } else if is_about_endpoint(error) || has("must be a valid host label") {
            Self::NoEndpoint
        } else if matches!(error, SdkError::ConstructionFailure(_)) {
            Self::Other
        } else {
            Self::NoAnswer
        }
    }

    /// Returns the kind of an error of credential providers. Missing credentials and wrong settings are permanent. An
    /// endpoint that answers 500 or not at all, as a container's does while its pod starts, may recover.
    fn of_credentials(error: &CredentialsError) -> Self {
        match error {
            CredentialsError::CredentialsNotLoaded(_) | CredentialsError::InvalidConfiguration(_) => {
                Self::CredentialsMissing
            }
            _ => Self::Fault,
        }
    }

    /// Returns whether a retry may succeed without any change.
    #[must_use]
    pub fn is_transient(self) -> bool {
        matches!(self, Self::Throttled | Self::Fault | Self::NoAnswer)
    }
}

/// Returns the error of the credential providers, if the call failed because of one.
#[must_use]
pub fn credentials_error<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e CredentialsError> {
    chain(error).find_map(|error| error.downcast_ref())
}

fn of_code(code: &str) -> Option<FailureKind> {
    let lower = code.to_ascii_lowercase();
    let is_throttling = THROTTLING_ERRORS.contains(&code) || MORE_THROTTLING.contains(&code);
    Some(if is_throttling || lower.contains(THROTTLING_PART) {
        FailureKind::Throttled
    } else if CLOCK.contains(&code) {
        FailureKind::ClockSkew
    } else if EXPIRED.contains(&code) {
        FailureKind::CredentialsExpired
    } else if REFUSED.contains(&code) {
        FailureKind::CredentialsRefused
    } else if DENIED.contains(&code) {
        FailureKind::Denied
    } else if TRANSIENT_ERRORS.contains(&code)
        || CONFLICTS.contains(&code)
        || FAULT_PARTS.iter().any(|part| lower.contains(part))
    {
        FailureKind::Fault
    } else if NOT_FOUND_PARTS.iter().any(|part| code.contains(part)) {
        FailureKind::NotFound
    } else {
        return None;
    })
}

/// Returns the kind of an answer without a known code.
fn of_status(status: u16) -> FailureKind {
    match status {
        // Request timeout, too early.
        408 | 425 => FailureKind::Fault,
        429 => FailureKind::Throttled,
        403 => FailureKind::Denied,
        404 => FailureKind::NotFound,
        FIRST_SERVER_STATUS.. => FailureKind::Fault,
        _ => FailureKind::Other,
    }
}

/// Returns whether no endpoint was found. S3's endpoint rules have an error of their own.
fn is_about_endpoint(error: &(dyn Error + 'static)) -> bool {
    chain(error).any(|error| {
        error.is::<ServiceEndpointError>() || error.is::<ResolveEndpointError>() || error.is::<InvalidEndpointError>()
    })
}

#[cfg(test)]
mod tests;
