//! Why the service was not reached.

use crate::error::ErrorKind;
use rustls::CertificateError;
use std::error::Error;
use std::io;

/// What failed, and with which host.
pub(crate) fn kind(error: &reqwest::Error) -> ErrorKind {
    let host = error.url().and_then(|url| url.host_str()).unwrap_or("the service");
    let chain = chain(error);
    if let Some(tls) = chain.iter().find_map(|cause| cause.downcast_ref::<rustls::Error>()) {
        return of_tls(host, tls);
    }
    let said = |text: &str| chain.iter().any(|cause| cause.to_string().contains(text));
    // The texts of hyper-util, whose types for these are private.
    if said("proxy authorization required") {
        return ErrorKind::Proxy(format!(
            "the proxy asks for a user name and password (407) before it connects to {host}; put them into \
             HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT"
        ));
    }
    if said("tunnel error") && !said("failed to create underlying connection") {
        return ErrorKind::Proxy(format!(
            "the proxy refuses to connect to {host}, or fails; let it allow {host}:443, or name the host in NO_PROXY \
             where it can be reached directly"
        ));
    }
    if said("tunnel error") {
        return ErrorKind::Proxy(format!(
            "the proxy that HTTPS_PROXY names cannot be reached ({}), and so neither can {host}; check HTTPS_PROXY, or name \
             {host} in NO_PROXY where it can be reached directly",
            root(&chain)
        ));
    }
    if said("dns error") || said("failed to lookup address") {
        return ErrorKind::Dns(format!("the name {host} leads to no address (DNS)"));
    }
    if error.is_timeout() {
        return ErrorKind::TimedOut;
    }
    ErrorKind::Network(format!("{host}: {}", root(&chain)))
}

fn of_tls(host: &str, error: &rustls::Error) -> ErrorKind {
    match error {
        rustls::Error::InvalidCertificate(wrong) => ErrorKind::Certificate(of_certificate(host, wrong)),
        rustls::Error::InvalidMessage(_) => ErrorKind::Tls(format!("{host} does not answer in TLS")),
        other => ErrorKind::Network(format!("{host}: TLS: {other}")),
    }
}

fn of_certificate(host: &str, wrong: &CertificateError) -> String {
    use CertificateError::{
        Expired, ExpiredContext, NotValidForName, NotValidForNameContext, NotValidYet, NotValidYetContext,
    };
    let (what, advice) = match wrong {
        Expired | ExpiredContext { .. } => {
            ("has expired", "where the certificate is in order, this machine's clock is wrong")
        }
        NotValidYet | NotValidYetContext { .. } => {
            ("is not valid yet", "where the certificate is in order, this machine's clock is wrong")
        }
        NotValidForName | NotValidForNameContext { .. } => {
            ("is for another name", "a proxy or portal answers in its place, or the base URL is not the right one")
        }
        _ => (
            "is not signed by an authority that this machine trusts",
            "where a company's proxy looks into TLS, name the file with its root certificate in REQUESTS_CA_BUNDLE or \
             SSL_CERT_FILE",
        ),
    };
    format!("invalid peer certificate: that of {host} {what} ({wrong}); {advice}")
}

/// An error and what is behind it, with what an `io::Error` wraps.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> Vec<&'a (dyn Error + 'static)> {
    let mut chain: Vec<&'a (dyn Error + 'static)> = Vec::new();
    let mut next = Some(error);
    while let Some(cause) = next {
        chain.push(cause);
        let wrapped = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match wrapped {
            Some(inner) => Some(inner),
            None => cause.source(),
        };
    }
    chain
}

/// The last cause, which says the most, and the one before it where that names what was being done.
fn root(chain: &[&(dyn Error + 'static)]) -> String {
    let mut texts: Vec<String> = Vec::new();
    for cause in chain {
        let text = cause.to_string();
        if texts.last().is_none_or(|last| !last.contains(&text)) {
            texts.push(text);
        }
    }
    let from = texts.len().saturating_sub(2);
    texts.split_off(from).join(": ")
}

/// All that an error says.
pub(crate) fn causes(error: &reqwest::Error) -> String {
    chain(error).iter().map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
