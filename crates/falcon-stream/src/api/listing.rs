//! The list of feeds that the service sends.

use crate::api::answer;
use crate::api::error::{Call, Error, ErrorKind};
use crate::api::origin::may_have_token;
use crate::api::secrets::Secrets;
use crate::partition::Partition;
use secrecy::SecretString;
use serde_json::Value;
use std::time::Duration;
use url::Url;

/// The longest refresh interval that is used, so that no timer overflows.
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

/// The content of a list.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    pub(crate) descriptors: Vec<Descriptor>,
    /// Why other feeds of the list cannot be opened.
    pub(crate) rejected: Vec<ErrorKind>,
    /// An error that the service sent along with the feeds.
    pub(crate) beside: Option<Error>,
}

impl Listing {
    /// Reads the body of a list that `base` has sent. An empty list is valid, an empty body is not.
    pub(crate) fn read(base: &Url, body: &[u8], secrets: &Secrets) -> Result<Self, Error> {
        let wrong = |what: String| Error::new(Call::List, ErrorKind::Answer(what));
        let mut object = answer::object(body).map_err(wrong)?;
        let error = answer::message(body, secrets).map(|(code, said)| Error::inside(Call::List, code, said));
        let resources = match object.remove("resources") {
            Some(Value::Array(resources)) => resources,
            // Without resources, meta and errors, another service may have answered.
            None if error.is_none() && !object.contains_key("meta") => {
                return Err(wrong("has no resources, which is the list of feeds".to_owned()));
            }
            None | Some(Value::Null) => Vec::new(),
            Some(other) => {
                return Err(wrong(format!("has {} as resources, not a list of feeds", answer::kind(&other))));
            }
        };
        let mut listing = match error {
            // The service reports some failures inside an answer with status 200.
            Some(error) if resources.is_empty() => return Err(error),
            beside => Self { beside, ..Self::default() },
        };
        for resource in resources {
            match Descriptor::read(base, &resource, secrets) {
                Ok(one) if listing.descriptors.iter().any(|other| other.partition == one.partition) => {
                    listing.rejected.push(ErrorKind::Answer(format!("lists feed {} twice", one.partition)));
                }
                Ok(descriptor) => listing.descriptors.push(descriptor),
                Err(kind) => listing.rejected.push(kind),
            }
        }
        Ok(listing)
    }
}

impl Descriptor {
    fn read(base: &Url, resource: &Value, secrets: &Secrets) -> Result<Self, ErrorKind> {
        let wrong = |what: String| ErrorKind::Answer(format!("lists a feed that {what}"));
        let Value::Object(resource) = resource else {
            return Err(wrong(format!("is {}, not an object", answer::kind(resource))));
        };
        let session = match resource.get("sessionToken") {
            Some(Value::Object(session)) => session,
            None | Some(Value::Null) => return Err(wrong("has no sessionToken".to_owned())),
            Some(other) => return Err(wrong(format!("has {} as sessionToken, not an object", answer::kind(other)))),
        };
        let token = SecretString::from(answer::text(session, "token").map_err(wrong)?);
        secrets.add(&token);
        let seconds = answer::seconds(resource, "refreshActiveSessionInterval").map_err(wrong)?;
        if seconds == 0 {
            // The task would refresh without a pause.
            return Err(wrong("has a refreshActiveSessionInterval of 0".to_owned()));
        }
        let url = |name: &str| {
            let text = answer::text(resource, name).map_err(wrong)?;
            let url = Url::parse(&text).map_err(|_| wrong(format!("has a {name} that is not a URL")))?;
            trusted(base, url, secrets)
        };
        let (feed, refresh) = (url("dataFeedURL")?, url("refreshActiveSessionURL")?);
        let number = partition(&feed);
        let partition =
            number.ok_or_else(|| wrong("has a dataFeedURL without a number at the end of its path".into()))?;
        let refresh = for_partition(refresh, partition);
        Ok(Self { partition, feed, token, refresh, interval: Duration::from_secs(seconds).min(MAX_INTERVAL) })
    }
}

fn trusted(base: &Url, url: Url, secrets: &Secrets) -> Result<Url, ErrorKind> {
    if may_have_token(base, &url) {
        return Ok(url);
    }
    // Scheme and host are enough to find the mistake.
    let host = format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default());
    Err(ErrorKind::Untrusted(answer::shortened(&host, secrets)))
}

/// Returns the number at the end of the URL's path.
fn partition(url: &Url) -> Option<Partition> {
    url.path_segments()?.next_back()?.parse().ok().map(Partition)
}

/// Makes the URL name the partition's own session, even if it names another: gofalcon's always names 0.
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
        Listing::read(&base, json!({"resources": resources, "errors": []}).to_string().as_bytes(), &Secrets::default())
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
        let whole = |body: &str| {
            let base = Url::parse("https://api.crowdstrike.com").unwrap();
            Listing::read(&base, body.as_bytes(), &Secrets::default())
        };
        assert!(whole(r#"{"meta":{},"errors":null}"#).is_ok_and(|listing| listing.descriptors.is_empty()));
        for (body, wrong) in [
            (" \n", "the answer is empty"),
            ("hello", "the answer is not JSON (5 bytes)"),
            ("[]", "the answer is an array, not a JSON object"),
            ("{}", "the answer has no resources"),
            (r#"{"message":"Forbidden"}"#, "the answer has no resources"),
            (r#"{"resources":"none"}"#, "the answer has a text as resources, not a list of feeds"),
            (r#"{"resources":{}}"#, "the answer has an object as resources"),
            (r#"{"resources":null,"errors":[{"code":500}]}"#, "500: the service has failed"),
            (
                r#"{"resources":[],"errors":[{"message":"none"}]}"#,
                "is an error, although its status is success (the service says: none)",
            ),
        ] {
            let error = whole(body).unwrap_err().to_string();
            assert!(error.contains(wrong) && error.contains(';'), "{error} for {body}");
        }
    }

    #[test]
    fn an_error_beside_feeds_is_kept() {
        let base = Url::parse("https://api.us-2.crowdstrike.com").unwrap();
        let body = json!({"resources": [resource()], "errors": [{"code": 500, "message": "one feed is missing"}]});
        let listing = Listing::read(&base, body.to_string().as_bytes(), &Secrets::default()).unwrap();
        assert_eq!(listing.descriptors.len(), 1);
        assert!(listing.beside.unwrap().to_string().contains("one feed is missing"));
    }

    #[test]
    fn what_is_wrong_with_a_feed_names_the_member() {
        for (name, value, wrong) in [
            ("dataFeedURL", json!(""), "has an empty dataFeedURL"),
            ("dataFeedURL", json!(7), "has a number as dataFeedURL, not a text"),
            ("dataFeedURL", json!("feed"), "has a dataFeedURL that is not a URL"),
            ("dataFeedURL", json!("https://firehose.us-2.crowdstrike.com/x"), "without a number at the end"),
            ("sessionToken", Value::Null, "has no sessionToken"),
            ("sessionToken", json!("t"), "has a text as sessionToken, not an object"),
            ("sessionToken", json!({"token": 5}), "has a number as token, not a text"),
            ("refreshActiveSessionInterval", json!(0), "has a refreshActiveSessionInterval of 0"),
            ("refreshActiveSessionInterval", json!(-5), "has a number below 0 as refreshActiveSessionInterval"),
            ("refreshActiveSessionInterval", json!([]), "has an array as refreshActiveSessionInterval"),
            ("refreshActiveSessionURL", Value::Null, "has no refreshActiveSessionURL"),
        ] {
            let mut broken = resource();
            broken[name] = value;
            let kind = read(&json!([broken])).unwrap().rejected.remove(0);
            let text = Error::new(Call::List, kind).to_string();
            assert!(text.contains("the answer lists a feed that") && text.contains(wrong), "{text}");
        }
        let mut odd = resource();
        odd["refreshActiveSessionInterval"] = json!("1800");
        assert_eq!(read(&json!([odd])).unwrap().descriptors[0].interval, Duration::from_secs(1800));
    }
}
