//! The OAuth token that all requests to the API share.

use crate::answer;
use crate::backoff::Backoff;
use crate::config::{ApiClient, Config};
use crate::error::{Call, Error, ErrorKind};
use crate::http;
use crate::region::Region;
use jiff::Timestamp;
use reqwest::header::{DATE, HeaderMap};
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
    /// The API client; another one once it has been renewed.
    client: ApiClient,
    /// It was refused.
    was_refused: bool,
    /// The region that the service has named, once it has granted a token there.
    found: Option<Region>,
    backoff: Backoff,
    /// Nobody asks again before this time: everybody shares the failure, as the service counts bad requests by address.
    failed: Option<(Instant, Error)>,
    /// What is told once.
    told: Told,
}

/// What has been told.
#[derive(Default)]
struct Told {
    region: Option<Region>,
    clock: bool,
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
        let state = State {
            token: None,
            client: config.client.clone(),
            was_refused: false,
            found: None,
            backoff,
            failed: None,
            told: Told::default(),
        };
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
                state.was_refused = false;
                (state.token, state.failed) = (Some(Arc::clone(&token)), None);
                Ok(token)
            }
            Err(error) => {
                let now = Instant::now();
                if error.is_about_credentials() {
                    state.was_refused = true;
                    // The tenant may have moved: the configured region is asked again.
                    state.found = None;
                }
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

    /// The region that the service has named, where that is another than the configuration's.
    pub(crate) async fn moved_to(&self) -> Option<Region> {
        let found = self.state.lock().await.found;
        found.filter(|found| self.config.region != Some(*found))
    }

    async fn request(&self, state: &mut State) -> Result<Token, Error> {
        if state.was_refused {
            self.renew(state).await;
        }
        if let Some(base) = &self.config.base_url {
            let (response, _) = self.post(base, state).await?;
            return read(response, base.clone()).await;
        }
        let region = state.found.or(self.config.region).unwrap_or(Region::Us1);
        let base = self.base(region)?;
        let (response, said) = self.post(&base, state).await?;
        let Some(other) = said.filter(|said| *said != region) else {
            return read(response, base).await;
        };
        if !(other.is_commercial() && region.is_commercial()) {
            tell(state, other, || {
                tracing::warn!(
                    configured = %region, service = %other,
                    "the service names another region for this tenant; government clouds are neither left nor entered by \
                     that: if it is right, set the region to it"
                );
            });
            return read(response, base).await;
        }
        self.follow(state, other).await
    }

    /// Gets the token where the service says that the tenant is, as falconpy does (`_util/_functions.py:928`).
    async fn follow(&self, state: &mut State, other: Region) -> Result<Token, Error> {
        let named = self.config.region;
        tell(state, other, || match named {
            Some(named) => tracing::warn!(
                configured = %named, service = %other,
                "this tenant is in another Falcon cloud than the configured one: going on there; set the region to it"
            ),
            None => tracing::info!(region = %other, "the tenant's region is found"),
        });
        let base = self.base(other)?;
        let (response, _) = self.post(&base, state).await?;
        let token = read(response, base).await;
        // What refuses here may be asked where the configuration says, the next time.
        state.found = token.is_ok().then_some(other);
        token
    }

    /// Reads the API client again: its secret may have been changed since the start.
    async fn renew(&self, state: &mut State) {
        let Some(renewal) = &self.config.renewal else { return };
        let Some(client) = renewal().await else { return };
        let is_same =
            client.id == state.client.id && client.secret.expose_secret() == state.client.secret.expose_secret();
        if !is_same {
            tracing::info!("the API client's id or secret has changed since it was read last: trying the new one");
            state.client = client;
        }
    }

    fn base(&self, region: Region) -> Result<Url, Error> {
        (self.base_of)(region).ok_or_else(|| Error::new(Call::Token, ErrorKind::Answer("from a region without a URL")))
    }

    async fn post(&self, base: &Url, state: &mut State) -> Result<(Response, Option<Region>), Error> {
        let mut url = base.clone();
        url.set_path("/oauth2/token");
        let config = &self.config;
        let ApiClient { id, secret } = &state.client;
        let mut form = vec![("client_id", id.as_str()), ("client_secret", secret.expose_secret())];
        form.extend(config.member_cid.as_deref().map(|cid| ("member_cid", cid)));
        let request = self.client.post(url).timeout(config.timing.answer).form(&form);
        let response = request.send().await.map_err(|error| http::network(Call::Token, &error))?;
        look_at_clock(response.headers(), state);
        let header = response.headers().get("x-cs-region").and_then(|value| value.to_str().ok());
        let region = header.and_then(|name| name.parse().ok());
        Ok((response, region))
    }
}

/// Tells something about a region once.
fn tell(state: &mut State, region: Region, tell: impl FnOnce()) {
    if state.told.region.replace(region) != Some(region) {
        tell();
    }
}

/// By how much clocks may differ: AWS refuses signatures from here on, and certificates are checked against the clock.
const CLOCK_DIFFERENCE: i64 = 300;

/// A clock that is wrong shows in other places, as refused signatures and certificates; here it can be seen.
fn look_at_clock(headers: &HeaderMap, state: &mut State) {
    let Some(ahead_s) = clock_difference(headers, Timestamp::now()) else { return };
    if !std::mem::replace(&mut state.told.clock, true) {
        tracing::warn!(
            ahead_s,
            "this machine's clock differs from the service's: set it right (NTP), or AWS refuses signatures and \
             certificates count as expired"
        );
    }
}

/// By how many seconds our clock is ahead of the answer's `Date`, where that is too much.
fn clock_difference(headers: &HeaderMap, now: Timestamp) -> Option<i64> {
    let date = jiff::fmt::rfc2822::parse(headers.get(DATE)?.to_str().ok()?).ok()?;
    let ahead_s = now.as_second() - date.timestamp().as_second();
    (ahead_s.abs() > CLOCK_DIFFERENCE).then_some(ahead_s)
}

async fn read(response: Response, base: Url) -> Result<Token, Error> {
    let response = http::check(Call::Token, response).await?;
    let body = http::body(Call::Token, response).await?;
    let Granted { access_token, expires_in } = serde_json::from_slice(&body).map_err(|_| no_token(&body))?;
    if access_token.expose_secret().is_empty() {
        return Err(Error::new(Call::Token, ErrorKind::Answer("an empty token")));
    }
    let life = Duration::from_secs(expires_in);
    // Of a token that lives but seconds, a quarter is kept back.
    let renew = Instant::now() + life.saturating_sub(MARGIN.min(life / 4));
    Ok(Token { secret: access_token, base, renew })
}

/// An answer of success that has no token in it, but perhaps the service's error.
fn no_token(body: &[u8]) -> Error {
    let (code, said) = answer::message(body).unwrap_or_default();
    let kind = code.map_or(ErrorKind::Answer("not a token with its lifetime"), |code| http::of_status(code, None));
    Error { said: Some(said).filter(|said| !said.is_empty()), ..Error::new(Call::Token, kind) }
}

#[cfg(test)]
mod tests;
