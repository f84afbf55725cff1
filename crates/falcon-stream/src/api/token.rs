//! The OAuth token that all requests to the API share.

mod clock;

use crate::api::answer;
use crate::api::error::{Call, Error, ErrorKind};
use crate::api::http;
use crate::api::region::Region;
use crate::api::secrets::Secrets;
use crate::backoff::Backoff;
use crate::config::{ApiClient, Config};
use clock::clock_difference;
use jiff::Timestamp;
use reqwest::header::HeaderMap;
use reqwest::{Client, Response};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

/// A token is renewed this long before it expires, so that it does not expire on its way.
const MARGIN: Duration = Duration::from_secs(120);
/// The longest lifetime that is used, so that no timer overflows. Tokens live for half an hour.
const MAX_LIFE: Duration = Duration::from_secs(86_400);

/// A token and the API that it is for.
pub(crate) struct Token {
    pub(crate) secret: SecretString,
    /// The base URL of the API that granted it.
    pub(crate) base: Url,
    renew: Instant,
}

/// Requests tokens, one at a time, and keeps the latest.
pub(crate) struct Tokens {
    config: Arc<Config>,
    client: Client,
    /// Returns the base URL of a region's API. Tests replace it.
    base_of: Box<dyn Fn(Region) -> Option<Url> + Send + Sync>,
    state: Mutex<TokenState>,
}

struct TokenState {
    token: Option<Arc<Token>>,
    /// The API client. It is replaced when the caller provides another one.
    client: ApiClient,
    /// The API client was refused.
    was_refused: bool,
    /// The region that the service named, after a token was granted there.
    found: Option<Region>,
    backoff: Backoff,
    /// The last failure, and the time before which no request is sent. All callers share it, because the service counts
    /// bad requests by address.
    failed: Option<(Instant, Error)>,
    /// Messages that were already logged.
    reported: Reported,
}

/// Messages that are logged once.
#[derive(Default)]
struct Reported {
    region: Option<Region>,
    clock: bool,
}

impl Tokens {
    pub(crate) fn new(config: Arc<Config>, client: Client) -> Self {
        let backoff = Backoff::new(&config.timing);
        let state = TokenState {
            token: None,
            client: config.client.clone(),
            was_refused: false,
            found: None,
            backoff,
            failed: None,
            reported: Reported::default(),
        };
        let base_of = Box::new(|region: Region| Url::parse(region.base_url()).ok());
        Self { config, client, base_of, state: Mutex::new(state) }
    }

    /// Returns whether [`get`](Self::get) needs a request.
    pub(crate) async fn is_cold(&self) -> bool {
        self.state.lock().await.token.as_ref().is_none_or(|token| token.renew <= Instant::now())
    }

    /// Returns a token that is valid for a while.
    pub(crate) async fn get(&self) -> Result<Arc<Token>, Error> {
        let mut state = self.state.lock().await;
        let now = Instant::now();
        if let Some(token) = state.token.as_ref().filter(|token| token.renew > now) {
            return Ok(Arc::clone(token));
        }
        if let Some((until, error)) = state.failed.as_ref().filter(|(until, _)| *until > now) {
            // A caller that waits this long asks again at the right time.
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
                    // The tenant may have moved, so the configured region is asked again.
                    state.found = None;
                }
                let wait = state.backoff.failed(now, error.least_wait());
                // The whole wait that the service asks for, but only half of our own, because callers have waits of
                // their own.
                state.failed = Some((now + error.least_wait().unwrap_or(wait / 2), error.clone()));
                Err(error)
            }
        }
    }

    /// Discards a token that was refused.
    pub(crate) async fn refused(&self, token: &Arc<Token>) {
        let mut state = self.state.lock().await;
        if state.token.as_ref().is_some_and(|current| Arc::ptr_eq(current, token)) {
            state.token = None;
        }
    }

    /// Returns the region that the service named, if it is not the configured one.
    pub(crate) async fn moved_to(&self) -> Option<Region> {
        let found = self.state.lock().await.found;
        found.filter(|found| self.config.region != Some(*found))
    }

    async fn request(&self, state: &mut TokenState) -> Result<Token, Error> {
        if state.was_refused {
            self.renew(state).await;
        }
        if let Some(base) = &self.config.base_url {
            let (response, _) = self.post(base, state).await?;
            return self.read(response, base.clone()).await;
        }
        let region = state.found.or(self.config.region).unwrap_or(Region::Us1);
        let base = self.base(region)?;
        let (response, said) = self.post(&base, state).await?;
        let Some(other) = said.filter(|said| *said != region) else {
            return self.read(response, base).await;
        };
        if !(other.is_commercial() && region.is_commercial()) {
            report_region(state, other, || {
                tracing::warn!(
                    configured = %region, service = %other,
                    "the service names another region for this tenant; government clouds are neither left nor entered by \
                     that: if it is right, set the region to it"
                );
            });
            return self.read(response, base).await;
        }
        self.follow(state, other).await
    }

    /// Requests the token in the region that the service named, as falconpy does (`_util/_functions.py:928`).
    async fn follow(&self, state: &mut TokenState, other: Region) -> Result<Token, Error> {
        let named = self.config.region;
        report_region(state, other, || match named {
            Some(named) => tracing::warn!(
                configured = %named, service = %other,
                "this tenant is in another Falcon cloud than the configured one: using that cloud; set the region to it"
            ),
            None => tracing::info!(region = %other, "the tenant's region was found"),
        });
        let base = self.base(other)?;
        let (response, _) = self.post(&base, state).await?;
        let token = self.read(response, base).await;
        // After a failure, the configured region is asked again.
        state.found = token.is_ok().then_some(other);
        token
    }

    /// Reads the API client again, because its secret may have changed since the start.
    async fn renew(&self, state: &mut TokenState) {
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
        (self.base_of)(region)
            .ok_or_else(|| Error::new(Call::Token, ErrorKind::Answer("names a region without a URL".to_owned())))
    }

    async fn read(&self, response: Response, base: Url) -> Result<Token, Error> {
        let response = http::check(Call::Token, response, &self.config).await?;
        let body = http::body(Call::Token, response, &self.config).await?;
        let (secret, life) = granted(&body, &self.config.secrets)?;
        // A token that lives only seconds is renewed after three quarters of its life.
        let renew = Instant::now() + life.saturating_sub(MARGIN.min(life / 4));
        Ok(Token { secret, base, renew })
    }

    async fn post(&self, base: &Url, state: &mut TokenState) -> Result<(Response, Option<Region>), Error> {
        let mut url = base.clone();
        url.set_path("/oauth2/token");
        let config = &self.config;
        let ApiClient { id, secret } = &state.client;
        config.secrets.add(secret);
        let mut form = vec![("client_id", id.as_str()), ("client_secret", secret.expose_secret())];
        form.extend(config.member_cid.as_deref().map(|cid| ("member_cid", cid)));
        let request = self.client.post(url).timeout(config.timing.answer).form(&form);
        let response = request.send().await.map_err(|error| http::network(Call::Token, &error, config))?;
        check_clock(response.headers(), state);
        let header = response.headers().get("x-cs-region").and_then(|value| value.to_str().ok());
        let region = header.and_then(|name| name.parse().ok());
        Ok((response, region))
    }
}

/// Logs a message about a region once.
fn report_region(state: &mut TokenState, region: Region, report: impl FnOnce()) {
    if state.reported.region.replace(region) != Some(region) {
        report();
    }
}

/// Warns once if the clock is wrong. Otherwise it shows only indirectly, as refused signatures and certificates.
fn check_clock(headers: &HeaderMap, state: &mut TokenState) {
    let Some(ahead_s) = clock_difference(headers, Timestamp::now()) else { return };
    if !std::mem::replace(&mut state.reported.clock, true) {
        tracing::warn!(
            ahead_s,
            "this machine's clock differs from the service's: set the clock (NTP), or AWS refuses signatures and \
             certificates look expired"
        );
    }
}

/// Reads the token and its lifetime from an answer with status success.
fn granted(body: &[u8], secrets: &Secrets) -> Result<(SecretString, Duration), Error> {
    let wrong = |what| match answer::message(body, secrets) {
        // An answer with status success may contain an error of the service.
        Some((code, said)) => Error::inside(Call::Token, code, said),
        None => Error::new(Call::Token, ErrorKind::Answer(what)),
    };
    let object = answer::object(body).map_err(wrong)?;
    let token = SecretString::from(answer::text(&object, "access_token").map_err(wrong)?);
    secrets.add(&token);
    let life = Duration::from_secs(answer::seconds(&object, "expires_in").map_err(wrong)?);
    Ok((token, life.min(MAX_LIFE)))
}

#[cfg(test)]
mod tests;
