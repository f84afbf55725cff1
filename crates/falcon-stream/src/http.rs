//! The HTTP client, and what answers mean.

use crate::answer;
use crate::builder::Problem;
use crate::config::Config;
use crate::error::{Call, Error, ErrorKind};
use crate::reach;
use bytes::{Bytes, BytesMut};
use reqwest::header::{CONTENT_ENCODING, HeaderMap, HeaderValue};
use reqwest::{Client, NoProxy, Proxy, RequestBuilder, Response, redirect};
use rustls::{ClientConfig, RootCertStore};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Largest answer of the API that is read, in bytes. A list has a few hundred for each partition.
const MAX_ANSWER: usize = 1 << 20;
/// So much is read of an answer that is not success, in bytes: the service's errors have some hundred.
const MOST_OF_ERROR: usize = 16 << 10;
/// So long is waited for it.
const ERROR_WITHIN: Duration = Duration::from_secs(3);
/// The longest wait that a 429 is granted: a clock that is wrong must not hold us up for hours.
const MAX_RATE_LIMIT_WAIT: Duration = Duration::from_secs(300);
/// Longest trace id that is passed on; they are UUIDs.
const MAX_TRACE: usize = 64;
/// A connection that is gone without a word is found out by the kernel.
const TCP_KEEP_ALIVE: Duration = Duration::from_secs(60);

/// One client for everything. Redirections are not followed, answers not unpacked, the environment not read.
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
        let proxy = Proxy::all(url.expose_secret()).map_err(|_| Problem::Proxy)?;
        builder = builder.proxy(proxy.no_proxy(NoProxy::from_string(except)));
    }
    builder.build().map_err(trouble)
}

/// TLS that trusts the system's roots, the bundled ones, so that it works in an image without any, and those of the
/// configuration.
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
    // A feed is one long answer: HTTP/2 has nothing to give and more to go wrong.
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(tls)
}

/// A header with a token, which nothing shows.
pub(crate) fn authorization(scheme: &str, token: &SecretString) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(&format!("{scheme} {}", token.expose_secret())).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Sends a request and gives the answer, if it is success.
pub(crate) async fn send(call: Call, request: RequestBuilder) -> Result<Response, Error> {
    let response = request.send().await.map_err(|error| network(call, &error))?;
    check(call, response).await
}

/// The answer, if it is success. Of another one its body is looked at for the service's own message.
pub(crate) async fn check(call: Call, response: Response) -> Result<Response, Error> {
    let status = response.status().as_u16();
    let headers = response.headers();
    if let (200..=299, Some(encoding)) = (status, encoding(headers)) {
        return Err(Error::new(call, ErrorKind::Compressed(encoding)));
    }
    let is_page = answer::is_page(headers);
    if (200..=299).contains(&status) && !is_page {
        return Ok(response);
    }
    let kind = match status {
        300..=399 => ErrorKind::Redirected { status, to: answer::destination(headers) },
        status => of_status(status, rate_limit_wait(headers, SystemTime::now())),
    };
    let (trace, redirects) = (trace(headers), (300..=399).contains(&status));
    let body = beginning(response).await;
    if !redirects && (is_page || answer::looks_like_page(&body)) {
        return Err(Error { trace, ..Error::new(call, ErrorKind::Page { status, title: answer::title(&body) }) });
    }
    Err(Error { call, kind, said: answer::message(&body).map(|(_, said)| said), trace })
}

/// What a status that is not success means.
pub(crate) fn of_status(status: u16, wait: Option<Duration>) -> ErrorKind {
    match status {
        401 => ErrorKind::Unauthorized,
        403 => ErrorKind::Forbidden,
        404 => ErrorKind::NotFound,
        429 => ErrorKind::RateLimited { wait },
        500..=599 => ErrorKind::Server(status),
        _ => ErrorKind::Refused(status),
    }
}

/// How the answer is compressed, if it is.
fn encoding(headers: &HeaderMap) -> Option<String> {
    let encoding = headers.get(CONTENT_ENCODING)?.to_str().ok()?.trim();
    (!encoding.is_empty() && !encoding.eq_ignore_ascii_case("identity")).then(|| answer::shortened(encoding))
}

/// What can be had soon of a body that is not success.
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
    // What is there by then is enough for a message.
    let _ = tokio::time::timeout(ERROR_WITHIN, read).await;
    body
}

/// Reads an answer of the API.
pub(crate) async fn body(call: Call, mut response: Response) -> Result<Bytes, Error> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| network(call, &error))? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(Error::new(call, ErrorKind::Answer("too large")));
        }
        body.extend_from_slice(&chunk);
    }
    if answer::looks_like_page(&body) {
        let (status, title) = (response.status().as_u16(), answer::title(&body));
        return Err(Error::new(call, ErrorKind::Page { status, title }));
    }
    Ok(body.freeze())
}

/// A request that had no answer, or an answer that broke off.
pub(crate) fn network(call: Call, error: &reqwest::Error) -> Error {
    Error::new(call, reach::kind(error))
}

/// `X-RateLimit-RetryAfter` is a time, in seconds since 1970 by the service's clock, which `Date` tells.
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

fn trace(headers: &HeaderMap) -> Option<String> {
    let trace = headers.get("x-cs-traceid")?.to_str().ok()?;
    let good = trace.len() <= MAX_TRACE && trace.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    good.then(|| trace.to_owned())
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
