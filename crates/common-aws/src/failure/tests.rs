use super::FailureKind::{
    ClockSkew, CredentialsExpired, CredentialsMissing, CredentialsRefused, Denied, Fault, NoAnswer, NotFound, Other,
    Throttled,
};
use super::*;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;
use std::fmt;

/// The codes of the services that this workspace calls (SSM, S3, SQS, Secrets Manager, CloudTrail, STS, KMS), and the
/// statuses of answers without a code.
#[test]
fn answers_have_one_kind_each() {
    for (code, status, expected) in [
        ("Throttling", 400, Throttled),
        ("ThrottlingException", 400, Throttled),
        ("ThrottledException", 400, Throttled),
        ("RequestThrottled", 400, Throttled),
        ("RequestThrottledException", 400, Throttled),
        ("TooManyRequestsException", 400, Throttled),
        ("TooManyRequests", 400, Throttled),
        ("RequestLimitExceeded", 400, Throttled),
        ("LimitExceededException", 400, Throttled),
        ("SlowDown", 503, Throttled),
        ("OverLimit", 403, Throttled),
        ("KMS.ThrottlingException", 400, Throttled),
        ("KmsThrottled", 400, Throttled),
        ("com.amazonaws.sqs#ThrottlingException:http://a/", 400, Throttled),
        ("", 429, Throttled),
        ("SomethingNew", 429, Throttled),
        ("TooManyUpdates", 400, Fault),
        ("InternalError", 500, Fault),
        ("InternalError", 400, Fault),
        ("InternalFailure", 400, Fault),
        ("InternalServerError", 400, Fault),
        ("InternalServiceError", 400, Fault),
        ("ServiceUnavailable", 400, Fault),
        ("RequestTimeout", 400, Fault),
        ("RequestTimeoutException", 400, Fault),
        ("SomethingNew", 500, Fault),
        ("AccessDenied", 503, Fault),
        ("", 408, Fault),
        ("", 425, Fault),
        ("", 502, Fault),
        ("", 503, Fault),
        ("RequestTimeTooSkewed", 403, ClockSkew),
        ("RequestExpired", 400, ClockSkew),
        ("RequestInTheFuture", 403, ClockSkew),
        ("ExpiredToken", 400, CredentialsExpired),
        ("ExpiredTokenException", 403, CredentialsExpired),
        ("TokenRefreshRequired", 400, CredentialsExpired),
        ("InvalidAccessKeyId", 403, CredentialsRefused),
        ("InvalidClientTokenId", 403, CredentialsRefused),
        ("InvalidSignatureException", 400, CredentialsRefused),
        ("SignatureDoesNotMatch", 403, CredentialsRefused),
        ("UnrecognizedClientException", 400, CredentialsRefused),
        ("InvalidToken", 400, CredentialsRefused),
        ("IncompleteSignature", 403, CredentialsRefused),
        ("MissingAuthenticationToken", 403, CredentialsRefused),
        ("AccessDenied", 403, Denied),
        ("AccessDeniedException", 400, Denied),
        ("NotAuthorized", 400, Denied),
        ("OptInRequired", 403, Denied),
        ("", 403, Denied),
        ("ParameterNotFound", 400, NotFound),
        ("ParameterVersionNotFound", 400, NotFound),
        ("ResourceNotFoundException", 400, NotFound),
        ("ChannelNotFound", 404, NotFound),
        ("NoSuchBucket", 404, NotFound),
        ("NoSuchKey", 404, NotFound),
        ("QueueDoesNotExist", 400, NotFound),
        ("AWS.SimpleQueueService.NonExistentQueue", 400, NotFound),
        ("", 404, NotFound),
        ("ParameterLimitExceeded", 400, Other),
        ("ParameterMaxVersionLimitExceeded", 400, Other),
        ("TooManyEntriesInBatchRequest", 400, Other),
        ("ValidationException", 400, Other),
        ("SomethingNew", 400, Other),
        ("", 400, Other),
        ("", 304, Other),
    ] {
        assert_eq!(FailureKind::of_answer(code, status), expected, "{code} {status}");
    }
}

#[test]
fn a_retry_helps_against_some_kinds() {
    for (kind, is_transient) in [
        (Throttled, true),
        (Fault, true),
        (NoAnswer, true),
        (ClockSkew, false),
        (CredentialsExpired, false),
        (CredentialsMissing, false),
        (CredentialsRefused, false),
        (Denied, false),
        (NotFound, false),
        (FailureKind::NoRegion, false),
        (FailureKind::NoEndpoint, false),
        (Other, false),
    ] {
        assert_eq!(kind.is_transient(), is_transient, "{kind:?}");
    }
}

/// An error of an operation.
#[derive(Debug)]
struct Refusal(ErrorMetadata);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("refused")
    }
}

impl Error for Refusal {}

impl ProvideErrorMetadata for Refusal {
    fn meta(&self) -> &ErrorMetadata {
        &self.0
    }
}

type CallError = SdkError<Refusal, HttpResponse>;

fn refusal(code: &str) -> Refusal {
    Refusal(ErrorMetadata::builder().code(code).build())
}

fn answer(status: u16) -> HttpResponse {
    HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::empty())
}

#[test]
fn errors_of_the_sdk_have_one_kind_each() {
    let missing = || CredentialsError::not_loaded("none");
    for (error, expected) in [
        (CallError::service_error(refusal("SlowDown"), answer(503)), Throttled),
        (CallError::service_error(refusal("NoSuchKey"), answer(404)), NotFound),
        (CallError::response_error("not XML", answer(200)), NoAnswer),
        (CallError::timeout_error("too slow"), NoAnswer),
        (CallError::dispatch_failure(ConnectorError::io("broken pipe".into())), NoAnswer),
        (CallError::dispatch_failure(ConnectorError::other("certificate".into(), None)), NoAnswer),
        (CallError::dispatch_failure(ConnectorError::other(Box::new(missing()), None)), CredentialsMissing),
        (CallError::construction_failure(missing()), CredentialsMissing),
        (CallError::construction_failure(CredentialsError::invalid_configuration("bad")), CredentialsMissing),
        (CallError::construction_failure(CredentialsError::provider_error("status 500")), Fault),
        (CallError::construction_failure("no providers in chain provided credentials"), CredentialsMissing),
        (CallError::construction_failure("Invalid Configuration: Missing Region"), FailureKind::NoRegion),
        (CallError::construction_failure(ResolveEndpointError::message("no rule")), FailureKind::NoEndpoint),
        (CallError::construction_failure("a field is missing"), Other),
    ] {
        assert_eq!(FailureKind::of_call(&error), expected, "{}", causes(&error));
    }
}

#[test]
fn causes_are_one_line_without_repetitions_and_requests() {
    let error = CallError::dispatch_failure(ConnectorError::io("tcp connect error to request `GET secret`".into()));
    assert_eq!(causes(&error), "tcp connect error");
    assert_eq!(texts(&error), ["dispatch failure", "io error", "tcp connect error"]);
    let message = "The signature does not match.\n\nThe Canonical String should have been\n'x-amz-security-token:T";
    assert_eq!(without_request(message), "The signature does not match.");
    assert_eq!(without_request("no such channel"), "no such channel");
}
