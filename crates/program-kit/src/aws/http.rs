//! HTTPS for the SDK: ring as provider, the system's and the bundled roots, and the proxy in the environment.

use crate::proxy::Proxy;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use std::fmt::Write;

/// Returns a client that trusts the system's roots, to which a company may have added its own, and Mozilla's, which
/// work even on a system without roots (a container image from scratch). `extra` are trusted too.
pub(super) fn client(extra: &[CertificateDer<'static>], proxy: ProxyConfig) -> Result<SharedHttpClient, String> {
    let tls = TlsContext::builder().with_trust_store(roots(extra)).build().map_err(|error| error.to_string())?;
    // The documented builder does not support a proxy; this one also reuses connections.
    Ok(Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = Connector::builder();
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(|components| components.sleep_impl()));
        connector.set_proxy_config(Some(proxy.clone()));
        connector.tls_provider(Provider::rustls(CryptoMode::Ring)).tls_context(tls.clone()).build()
    }))
}

/// Returns the roots as PEM, the only form that the SDK takes. The SDK panics on a root that it cannot parse, which a
/// system may have, and, if it loads the system's roots itself, on finding none. So they are loaded and checked here.
fn roots(extra: &[CertificateDer<'static>]) -> TrustStore {
    let system = rustls_native_certs::load_native_certs();
    for error in &system.errors {
        tracing::warn!(%error, "a root certificate of the system cannot be read");
    }
    let mut known = RootCertStore::empty();
    let mut pem = String::new();
    for root in system.certs.iter().chain(extra).chain(webpki_root_certs::TLS_SERVER_ROOT_CERTS) {
        if known.add(root.clone()).is_ok() {
            append(&mut pem, root);
        }
    }
    TrustStore::empty().with_pem_certificate(pem)
}

fn append(pem: &mut String, root: &CertificateDer<'_>) {
    // Writing into a String cannot fail.
    let _ = writeln!(pem, "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----", STANDARD.encode(root.as_ref()));
}

/// Returns the proxy in the environment. Only https uses it: AWS's plain http endpoints are the machine's own (IMDS,
/// ECS), and so are those of emulators.
pub(super) fn proxy_from_env() -> Result<ProxyConfig, String> {
    proxy(crate::proxy::from_env())
}

fn proxy(named: Option<Proxy>) -> Result<ProxyConfig, String> {
    let Some(Proxy { url, direct }) = named else { return Ok(ProxyConfig::disabled()) };
    // The URL may hold a password, so it is not repeated.
    let proxy = ProxyConfig::https(url.as_str())
        .map_err(|_| "HTTPS_PROXY or ALL_PROXY: must be a URL like http://HOST:PORT".to_owned())?;
    Ok(if direct.is_empty() { proxy } else { proxy.no_proxy(direct) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_roots_are_usable() {
        let mut known = RootCertStore::empty();
        let (good, bad) = known.add_parsable_certificates(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
        assert!(good > 100 && bad == 0, "{good} good, {bad} bad");
        assert!(client(&[], ProxyConfig::disabled()).is_ok());
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_told_without_its_password() {
        let named = |url: &str| Some(Proxy { url: url.to_owned(), direct: "localhost".to_owned() });
        assert!(proxy(None).is_ok_and(|it| it.is_disabled()));
        assert!(proxy(named("http://proxy.example:3128")).is_ok_and(|it| !it.is_disabled()));
        let error = proxy(named("socks5://user:hunter2@proxy:1")).unwrap_err();
        assert!(error.starts_with("HTTPS_PROXY ") && !error.contains("hunter2"), "{error}");
    }
}
