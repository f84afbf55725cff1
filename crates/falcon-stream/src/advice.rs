//! What to do about a failure, by what was asked and what came.

use crate::error::{Call, ErrorKind};

/// What somebody can do about it; none where it passes by itself or the failure's own text says it.
pub(crate) fn advice(call: Call, kind: &ErrorKind) -> Option<&'static str> {
    match (kind, call) {
        (ErrorKind::Refused(400), Call::Token) => Some(
            "id or secret are malformed: look for quotes, blanks or missing characters, and whether the two are swapped \
             (an id has 32 characters, a secret 40)",
        ),
        (ErrorKind::Unauthorized, Call::Token) => {
            Some("look at id and secret, and whether the API client still exists in the Falcon console of this cloud")
        }
        (ErrorKind::Forbidden, Call::Token) => Some(
            "one of three: the id or secret is wrong; this machine's public address is not on the tenant's API IP \
             allowlist; the API client belongs to another Falcon cloud",
        ),
        (ErrorKind::Unauthorized, Call::List | Call::Refresh(_)) => Some(
            "a token was granted and is not accepted here: the tenant is in another Falcon cloud, or the API client was \
             deleted or its secret reset",
        ),
        (ErrorKind::Forbidden, Call::List | Call::Refresh(_)) => Some(
            "give the API client the scope Event streams: READ; where it has that, Event Streams may not be enabled for \
             this tenant, which CrowdStrike's support can do",
        ),
        (ErrorKind::Unauthorized, Call::Feed(_)) => Some("the session has ended; the feeds are listed again"),
        (ErrorKind::Forbidden, Call::Feed(_)) => {
            Some("another program may be connected with the same application id; the feeds are listed again")
        }
        (ErrorKind::NotFound, Call::Feed(_) | Call::Refresh(_)) => {
            Some("the session has ended; the feeds are listed again")
        }
        (ErrorKind::NotFound, _) => Some("the address is not that of a Falcon API: look at the region or base URL"),
        (ErrorKind::Refused(400), Call::List) => Some("the service does not take the application id"),
        (ErrorKind::RateLimited { .. }, _) => Some(
            "the limit is for all API clients of the tenant together; with 15 unauthorised requests a minute an address \
             is refused, too",
        ),
        (ErrorKind::Server(_), Call::List) => Some(
            "where it stays so, Event Streams may not be enabled for this tenant, which CrowdStrike's support can do",
        ),
        (ErrorKind::Redirected { .. }, _) => {
            Some("a proxy or captive portal may want a login first; otherwise look at the region or base URL")
        }
        (ErrorKind::Page { .. }, _) => Some(
            "a captive portal, proxy or firewall answers in the service's place: let this machine reach the Falcon API, \
             or name the right proxy in HTTPS_PROXY",
        ),
        (ErrorKind::Compressed(_), _) => {
            Some("a proxy in between may compress: switch that off for the hosts of the Falcon API")
        }
        (ErrorKind::Dns(_), _) => Some(
            "look at the spelling and at this machine's DNS; where the internet is reached over a proxy, name it in \
             HTTPS_PROXY",
        ),
        (ErrorKind::Tls(_), _) => {
            Some("the port is one for plain HTTP, or a proxy is in between: look at the base URL and HTTPS_PROXY")
        }
        (ErrorKind::Network(_) | ErrorKind::TimedOut, Call::Token | Call::List) => {
            Some("look at the network and firewall; where the internet is reached over a proxy, name it in HTTPS_PROXY")
        }
        _ => None,
    }
}
