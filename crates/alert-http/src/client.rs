//! The HTTP client.

use crate::error::OptionError;
use crate::options::Options;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, NoProxy, redirect};
use rustls::{ClientConfig, RootCertStore};
use secrecy::ExposeSecret;
use std::sync::Arc;
use std::time::Duration;

/// The limit for connecting. A server that does not answer within it is not reachable.
const CONNECT: Duration = Duration::from_secs(5);
/// The limit for one try. A server that needs longer for an alert has a problem of its own.
const TRY: Duration = Duration::from_secs(30);
/// The interval after which the kernel probes a silent connection, as with Falco's `keep_alive`.
const TCP_KEEP_ALIVE: Duration = Duration::from_secs(60);

/// Builds the client, whose connections are not used after they were idle for longer than `idle`. It does not follow
/// redirections, and reads no proxy from the environment.
pub(crate) fn client(options: &Options, idle: Duration) -> Result<Client, OptionError> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(options.content_type.name()));
    for header in &options.headers {
        headers.insert(header.name.clone(), header.value.clone());
    }
    let mut builder = Client::builder()
        .tls_backend_preconfigured(tls(options)?)
        .http1_only()
        .redirect(redirect::Policy::none())
        .user_agent(&options.user_agent)
        .default_headers(headers)
        .connect_timeout(CONNECT)
        .timeout(TRY)
        .tcp_keepalive(TCP_KEEP_ALIVE)
        .pool_idle_timeout(idle)
        .referer(false)
        .no_proxy();
    if let Some((url, direct)) = &options.proxy {
        let proxy = reqwest::Proxy::https(url.expose_secret()).map_err(|_| OptionError::Proxy)?;
        builder = builder.proxy(proxy.no_proxy(NoProxy::from_string(direct)));
    }
    builder.build().map_err(|error| OptionError::Client(error.without_url().to_string()))
}

/// Returns a TLS configuration that trusts the system's roots, the given ones, and the bundled ones. If `SSL_CERT_FILE` or
/// `SSL_CERT_DIR` is set, its certificates take the place of the system's.
fn tls(options: &Options) -> Result<ClientConfig, OptionError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots.add_parsable_certificates(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
    roots.add_parsable_certificates(options.roots.iter().cloned());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| OptionError::Client(error.to_string()))?;
    let builder = builder.with_root_certificates(roots);
    Ok(match &options.identity {
        Some(identity) => builder.with_client_cert_resolver(identity.resolver()),
        None => builder.with_no_client_auth(),
    })
}
