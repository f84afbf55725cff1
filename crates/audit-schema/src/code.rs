//! The error codes of `PutAuditEvents`, and what to do about each.

/// What to do about a failure.
///
/// A verdict depends only on the code. If every event is refused, the configuration is wrong, whatever the code. Only
/// the caller sees whether other events are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Retry with backoff: the next try may succeed.
    Retry,
    /// The content of the event is refused. If other events are accepted at the same time, it belongs in the dead
    /// letter. Send a call again in halves, to find the event.
    Permanent,
    /// A setting here or at AWS must change first. Report that, keep the events, and retry from time to time.
    Configuration,
    /// The code is not documented. Retry with backoff before you give the event up, and never give up all events.
    Unknown,
}

/// The codes of failed entries in a response of status 200 ([source], errorCode).
///
/// [source]: https://docs.aws.amazon.com/awscloudtraildata/latest/APIReference/API_ResultErrorEntry.html
const ENTRY_CODES: &[(&str, Verdict)] = &[
    ("FieldTooLong", Verdict::Permanent),
    ("FieldNotFound", Verdict::Permanent),
    ("InvalidChecksum", Verdict::Permanent),
    ("InvalidData", Verdict::Permanent),
    ("InvalidEventSource", Verdict::Permanent),
    // The recipient is the account of the channel, which is the same for every event.
    ("InvalidRecipient", Verdict::Configuration),
    ("AccountNotSubscribed", Verdict::Configuration),
    ("Throttling", Verdict::Retry),
    ("InternalFailure", Verdict::Retry),
];

/// The exceptions of the [operation], and the [common errors] that the status does not show.
///
/// [operation]: https://docs.aws.amazon.com/awscloudtraildata/latest/APIReference/API_PutAuditEvents.html
/// [common errors]: https://docs.aws.amazon.com/awscloudtraildata/latest/APIReference/CommonErrors.html
const CALL_CODES: &[(&str, Verdict)] = &[
    ("ChannelInsufficientPermission", Verdict::Configuration),
    ("ChannelNotFound", Verdict::Configuration),
    ("ChannelUnsupportedSchema", Verdict::Configuration),
    // A Batch never has duplicate ids, and neither do calls with one entry each.
    ("DuplicatedAuditEventId", Verdict::Permanent),
    ("InvalidChannelARN", Verdict::Configuration),
    ("UnsupportedOperationException", Verdict::Configuration),
    // The content of the call is refused, for example by a limit that AWS counts in another way.
    ("ValidationException", Verdict::Permanent),
    ("SerializationException", Verdict::Permanent),
    // Some have the status 400, but all of them pass.
    ("InternalFailure", Verdict::Retry),
    ("RequestTimeout", Verdict::Retry),
    ("ServiceUnavailable", Verdict::Retry),
    ("Throttling", Verdict::Retry),
    ("TooManyRequestsException", Verdict::Retry),
];

/// Words in codes that are not documented. They are searched in this order, in the letters and digits of the code.
const WORDS: &[(&str, Verdict)] = &[
    ("throttl", Verdict::Retry),
    ("toomany", Verdict::Retry),
    ("slowdown", Verdict::Retry),
    ("limitexceeded", Verdict::Retry),
    ("internal", Verdict::Retry),
    ("unavailable", Verdict::Retry),
    ("timeout", Verdict::Retry),
    ("timedout", Verdict::Retry),
    ("accessdenied", Verdict::Configuration),
    ("notauthorized", Verdict::Configuration),
    ("unauthorized", Verdict::Configuration),
    ("forbidden", Verdict::Configuration),
    ("permission", Verdict::Configuration),
    ("notsubscribed", Verdict::Configuration),
    ("channel", Verdict::Configuration),
    ("recipient", Verdict::Configuration),
    ("token", Verdict::Configuration),
    ("signature", Verdict::Configuration),
    ("credential", Verdict::Configuration),
    ("optin", Verdict::Configuration),
    ("notfound", Verdict::Configuration),
    ("nonexistent", Verdict::Configuration),
    ("doesnotexist", Verdict::Configuration),
    ("disabled", Verdict::Configuration),
    ("kms", Verdict::Configuration),
];

/// Returns what to do about a failed entry in a response of status 200.
///
/// The case of a code does not matter, nor does a suffix `Exception`, `Error` or `Fault`. For a code that is not
/// documented the words in it decide. Without a known word it is [unknown](Verdict::Unknown).
#[must_use]
pub fn of_entry(code: &str) -> Verdict {
    find(ENTRY_CODES, code).or_else(|| by_words(code)).unwrap_or(Verdict::Unknown)
}

/// Returns what to do about a failed call: by the name of the exception, else by the status. Without both, as after a
/// timeout or a broken connection, retry.
///
/// Names are compared as for [entries](of_entry). A refusal (4xx) with an unknown name is [unknown](Verdict::Unknown):
/// the reason may be the content of the call, or permissions, credentials and clocks. Without a name, 401, 403, 404 and
/// 407 come from a proxy or a wrong endpoint, which is a matter of configuration.
#[must_use]
pub fn of_call(code: Option<&str>, status: Option<u16>) -> Verdict {
    /// The body is too large.
    const CONTENT_TOO_LARGE: u16 = 413;
    if let Some(verdict) = code.and_then(|code| find(CALL_CODES, code)) {
        return verdict;
    }
    match status {
        // Request timeout, too early, too many requests.
        Some(408 | 425 | 429) => Verdict::Retry,
        Some(CONTENT_TOO_LARGE) => Verdict::Permanent,
        Some(401 | 403 | 404 | 407) => Verdict::Configuration,
        Some(400..=499) => code.and_then(by_words).unwrap_or(Verdict::Unknown),
        _ => Verdict::Retry,
    }
}

fn find(table: &[(&str, Verdict)], code: &str) -> Option<Verdict> {
    let code = plain(code);
    table.iter().find(|(name, _)| plain(name) == code).map(|(_, verdict)| *verdict)
}

fn by_words(code: &str) -> Option<Verdict> {
    let code = plain(code);
    WORDS.iter().find(|(word, _)| code.contains(word)).map(|(_, verdict)| *verdict)
}

/// Returns the letters and digits of a code, in lower case.
///
/// A code can have a namespace before a `#` and a URL after a `:`, as in `x-amzn-errortype`. Services and SDKs differ
/// in case (`InvalidChannelARN`), in dots and hyphens, and in the suffix `Exception` or `Error`.
fn plain(code: &str) -> String {
    let code = code.rsplit('#').next().unwrap_or_default();
    let code = code.split(':').next().unwrap_or_default();
    let code: String = code.chars().filter(char::is_ascii_alphanumeric).map(|char| char.to_ascii_lowercase()).collect();
    let ends = ["exception", "error", "fault"];
    let stem = ends.iter().find_map(|end| code.strip_suffix(end)).filter(|stem| !stem.is_empty());
    stem.map(str::to_owned).unwrap_or(code)
}

#[cfg(test)]
mod tests {
    use super::Verdict::{Configuration, Permanent, Retry, Unknown};
    use super::*;

    #[test]
    fn codes_of_entries() {
        for (code, verdict) in [
            ("FieldTooLong", Permanent),
            ("FieldNotFound", Permanent),
            ("InvalidChecksum", Permanent),
            ("InvalidData", Permanent),
            ("InvalidEventSource", Permanent),
            ("InvalidRecipient", Configuration),
            ("AccountNotSubscribed", Configuration),
            ("Throttling", Retry),
            ("InternalFailure", Retry),
            ("ThrottlingException", Retry),
            ("ServiceUnavailable", Retry),
            ("InternalServerError", Retry),
            ("SomethingNew", Unknown),
            ("", Unknown),
            ("Error", Unknown),
            ("ü", Unknown),
            // Case and suffixes do not matter.
            ("INVALIDDATA", Permanent),
            ("invalid_data", Permanent),
            ("InvalidDataException", Permanent),
            ("InvalidData:http://a/", Permanent),
            ("aws.x#FieldTooLongError", Permanent),
            ("throttling", Retry),
            ("ThrottlingError", Retry),
            ("INTERNALFAILURE", Retry),
            ("InternalFailureException", Retry),
            ("InternalServerException", Retry),
            ("RequestLimitExceeded", Retry),
            ("accountnotsubscribed", Configuration),
            ("AccountNotSubscribedException", Configuration),
            ("InvalidRecipientException", Configuration),
            ("ChannelNotFound", Configuration),
            ("AccessDenied", Configuration),
        ] {
            assert_eq!(of_entry(code), verdict, "{code:?}");
        }
    }

    #[test]
    fn failures_of_calls() {
        for (code, status, verdict) in [
            (Some("ChannelInsufficientPermission"), Some(403), Configuration),
            (Some("ChannelNotFound"), Some(404), Configuration),
            (Some("ChannelUnsupportedSchema"), Some(400), Configuration),
            (Some("DuplicatedAuditEventId"), Some(400), Permanent),
            (Some("InvalidChannelARN"), Some(400), Configuration),
            (Some("InvalidChannelArn"), Some(400), Configuration),
            (Some("UnsupportedOperationException"), Some(400), Configuration),
            (Some("AccessDeniedException"), Some(403), Configuration),
            (Some("ExpiredTokenException"), Some(403), Configuration),
            (Some("ValidationException"), Some(400), Permanent),
            (Some("com.amazonaws.x#ValidationException:http://a/"), Some(400), Permanent),
            (None, Some(413), Permanent),
            (Some("ThrottlingException"), Some(400), Retry),
            (Some("Throttling"), Some(400), Retry),
            (Some("SomethingNew"), Some(500), Retry),
            (Some("SomethingNew"), Some(400), Unknown),
            (Some("validationexception"), Some(400), Permanent),
            (Some("ValidationError"), Some(400), Permanent),
            (Some("CHANNELNOTFOUND"), Some(404), Configuration),
            (Some("ChannelNotFoundException"), Some(404), Configuration),
            (Some("UnsupportedOperation"), Some(400), Configuration),
            (Some("AccessDenied"), Some(400), Configuration),
            (Some("UnrecognizedClientException"), Some(403), Configuration),
            (Some("InvalidSignatureException"), Some(400), Configuration),
            (Some("ExpiredToken"), Some(400), Configuration),
            (Some("RequestLimitExceeded"), Some(400), Retry),
            (Some("AWS.SimpleQueueService.NonExistentQueue"), Some(400), Configuration),
            (Some("com.amazonaws.sqs#QueueDoesNotExist"), Some(400), Configuration),
            (Some("KmsThrottled"), Some(400), Retry),
            (Some("KmsAccessDenied"), Some(400), Configuration),
            (Some("InternalError"), Some(400), Retry),
            (None, Some(400), Unknown),
            (None, Some(403), Configuration),
            (Some("SomethingNew"), None, Retry),
            (None, Some(429), Retry),
            (None, Some(408), Retry),
            (None, Some(503), Retry),
            (None, None, Retry),
        ] {
            assert_eq!(of_call(code, status), verdict, "{code:?} {status:?}");
        }
    }
}
