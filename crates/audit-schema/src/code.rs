//! What the codes of `PutAuditEvents` ask for.

/// What to do about a failure.
///
/// A verdict says what a code means by itself. A refusal that hits every event alike is a matter of configuration
/// whatever its code says; only the caller sees whether other events are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It may go well next time: try again with backoff.
    Retry,
    /// What the event says is refused. Where other events are accepted at the same time, it belongs in the dead letter.
    /// A call is sent again in halves, to find the event that is the reason.
    Permanent,
    /// It will not go well before somebody changes a setting here or at AWS: say so, keep the events, try again now
    /// and then.
    Configuration,
    /// The code is not documented. Try again with backoff before giving the event up, and never give up all of them.
    Unknown,
}

/// The codes of entries that are listed as failed in a response of status 200 ([source], errorCode).
///
/// [source]: https://docs.aws.amazon.com/awscloudtraildata/latest/APIReference/API_ResultErrorEntry.html
const ENTRY_CODES: &[(&str, Verdict)] = &[
    ("FieldTooLong", Verdict::Permanent),
    ("FieldNotFound", Verdict::Permanent),
    ("InvalidChecksum", Verdict::Permanent),
    ("InvalidData", Verdict::Permanent),
    ("InvalidEventSource", Verdict::Permanent),
    // The recipient and its subscription are those of the channel's account, which is the same for every event.
    ("InvalidRecipient", Verdict::Configuration),
    ("AccountNotSubscribed", Verdict::Configuration),
    ("Throttling", Verdict::Retry),
    ("InternalFailure", Verdict::Retry),
];

/// The exceptions of the [operation], and the [common errors] that do not follow from the status.
///
/// [operation]: https://docs.aws.amazon.com/awscloudtraildata/latest/APIReference/API_PutAuditEvents.html
/// [common errors]: https://docs.aws.amazon.com/awscloudtraildata/latest/APIReference/CommonErrors.html
const CALL_CODES: &[(&str, Verdict)] = &[
    ("ChannelInsufficientPermission", Verdict::Configuration),
    ("ChannelNotFound", Verdict::Configuration),
    ("ChannelUnsupportedSchema", Verdict::Configuration),
    // A Batch never has an id twice; calls of one entry each do not, either.
    ("DuplicatedAuditEventId", Verdict::Permanent),
    ("InvalidChannelARN", Verdict::Configuration),
    ("UnsupportedOperationException", Verdict::Configuration),
    // What the call holds is refused, as by a limit that is counted otherwise than here.
    ("ValidationException", Verdict::Permanent),
    ("SerializationException", Verdict::Permanent),
    // Some are of status 400, and all pass.
    ("InternalFailure", Verdict::Retry),
    ("RequestTimeout", Verdict::Retry),
    ("ServiceUnavailable", Verdict::Retry),
    ("Throttling", Verdict::Retry),
    ("TooManyRequestsException", Verdict::Retry),
];

/// Words of codes that are not documented. They are looked for in this order, in the code's letters and digits.
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

/// What to do about an entry that a response of status 200 lists as failed.
///
/// Codes count whatever their case and with or without `Exception`, `Error` or `Fault` at their end. A code that is not
/// documented counts by the words in it, and is [unknown](Verdict::Unknown) where they say nothing.
#[must_use]
pub fn of_entry(code: &str) -> Verdict {
    find(ENTRY_CODES, code).or_else(|| by_words(code)).unwrap_or(Verdict::Unknown)
}

/// What to do about a call that failed: by the exception's name, else by the status. Without either, as after a timeout
/// or a broken connection, it is tried again.
///
/// Names count as those of [entries](of_entry) do. A refusal (4xx) under a name that says nothing is
/// [unknown](Verdict::Unknown): it may be about what the call holds, or about permissions, credentials and clocks. Without
/// a name, 401, 403 and 404 come from a proxy or a wrong endpoint, which is a matter of configuration.
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

/// The letters and digits of a code, in lower case.
///
/// A code may come with its namespace before a `#` and a URL behind a `:`, as in `x-amzn-errortype`. Services and SDKs
/// differ in case (`InvalidChannelARN`), in dots and hyphens, and in `Exception` or `Error` at the end.
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
            // Case and endings do not count.
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
