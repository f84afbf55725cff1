//! HTTPS for the SDK: ring, the roots of the system together with the bundled ones, and the proxy that the environment
//! names.

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

/// A client that trusts the system's roots, where a company may have added its own, and Mozilla's, which are there even
/// where the system has none (a container image from scratch). `extra` are trusted as well.
pub(super) fn client(extra: &[CertificateDer<'static>]) -> Result<SharedHttpClient, String> {
    let tls = TlsContext::builder().with_trust_store(roots(extra)).build().map_err(|error| error.to_string())?;
    let proxy = proxy(crate::proxy::from_env())?;
    // The documented builder has no way to name a proxy; this one keeps the connections just the same.
    Ok(Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = Connector::builder();
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(|components| components.sleep_impl()));
        connector.set_proxy_config(Some(proxy.clone()));
        connector.tls_provider(Provider::rustls(CryptoMode::Ring)).tls_context(tls.clone()).build()
    }))
}

/// The roots as PEM, the only form that the SDK takes. It panics on one that it cannot parse, as systems may have, and,
/// where it reads the system's by itself, on finding none; so they are read and looked at here.
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

/// Only https goes through a proxy: what AWS serves over plain http is the machine's own (IMDS, ECS), and so is an
/// emulator.
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
        assert!(client(&[]).is_ok());
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
