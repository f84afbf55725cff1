//! The HTTP client, and the meaning of answers.

use crate::api::answer;
use crate::api::error::{Call, Error, ErrorKind};
use crate::api::reach::{self, Proxy};
use crate::api::secrets::Secrets;
use crate::config::Config;
use crate::config::Problem;
use bytes::{Bytes, BytesMut};
use reqwest::header::{CONTENT_ENCODING, HeaderMap, HeaderValue};
use reqwest::{Client, NoProxy, RequestBuilder, Response, redirect};
use rustls::{ClientConfig, RootCertStore};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// The largest answer of the API that is read, in bytes. A list has a few hundred for each partition.
const MAX_ANSWER: usize = 1 << 20;
/// The most that is read of an error's body, in bytes. The service's errors have some hundred.
const MOST_OF_ERROR: usize = 16 << 10;
/// The time limit for reading the body of an error.
const ERROR_WITHIN: Duration = Duration::from_secs(3);
/// The longest wait after a 429: a wrong clock must not stop the stream for hours.
const MAX_RATE_LIMIT_WAIT: Duration = Duration::from_secs(300);
/// The longest trace id that is reported. Trace ids are UUIDs.
const MAX_TRACE: usize = 64;
/// The interval after which the kernel probes a silent connection.
const TCP_KEEP_ALIVE: Duration = Duration::from_secs(60);

/// Builds the client for all requests. It does not follow redirections or decompress answers, and reads no proxy from the
/// environment.
pub(crate) fn client(config: &Config) -> Result<Client, Problem> {
    let trouble = |error: reqwest::Error| Problem::Client(reach::causes(&error.without_url()));
    let mut builder = Client::builder()
        .tls_backend_preconfigured(tls(config)?)
        .http1_only()
        .redirect(redirect::Policy::none())
        .user_agent(config.user_agent.clone())
        .connect_timeout(config.timing.connect)
        .tcp_keepalive(TCP_KEEP_ALIVE)
        .referer(false)
        .no_proxy();
    if let Some((url, except)) = &config.proxy {
        let proxy = reqwest::Proxy::all(url.expose_secret()).map_err(|_| Problem::Proxy)?;
        builder = builder.proxy(proxy.no_proxy(NoProxy::from_string(except)));
    }
    builder.build().map_err(trouble)
}

/// Returns a TLS configuration that trusts the system's roots, the configured ones, and the bundled ones, which serve
/// in images without any. If `SSL_CERT_FILE` or `SSL_CERT_DIR` is set, its certificates take the place of the system's.
fn tls(config: &Config) -> Result<ClientConfig, Problem> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots.add_parsable_certificates(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
    roots.add_parsable_certificates(config.roots.iter().cloned());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Problem::Client(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    // A feed is one long answer, so HTTP/2 gives no advantage.
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(tls)
}

/// Returns a header with a token, marked as sensitive.
pub(crate) fn authorization(scheme: &str, token: &SecretString) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(&format!("{scheme} {}", token.expose_secret())).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Sends a request and returns the answer if its status is success.
pub(crate) async fn send(call: Call, request: RequestBuilder, config: &Config) -> Result<Response, Error> {
    let response = request.send().await.map_err(|error| network(call, &error, config))?;
    check(call, response, config).await
}

/// Returns the answer if its status is success. Otherwise the body is searched for the service's own message.
pub(crate) async fn check(call: Call, response: Response, config: &Config) -> Result<Response, Error> {
    let status = response.status().as_u16();
    let (headers, secrets) = (response.headers(), &config.secrets);
    if let (200..=299, Some(encoding)) = (status, encoding(headers, secrets)) {
        return Err(Error::new(call, ErrorKind::Compressed(encoding)));
    }
    let is_page = answer::is_page(headers);
    if (200..=299).contains(&status) && !is_page {
        return Ok(response);
    }
    let kind = match status {
        300..=399 => ErrorKind::Redirected { status, to: answer::destination(headers, secrets) },
        status => ErrorKind::of_status(status, rate_limit_wait(headers, SystemTime::now())),
    };
    let (trace, redirects) = (trace(headers, secrets), (300..=399).contains(&status));
    let body = beginning(response).await;
    if !redirects && (is_page || answer::looks_like_page(&body)) {
        return Err(Error {
            trace,
            ..Error::new(call, ErrorKind::Page { status, title: answer::title(&body, secrets) })
        });
    }
    let said = answer::message(&body, secrets).map(|(_, said)| said).filter(|said| !said.is_empty());
    Err(Error { call, kind, said, trace })
}

/// Returns the compression of the answer, if any.
fn encoding(headers: &HeaderMap, secrets: &Secrets) -> Option<String> {
    let encoding = headers.get(CONTENT_ENCODING)?.to_str().ok()?.trim();
    (!encoding.is_empty() && !encoding.eq_ignore_ascii_case("identity")).then(|| answer::shortened(encoding, secrets))
}

/// Reads the beginning of an error's body.
async fn beginning(mut response: Response) -> Vec<u8> {
    let mut body = Vec::new();
    let read = async {
        while let Ok(Some(chunk)) = response.chunk().await {
            body.extend_from_slice(&chunk);
            if body.len() >= MOST_OF_ERROR {
                break;
            }
        }
    };
    // After the timeout, the part that has arrived is enough for a message.
    let _ = tokio::time::timeout(ERROR_WITHIN, read).await;
    body
}

/// Reads the body of an answer.
pub(crate) async fn body(call: Call, mut response: Response, config: &Config) -> Result<Bytes, Error> {
    let mut body = BytesMut::new();
    let mut is_too_large = false;
    while let Some(chunk) = response.chunk().await.map_err(|error| network(call, &error, config))? {
        is_too_large = body.len() + chunk.len() > MAX_ANSWER;
        if is_too_large {
            break;
        }
        body.extend_from_slice(&chunk);
    }
    if answer::looks_like_page(&body) {
        let (status, title) = (response.status().as_u16(), answer::title(&body, &config.secrets));
        return Err(Error::new(call, ErrorKind::Page { status, title }));
    }
    if is_too_large {
        let what = format!("has more than {MAX_ANSWER} bytes; a few hundred are normal");
        return Err(Error::new(call, ErrorKind::Answer(what)));
    }
    Ok(body.freeze())
}

/// Returns the error for a request without an answer, or an answer that broke off.
pub(crate) fn network(call: Call, error: &reqwest::Error, config: &Config) -> Error {
    Error::new(call, reach::kind(error, Proxy::of(config).as_ref()))
}

/// Returns the wait after a 429. `X-RateLimit-RetryAfter` is a time in seconds since 1970, by the service's clock,
/// which is in `Date`.
fn rate_limit_wait(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let until: u64 = text("x-ratelimit-retryafter")?.trim().parse().ok()?;
    let date = text("date").and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
    let now = match date {
        Some(date) => u64::try_from(date.timestamp().as_second()).ok()?,
        None => now.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs(),
    };
    Some(Duration::from_secs(until.saturating_sub(now)).min(MAX_RATE_LIMIT_WAIT))
}

fn trace(headers: &HeaderMap, secrets: &Secrets) -> Option<String> {
    let trace = headers.get("x-cs-traceid")?.to_str().ok()?;
    let good = trace.len() <= MAX_TRACE && trace.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    good.then(|| secrets.hide(trace).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_of_a_429() {
        let wait = |until: &'static str, date: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            headers.insert("x-ratelimit-retryafter", HeaderValue::from_static(until));
            if let Some(date) = date {
                headers.insert("date", HeaderValue::from_static(date));
            }
            rate_limit_wait(&headers, SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_323_000))
                .map(|wait| wait.as_secs())
        };
        assert_eq!(wait("1767323045", None), Some(45));
        assert_eq!(wait("1767323045", Some("Fri, 02 Jan 2026 03:04:00 GMT")), Some(5));
        assert_eq!(wait("1767322000", None), Some(0));
        assert_eq!(wait("1967322000", None), Some(300));
        assert_eq!(wait("soon", None), None);
    }
}
