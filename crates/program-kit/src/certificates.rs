//! The certificates that TLS trusts: bundled roots, the system's, and those that the environment names.

use crate::environment::{quoted, variable};
use crate::logging;
use memchr::memmem;
use rustls::RootCertStore;
pub use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The variables that name a file or a folder of certificates: Python's `requests` reads the first two; boto3, the AWS
/// CLI and the AWS SDK for Go the third; OpenSSL and Go's standard library the fourth.
pub const BUNDLES: [&str; 4] = ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "AWS_CA_BUNDLE", "SSL_CERT_FILE"];
/// The variable that names folders, separated by colons; OpenSSL and Go's standard library read it.
pub const FOLDERS: &str = "SSL_CERT_DIR";

/// Returns the certificates that the environment names, each once. They are trusted in addition to the system's and the
/// bundled ones, so that a bundle for a company's proxy does not exclude all other servers. `SSL_CERT_FILE` and
/// `SSL_CERT_DIR` take the place of the system's, since `rustls-native-certs` reads them instead.
///
/// # Errors
/// If a file cannot be read or holds no certificate: one message for each variable, with the file and what would be
/// right. Without this check, every connection would fail later, with a worse message.
pub fn from_env() -> Result<Vec<CertificateDer<'static>>, Vec<String>> {
    of(variable)
}

/// Returns those certificates and those of a file or folder, if one is given. `name` is the setting that has the path.
///
/// # Errors
/// As in [`from_env`] and [`bundle`].
pub fn from_env_and(name: &str, path: Option<&Path>) -> Result<Vec<CertificateDer<'static>>, Vec<String>> {
    let more = path.map_or_else(|| Ok(Vec::new()), |path| bundle(name, path).map_err(|mistake| vec![mistake]));
    match (from_env(), more) {
        (Ok(all), Ok(more)) => Ok([all, more].concat()),
        (all, more) => Err([all.err(), more.err()].into_iter().flatten().flatten().collect()),
    }
}

fn of(env: impl Fn(&str) -> Option<String>) -> Result<Vec<CertificateDer<'static>>, Vec<String>> {
    // Several variables often name one file.
    let mut good = BTreeSet::new();
    let bundles = BUNDLES.iter().filter_map(|name| {
        let value = env(name).filter(|value| !good.contains(value))?;
        let read = quoted(name, &value).map_or_else(|| bundle(name, Path::new(&value)), Err);
        if read.is_ok() {
            good.insert(value);
        }
        Some(read)
    });
    let folders = env(FOLDERS).map(|value| quoted(FOLDERS, &value).map_or_else(|| folders(&value), Err));
    let (mut found, mut mistakes) = (BTreeSet::new(), Vec::new());
    for result in bundles.chain(folders) {
        match result {
            Ok(certificates) => found.extend(certificates.into_iter().map(|it| it.to_vec())),
            Err(mistake) => mistakes.push(mistake),
        }
    }
    if mistakes.is_empty() { Ok(found.into_iter().map(CertificateDer::from).collect()) } else { Err(mistakes) }
}

/// Returns the file or folder that the environment names for Python's `requests`, which reads the first of two variables
/// that is set (`requests/sessions.py`, `merge_environment_settings`).
///
/// # Errors
/// If it cannot be read or holds no certificate; the message has the variable and the path.
pub fn of_requests(env: impl Fn(&str) -> Option<OsString>) -> Result<Option<PathBuf>, String> {
    let [first, second, ..] = BUNDLES;
    let named = |name: &'static str| Some((name, PathBuf::from(env(name).filter(|value| !value.is_empty())?)));
    let Some((name, path)) = named(first).or_else(|| named(second)) else { return Ok(None) };
    bundle(name, &path).map(|_| Some(path))
}

/// Returns the certificates of a file, or of the files in a folder. `name` is the setting that has the path. If a file has
/// others that cannot be used, a warning says so, once.
///
/// # Errors
/// If the path cannot be read or holds no certificate; the message has `name` and the path.
pub fn bundle(name: &str, path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let Usable { certificates, wrong } = read(path).map_err(|error| {
        format!("{name}={}: cannot be read: {error}; name a file of certificates in PEM form", path.display())
    })?;
    if !certificates.is_empty() {
        wrong.iter().for_each(|wrong| warn(format!("{name}={}", wrong.rest())));
        return Ok(certificates);
    }
    let path = path.display();
    Err(match wrong.first() {
        Some(Wrong { what, .. }) => {
            format!("{name}={path}: holds no certificate that can be read: {what}; fetch it again")
        }
        None => format!(
            "{name}={path}: holds no certificate; it must be in PEM form, with lines -----BEGIN CERTIFICATE-----"
        ),
    })
}

/// Warns once. Some bundles are read before the log's format is known.
fn warn(text: String) {
    static TOLD: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    if told.contains(&text) {
        return;
    }
    if tracing::dispatcher::has_been_set() {
        tracing::warn!("{text}");
    } else {
        logging::print(&format!("warning: {text}\n"));
    }
    told.insert(text);
}

/// Returns the certificates of `SSL_CERT_DIR`. Its folders may be missing as long as one has a certificate: lists for
/// several systems are usual.
fn folders(value: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let mut found = Vec::new();
    let mut last = None;
    for folder in std::env::split_paths(value).filter(|folder| !folder.as_os_str().is_empty()) {
        match bundle(FOLDERS, &folder) {
            Ok(certificates) => found.extend(certificates),
            Err(mistake) => last = Some(mistake),
        }
    }
    match last {
        Some(mistake) if found.is_empty() => Err(mistake),
        _ => Ok(found),
    }
}

/// Returns what is wrong with the text of a PEM file. The error's own text lists bytes.
fn in_words(error: &pem::Error) -> &'static str {
    match error {
        pem::Error::MissingSectionEnd { .. } => "it is cut: a line -----END CERTIFICATE----- is missing",
        pem::Error::IllegalSectionStart { .. } => "a line with -----BEGIN is broken",
        _ => "the text between its lines -----BEGIN and -----END is not base64",
    }
}

/// The usable certificates of a file or a folder.
#[derive(Default)]
struct Usable {
    certificates: Vec<CertificateDer<'static>>,
    /// The files that also have others.
    wrong: Vec<Wrong>,
}

/// A file with certificates that cannot be used.
#[derive(Debug)]
struct Wrong {
    file: PathBuf,
    /// The number of certificates that cannot be used.
    count: usize,
    /// The mistake in the first of them.
    what: &'static str,
}

impl Wrong {
    /// Returns the text about a file of which the rest is used.
    fn rest(&self) -> String {
        let Self { file, count, what } = self;
        format!("{}: {count} of its certificates cannot be used: {what}; the others are used", file.display())
    }
}

/// Returns the usable certificates. Files of a folder that have none at all are skipped.
fn read(path: &Path) -> io::Result<Usable> {
    let mut found = Usable::default();
    if !path.is_dir() {
        found.add(path.to_owned())?;
        return Ok(found);
    }
    for entry in std::fs::read_dir(path)? {
        let file = entry?.path();
        // Links from `openssl rehash` may be broken, and a folder may contain folders.
        if file.is_file() {
            found.add(file)?;
        }
    }
    Ok(found)
}

/// The start of a certificate, which has a line to itself.
const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
/// The start of [`BEGIN`] and of all [`OTHERS`].
const BEGINS: &[u8] = b"-----BEGIN ";
/// The starts of certificates in OpenSSL's other forms (`openssl/pem.h`), which no other library reads.
const OTHERS: [&[u8]; 2] = [b"-----BEGIN TRUSTED CERTIFICATE-----", b"-----BEGIN X509 CERTIFICATE-----"];

impl Usable {
    fn add(&mut self, file: PathBuf) -> io::Result<()> {
        let text = std::fs::read(&file)?;
        // Editors of Windows write a mark in front.
        let pem = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&text);
        let begun = memmem::find_iter(pem, BEGIN).count();
        let lines = pem.split(|byte| matches!(byte, b'\n' | b'\r')).filter(|line| line.starts_with(BEGINS));
        let (mut alone, mut others) = (0, 0);
        for line in lines.map(<[u8]>::trim_ascii_end) {
            alone += usize::from(line == BEGIN);
            others += usize::from(OTHERS.contains(&line));
        }
        let joined = begun.saturating_sub(alone);
        let (mut roots, mut count, mut what) = (RootCertStore::empty(), joined + others, None);
        if others > 0 {
            what = Some("it is in a form of OpenSSL's own: write it again with openssl x509 -in FILE");
        }
        if joined > 0 {
            what = Some("its line breaks are lost: -----BEGIN CERTIFICATE----- must have a line to itself");
        }
        if matches!(pem, [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..]) {
            (count, what) = (1, Some("it is in UTF-16: save it as UTF-8"));
        }
        for root in CertificateDer::pem_slice_iter(pem) {
            let wrong = match root {
                Ok(root) if roots.add(root.clone()).is_ok() => {
                    self.certificates.push(root);
                    continue;
                }
                Ok(_) => "a certificate in it is damaged",
                // The rest of a line that was not understood.
                Err(pem::Error::MissingSectionEnd { .. } | pem::Error::IllegalSectionStart { .. }) if joined > 0 => {
                    continue;
                }
                Err(error) => in_words(&error),
            };
            count += 1;
            what = what.or(Some(wrong));
        }
        self.wrong.extend(what.map(|what| Wrong { file, count, what }));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use std::fmt::Write;
    use std::fs;

    /// Returns some of the bundled roots as PEM.
    fn pem(which: std::ops::Range<usize>) -> String {
        let mut text = String::from("a comment before it\n");
        for root in &webpki_root_certs::TLS_SERVER_ROOT_CERTS[which] {
            let body = STANDARD.encode(root);
            writeln!(text, "-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----").unwrap();
        }
        text
    }

    #[test]
    fn files_and_folders_of_all_variables_are_read_and_each_certificate_counts_once() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).display().to_string();
        fs::create_dir(at("folder")).unwrap();
        for (name, which) in [("a.pem", 0..1), ("b.pem", 0..2), ("c.pem", 2..3), ("folder/d.pem", 3..4)] {
            fs::write(at(name), pem(which)).unwrap();
        }
        fs::write(at("folder/README"), "no certificate").unwrap();
        let found = of(|name| {
            Some(match name {
                "REQUESTS_CA_BUNDLE" => at("a.pem"),
                "CURL_CA_BUNDLE" => at("folder"),
                "AWS_CA_BUNDLE" => at("b.pem"),
                "SSL_CERT_FILE" => at("c.pem"),
                _ => format!("{}:{}", at("missing"), at("folder")),
            })
        });
        assert_eq!(found.unwrap().len(), 4);
        assert_eq!(of(|_| None).unwrap(), []);
    }

    #[test]
    fn each_bundle_that_cannot_be_used_is_named_with_its_variable() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).display().to_string();
        fs::write(at("empty.pem"), "").unwrap();
        fs::write(at("odd.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
        let mistakes = of(|name| {
            Some(match name {
                "REQUESTS_CA_BUNDLE" => at("missing.pem"),
                "CURL_CA_BUNDLE" => at("empty.pem"),
                "AWS_CA_BUNDLE" => at("odd.pem"),
                "SSL_CERT_FILE" => format!("\"{}\"", at("empty.pem")),
                _ => at("missing"),
            })
        })
        .unwrap_err();
        let expected = [
            "REQUESTS_CA_BUNDLE=",
            "CURL_CA_BUNDLE=",
            "AWS_CA_BUNDLE=",
            "SSL_CERT_FILE: its value stands in quotation marks",
            "SSL_CERT_DIR=",
        ];
        assert_eq!(mistakes.len(), expected.len(), "{mistakes:?}");
        for (mistake, start) in mistakes.iter().zip(expected) {
            assert!(mistake.starts_with(start), "{mistake}");
        }
        assert!(mistakes[0].contains("missing.pem: cannot be read: No such file"), "{mistakes:?}");
        assert!(mistakes[1].contains("empty.pem: holds no certificate"), "{mistakes:?}");
        let told = "odd.pem: holds no certificate that can be read: a certificate in it is damaged";
        assert!(mistakes[2].contains(told), "{mistakes:?}");
        let cut = pem(0..1).split_once("-----END").unwrap().0.to_owned();
        let told = "holds no certificate that can be read: it is cut: a line -----END CERTIFICATE----- is missing";
        for (text, told) in [(cut.clone(), told), (cut.replacen("CERTIFICATE-----", "CERTIFICATE", 1), "is broken")] {
            fs::write(at("cut.pem"), text).unwrap();
            let mistake = bundle("--http-ca", Path::new(&at("cut.pem"))).unwrap_err();
            assert!(mistake.contains("cut.pem: ") && mistake.contains(told) && !mistake.contains('['), "{mistake}");
        }
    }

    #[test]
    fn certificates_that_cannot_be_used_beside_others_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bundle.pem");
        let damaged = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let joined = pem(2..3).replace('\n', "");
        let read_text = |text: &[u8]| {
            fs::write(&file, text).unwrap();
            let Usable { certificates, wrong } = read(&file).unwrap();
            let wrong: Vec<_> = wrong.iter().map(Wrong::rest).collect();
            let start = format!("{}: ", file.display());
            (certificates.len(), wrong.iter().map(|it| it.strip_prefix(&start).unwrap().to_owned()).collect::<String>())
        };
        let told = |count: usize, what: &str| {
            format!("{count} of its certificates cannot be used: {what}; the others are used")
        };
        let is_damaged = "a certificate in it is damaged";
        let is_joined = "its line breaks are lost: -----BEGIN CERTIFICATE----- must have a line to itself";
        let trusted = damaged.replace("CERTIFICATE", "TRUSTED CERTIFICATE");
        let is_other = "it is in a form of OpenSSL's own: write it again with openssl x509 -in FILE";
        let is_cut = "it is cut: a line -----END CERTIFICATE----- is missing";
        let cut = pem(0..2).trim_end().rsplit_once('\n').unwrap().0.to_owned();
        for (text, expected, warning) in [
            (pem(0..2), 2, String::new()),
            (pem(0..2).replace('\n', "\r\n"), 2, String::new()),
            (format!("{}{damaged}{damaged}{}", pem(0..1), pem(1..2)), 2, told(2, is_damaged)),
            (format!("{}{joined}\n{}", pem(0..1), pem(1..2)), 2, told(1, is_joined)),
            (format!("{}{joined}", pem(0..1)), 1, told(1, is_joined)),
            (joined.clone(), 0, told(1, is_joined)),
            (format!("{}{trusted}", pem(0..1)), 1, told(1, is_other)),
            (trusted.replace("TRUSTED", "X509"), 0, told(1, is_other)),
            (pem(0..1).replace("-----\n", "-----\\n"), 0, told(1, is_joined)),
            (cut, 1, told(1, is_cut)),
            (format!("\u{feff}{}", pem(0..2).trim_start_matches("a comment before it\n")), 2, String::new()),
            ("no certificate".to_owned(), 0, String::new()),
        ] {
            assert_eq!(read_text(text.as_bytes()), (expected, warning), "{text}");
        }
        let wide: Vec<u8> = [0xFEFF].into_iter().chain(pem(0..1).encode_utf16()).flat_map(u16::to_le_bytes).collect();
        assert_eq!(read_text(&wide), (0, told(1, "it is in UTF-16: save it as UTF-8")));
        fs::write(folder.path().join("good.pem"), pem(3..4)).unwrap();
        fs::write(&file, damaged).unwrap();
        let Usable { certificates, wrong } = read(folder.path()).unwrap();
        assert_eq!((certificates.len(), wrong.len()), (1, 1), "{wrong:?}");
    }

    #[test]
    fn the_first_variable_of_requests_that_is_set_wins_and_its_mistakes_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("good.pem"), pem(0..1)).unwrap();
        fs::create_dir(at("folder")).unwrap();
        fs::copy(at("good.pem"), at("folder/1.0")).unwrap();
        fs::write(at("key.pem"), "-----BEGIN PRIVATE KEY-----\n").unwrap();
        let with = |given: &[(&'static str, &str)]| {
            let given: Vec<_> = given.iter().map(|(name, file)| (*name, at(file).into_os_string())).collect();
            let env = |name: &str| given.iter().find(|(key, _)| *key == name).map(|(_, path)| path.clone());
            of_requests(env).map(|path| path.map(|path| path.file_name().unwrap().to_owned()))
        };
        assert_eq!(with(&[]), Ok(None));
        for name in [BUNDLES[0], BUNDLES[1]] {
            assert_eq!(with(&[(name, "good.pem")]), Ok(Some("good.pem".into())), "{name}");
            assert_eq!(with(&[(name, "folder")]), Ok(Some("folder".into())), "{name}");
            for (file, part) in [("key.pem", "no certificate"), ("none", "cannot be read")] {
                let wrong = with(&[(name, file)]).unwrap_err();
                assert!(wrong.starts_with(name) && wrong.contains(part), "{wrong}");
            }
        }
        assert_eq!(with(&[(BUNDLES[0], "good.pem"), (BUNDLES[1], "none")]), Ok(Some("good.pem".into())));
        assert_eq!(with(&[("SSL_CERT_FILE", "none")]), Ok(None), "from_env refuses it by name");
        assert_eq!(with(&[("SSL_CERT_FILE", "good.pem")]), Ok(None));
    }
}
