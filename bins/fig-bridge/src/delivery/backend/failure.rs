//! Why a call to a backend failed, or one of its entries, and what that asks for.

use std::error::Error;
use std::fmt;

use audit_schema::{Verdict, of_call};
use aws_sdk_cloudtraildata::config::http::HttpResponse;
use aws_sdk_cloudtraildata::error::{ProvideErrorMetadata, SdkError};

/// A call that failed as a whole, or an entry of a call that was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::delivery) struct Failure {
    pub(in crate::delivery) verdict: Verdict,
    /// The backend's code, or a word for what happened.
    pub(in crate::delivery) code: String,
    /// In the backend's words, or the reason beneath. It goes into letters; [`Failure::public`] says what may go to logs.
    pub(in crate::delivery) reason: String,
}

/// A failure's text is cut here: it goes to a log line and to `/readyz`.
const LONGEST: usize = 300;
/// A code is cut here: it becomes a label of a metric. AWS's longest have some 50 characters.
const LONGEST_CODE: usize = 80;

impl Failure {
    pub(in crate::delivery) fn permanent(code: &str, reason: &str) -> Self {
        Self { verdict: Verdict::Permanent, code: code.to_owned(), reason: reason.to_owned() }
    }

    /// An entry that the answer lists as failed.
    pub(in crate::delivery) fn of_entry(verdict: Verdict, code: &str, reason: &str) -> Self {
        let code = if code.trim().is_empty() { "NoCode" } else { code };
        let cut = |text: &str, most| text.chars().take(most).collect();
        Self { verdict, code: cut(code, LONGEST_CODE), reason: cut(reason, LONGEST) }
    }

    /// An entry that the answer does not name at all.
    pub(in crate::delivery) fn not_answered() -> Self {
        let reason = "the answer does not name the event".to_owned();
        Self { verdict: Verdict::Retry, code: "NotAnswered".to_owned(), reason }
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

    /// What a log line and `/readyz` may say. What a backend says of the content may quote the content, so that of
    /// refusals of the content the code has to do.
    pub(in crate::delivery) fn public(&self) -> String {
        match self.verdict {
            Verdict::Retry | Verdict::Configuration => self.to_string(),
            Verdict::Permanent | Verdict::Unknown => self.code.clone(),
        }
    }

    /// What somebody can do about it, if anything.
    pub(in crate::delivery) fn advice(&self) -> &'static str {
        match self.code.as_str() {
            "Stdout" => "make room where stdout leads to; the lines are written again, so that some may come twice",
            "AccountNotSubscribed" | "InvalidRecipient" => {
                "the account of cloudtrail_lake.channel_arn does not take these events: check the channel, its event \
                 data store and the account in the ARN"
            }
            "ChannelNotFound" => "check cloudtrail_lake.channel_arn; the channel may have been deleted",
            "ChannelInsufficientPermission" | "AccessDeniedException" => {
                "allow cloudtrail-data:PutAuditEvents on the channel, in the role's policy and the channel's"
            }
            "ChannelUnsupportedSchema" => "the channel is not one for a CrowdStrike or custom integration",
            "InvalidChannelARN" | "InvalidChannelArn" => "check cloudtrail_lake.channel_arn",
            "UnsupportedOperationException" => "CloudTrail Lake is not available in this region or to this account",
            "QueueDoesNotExist" | "AWS.SimpleQueueService.NonExistentQueue" => "check the queue's name and region",
            _ => match self.verdict {
                Verdict::Permanent => {
                    "every event is refused, so that the events are hardly the reason: check the channel or queue in the \
                     configuration, and whether something between changes the calls"
                }
                Verdict::Unknown => "the code is not documented: look for it at AWS; no event is given up",
                Verdict::Retry => "it is tried again until it works; look at the AWS Health Dashboard if it lasts",
                Verdict::Configuration => "check the AWS credentials, their permissions, the region and the clock",
            },
        }
    }
}

impl Failure {
    /// What somebody can do about it where the only event in flight is refused: nothing shows yet whether it is the event.
    pub(in crate::delivery) fn advice_for_one(&self) -> &'static str {
        match self.verdict {
            Verdict::Permanent => "check the channel or queue in the configuration meanwhile",
            _ => self.advice(),
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
    ["throttl", "toomany", "slowdown", "limitexceeded"].iter().any(|word| code.contains(word))
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
