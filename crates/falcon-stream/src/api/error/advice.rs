//! Advice on a failure: what a person can do, by the call and the kind of error.

use super::kind::{Call, ErrorKind};

/// Returns what a person can do about a failure, or `None` if it passes by itself or its own text says what to do.
pub(crate) fn advice(call: Call, kind: &ErrorKind) -> Option<&'static str> {
    match (kind, call) {
        (ErrorKind::Refused(400), Call::Token) => Some(
            "the id or secret is malformed: check for quotes, blanks and missing characters, and whether the two are \
             swapped \
             (an id has 32 characters, a secret 40)",
        ),
        (ErrorKind::Unauthorized, Call::Token) => {
            Some("check the id and secret, and whether the API client still exists in the Falcon console of this cloud")
        }
        (ErrorKind::Forbidden, Call::Token) => Some(
            "there are three possible causes: the id or secret is wrong; this machine's public address is not on the \
             tenant's API IP allowlist; the API client belongs to another Falcon cloud",
        ),
        (ErrorKind::Unauthorized, Call::List | Call::Refresh(_)) => Some(
            "the service granted a token but does not accept it here: the tenant is in another Falcon cloud, or the \
             API client was deleted or its secret reset",
        ),
        (ErrorKind::Forbidden, Call::List | Call::Refresh(_)) => Some(
            "give the API client the scope Event streams: READ; if it has the scope, Event Streams may not be enabled \
             for this tenant, which CrowdStrike's support can do",
        ),
        (ErrorKind::Unauthorized, Call::Feed(_)) => Some("the session has ended; the feeds are listed again"),
        (ErrorKind::Forbidden, Call::Feed(_)) => {
            Some("another program may be connected with the same application id; the feeds are listed again")
        }
        (ErrorKind::NotFound, Call::Feed(_) | Call::Refresh(_)) => {
            Some("the session has ended; the feeds are listed again")
        }
        (ErrorKind::NotFound, _) => Some("the address is not that of a Falcon API: check the region or base URL"),
        (ErrorKind::Refused(400), Call::List) => Some("the service does not accept the application id"),
        (ErrorKind::RateLimited { .. }, _) => Some(
            "the limit applies to all API clients of the tenant together; 15 unauthorised requests a minute also \
             block an address",
        ),
        (ErrorKind::Server(_), Call::List) => Some(
            "if this persists, Event Streams may not be enabled for this tenant, which CrowdStrike's support can do",
        ),
        (ErrorKind::Redirected { .. }, _) => {
            Some("a proxy or captive portal may require a login first; otherwise check the region or base URL")
        }
        (ErrorKind::Page { .. }, _) => Some(
            "a captive portal, proxy or firewall answers instead of the service: let this machine reach the Falcon \
             API, or set the right proxy in HTTPS_PROXY",
        ),
        (ErrorKind::Compressed(_), _) => {
            Some("a proxy in between may compress answers: turn that off for the hosts of the Falcon API")
        }
        (ErrorKind::Answer(_), Call::Feed(_)) => Some("the feeds are listed again"),
        (ErrorKind::Answer(_), _) => Some(
            "something else than the Falcon API may answer: check the base URL, the region and any proxies; if they \
             are right, ask CrowdStrike's support",
        ),
        (ErrorKind::Dns(_), _) => Some(
            "check the spelling and this machine's DNS; if the internet is reached over a proxy, set it in HTTPS_PROXY",
        ),
        (ErrorKind::Tls(_), _) => {
            Some("the port may serve plain HTTP, or a proxy may be in between: check the base URL and HTTPS_PROXY")
        }
        (ErrorKind::Network(_) | ErrorKind::TimedOut, Call::Token | Call::List) => {
            Some("check the network and firewall; if the internet is reached over a proxy, set it in HTTPS_PROXY")
        }
        _ => None,
    }
}
