//! Explains why the service was not reached.

use crate::api::error::ErrorKind;
use crate::config::Config;
use rustls::CertificateError;
use secrecy::ExposeSecret as _;
use std::error::Error;
use std::io;
use url::Url;

/// The proxy, as error messages describe it.
#[derive(Debug)]
pub(crate) struct Proxy {
    /// Its URL, without user name and password.
    name: String,
    has_login: bool,
}

impl Proxy {
    /// Returns the configured proxy.
    pub(crate) fn of(config: &Config) -> Option<Self> {
        let (url, _) = config.proxy.as_ref()?;
        let url = Url::parse(url.expose_secret()).ok()?;
        let port = url.port_or_known_default().map_or_else(String::new, |port| format!(":{port}"));
        let name = format!("{}://{}{port}", url.scheme(), url.host_str()?);
        Some(Self { name, has_login: !url.username().is_empty() || url.password().is_some() })
    }
}

/// Returns what failed, and at which host or proxy.
pub(crate) fn kind(error: &reqwest::Error, proxy: Option<&Proxy>) -> ErrorKind {
    let host = error.url().and_then(|url| url.host_str()).unwrap_or("the service");
    let chain = chain(error);
    let said = |text: &str| chain.iter().any(|cause| cause.to_string().contains(text));
    // The texts of hyper-util, whose types for these are private.
    let is_of_tunnel = said("tunnel error");
    let is_proxy_away = is_of_tunnel && said("failed to create underlying connection");
    let name = proxy.map_or("its address is not known", |proxy| &proxy.name);
    if let Some(tls) = chain.iter().find_map(|cause| cause.downcast_ref::<rustls::Error>()) {
        return of_tls(if is_proxy_away { name } else { host }, tls);
    }
    if is_proxy_away {
        return ErrorKind::Proxy(format!(
            "the proxy that HTTPS_PROXY names cannot be reached ({name}: {}), and so neither can {host}; check HTTPS_PROXY \
             and that the proxy runs, or name {host} in NO_PROXY if it can be reached directly",
            plain(&chain)
        ));
    }
    if said("proxy authorization required") {
        let has_login = proxy.is_some_and(|proxy| proxy.has_login);
        return ErrorKind::Proxy(match has_login {
            true => format!(
                "the proxy does not accept the user name and password (407) and does not connect to {host} ({name}); check \
                 them in HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT, with %40 for an @ within them"
            ),
            false => format!(
                "the proxy asks for a user name and password (407) before it connects to {host} ({name}); put them into \
                 HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT"
            ),
        });
    }
    if is_of_tunnel {
        return ErrorKind::Proxy(format!(
            "the proxy refuses to connect to {host}, or fails ({name}); let it allow {host}:443, or name the host in \
             NO_PROXY if it can be reached directly"
        ));
    }
    if said("dns error") || said("failed to lookup address") {
        return ErrorKind::Dns(format!("the name {host} leads to no address (DNS)"));
    }
    let is_tls = error.url().is_some_and(|url| url.scheme() == "https");
    if let Some(proxy) = proxy.filter(|_| error.is_timeout() && error.is_connect() && is_tls) {
        return ErrorKind::Proxy(format!(
            "no connection to {host} in time; unless NO_PROXY names the host, it goes over the proxy {}: check that the proxy \
             works and lets {host}:443 through",
            proxy.name
        ));
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
            ("has expired", "if the certificate is valid, this machine's clock is wrong")
        }
        NotValidYet | NotValidYetContext { .. } => {
            ("is not valid yet", "if the certificate is valid, this machine's clock is wrong")
        }
        NotValidForName | NotValidForNameContext { .. } => {
            ("is for another name", "a proxy or portal answers instead, or the base URL is wrong")
        }
        _ => (
            "is not signed by an authority that this machine trusts",
            "if a company's proxy inspects TLS, set the file with its root certificate in REQUESTS_CA_BUNDLE or \
             SSL_CERT_FILE",
        ),
    };
    format!("invalid peer certificate: that of {host} {what} ({wrong}); {advice}")
}

/// Returns an error and its causes, including the error that an `io::Error` wraps.
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

/// Returns why the connection failed.
fn plain(chain: &[&(dyn Error + 'static)]) -> String {
    let said = |text: &str| chain.iter().any(|cause| cause.to_string().contains(text));
    let of_system = chain.iter().filter_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind);
    let what = of_system.rev().find_map(|kind| match kind {
        io::ErrorKind::ConnectionRefused => Some("connection refused"),
        io::ErrorKind::TimedOut => Some("no answer in time"),
        io::ErrorKind::ConnectionReset => Some("it closed the connection"),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => Some("no route to it"),
        _ => None,
    });
    match what {
        Some(what) => what.to_owned(),
        None if said("dns error") || said("failed to lookup address") => "its name has no address (DNS)".to_owned(),
        None if said("unsupported scheme") => "only http:// and https:// proxies are supported".to_owned(),
        None => root(chain),
    }
}

/// Returns the last two causes: the last one says the most, and the one before it names the operation.
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

/// Returns the texts of an error and all its causes.
pub(crate) fn causes(error: &reqwest::Error) -> String {
    chain(error).iter().map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
