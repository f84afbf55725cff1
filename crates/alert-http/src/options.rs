//! Where and how alerts are posted.

use crate::error::OptionError;
use crate::identity::Identity;
use reqwest::Url;
use reqwest::header::{HeaderName, HeaderValue};
use rustls::pki_types::CertificateDer;
use secrecy::{ExposeSecret, SecretString};

/// The headers that belong to the connection.
const RESERVED: [&str; 4] = ["connection", "content-length", "host", "transfer-encoding"];

/// The media type of alerts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ContentType {
    /// `application/json`, as of Falco's alerts with `json_output`.
    #[default]
    Json,
    /// `text/plain`, as of Falco's other alerts.
    Text,
}

impl ContentType {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Text => "text/plain",
        }
    }
}

/// A header of the requests. Its value counts as a secret.
#[derive(Clone, Debug)]
pub struct Header {
    pub(crate) name: HeaderName,
    pub(crate) value: HeaderValue,
}

/// Where and how alerts are posted. `Debug` shows no secret.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// The URL. Its user name, password, path and query count as secrets.
    pub url: SecretString,
    /// The media type.
    pub content_type: ContentType,
    /// Headers that replace those with the same name.
    pub headers: Vec<Header>,
    /// Certificates that are trusted in addition to the system's and the bundled ones.
    pub roots: Vec<CertificateDer<'static>>,
    /// The client's certificate, for a server that asks for one.
    pub identity: Option<Identity>,
    /// Whether alerts are compressed (gzip). The server must take `Content-Encoding: gzip`.
    pub compress: bool,
    /// The URL of the proxy for https, and the hosts that are reached without it, as in `NO_PROXY`.
    pub proxy: Option<(SecretString, String)>,
    /// The header `User-Agent`.
    pub user_agent: String,
}

impl Header {
    /// Parses `NAME: VALUE`. `find` returns the value for the text of `VALUE`, which may name a place where it is kept.
    ///
    /// # Errors
    /// The mistake, without the value.
    pub fn parse(text: &str, find: impl FnOnce(&str) -> Result<String, String>) -> Result<Self, OptionError> {
        let (name, value) = text.split_once(':').ok_or(OptionError::NoColon)?;
        let name = name.trim();
        if RESERVED.iter().any(|reserved| name.eq_ignore_ascii_case(reserved)) {
            return Err(OptionError::Reserved(name.to_owned()));
        }
        let wrong = || OptionError::Header(name.to_owned());
        let value = find(value.trim()).map_err(|reason| OptionError::Value { name: name.to_owned(), reason })?;
        let mut value = HeaderValue::from_str(&value).map_err(|_| wrong())?;
        value.set_sensitive(true);
        Ok(Self { name: HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?, value })
    }
}

impl Options {
    /// Returns options without headers, certificates, compression and a proxy.
    #[must_use]
    pub fn new(url: impl Into<String>, content_type: ContentType) -> Self {
        Self {
            url: url.into().into(),
            content_type,
            headers: Vec::new(),
            roots: Vec::new(),
            identity: None,
            compress: false,
            proxy: None,
            user_agent: concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }

    pub(crate) fn parse_url(&self) -> Result<Url, OptionError> {
        let wrong = |reason: &str| OptionError::Url(reason.to_owned());
        let url = Url::parse(self.url.expose_secret()).map_err(|error| wrong(&error.to_string()))?;
        match url.scheme() {
            "http" if self.identity.is_some() => Err(OptionError::Identity(
                "begins with http://, over which no certificate is sent: use https://, or leave the certificate out"
                    .to_owned(),
            )),
            "http" | "https" if url.has_host() => Ok(url),
            "http" | "https" => Err(wrong("it names no host")),
            _ => Err(wrong("it begins with neither http:// nor https://")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_parsed_and_their_values_stay_secret() {
        let find = |text: &str| if text == "@none" { Err("no file".to_owned()) } else { Ok(text.to_owned()) };
        let header = Header::parse("Authorization:  Bearer hunter2", find).unwrap();
        assert_eq!((header.name.as_str(), header.value.as_bytes()), ("authorization", &b"Bearer hunter2"[..]));
        assert!(!format!("{header:?}").contains("hunter2"));
        for (text, expected) in [
            ("hunter2", "must be NAME: VALUE"),
            ("a b: hunter2", "the header \"a b\" has characters that HTTP does not allow"),
            ("a: hunter2\n", "must be"),
            ("a: hunt\u{1}er2", "the header \"a\" has characters"),
            ("Host: hunter2", "the header Host is set by the connection"),
            ("a: @none", "the header a: no file"),
        ] {
            match Header::parse(text, find) {
                Ok(header) => assert_eq!(header.value.as_bytes(), b"hunter2", "{text}"),
                Err(error) => {
                    let error = error.to_string();
                    assert!(error.starts_with(expected) && !error.contains("hunter2"), "{text}: {error}");
                }
            }
        }
    }

    #[test]
    fn a_wrong_url_is_named_without_its_secrets() {
        for url in ["hunter2", "ftp://hunter2@x/y", "http://", "https://x:hunter2/"] {
            let options = Options::new(url, ContentType::Json);
            let error = options.parse_url().unwrap_err().to_string();
            assert!(error.starts_with("is not a URL like") && !error.contains("hunter2"), "{url}: {error}");
            assert!(!format!("{options:?}").contains("hunter2"));
        }
        assert!(Options::new("https://hooks.example/T0/x?y=z", ContentType::Text).parse_url().is_ok());
    }
}
