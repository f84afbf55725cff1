//! Checksums, in the format of `sha256sum`.

use std::{fmt::Write as _, fs, path::Path};

use anyhow::{Context, Result};
use sha2::{Digest as _, Sha256};

/// The file that the sums go to.
pub(crate) const FILE: &str = "SHA256SUMS";

/// Writes the sums of all files that lie directly in `folder`, sorted by name.
///
/// # Errors
/// Where something cannot be read or written, or a name is not UTF-8.
pub(crate) fn write(folder: &Path) -> Result<()> {
    let mut names = Vec::new();
    for entry in folder.read_dir().with_context(|| folder.display().to_string())? {
        let entry = entry?;
        let name = entry.file_name().into_string().ok().context("a file name that is not UTF-8")?;
        if entry.file_type()?.is_file() && name != FILE {
            names.push(name);
        }
    }
    names.sort();
    let mut text = String::new();
    for name in names {
        let _ = writeln!(text, "{}  {name}", sum(&folder.join(&name)).with_context(|| name.clone())?);
    }
    fs::write(folder.join(FILE), text).with_context(|| folder.join(FILE).display().to_string())
}

/// A file's SHA-256, in lower-case hex.
fn sum(path: &Path) -> Result<String> {
    Ok(Sha256::digest(fs::read(path)?).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sums_are_what_sha256sum_checks() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("b"), "abc").unwrap();
        fs::write(folder.path().join("a"), "").unwrap();
        // Twice: the sums of the first time are not summed.
        write(folder.path()).unwrap();
        write(folder.path()).unwrap();
        // FIPS 180-4's own example, and the sum of nothing.
        let expected = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  a\n\
                        ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  b\n";
        assert_eq!(fs::read_to_string(folder.path().join(FILE)).unwrap(), expected);
        let mut check = std::process::Command::new("sha256sum");
        check.args(["--check", "--quiet", FILE]).current_dir(folder.path());
        assert!(check.status().unwrap().success());
    }
}
