//! The root certificates that the environment names for the Falcon API, as Python's requests takes them.

use super::mistake::Mistake;
use program_kit::certificates::{self, CertificateDer};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What requests looks at, the first that is set winning (`requests/sessions.py`, `merge_environment_settings`).
const BUNDLES: [&str; 2] = ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"];

/// The file or folder that is named, or why it cannot be used.
pub(super) fn find(env: &dyn Fn(&str) -> Option<OsString>) -> Result<Option<PathBuf>, Mistake> {
    let named = |name: &str| env(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let Some((name, path)) = BUNDLES.into_iter().find_map(|name| Some((name, named(name)?))) else { return Ok(None) };
    certificates::bundle(name, &path).map(|_| Some(path)).map_err(Mistake)
}

/// The certificates of a file, or of all files of a folder; none where it is gone since it was looked at.
pub(crate) fn read(path: &Path) -> Vec<CertificateDer<'static>> {
    let [name, _] = BUNDLES;
    certificates::bundle(name, path).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_first_that_is_set_is_taken_and_what_is_wrong_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls/ca.pem");
        fs::copy(root, at("good.pem")).unwrap();
        fs::create_dir(at("folder")).unwrap();
        fs::copy(at("good.pem"), at("folder/1.0")).unwrap();
        fs::write(at("key.pem"), "-----BEGIN PRIVATE KEY-----\n").unwrap();
        let with = |given: &[(&'static str, &str)]| {
            let given: Vec<_> = given.iter().map(|(name, file)| (*name, at(file).into_os_string())).collect();
            let env = |name: &str| given.iter().find(|(key, _)| *key == name).map(|(_, path)| path.clone());
            let found = find(&env).map_err(|mistake| mistake.to_string());
            found.map(|path| path.map(|path| path.file_name().unwrap().to_owned()))
        };
        assert_eq!(with(&[]), Ok(None));
        for name in BUNDLES {
            assert_eq!(with(&[(name, "good.pem")]), Ok(Some("good.pem".into())), "{name}");
            assert_eq!(with(&[(name, "folder")]), Ok(Some("folder".into())), "{name}");
            for (file, part) in [("key.pem", "no certificate"), ("none", "cannot be read")] {
                let wrong = with(&[(name, file)]).unwrap_err();
                assert!(wrong.starts_with(name) && wrong.contains(part), "{wrong}");
            }
        }
        assert_eq!(with(&[(BUNDLES[0], "good.pem"), (BUNDLES[1], "none")]), Ok(Some("good.pem".into())));
        assert_eq!(with(&[("SSL_CERT_FILE", "none")]), Ok(None), "program-kit refuses it by name");
        assert_eq!(with(&[("SSL_CERT_FILE", "good.pem")]), Ok(None));
    }
}
