//! The root certificates that the environment names for the Falcon API, as Python's requests takes them.

use super::mistake::Mistake;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What requests looks at, the first that is set winning (`requests/sessions.py`, `merge_environment_settings`).
const BUNDLES: [&str; 2] = ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"];
/// Instead of the system's own roots. OpenSSL passes over it in silence where it is not there.
const SYSTEM: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];
/// How each certificate in PEM form begins.
const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
/// Larger files are no bundles: Mozilla's has 250 kB.
const MOST: u64 = 16 << 20;

/// The file or folder that is named, or why it cannot be used. A warning tells of what is named and passed over.
pub(super) fn find(
    env: &dyn Fn(&str) -> Option<OsString>,
    warnings: &mut Vec<String>,
) -> Result<Option<PathBuf>, Mistake> {
    let named = |name: &&str| env(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    for name in SYSTEM {
        if let Some(path) = named(&name).filter(|path| !path.exists()) {
            warnings.push(format!("{name}: {} is not there; the bundled root certificates are used", path.display()));
        }
    }
    let Some((name, path)) = BUNDLES.into_iter().find_map(|name| Some((name, named(&name)?))) else { return Ok(None) };
    let shown = path.display();
    match read(&path) {
        Ok(pem) if pem.windows(BEGIN.len()).any(|window| window == BEGIN) => Ok(Some(path)),
        Ok(_) => Err(Mistake::unreadable(name, &format!("{shown}: there is no certificate in PEM form in it"))),
        Err(error) => Err(Mistake::unreadable(
            name,
            &format!("{shown}: cannot be read: {error}; name a file with root certificates in PEM form, or unset it"),
        )),
    }
}

/// The certificates of a file, or of all files of a folder.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    if !path.is_dir() {
        return read_file(path);
    }
    let mut all = Vec::new();
    for entry in fs::read_dir(path)? {
        let path = entry?.path();
        if path.is_file() {
            all.extend(read_file(&path)?);
            all.push(b'\n');
        }
    }
    Ok(all)
}

fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    if fs::metadata(path)?.len() > MOST {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is too large for root certificates"));
    }
    fs::read(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_is_set_is_taken_and_what_is_wrong_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("good.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
        fs::create_dir(at("folder")).unwrap();
        fs::copy(at("good.pem"), at("folder/1.0")).unwrap();
        fs::write(at("key.pem"), "-----BEGIN PRIVATE KEY-----\n").unwrap();
        let with = |given: &[(&'static str, &str)]| {
            let given: Vec<_> = given.iter().map(|(name, file)| (*name, at(file).into_os_string())).collect();
            let mut warnings = Vec::new();
            let env = |name: &str| given.iter().find(|(key, _)| *key == name).map(|(_, path)| path.clone());
            let found = find(&env, &mut warnings).map_err(|mistake| mistake.to_string());
            (found.map(|path| path.map(|path| path.file_name().unwrap().to_owned())), warnings.len())
        };
        assert_eq!(with(&[]), (Ok(None), 0));
        for name in BUNDLES {
            assert_eq!(with(&[(name, "good.pem")]), (Ok(Some("good.pem".into())), 0), "{name}");
            assert_eq!(with(&[(name, "folder")]), (Ok(Some("folder".into())), 0), "{name}");
            for (file, part) in [("key.pem", "no certificate"), ("none", "cannot be read")] {
                let wrong = with(&[(name, file)]).0.unwrap_err();
                assert!(wrong.starts_with(name) && wrong.contains(part), "{wrong}");
            }
        }
        assert_eq!(with(&[(BUNDLES[0], "good.pem"), (BUNDLES[1], "none")]), (Ok(Some("good.pem".into())), 0));
        assert_eq!(with(&[("SSL_CERT_FILE", "none")]), (Ok(None), 1));
        assert_eq!(with(&[("SSL_CERT_FILE", "good.pem")]), (Ok(None), 0));
    }
}
