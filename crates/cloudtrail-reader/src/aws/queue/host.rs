//! The region and the host in a queue's URL.

use common_aws::names::is_region;
use url::{Host, Url};

/// The first labels of SQS's hosts (AWS General Reference, "Amazon SQS endpoints and quotas").
const SERVICES: [&str; 2] = ["sqs", "sqs-fips"];
/// The label of older hosts.
const LEGACY: &str = "queue";
/// Hosts without a region. They belong to the first region.
const WITHOUT_REGION: [&str; 2] = ["queue.amazonaws.com", "sqs.amazonaws.com"];
/// See [`WITHOUT_REGION`].
const FIRST_REGION: &str = "us-east-1";
/// The ends of regional hosts in the two largest partitions.
const SUFFIXES: [&str; 2] = ["amazonaws.com", "amazonaws.com.cn"];

/// Returns the region that the URL names. `None` for an emulator, or a host without a region in its name.
pub(super) fn region(url: &Url) -> Option<&str> {
    let host = url.host_str()?.trim_end_matches('.');
    if WITHOUT_REGION.contains(&host) {
        return Some(FIRST_REGION);
    }
    let labels: Vec<&str> = host.split('.').collect();
    let named = labels.windows(2).find_map(|pair| match pair {
        [service, region] if SERVICES.contains(service) && is_region(region) => Some(*region),
        [region, name] if *name == LEGACY && is_region(region) => Some(*region),
        _ => None,
    });
    named.or_else(|| of_path(url))
}

/// Returns the region from the path, as some emulators write it: `http://localhost:4566/queue/REGION/ACCOUNT/NAME`.
fn of_path(url: &Url) -> Option<&str> {
    let mut parts = url.path().trim_matches('/').split('/');
    let region = parts.next().filter(|part| *part == LEGACY).and_then(|_| parts.next())?;
    (parts.count() == 2 && is_region(region)).then_some(region)
}

/// Returns whether the SDK would choose this host by itself for the region. SQS answers with such URLs; they do not ask
/// for a special host.
pub(super) fn is_standard(url: &Url) -> bool {
    let rest = url.host_str().and_then(|host| host.strip_prefix("sqs."));
    let region_and_suffix = rest.and_then(|rest| rest.split_once('.'));
    url.scheme() == "https"
        && url.port().is_none()
        && region_and_suffix.is_some_and(|(region, suffix)| is_region(region) && SUFFIXES.contains(&suffix))
}

/// Returns whether this is a host of SQS. A URL with such a host names a queue, even without `sqs://` before it.
pub(in super::super) fn is_host_of_sqs(host: &str) -> bool {
    let url = Url::parse(&format!("https://{host}/"));
    url.is_ok_and(|url| matches!(url.host(), Some(Host::Domain(_))) && region(&url).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_of_hosts() {
        for (host, expected) in [
            ("sqs.us-west-2.amazonaws.com", Some("us-west-2")),
            ("SQS.us-west-2.amazonaws.com", Some("us-west-2")),
            ("sqs-fips.us-west-2.amazonaws.com", Some("us-west-2")),
            ("sqs.us-west-2.api.aws", Some("us-west-2")),
            ("sqs-fips.us-gov-east-1.api.aws", Some("us-gov-east-1")),
            ("us-west-2.queue.amazonaws.com", Some("us-west-2")),
            ("queue.amazonaws.com", Some("us-east-1")),
            ("vpce-0a1b.sqs.us-west-2.vpce.amazonaws.com", Some("us-west-2")),
            ("vpce-0a1b-us-west-2a.sqs.us-west-2.vpce.amazonaws.com", Some("us-west-2")),
            ("vpce-0a1b.sqs-fips.us-west-2.vpce.amazonaws.com", Some("us-west-2")),
            ("sqs.cn-north-1.amazonaws.com.cn", Some("cn-north-1")),
            ("cn-north-1.queue.amazonaws.com.cn", Some("cn-north-1")),
            ("sqs.us-gov-west-1.amazonaws.com", Some("us-gov-west-1")),
            ("sqs.us-iso-east-1.c2s.ic.gov", Some("us-iso-east-1")),
            ("sqs.us-isob-east-1.sc2s.sgov.gov", Some("us-isob-east-1")),
            ("sqs.eusc-de-east-1.amazonaws.eu", Some("eusc-de-east-1")),
            ("sqs.eu-west-1.localhost.localstack.cloud:4566", Some("eu-west-1")),
            ("eu-west-1.queue.localhost.localstack.cloud:4566", Some("eu-west-1")),
            ("localhost:4566", None),
            ("127.0.0.1:5000", None),
            ("[::1]:5000", None),
            ("sqs.example.com", None),
            ("queue.example.com", None),
        ] {
            let url = Url::parse(&format!("https://{host}/123456789012/q")).unwrap();
            assert_eq!(region(&url), expected, "{host}");
        }
        let path = Url::parse("http://localhost:4566/queue/eu-west-1/000000000000/q").unwrap();
        assert_eq!(region(&path), Some("eu-west-1"));
    }
}
