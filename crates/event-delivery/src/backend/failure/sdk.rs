//! Reads the errors of the AWS SDK.

use std::error::Error;

use audit_schema::{Verdict, of_call};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use common_aws::failure::{FailureKind, PROXY_UNREACHABLE, chain, credentials_error, without_request};

use super::{CONNECT_TIMEOUT, CONNECTION_FAILED, CREDENTIALS_NOT_FETCHED, Failure, LONGEST, TIMEOUT};

impl Failure {
    /// Returns the failure for an error of the AWS SDK. `proxy` is named in the reason if it cannot be reached.
    pub(crate) fn of<E>(error: &SdkError<E, HttpResponse>, proxy: Option<&str>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let code = error.code();
        let status = error.raw_response().map(|response| response.status().as_u16());
        let verdict = match error {
            // Missing credentials, or an endpoint that cannot be resolved: nothing was sent.
            SdkError::ConstructionFailure(_) => Verdict::Configuration,
            SdkError::DispatchFailure(failure) if failure.is_user() || needs_repair(error) => Verdict::Configuration,
            _ => match of_call(code, status) {
                Verdict::Unknown => code.map_or(Verdict::Unknown, by_kind),
                verdict => verdict,
            },
        };
        let code = code.map_or_else(|| kind(error, status), str::to_owned);
        let reason =
            error.message().map_or_else(|| why_not_answered(error, proxy), |said| without_request(said).to_owned());
        Self { verdict, code, reason: reason.chars().take(LONGEST).collect() }
    }
}

/// Returns whether the credentials, the region or the endpoint are the reason why nothing was sent.
fn needs_repair<E: ProvideErrorMetadata + Error + 'static>(error: &SdkError<E, HttpResponse>) -> bool {
    credentials_error(error).is_some()
        || matches!(FailureKind::of_call(error), FailureKind::NoRegion | FailureKind::NoEndpoint)
}

/// Returns the verdict on a code that all of AWS's services share, and `PutAuditEvents` does not list.
fn by_kind(code: &str) -> Verdict {
    match FailureKind::of_code(code) {
        Some(kind) if kind.is_transient() => Verdict::Retry,
        Some(_) => Verdict::Configuration,
        None => Verdict::Unknown,
    }
}

/// Returns a word for a failure that AWS has not named.
fn kind<E>(error: &SdkError<E, HttpResponse>, status: Option<u16>) -> String
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::TimeoutError(_) => TIMEOUT.to_owned(),
        _ if credentials_error(error).is_some() && FailureKind::of_call(error).is_transient() => {
            CREDENTIALS_NOT_FETCHED.to_owned()
        }
        SdkError::DispatchFailure(_) if FailureKind::of_call(error) == FailureKind::NoRegion => "NoRegion".to_owned(),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => CONNECT_TIMEOUT.to_owned(),
        SdkError::DispatchFailure(_) => CONNECTION_FAILED.to_owned(),
        SdkError::ConstructionFailure(_) => "NotSent".to_owned(),
        _ => status.map_or_else(|| "Unreadable".to_owned(), |status| format!("Status{status}")),
    }
}

/// Returns why no answer came. If the proxy cannot be reached, names it.
fn why_not_answered(error: &(dyn Error + 'static), proxy: Option<&str>) -> String {
    // The SDK's own text is "dispatch failure".
    let root = chain(error).last().map(ToString::to_string).unwrap_or_default();
    let is_proxy_away = chain(error).any(|cause| cause.to_string().contains(PROXY_UNREACHABLE));
    match proxy {
        Some(proxy) if is_proxy_away => format!(
            "the proxy that HTTPS_PROXY names cannot be reached ({proxy}: {root}); check HTTPS_PROXY and that the proxy runs, or \
             name AWS's host in NO_PROXY where it can be reached directly"
        ),
        _ => root,
    }
}
