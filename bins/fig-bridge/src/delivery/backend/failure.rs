//! Why a call to AWS failed, and what that asks for.

use std::error::Error;
use std::fmt;

use audit_schema::{Verdict, of_call};
use aws_sdk_cloudtraildata::config::http::HttpResponse;
use aws_sdk_cloudtraildata::error::{ProvideErrorMetadata, SdkError};

/// A call that failed as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::delivery) struct Failure {
    pub(in crate::delivery) verdict: Verdict,
    /// AWS's code, or a word for what happened.
    pub(in crate::delivery) code: String,
    /// In AWS's words, or the reason beneath. It has nothing of an event in it.
    pub(in crate::delivery) reason: String,
}

/// A failure's text is cut here: it goes to a log line and to `/readyz`.
const LONGEST: usize = 300;

impl Failure {
    pub(in crate::delivery) fn permanent(code: &str, reason: &str) -> Self {
        Self { verdict: Verdict::Permanent, code: code.to_owned(), reason: reason.to_owned() }
    }

    /// Reads what the SDK says.
    pub(in crate::delivery) fn of<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let code = error.code();
        let status = error.raw_response().map(|response| response.status().as_u16());
        let verdict = match error {
            // Credentials that cannot be had, an endpoint that cannot be resolved: before anything was sent.
            SdkError::ConstructionFailure(_) => Verdict::Configuration,
            SdkError::DispatchFailure(failure) if failure.is_user() || is_about_credentials(error) => {
                Verdict::Configuration
            }
            _ => of_call(code, status),
        };
        let code = code.map_or_else(|| kind(error, status), str::to_owned);
        let reason = error.message().map_or_else(|| root(error), str::to_owned);
        Self { verdict, code, reason: reason.chars().take(LONGEST).collect() }
    }

    /// What somebody can do about it, if anything.
    pub(in crate::delivery) fn advice(&self) -> &'static str {
        match self.code.as_str() {
            "ChannelNotFound" => "check cloudtrail_lake.channel_arn; the channel may have been deleted",
            "ChannelInsufficientPermission" | "AccessDeniedException" => {
                "allow cloudtrail-data:PutAuditEvents on the channel, in the role's policy and the channel's"
            }
            "ChannelUnsupportedSchema" => "the channel is not one for a CrowdStrike or custom integration",
            "InvalidChannelARN" | "InvalidChannelArn" => "check cloudtrail_lake.channel_arn",
            "UnsupportedOperationException" => "CloudTrail Lake is not available in this region or to this account",
            "QueueDoesNotExist" | "AWS.SimpleQueueService.NonExistentQueue" => "check the queue's name and region",
            _ => "check the AWS credentials, their permissions, the region and the clock",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.reason)
    }
}

impl Error for Failure {}

/// Whether a code, of a call or of an entry, says that it is too much.
pub(in crate::delivery) fn is_throttle(code: &str) -> bool {
    let code = code.to_ascii_lowercase();
    ["throttl", "toomanyrequests", "slowdown"].iter().any(|word| code.contains(word))
}

/// A word for a failure that AWS has not named.
fn kind<E>(error: &SdkError<E, HttpResponse>, status: Option<u16>) -> String {
    match error {
        SdkError::TimeoutError(_) => "Timeout".to_owned(),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => "ConnectTimeout".to_owned(),
        SdkError::DispatchFailure(_) => "ConnectionFailed".to_owned(),
        SdkError::ConstructionFailure(_) => "NotSent".to_owned(),
        _ => status.map_or_else(|| "Unreadable".to_owned(), |status| format!("Status{status}")),
    }
}

/// The SDK says so only in words.
fn is_about_credentials(error: &dyn Error) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.to_string().to_ascii_lowercase().contains("credential") {
            return true;
        }
        next = error.source();
    }
    false
}

/// The reason beneath all reasons: the SDK's own say "dispatch failure".
fn root(error: &dyn Error) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}
