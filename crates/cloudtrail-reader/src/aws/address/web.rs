//! `https://` addresses of buckets, which the console and many tools show, and of queues.

use super::super::queue::is_host_of_sqs;
use super::meaning::{Address, AddressError};
use crate::bucket::BucketUri;
use crate::notification::url_decoded;
use common_aws::names::{is_account_id, is_region};
use url::{Url, form_urlencoded};

/// The ends of S3's usual hosts.
const SUFFIXES: [&str; 2] = [".amazonaws.com", ".amazonaws.com.cn"];
/// The end of the hosts of AWS's console.
const CONSOLE: &str = "console.aws.amazon.com";
/// The message for any other URL.
const NEITHER: &str = "is neither the URL of a queue (https://sqs.eu-west-1.amazonaws.com/123456789012/name) nor that of a \
    bucket; for a queue of another host write sqs:// before it, and for a bucket s3://bucket/prefix, with the host in \
    AWS_ENDPOINT_URL_S3";

/// Returns the URL after `s3://`.
pub(super) fn inside(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("://")?;
    let (scheme, _) = rest.split_once("://")?;
    ["https", "http"].iter().any(|known| known.eq_ignore_ascii_case(scheme)).then_some(rest)
}

/// Parses the URL of a bucket or a queue.
pub(super) fn address(text: &str) -> Result<Address, AddressError> {
    let other = |text: String| Err(AddressError::Other(text));
    let Ok(url) = Url::parse(text) else { return other(NEITHER.to_owned()) };
    let host = url.host_str().unwrap_or_default();
    if host.ends_with(CONSOLE) {
        return other(of_console(&url));
    }
    match Host::read(host) {
        Some(host) if url.query().is_some() => other(format!(
            "is a signed URL or one of a single request: write {}",
            host.bucket(&url).map_or_else(|| "s3://bucket/prefix".to_owned(), |uri| uri.to_string())
        )),
        Some(host) => {
            let uri = host.bucket(&url).filter(|uri| uri.to_string().parse::<BucketUri>().is_ok());
            let Some(uri) = uri else {
                return other("names no bucket; use s3://bucket or s3://bucket/prefix".to_owned());
            };
            match host.kind {
                Kind::Usual => Ok(Address::Bucket(uri)),
                Kind::Other(how) => other(format!("names a special endpoint of S3: write {uri}, and {how}")),
            }
        }
        None if is_of_queue(&url) => Ok(Address::Queue(text.parse()?)),
        None => other(NEITHER.to_owned()),
    }
}

/// A host of S3.
struct Host<'u> {
    /// The bucket at the beginning of the host. `None` if the bucket is in the path.
    bucket: Option<&'u str>,
    kind: Kind,
}

enum Kind {
    /// A host that the SDK chooses by itself.
    Usual,
    /// A host that must be configured, in this way.
    Other(&'static str),
}

impl<'u> Host<'u> {
    /// Parses `[bucket.]s3[.region].amazonaws.com` and its other forms (Amazon S3 User Guide, "Virtual hosting of
    /// general purpose buckets"; AWS General Reference, "Amazon S3 endpoints and quotas").
    fn read(host: &'u str) -> Option<Self> {
        let rest = SUFFIXES.iter().find_map(|suffix| host.strip_suffix(suffix))?;
        let (rest, is_private) = rest.strip_suffix(".vpce").map_or((rest, false), |rest| (rest, true));
        // Bucket names may contain dots, so the search for the service begins at the end.
        let labels: Vec<&str> = rest.split('.').collect();
        let at = labels.iter().rposition(|label| *label == "s3" || label.starts_with("s3-"))?;
        let (service, behind) = (labels.get(at)?, labels.get(at + 1..)?);
        let is_dualstack = behind.first() == Some(&"dualstack");
        let region = behind.get(usize::from(is_dualstack)..)?;
        let is_known = match (*service, region) {
            ("s3" | "s3-fips" | "s3-accelerate" | "s3-external-1", []) => true,
            ("s3" | "s3-fips" | "s3-website", [region]) => is_region(region),
            (service, []) => service.strip_prefix("s3-").is_some_and(|it| is_region(it.trim_start_matches("website-"))),
            _ => false,
        };
        if !is_known {
            return None;
        }
        let kind = if is_private {
            Kind::Other("set AWS_ENDPOINT_URL_S3 to https:// and the host from bucket.vpce- on")
        } else if *service == "s3-fips" {
            Kind::Other("set AWS_USE_FIPS_ENDPOINT=true")
        } else if is_dualstack {
            Kind::Other("set AWS_USE_DUALSTACK_ENDPOINT=true")
        } else {
            Kind::Usual
        };
        let length = labels.get(..at)?.iter().map(|label| label.len() + 1).sum::<usize>();
        // On a private endpoint, the endpoint's name comes before the service.
        let bucket = host.get(..length.saturating_sub(1)).filter(|name| !name.is_empty() && !is_private);
        Some(Self { bucket, kind })
    }

    /// Returns the bucket and the decoded prefix.
    fn bucket(&self, url: &Url) -> Option<BucketUri> {
        // In a path, a plus is an ordinary character.
        let path = url_decoded(&url.path().trim_start_matches('/').replace('+', "%2B"))?;
        let (bucket, prefix) = match self.bucket {
            Some(bucket) => (bucket, path.as_str()),
            None => path.split_once('/').unwrap_or((&path, "")),
        };
        (!bucket.is_empty()).then(|| BucketUri { bucket: bucket.to_owned(), prefix: prefix.to_owned() })
    }
}

/// Returns whether a URL has a host of SQS, or ends with an account and a name, as those of emulators do.
fn is_of_queue(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let mut parts = url.path().trim_matches('/').rsplit('/');
    let account = parts.nth(1);
    is_host_of_sqs(host) || account.is_some_and(is_account_id)
}

/// Returns advice for a page of the console. Its address contains the bucket that it shows.
fn of_console(url: &Url) -> String {
    let what = "is a page of AWS's console: write ";
    let bucket = url.path().split_once("/buckets/").map(|(_, name)| name.trim_end_matches('/'));
    let Some(bucket) = bucket.filter(|name| !name.is_empty()) else {
        return format!("{what}s3://bucket/prefix for a bucket, and sqs:// and a name, a URL or an ARN for a queue");
    };
    let pairs = form_urlencoded::parse(url.query().unwrap_or_default().as_bytes());
    let prefix = pairs.into_iter().find_map(|(name, value)| (name == "prefix").then_some(value)).unwrap_or_default();
    format!("{what}s3://{bucket}/{prefix}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(text: &str) -> String {
        match address(text) {
            Ok(Address::Bucket(uri)) => uri.to_string(),
            Ok(Address::Queue(queue)) => format!("queue {queue}"),
            Ok(Address::LogGroup(group)) => format!("log group {group}"),
            Ok(Address::Path) => "path".to_owned(),
            Err(error) => format!("! {error}"),
        }
    }

    #[test]
    fn urls_of_buckets() {
        for (text, expected) in [
            ("https://my-trail.s3.eu-west-1.amazonaws.com/AWSLogs/", "s3://my-trail/AWSLogs/"),
            ("https://my-trail.s3.amazonaws.com", "s3://my-trail/"),
            ("https://my.trail.logs.s3.eu-west-1.amazonaws.com/a%20b+c", "s3://my.trail.logs/a b+c"),
            ("https://s3.eu-west-1.amazonaws.com/my-trail/a/b", "s3://my-trail/a/b"),
            ("https://s3.amazonaws.com/my-trail", "s3://my-trail/"),
            ("https://s3-us-west-2.amazonaws.com/my-trail/a", "s3://my-trail/a"),
            ("https://my-trail.s3-us-west-2.amazonaws.com/a", "s3://my-trail/a"),
            ("https://my-trail.s3.cn-north-1.amazonaws.com.cn/a", "s3://my-trail/a"),
            ("https://s3-logs.s3.eu-west-1.amazonaws.com/a", "s3://s3-logs/a"),
        ] {
            assert_eq!(show(text), expected, "{text}");
        }
    }

    #[test]
    fn urls_of_queues() {
        for text in [
            "https://sqs.us-west-2.amazonaws.com/123456789012/q",
            "https://vpce-0a1b.sqs.us-west-2.vpce.amazonaws.com/123456789012/q",
            "https://us-west-2.queue.amazonaws.com/123456789012/q",
            "https://queue.amazonaws.com/123456789012/q.fifo",
            "http://127.0.0.1:5000/123456789012/q",
            "http://localhost:4566/queue/eu-west-1/000000000000/q",
        ] {
            assert_eq!(show(text), format!("queue {text}"));
        }
    }

    #[test]
    fn other_urls_say_what_to_type() {
        for (text, expected) in [
            (
                "https://my-trail.s3.eu-west-1.amazonaws.com/a?X-Amz-Signature=0",
                "! is a signed URL or one of a single request: write s3://my-trail/a",
            ),
            (
                "https://bucket.vpce-1a2b.s3.us-east-1.vpce.amazonaws.com/my-trail/a",
                "! names a special endpoint of S3: write s3://my-trail/a, and set AWS_ENDPOINT_URL_S3 to https:// and the \
                 host from bucket.vpce- on",
            ),
            (
                "https://my-trail.s3-fips.us-east-1.amazonaws.com/a",
                "! names a special endpoint of S3: write s3://my-trail/a, and set AWS_USE_FIPS_ENDPOINT=true",
            ),
            (
                "https://my-trail.s3.dualstack.us-east-1.amazonaws.com/a",
                "! names a special endpoint of S3: write s3://my-trail/a, and set AWS_USE_DUALSTACK_ENDPOINT=true",
            ),
            (
                "https://eu-west-1.console.aws.amazon.com/s3/buckets/my-trail?region=eu-west-1&prefix=AWSLogs%2F1%2F",
                "! is a page of AWS's console: write s3://my-trail/AWSLogs/1/",
            ),
            ("https://s3.eu-west-1.amazonaws.com/", "! names no bucket; use s3://bucket or s3://bucket/prefix"),
        ] {
            assert_eq!(show(text), expected, "{text}");
        }
        for text in ["http://minio:9000/my-trail/a", "https://example.com/", "https://ec2.eu-west-1.amazonaws.com/x"] {
            assert!(show(text).starts_with("! is neither the URL of a queue"), "{text}: {}", show(text));
        }
        assert!(show("https://eu-west-1.console.aws.amazon.com/sqs/v3/home").contains("a URL or an ARN for a queue"));
    }
}
