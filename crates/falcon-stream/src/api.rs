//! The three requests: list, open, refresh.

use crate::builder::Problem;
use crate::config::Config;
use crate::descriptor::{Descriptor, Listing};
use crate::error::{Call, Error, ErrorKind};
use crate::http;
use crate::item::Partition;
use crate::place::From;
use crate::token::Tokens;
use jiff::Timestamp;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE};
use reqwest::{Client, RequestBuilder, Response};
use std::sync::Arc;
use url::Url;

/// The API, with its token.
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

    /// Which feeds there are for this application at this moment.
    pub(crate) async fn list(&self) -> Result<Listing, Error> {
        let request = |base: &Url| {
            let mut url = base.clone();
            url.set_path("/sensors/entities/datafeed/v2");
            url.query_pairs_mut().append_pair("appId", &self.config.app_id).append_pair("format", "json");
            self.client.get(url).header(ACCEPT, "application/json")
        };
        let (response, base) = self.with_token(Call::List, request).await?;
        let body = http::body(Call::List, response).await?;
        Listing::read(&base, &body)
    }

    /// Has the session of a feed go on for another interval.
    pub(crate) async fn refresh(&self, descriptor: &Descriptor) -> Result<(), Error> {
        // The header is asked for although there is no body.
        let request =
            |_: &Url| self.client.post(descriptor.refresh.clone()).header(CONTENT_TYPE, "application/json").body("");
        let call = Call::Refresh(descriptor.partition);
        let (response, _) = self.with_token(call, request).await?;
        http::body(call, response).await?;
        Ok(())
    }

    /// Opens a feed.
    pub(crate) async fn open(&self, descriptor: &Descriptor, from: From) -> Result<Response, Error> {
        let call = Call::Feed(descriptor.partition);
        let token = http::authorization("Token", &descriptor.token);
        let token = token.ok_or_else(|| Error::new(call, ErrorKind::Answer("a token that cannot be sent")))?;
        let request = self
            .client
            .get(feed_url(&descriptor.feed, from, &self.config.event_types))
            .header(AUTHORIZATION, token)
            .header(ACCEPT, "application/json")
            .header(
                DATE,
                jiff::fmt::rfc2822::to_string(&Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC)).unwrap_or_default(),
            );
        // Only until the headers are there; the feed itself has no end.
        match tokio::time::timeout(self.config.timing.idle, http::send(call, request)).await {
            Ok(response) => response,
            Err(_) => Err(Error::new(call, ErrorKind::TimedOut)),
        }
    }

    /// Sends with a token; one that is refused is replaced, once. Gives the answer and the API's base URL.
    async fn with_token(&self, call: Call, request: impl Fn(&Url) -> RequestBuilder) -> Result<(Response, Url), Error> {
        let mut retried = false;
        loop {
            let token = self.tokens.get().await?;
            let value = http::authorization("Bearer", &token.secret);
            let value =
                value.ok_or_else(|| Error::new(Call::Token, ErrorKind::Answer("a token that cannot be sent")))?;
            let request = request(&token.base).header(AUTHORIZATION, value).timeout(self.config.timing.answer);
            match http::send(call, request).await {
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

/// The feed's URL with the place to begin at. The comma between types stays one, as in the other clients' requests.
fn feed_url(feed: &Url, from: From, types: &[String]) -> Url {
    let mut query = feed.query().map(|query| format!("{query}&")).unwrap_or_default();
    match from {
        From::Offset(offset) => query.push_str(&format!("offset={offset}")),
        From::Newest => query.push_str("whence=2"),
    }
    if !types.is_empty() {
        query.push_str("&eventType=");
        query.push_str(&types.join(","));
    }
    let mut url = feed.clone();
    url.set_query(Some(&query));
    url
}

/// The partitions of a list, for whoever only asks.
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
        assert_eq!(url(From::Offset(7), &[]).as_deref(), Some("appId=fig&offset=7"));
        assert_eq!(url(From::Newest, &["A", "B"]).as_deref(), Some("appId=fig&whence=2&eventType=A,B"));
    }
}
