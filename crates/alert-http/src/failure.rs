//! Why an alert was not accepted.

use common_retry::{MENDING, PASSING};
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use rustls::{AlertDescription, CertificateError};
use std::error::Error;
use std::fmt;
use std::io;
use std::time::Duration;

/// The longest wait that a server may ask for: a wrong header must not stop the alerts for hours.
const LONGEST_ASKED: Duration = Duration::from_secs(300);

/// Why an alert was not accepted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The server refuses the request: the URL, a header or the alert is wrong.
    Refused(StatusCode),
    /// The server's certificate is not trusted: the reason, and what to do.
    Certificate(String, &'static str),
    /// The server wants a certificate of this client, or another one: the reason.
    Identity(AlertDescription),
    /// The server asks for later tries, perhaps after a wait.
    Busy(StatusCode, Option<Duration>),
    /// The server failed.
    Server(StatusCode),
    /// No answer came.
    NoAnswer(String),
}

impl Failure {
    /// Returns the failure that an answer means. `None` if the alert was accepted.
    pub(crate) fn of_answer(status: StatusCode, headers: &HeaderMap) -> Option<Self> {
        match status.as_u16() {
            200..=299 => None,
            408 | 429 => Some(Self::Busy(status, asked(headers))),
            503 if asked(headers).is_some() => Some(Self::Busy(status, asked(headers))),
            500..=599 => Some(Self::Server(status)),
            _ => Some(Self::Refused(status)),
        }
    }

    /// Returns the failure of a request without an answer.
    pub(crate) fn of_request(error: reqwest::Error) -> Self {
        // The URL may hold a secret.
        let error = error.without_url();
        let mut cause: Option<&dyn Error> = Some(&error);
        let mut last = error.to_string();
        while let Some(one) = cause {
            match one.downcast_ref() {
                Some(rustls::Error::InvalidCertificate(wrong)) => {
                    return Self::Certificate(reason(wrong), advice(wrong));
                }
                Some(rustls::Error::AlertReceived(alert)) if is_about_identity(*alert) => {
                    return Self::Identity(*alert);
                }
                _ => {}
            }
            last = one.to_string();
            // An error of the system may wrap another one, which is not its source.
            cause = match one.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
                Some(wrapped) => Some(wrapped),
                None => one.source(),
            };
        }
        Self::NoAnswer(if error.is_timeout() { "it takes too long".to_owned() } else { last })
    }

    /// Returns whether a person must repair something.
    pub(crate) const fn needs_person(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::Certificate(..) | Self::Identity(_))
    }

    /// Returns the wait before the next try, after this many failures in a row.
    pub(crate) fn wait(&self, failures: u32) -> Duration {
        let backoff = if self.needs_person() { MENDING } else { PASSING };
        let asked = if let Self::Busy(_, asked) = self { *asked } else { None };
        // The server's wait is the minimum, so the jitter is added to it.
        asked.map_or_else(|| backoff.after(failures), |asked| asked.min(LONGEST_ASKED) + PASSING.after(1))
    }
}

/// Returns the wait that the server asks for, if it says it in seconds.
fn asked(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// Returns whether a server says with this that it does not take the client's certificate.
const fn is_about_identity(alert: AlertDescription) -> bool {
    use AlertDescription as Alert;
    matches!(
        alert,
        Alert::CertificateRequired
            | Alert::NoCertificate
            | Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::UnknownCA
            | Alert::AccessDenied
    )
}

/// The name of the error for a server that has the certificate of an authority, as `openssl req -x509` makes it. It is an
/// error of another crate, of which only this name is known.
const AUTHORITY: &str = "CaUsedAsEndEntity";

/// Returns what is wrong with a certificate, in words: many errors have only the name of their kind.
fn reason(wrong: &CertificateError) -> String {
    use CertificateError::{BadSignature, Expired, NotValidForName, NotValidYet, Other, Revoked, UnknownIssuer};
    match wrong {
        UnknownIssuer => "its authority is not known".to_owned(),
        Expired => "it has expired".to_owned(),
        NotValidYet => "it is not valid yet".to_owned(),
        NotValidForName => "it is for another host".to_owned(),
        Revoked => "it is revoked".to_owned(),
        BadSignature => "its signature is wrong".to_owned(),
        Other(_) if is_authority(wrong) => "it is the certificate of an authority, not of a server".to_owned(),
        Other(other) => other.to_string(),
        _ => wrong.to_string(),
    }
}

fn is_authority(wrong: &CertificateError) -> bool {
    matches!(wrong, CertificateError::Other(other) if format!("{other:?}").contains(AUTHORITY))
}

/// Returns what to do about a certificate that is not trusted.
fn advice(wrong: &CertificateError) -> &'static str {
    use CertificateError::{
        Expired, ExpiredContext, NotValidForName, NotValidForNameContext, NotValidYet, NotValidYetContext,
        UnknownIssuer,
    };
    match wrong {
        UnknownIssuer => "name the file of its authority's certificate",
        _ if is_authority(wrong) => {
            "give the server a certificate that is not an authority's (CA:FALSE), and trust that one or its authority's"
        }
        Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. } => {
            "replace the certificate; if it is valid, this machine's clock is wrong"
        }
        NotValidForName | NotValidForNameContext { .. } => {
            "check the host of the URL, and whether a proxy answers instead"
        }
        _ => "replace the certificate",
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(status) => {
                let advice = match status.as_u16() {
                    300..=399 => "redirections are not followed: give the URL that it leads to",
                    401 | 403 => "check the header with the token, and the password in the URL",
                    404 | 405 | 410 => "check the path of the URL",
                    413 => "let the server take larger requests",
                    _ => "check the URL, the headers, and what the server takes",
                };
                write!(f, "it answers {status}; {advice}")
            }
            Self::Certificate(wrong, advice) => write!(f, "its certificate is not trusted ({wrong}); {advice}"),
            Self::Identity(AlertDescription::CertificateRequired | AlertDescription::NoCertificate) => {
                f.write_str("it wants a certificate of this client; name its file")
            }
            Self::Identity(alert) => {
                write!(
                    f,
                    "it does not trust this client's certificate ({alert:?}); name one of an authority that it trusts"
                )
            }
            Self::Busy(status, _) | Self::Server(status) => write!(f, "it answers {status}"),
            Self::NoAnswer(reason) => write!(f, "no answer: {reason}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    #[test]
    fn answers_have_their_meaning() {
        let of = |status, after: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            headers.extend(after.map(|after| (RETRY_AFTER, HeaderValue::from_static(after))));
            Failure::of_answer(StatusCode::from_u16(status).unwrap(), &headers)
        };
        let code = |status| StatusCode::from_u16(status).unwrap();
        assert_eq!([of(200, None), of(204, None)], [None, None]);
        for status in [301, 400, 401, 404, 413, 422] {
            assert_eq!(of(status, Some("1")), Some(Failure::Refused(code(status))));
        }
        assert_eq!(of(429, Some("7")), Some(Failure::Busy(code(429), Some(Duration::from_secs(7)))));
        assert_eq!(of(408, Some("soon")), Some(Failure::Busy(code(408), None)));
        assert_eq!(of(503, Some("2")), Some(Failure::Busy(code(503), Some(Duration::from_secs(2)))));
        assert_eq!([of(500, None), of(503, None)], [500, 503].map(|status| Some(Failure::Server(code(status)))));
    }

    #[test]
    fn only_an_unknown_authority_asks_for_its_certificate() {
        let shown = |wrong: CertificateError| {
            let failure = Failure::Certificate(reason(&wrong), advice(&wrong));
            assert!(failure.needs_person());
            failure.to_string()
        };
        let clock = "; replace the certificate; if it is valid, this machine's clock is wrong";
        for (wrong, expected) in [
            (CertificateError::UnknownIssuer, "; name the file of its authority's certificate"),
            (CertificateError::Expired, clock),
            (CertificateError::NotValidYet, clock),
            (CertificateError::NotValidForName, "; check the host of the URL, and whether a proxy answers instead"),
            (CertificateError::Revoked, "; replace the certificate"),
        ] {
            let shown = shown(wrong);
            assert!(shown.starts_with("its certificate is not trusted (it") && shown.ends_with(expected), "{shown}");
        }
    }

    #[test]
    fn waits_have_bounds() {
        let second = Duration::from_secs(1);
        for failures in [1, 2, 50, u32::MAX] {
            let wait = |failure: Failure| failure.wait(failures);
            assert!(wait(Failure::NoAnswer(String::new())) <= 30 * second);
            let refused = wait(Failure::Refused(StatusCode::BAD_REQUEST));
            assert!(refused >= 2 * second && refused <= 60 * second, "{refused:?}");
            let asked = |seconds| wait(Failure::Busy(StatusCode::TOO_MANY_REQUESTS, Some(seconds * second)));
            assert!(asked(7) >= 7 * second && asked(7) <= 8 * second);
            assert!(asked(86_400) <= 301 * second);
        }
    }
}
