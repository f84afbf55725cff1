//! Mistakes in PEM files, in words.

use rustls::pki_types::pem::Error;

/// Returns what is wrong with the text of a PEM file. The error's own text lists bytes.
pub(crate) fn pem_mistake(error: &Error) -> String {
    match error {
        Error::MissingSectionEnd { end_marker } => {
            let part = String::from_utf8_lossy(end_marker);
            format!(
                "it is cut: the line -----END {}----- is missing",
                part.trim_matches('-').trim_start_matches("END ")
            )
        }
        Error::IllegalSectionStart { .. } => {
            "a line with -----BEGIN is broken: it must end with -----, and nothing may stand behind it".to_owned()
        }
        Error::Base64Decode(_) => "the text between its lines -----BEGIN and -----END is not base64".to_owned(),
        Error::NoItemsFound => "it has no such part".to_owned(),
        other => format!("it is not PEM: {other}"),
    }
}
