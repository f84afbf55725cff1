//! The client's certificate.

use crate::error::OptionError;
use crate::pem::pem_mistake;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{Error, InconsistentKeys};
use std::fmt;
use std::sync::Arc;

/// The mark of a key that cannot be read without its password.
const ENCRYPTED: &[u8] = b"ENCRYPTED";

/// A client's certificate and its key, for a server that asks for them (mutual TLS). `Debug` shows nothing of them.
#[derive(Clone)]
pub struct Identity(Arc<SingleCertAndKey>);

impl Identity {
    /// Parses a certificate, perhaps followed by those that lead to its authority, and its key, both as PEM.
    ///
    /// # Errors
    /// What is missing, or that they do not belong together. The message has nothing of the key.
    pub fn from_pem(certificate: &[u8], key: &[u8]) -> Result<Self, OptionError> {
        let wrong = |reason: &str| OptionError::Identity(reason.to_owned());
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificate).collect();
        let chain =
            chain.map_err(|error| wrong(&format!("the certificate cannot be read: {}", pem_mistake(&error))))?;
        if chain.is_empty() {
            return Err(wrong("there is no certificate: it must be PEM, with a line -----BEGIN CERTIFICATE-----"));
        }
        let is_encrypted = key.windows(ENCRYPTED.len()).any(|part| part == ENCRYPTED);
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| match error {
            _ if is_encrypted => {
                wrong("a key with a password is not read: remove it with openssl pkey -in KEY -out NEW")
            }
            pem::Error::NoItemsFound => {
                wrong("there is no key: it must be PEM, with a line like -----BEGIN PRIVATE KEY-----")
            }
            error => wrong(&format!("the key cannot be read: {}", pem_mistake(&error))),
        })?;
        let both = CertifiedKey::from_der(chain, key, &default_provider()).map_err(|error| match error {
            Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => wrong("the key is that of another certificate"),
            Error::InvalidCertificate(_) => wrong("the certificate is damaged: it cannot be parsed"),
            Error::General(_) => wrong("the key is damaged, or of a kind that is not known: it cannot be parsed"),
            error => wrong(&error.to_string()),
        })?;
        Ok(Self(Arc::new(SingleCertAndKey::from(both))))
    }

    pub(crate) fn resolver(&self) -> Arc<SingleCertAndKey> {
        Arc::clone(&self.0)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}
