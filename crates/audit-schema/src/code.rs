//! What the codes of `PutAuditEvents` ask for.

/// What to do about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It may go well next time: try again with backoff.
    Retry,
    /// It will never go well as it is. An entry goes to the dead letter. A call is sent again as calls of one entry
    /// each, to find the entry that is the reason; such a call's only entry goes to the dead letter.
    Permanent,
    /// It will not go well before somebody changes a setting here or at AWS: say so, keep the events, try again now
    /// and then.
    Configuration,
}

/// The codes of entries that are listed as failed in a response of status 200 ([source], errorCode).
///
/// [source]: https://docs.aws.amazon.com/awscloudtraildata/latest/APIReference/API_ResultErrorEntry.html
const ENTRY_CODES: &[(&str, Verdict)] = &[
    ("FieldTooLong", Verdict::Permanent),
    ("FieldNotFound", Verdict::Permanent),
    ("InvalidChecksum", Verdict::Permanent),
    ("InvalidData", Verdict::Permanent),
    ("InvalidRecipient", Verdict::Permanent),
    ("InvalidEventSource", Verdict::Permanent),
    ("AccountNotSubscribed", Verdict::Permanent),
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
    ("ValidationError", Verdict::Permanent),
    ("ValidationException", Verdict::Permanent),
    ("SerializationException", Verdict::Permanent),
    // Some are of status 400, and all pass.
    ("InternalFailure", Verdict::Retry),
    ("RequestTimeout", Verdict::Retry),
    ("RequestTimeoutException", Verdict::Retry),
    ("ServiceUnavailable", Verdict::Retry),
    ("Throttling", Verdict::Retry),
    ("ThrottlingException", Verdict::Retry),
    ("TooManyRequestsException", Verdict::Retry),
];

/// What to do about an entry that a response of status 200 lists as failed.
///
/// A code that is not documented is permanent, unless it reads as if it passed: the dead letter loses nothing, while an
/// entry that is tried again for ever holds back the position of its feed.
#[must_use]
pub fn of_entry(code: &str) -> Verdict {
    if let Some(verdict) = find(ENTRY_CODES, code) {
        return verdict;
    }
    let passes = ["throttl", "internal", "unavailable", "timeout", "timedout"];
    let code = code.to_ascii_lowercase();
    if passes.iter().any(|word| code.contains(word)) { Verdict::Retry } else { Verdict::Permanent }
}

/// What to do about a call that failed: by the exception's name, else by the status. Without either, as after a timeout
/// or a broken connection, it is tried again.
///
/// An undocumented refusal (4xx) is a matter of configuration: permissions, credentials and clocks are refused so, under
/// many names.
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
        Some(400..=499) => Verdict::Configuration,
        _ => Verdict::Retry,
    }
}

/// A code may come with its namespace before a `#` and a URL behind a `:`, as in `x-amzn-errortype`; the ARN in
/// `InvalidChannelARN` is spelled in both ways, by the API and by SDKs.
fn find(table: &[(&str, Verdict)], code: &str) -> Option<Verdict> {
    let code = code.rsplit('#').next()?;
    let code = code.split(':').next()?.trim();
    table.iter().find(|(name, _)| name.eq_ignore_ascii_case(code)).map(|(_, verdict)| *verdict)
}

#[cfg(test)]
mod tests {
    use super::Verdict::{Configuration, Permanent, Retry};
    use super::*;

    #[test]
    fn codes_of_entries() {
        for (code, verdict) in [
            ("FieldTooLong", Permanent),
            ("FieldNotFound", Permanent),
            ("InvalidChecksum", Permanent),
            ("InvalidData", Permanent),
            ("InvalidRecipient", Permanent),
            ("InvalidEventSource", Permanent),
            ("AccountNotSubscribed", Permanent),
            ("Throttling", Retry),
            ("InternalFailure", Retry),
            ("ThrottlingException", Retry),
            ("ServiceUnavailable", Retry),
            ("InternalServerError", Retry),
            ("SomethingNew", Permanent),
            ("", Permanent),
        ] {
            assert_eq!(of_entry(code), verdict, "{code}");
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
            (Some("SomethingNew"), Some(400), Configuration),
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
