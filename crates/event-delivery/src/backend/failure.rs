//! Why a call to a backend, or one of its entries, failed, and what to do.

#[cfg(feature = "aws")]
mod sdk;

use std::error::Error;
use std::fmt;

use audit_schema::Verdict;
use common_aws::names::coded;

/// A failed call, or a failed entry of an answered call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The class, which says what to do.
    pub verdict: Verdict,
    /// The backend's code, or a word of ours.
    pub code: String,
    /// The backend's message, or the root cause. It goes into letters; [`Failure::public`] returns the text for logs.
    pub reason: String,
}

/// The code of a call that was not answered in time.
pub(crate) const TIMEOUT: &str = "Timeout";
/// The code of a call that is not answered yet, and goes on.
pub(crate) const UNANSWERED: &str = "Unanswered";
/// The code of a connection that was not made in time.
pub(crate) const CONNECT_TIMEOUT: &str = "ConnectTimeout";
/// The code of a call for which no credentials could be fetched, though a provider is configured.
pub(crate) const CREDENTIALS_NOT_FETCHED: &str = "CredentialsNotFetched";
/// The code of a connection that failed or broke.
pub(crate) const CONNECTION_FAILED: &str = "ConnectionFailed";
/// The most characters of a failure's text. It goes into a log line and `/readyz`.
const LONGEST: usize = 300;
/// The most characters of a code. It becomes a metric label. AWS's longest have about 50.
const LONGEST_CODE: usize = 80;

impl Failure {
    /// Returns a failure that the content causes.
    #[must_use]
    pub fn permanent(code: &str, reason: &str) -> Self {
        Self { verdict: Verdict::Permanent, code: code.to_owned(), reason: reason.to_owned() }
    }

    /// Returns the failure of an entry that the answer lists as failed.
    #[must_use]
    pub fn of_entry(verdict: Verdict, code: &str, reason: &str) -> Self {
        let code = if code.trim().is_empty() { "NoCode" } else { code };
        let cut = |text: &str, most| text.chars().take(most).collect();
        Self { verdict, code: cut(code, LONGEST_CODE), reason: cut(reason, LONGEST) }
    }

    /// Returns the failure of an entry that the answer does not name.
    #[must_use]
    pub fn not_answered() -> Self {
        let reason = "the answer does not name the event".to_owned();
        Self { verdict: Verdict::Retry, code: "NotAnswered".to_owned(), reason }
    }

    /// Returns the text for a log line and `/readyz`. A backend may quote the content when it refuses it, so the text
    /// of such a refusal is its code alone.
    #[must_use]
    pub fn public(&self) -> String {
        match self.verdict {
            Verdict::Retry | Verdict::Configuration => self.to_string(),
            Verdict::Permanent | Verdict::Unknown => self.code.clone(),
        }
    }

    /// Returns whether another call may succeed without any change: also if the provider of credentials fails, which a
    /// person may have to repair.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        self.verdict == Verdict::Retry || self.code == CREDENTIALS_NOT_FETCHED
    }

    /// Returns whether nothing came back for so long that the call was given up.
    pub(crate) fn is_timeout(&self) -> bool {
        [TIMEOUT, CONNECT_TIMEOUT].contains(&self.code.as_str())
    }

    /// Returns what a person can do about it.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self.verdict {
            Verdict::Retry if self.is_timeout() || self.code == CONNECTION_FAILED => {
                "it is tried again until it works; if it lasts, check the network, the firewall, the VPC endpoint with its \
                 security group, and the proxy (HTTPS_PROXY, NO_PROXY), then the AWS Health Dashboard"
            }
            Verdict::Permanent => {
                "every event is refused, so the events are probably not the reason: check the backend's \
                 settings, and whether a proxy changes the calls"
            }
            Verdict::Unknown => "the code is not documented: look for it at AWS; no event is given up",
            Verdict::Retry => "it is tried again until it works; look at the AWS Health Dashboard if it lasts",
            Verdict::Configuration => "check the AWS credentials, their permissions, the region and the clock",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&coded(&self.code, &self.reason))
    }
}

impl Error for Failure {}

/// Returns whether the code, of a call or an entry, is a throttle. Codes with the word `throttl` are.
pub(crate) fn is_throttle(code: &str) -> bool {
    #[cfg(feature = "aws")]
    if common_aws::failure::FailureKind::of_code(code) == Some(common_aws::failure::FailureKind::Throttled) {
        return true;
    }
    code.to_ascii_lowercase().contains("throttl")
}
