//! Decides which hosts may receive a token.

use url::{Host, Url};

/// `CrowdStrike`'s own domains: the feeds of `api.us-2.crowdstrike.com` are at `firehose.us-2.crowdstrike.com`.
const OWN_DOMAINS: [&str; 2] = ["crowdstrike.com", "crowdstrike.mil"];

/// Returns whether a token that `base` has granted may be sent to `url`, which a list or a header has named.
///
/// It may go over https to the same registered domain if that is `CrowdStrike`'s, and for any other base to that host
/// and its subdomains. A loopback base, which is for tests, trusts loopback.
pub(crate) fn may_have_token(base: &Url, url: &Url) -> bool {
    if !url.username().is_empty() || url.password().is_some() {
        return false;
    }
    if is_loopback(base) {
        return is_loopback(url) && matches!(url.scheme(), "http" | "https");
    }
    let (Some(Host::Domain(base)), Some(Host::Domain(host))) = (base.host(), url.host()) else {
        return url.scheme() == "https" && base.host().is_some() && base.host() == url.host();
    };
    let domain = OWN_DOMAINS.into_iter().find(|domain| is_within(base, domain)).unwrap_or(base);
    url.scheme() == "https" && is_within(host, domain)
}

/// Returns whether the host is this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn is_within(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_stay_in_the_family() {
        let cases = [
            ("https://api.crowdstrike.com", "https://firehose.crowdstrike.com/x", true),
            ("https://api.us-2.crowdstrike.com", "https://firehose.us-2.crowdstrike.com/x", true),
            ("https://api.laggar.gcw.crowdstrike.com", "https://firehose.laggar.gcw.crowdstrike.com/x", true),
            ("https://api.us-gov-2.crowdstrike.mil", "https://firehose.us-gov-2.crowdstrike.mil/x", true),
            ("https://api.crowdstrike.com", "http://firehose.crowdstrike.com/x", false),
            ("https://api.crowdstrike.com", "https://firehose.crowdstrike.mil/x", false),
            ("https://api.crowdstrike.com", "https://crowdstrike.com.example.com/x", false),
            ("https://api.crowdstrike.com", "https://notcrowdstrike.com/x", false),
            ("https://api.crowdstrike.com", "https://firehose.crowdstrike.com@example.com/x", false),
            ("https://api.crowdstrike.com", "https://user:pw@firehose.crowdstrike.com/x", false),
            ("https://api.crowdstrike.com", "https://127.0.0.1/x", false),
            ("https://api.crowdstrike.com", "wss://firehose.crowdstrike.com/x", false),
            ("https://falcon.example.com", "https://falcon.example.com/x", true),
            ("https://falcon.example.com", "https://feed.falcon.example.com/x", true),
            ("https://falcon.example.com", "https://example.com/x", false),
            ("https://192.0.2.1", "https://192.0.2.1/x", true),
            ("https://192.0.2.1", "https://192.0.2.2/x", false),
            ("http://127.0.0.1:1", "http://127.0.0.1:2/x", true),
            ("http://127.0.0.1:1", "http://[::1]:2/x", true),
            ("http://127.0.0.1:1", "http://192.0.2.1:1/x", false),
            ("http://127.0.0.1:1", "https://firehose.crowdstrike.com/x", false),
        ];
        for (base, url, expected) in cases {
            let (from, to) = (Url::parse(base).unwrap(), Url::parse(url).unwrap());
            assert_eq!(may_have_token(&from, &to), expected, "{base} {url}");
        }
    }
}
