//! The three requests: list, open, refresh.

pub(crate) mod answer;
mod entities;
pub(crate) mod error;
pub(crate) mod http;
pub(crate) mod listing;
pub(crate) mod origin;
mod reach;
pub(crate) mod region;
pub(crate) mod secrets;
pub(crate) mod token;

use crate::api::error::{Call, Error, ErrorKind};
use crate::api::listing::{Descriptor, Listing};
use crate::api::token::Tokens;
use crate::config::Config;
use crate::config::Problem;
use crate::partition::Partition;
use jiff::Timestamp;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE};
use reqwest::{Client, RequestBuilder, Response};
use std::sync::Arc;
use url::Url;

/// The position at which a feed is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OpenAt {
    /// At this offset, inclusive.
    Offset(u64),
    /// With the next event.
    Newest,
}

/// The API and its tokens.
pub(crate) struct Api {
    pub(crate) config: Arc<Config>,
    pub(crate) tokens: Tokens,
    client: Client,
}

impl Api {
    pub(crate) fn new(config: Arc<Config>) -> Result<Self, Problem> {
        let client = http::client(&config)?;
        Ok(Self { tokens: Tokens::new(Arc::clone(&config), client.clone()), config, client })
    }

    /// Lists the feeds that the application can open now.
    pub(crate) async fn list(&self) -> Result<Listing, Error> {
        let request = |base: &Url| {
            let mut url = base.clone();
            url.set_path("/sensors/entities/datafeed/v2");
            url.query_pairs_mut().append_pair("appId", &self.config.app_id).append_pair("format", "json");
            self.client.get(url).header(ACCEPT, "application/json")
        };
        let (response, base) = self.with_token(Call::List, request).await?;
        let body = http::body(Call::List, response, &self.config).await?;
        Listing::read(&base, &body, &self.config.secrets)
    }

    /// Keeps the session of a feed open for another interval.
    pub(crate) async fn refresh(&self, descriptor: &Descriptor) -> Result<(), Error> {
        // The service wants the header although the body is empty.
        let request =
            |_: &Url| self.client.post(descriptor.refresh.clone()).header(CONTENT_TYPE, "application/json").body("");
        let call = Call::Refresh(descriptor.partition);
        let (response, _) = self.with_token(call, request).await?;
        let body = http::body(call, response, &self.config).await?;
        // Nothing else in the body matters.
        match answer::message(&body, &self.config.secrets) {
            Some((code, said)) => Err(Error::inside(call, code, said)),
            None => Ok(()),
        }
    }

    /// Opens a feed.
    pub(crate) async fn open(&self, descriptor: &Descriptor, from: OpenAt) -> Result<Response, Error> {
        let call = Call::Feed(descriptor.partition);
        let token = http::authorization("Token", &descriptor.token);
        let token = token.ok_or_else(|| cannot_be_sent(call))?;
        let request = self
            .client
            .get(feed_url(&descriptor.feed, from, &self.config.event_types))
            .header(AUTHORIZATION, token)
            .header(ACCEPT, "application/json")
            .header(
                DATE,
                jiff::fmt::rfc2822::to_string(&Timestamp::now().to_zoned_datetime(jiff::tz::TimeZone::UTC))
                    .unwrap_or_default(),
            );
        // The timeout ends with the headers, because the feed itself has no end.
        match tokio::time::timeout(self.config.timing.idle, http::send(call, request, &self.config)).await {
            Ok(response) => response,
            Err(_) => Err(Error::new(call, ErrorKind::TimedOut)),
        }
    }

    /// Sends a request with a token, and replaces a refused token once. Returns the answer and the API's base URL.
    async fn with_token(&self, call: Call, request: impl Fn(&Url) -> RequestBuilder) -> Result<(Response, Url), Error> {
        let mut retried = false;
        loop {
            let token = self.tokens.get().await?;
            // A token lasts longer than the memory for secrets, if many feeds are listed.
            self.config.secrets.add(&token.secret);
            let value = http::authorization("Bearer", &token.secret);
            let value = value.ok_or_else(|| cannot_be_sent(Call::Token))?;
            let request = request(&token.base).header(AUTHORIZATION, value).timeout(self.config.timing.answer);
            match http::send(call, request, &self.config).await {
                Ok(response) => return Ok((response, token.base.clone())),
                Err(error) => {
                    let refused = error.kind == ErrorKind::Unauthorized;
                    if refused {
                        self.tokens.refused(&token).await;
                    }
                    if !refused || std::mem::replace(&mut retried, true) {
                        return Err(error);
                    }
                }
            }
        }
    }
}

/// Returns the error for a token that no header can hold.
fn cannot_be_sent(call: Call) -> Error {
    let what = "has a token with a line break or another character that no HTTP header can hold";
    Error::new(call, ErrorKind::Answer(what.to_owned()))
}

/// Returns the feed's URL with the position to begin at. The comma between types is not encoded, as in other clients.
fn feed_url(feed: &Url, from: OpenAt, types: &[String]) -> Url {
    let mut query = feed.query().map(|query| format!("{query}&")).unwrap_or_default();
    match from {
        OpenAt::Offset(offset) => query.push_str(&format!("offset={offset}")),
        OpenAt::Newest => query.push_str("whence=2"),
    }
    if !types.is_empty() {
        query.push_str("&eventType=");
        query.push_str(&types.join(","));
    }
    let mut url = feed.clone();
    url.set_query(Some(&query));
    url
}

/// Returns the partitions of a list.
pub(crate) fn partitions(listing: &Listing) -> Vec<Partition> {
    listing.descriptors.iter().map(|descriptor| descriptor.partition).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_a_feeds_url() {
        let feed = Url::parse("https://firehose.crowdstrike.com/v1/0?appId=fig").unwrap();
        let url = |from, types: &[&str]| {
            let types: Vec<String> = types.iter().map(|&kind| kind.to_owned()).collect();
            feed_url(&feed, from, &types).query().map(str::to_owned)
        };
        assert_eq!(url(OpenAt::Offset(7), &[]).as_deref(), Some("appId=fig&offset=7"));
        assert_eq!(url(OpenAt::Newest, &["A", "B"]).as_deref(), Some("appId=fig&whence=2&eventType=A,B"));
    }
}
