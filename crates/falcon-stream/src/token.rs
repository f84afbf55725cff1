//! The OAuth token that all requests to the API share.

use crate::backoff::Backoff;
use crate::config::Config;
use crate::error::{Call, Error, ErrorKind};
use crate::http;
use crate::region::Region;
use reqwest::{Client, Response};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

/// A token is renewed this long before it expires, so that none expires on its way.
const MARGIN: Duration = Duration::from_secs(120);

/// A token and where it counts.
pub(crate) struct Token {
    pub(crate) secret: SecretString,
    /// The base URL of the API that has granted it.
    pub(crate) base: Url,
    renew: Instant,
}

/// Gets tokens, one at a time, and keeps the latest.
pub(crate) struct Tokens {
    config: Arc<Config>,
    client: Client,
    /// Where a region's API is; tests have regions of their own.
    base_of: Box<dyn Fn(Region) -> Option<Url> + Send + Sync>,
    state: Mutex<State>,
}

struct State {
    token: Option<Arc<Token>>,
    /// The region, once it has been found out.
    found: Option<Region>,
    backoff: Backoff,
    /// Nobody asks again before this time: everybody shares the failure, as the service counts bad requests by address.
    failed: Option<(Instant, Error)>,
    has_warned: bool,
}

/// The answer.
#[derive(Deserialize)]
struct Granted {
    access_token: SecretString,
    expires_in: u64,
}

impl Tokens {
    pub(crate) fn new(config: Arc<Config>, client: Client) -> Self {
        let backoff = Backoff::new(&config.timing);
        let state = State { token: None, found: None, backoff, failed: None, has_warned: false };
        let base_of = Box::new(|region: Region| Url::parse(region.base_url()).ok());
        Self { config, client, base_of, state: Mutex::new(state) }
    }

    /// Whether asking for a token will need a request.
    pub(crate) async fn is_cold(&self) -> bool {
        self.state.lock().await.token.as_ref().is_none_or(|token| token.renew <= Instant::now())
    }

    /// A token that is good for a while.
    pub(crate) async fn get(&self) -> Result<Arc<Token>, Error> {
        let mut state = self.state.lock().await;
        let now = Instant::now();
        if let Some(token) = state.token.as_ref().filter(|token| token.renew > now) {
            return Ok(Arc::clone(token));
        }
        if let Some((until, error)) = state.failed.as_ref().filter(|(until, _)| *until > now) {
            // Whoever waits as long as this comes when it makes sense.
            let wait = Some(until.duration_since(now));
            let limited = matches!(error.kind, ErrorKind::RateLimited { .. });
            let kind = if limited { ErrorKind::RateLimited { wait } } else { error.kind.clone() };
            return Err(Error { kind, ..error.clone() });
        }
        match self.request(&mut state).await {
            Ok(token) => {
                let token = Arc::new(token);
                state.backoff.well(Instant::now());
                (state.token, state.failed) = (Some(Arc::clone(&token)), None);
                Ok(token)
            }
            Err(error) => {
                let now = Instant::now();
                let wait = state.backoff.failed(now, error.least_wait());
                // Half of our own wait, as whoever asks again has one of its own; all of what the service asks for.
                state.failed = Some((now + error.least_wait().unwrap_or(wait / 2), error.clone()));
                Err(error)
            }
        }
    }

    /// This token has been refused: the next will be another one.
    pub(crate) async fn refused(&self, token: &Arc<Token>) {
        let mut state = self.state.lock().await;
        if state.token.as_ref().is_some_and(|current| Arc::ptr_eq(current, token)) {
            state.token = None;
        }
    }

    async fn request(&self, state: &mut State) -> Result<Token, Error> {
        let unknown = || Error::new(Call::Token, ErrorKind::Answer("from a region without a URL"));
        if let Some(base) = &self.config.base_url {
            let (response, region) = self.post(base).await?;
            self.compare(region, state);
            return read(response, base.clone()).await;
        }
        let discovers = self.config.region.is_none() && state.found.is_none();
        let region = self.config.region.or(state.found).unwrap_or(Region::Us1);
        let base = (self.base_of)(region).ok_or_else(unknown)?;
        let (response, said) = self.post(&base).await?;
        if !discovers {
            self.compare(said, state);
            return read(response, base).await;
        }
        match said.filter(|said| *said != region && said.is_discoverable()) {
            Some(other) => {
                tracing::info!(region = %other, "the tenant's region is found");
                let base = (self.base_of)(other).ok_or_else(unknown)?;
                let (response, _) = self.post(&base).await?;
                let token = read(response, base).await?;
                state.found = Some(other);
                Ok(token)
            }
            None => {
                let token = read(response, base).await?;
                state.found = Some(region);
                Ok(token)
            }
        }
    }

    /// A region that has been named is not left; but if it is the wrong one, that should be known.
    fn compare(&self, said: Option<Region>, state: &mut State) {
        let differs = said.zip(self.config.region).is_some_and(|(said, named)| said != named);
        if differs && self.config.base_url.is_none() && !std::mem::replace(&mut state.has_warned, true) {
            tracing::warn!(configured = ?self.config.region, service = ?said, "the service names another region");
        }
    }

    async fn post(&self, base: &Url) -> Result<(Response, Option<Region>), Error> {
        let mut url = base.clone();
        url.set_path("/oauth2/token");
        let config = &self.config;
        let mut form =
            vec![("client_id", config.client_id.as_str()), ("client_secret", config.client_secret.expose_secret())];
        form.extend(config.member_cid.as_deref().map(|cid| ("member_cid", cid)));
        let request = self.client.post(url).timeout(config.timing.answer).form(&form);
        let response = request.send().await.map_err(|error| http::network(Call::Token, error))?;
        let header = response.headers().get("x-cs-region").and_then(|value| value.to_str().ok());
        let region = header.and_then(|name| name.parse().ok());
        Ok((response, region))
    }
}

async fn read(response: Response, base: Url) -> Result<Token, Error> {
    let response = http::check(Call::Token, response)?;
    let body = http::body(Call::Token, response).await?;
    let Granted { access_token, expires_in } = serde_json::from_slice(&body)
        .map_err(|_| Error::new(Call::Token, ErrorKind::Answer("not a token with its lifetime")))?;
    if access_token.expose_secret().is_empty() {
        return Err(Error::new(Call::Token, ErrorKind::Answer("an empty token")));
    }
    let life = Duration::from_secs(expires_in);
    // Of a token that lives but seconds, a quarter is kept back.
    let renew = Instant::now() + life.saturating_sub(MARGIN.min(life / 4));
    Ok(Token { secret: access_token, base, renew })
}

#[cfg(test)]
mod tests;
