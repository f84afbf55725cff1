//! What the list says of a feed.

use crate::answer;
use crate::error::{Call, Error, ErrorKind};
use crate::http;
use crate::item::Partition;
use crate::origin::may_have_token;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;
use url::Url;

/// The longest interval that is believed, so that no timer overflows.
const MAX_INTERVAL: Duration = Duration::from_secs(86_400);

/// A feed that can be opened.
#[derive(Clone, Debug)]
pub(crate) struct Descriptor {
    pub(crate) partition: Partition,
    pub(crate) feed: Url,
    pub(crate) token: SecretString,
    pub(crate) refresh: Url,
    pub(crate) interval: Duration,
}

/// What a list holds.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    pub(crate) descriptors: Vec<Descriptor>,
    /// What is wrong with the others.
    pub(crate) rejected: Vec<ErrorKind>,
}

#[derive(Deserialize)]
struct List {
    resources: Option<Vec<Value>>,
    errors: Option<Vec<Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Resource {
    #[serde(rename = "dataFeedURL")]
    feed: String,
    session_token: SessionToken,
    #[serde(rename = "refreshActiveSessionURL")]
    refresh: String,
    refresh_active_session_interval: u64,
}

#[derive(Deserialize)]
struct SessionToken {
    token: SecretString,
}

impl Listing {
    /// Reads the body of a list that `base` has sent. An empty list is one; an empty body is not.
    pub(crate) fn read(base: &Url, body: &[u8]) -> Result<Self, Error> {
        let wrong = |what| Error::new(Call::List, ErrorKind::Answer(what));
        if body.trim_ascii().is_empty() {
            return Err(wrong("empty"));
        }
        let list: List = serde_json::from_slice(body).map_err(|_| wrong("not a list of feeds"))?;
        let resources = list.resources.unwrap_or_default();
        if resources.is_empty() && list.errors.is_some_and(|errors| !errors.is_empty()) {
            // What would be a status elsewhere is a code here.
            let (code, said) = answer::message(body).unwrap_or_default();
            let kind = code.map_or(ErrorKind::Answer("a list of errors"), |code| http::of_status(code, None));
            return Err(Error { said: Some(said).filter(|said| !said.is_empty()), ..Error::new(Call::List, kind) });
        }
        let mut listing = Self::default();
        for resource in resources {
            match Descriptor::read(base, resource) {
                Ok(one) if listing.descriptors.iter().any(|other| other.partition == one.partition) => {
                    listing.rejected.push(ErrorKind::Answer("a list that names a partition twice"));
                }
                Ok(descriptor) => listing.descriptors.push(descriptor),
                Err(kind) => listing.rejected.push(kind),
            }
        }
        Ok(listing)
    }
}

impl Descriptor {
    fn read(base: &Url, resource: Value) -> Result<Self, ErrorKind> {
        let incomplete = ErrorKind::Answer("an incomplete description of a feed");
        let resource: Resource = serde_json::from_value(resource).map_err(|_| incomplete.clone())?;
        let interval = Duration::from_secs(resource.refresh_active_session_interval).min(MAX_INTERVAL);
        // An interval of zero would make the refreshing spin.
        if interval.is_zero() || resource.session_token.token.expose_secret().is_empty() {
            return Err(incomplete);
        }
        let feed = trusted(base, &resource.feed)?;
        let refresh = trusted(base, &resource.refresh)?;
        let partition = partition(&feed).ok_or(incomplete)?;
        let refresh = for_partition(refresh, partition);
        Ok(Self { partition, feed, token: resource.session_token.token, refresh, interval })
    }
}

fn trusted(base: &Url, url: &str) -> Result<Url, ErrorKind> {
    let url = Url::parse(url).map_err(|_| ErrorKind::Answer("an incomplete description of a feed"))?;
    if may_have_token(base, &url) {
        return Ok(url);
    }
    // Scheme and host are enough to see what is wrong.
    Err(ErrorKind::Untrusted(format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default())))
}

/// The number at the end of the URL's path.
fn partition(url: &Url) -> Option<Partition> {
    url.path_segments()?.next_back()?.parse().ok().map(Partition)
}

/// The partition's own session is refreshed, even if the URL names another: gofalcon's always names 0.
fn for_partition(mut url: Url, own: Partition) -> Url {
    if partition(&url).is_some_and(|named| named != own)
        && let Ok(mut segments) = url.path_segments_mut()
    {
        segments.pop().push(&own.to_string());
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn resource() -> Value {
        json!({
            "dataFeedURL": "https://firehose.us-2.crowdstrike.com/sensors/entities/datafeed/v1/3?appId=fig",
            "sessionToken": {"token": "t", "expiration": "2026-08-12T10:33:06.523458341Z"},
            "refreshActiveSessionURL": "https://api.us-2.crowdstrike.com/sensors/entities/datafeed-actions/v1/0?appId=fig&action_name=r",
            "refreshActiveSessionInterval": 1800,
        })
    }

    fn read(resources: &Value) -> Result<Listing, Error> {
        let base = Url::parse("https://api.us-2.crowdstrike.com").unwrap();
        Listing::read(&base, json!({"resources": resources, "errors": []}).to_string().as_bytes())
    }

    #[test]
    fn the_partition_is_that_of_the_feed() {
        let listing = read(&json!([resource(), resource()])).unwrap();
        let [descriptor] = listing.descriptors.as_slice() else { panic!("not one") };
        assert_eq!(descriptor.partition, Partition(3));
        assert!(descriptor.refresh.as_str().ends_with("datafeed-actions/v1/3?appId=fig&action_name=r"));
        assert_eq!(listing.rejected.len(), 1);
    }

    #[test]
    fn what_is_incomplete_is_rejected_alone() {
        let changes = [
            ("dataFeedURL", json!("")),
            ("dataFeedURL", json!("https://firehose.us-2.crowdstrike.com/x?appId=fig")),
            ("sessionToken", Value::Null),
            ("sessionToken", json!({"token": ""})),
            ("refreshActiveSessionInterval", json!(0)),
            ("refreshActiveSessionInterval", json!(-5)),
            ("refreshActiveSessionURL", json!("https://example.com/0")),
        ];
        for (name, value) in changes {
            let mut broken = resource();
            broken[name] = value.clone();
            let listing = read(&json!([broken, resource(), 5])).unwrap();
            assert_eq!((listing.descriptors.len(), listing.rejected.len()), (1, 2), "{name} {value}");
        }
    }

    #[test]
    fn empty_is_not_the_same_as_empty() {
        assert!(read(&Value::Null).is_ok_and(|listing| listing.descriptors.is_empty()));
        assert!(read(&json!([])).is_ok_and(|listing| listing.descriptors.is_empty()));
        let base = Url::parse("https://api.crowdstrike.com").unwrap();
        assert!(Listing::read(&base, b" \n").is_err());
        assert!(Listing::read(&base, b"<html>").is_err());
        assert!(Listing::read(&base, br#"{"resources":null,"errors":[{"code":500}]}"#).is_err());
    }
}
