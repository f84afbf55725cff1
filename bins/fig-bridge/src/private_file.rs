//! Files with events in them: nobody else may read them, and nobody else chooses where they lie.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;

/// The mode of a new file: events name people, their addresses and what they did.
pub(crate) const MODE: u32 = 0o600;
/// The bits of everybody but the owner and the group.
const OTHERS: u32 = 0o007;
/// The bit of a folder that everybody can write to, such as `/tmp` and `/dev/shm`.
const WRITABLE_BY_ALL: u32 = 0o002;

/// Opens the file, or makes it, as `how` says. In a folder that everybody can write to a symbolic link is not followed, and
/// a file of another user not taken: that user could have put it there to read the events, or to have another file changed.
///
/// # Errors
/// Says why the file cannot be opened.
pub(crate) fn open(path: &Path, how: &OpenOptions) -> io::Result<File> {
    let mut how = how.clone();
    how.mode(MODE);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let is_shared = folder.metadata().is_ok_and(|folder| folder.mode() & WRITABLE_BY_ALL != 0);
    if !is_shared {
        return how.open(path);
    }
    how.custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
    let refused = |why: &str| io::Error::new(ErrorKind::PermissionDenied, why);
    let file = how.open(path).map_err(|error| match error.raw_os_error() {
        Some(code) if code == rustix::io::Errno::LOOP.raw_os_error() => {
            refused("it is a symbolic link in a folder that everybody can write to")
        }
        _ => error,
    })?;
    if file.metadata()?.uid() != rustix::process::geteuid().as_raw() {
        return Err(refused("it belongs to another user, in a folder that everybody can write to"));
    }
    Ok(file)
}

/// Takes the permissions of everybody else away from a file that was made before. The group keeps what it has: somebody
/// may have given it to those who collect the letters.
pub(crate) fn hide(path: &Path) -> io::Result<()> {
    let mode = std::fs::metadata(path)?.mode();
    if mode & OTHERS == 0 {
        return Ok(());
    }
    std::fs::set_permissions(path, Permissions::from_mode(mode & !OTHERS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_new_file_is_private_and_links_in_shared_folders_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let mut how = OpenOptions::new();
        how.append(true).create(true);
        open(&at("new"), &how).unwrap();
        assert_eq!(std::fs::metadata(at("new")).unwrap().mode() & 0o777, MODE);
        symlink(at("target"), at("link")).unwrap();
        open(&at("link"), &how).unwrap();
        assert!(at("target").exists(), "a person's own link is followed");
        std::fs::remove_file(at("target")).unwrap();
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o1777)).unwrap();
        open(&at("new"), &how).unwrap();
        let error = open(&at("link"), &how).unwrap_err();
        assert!(error.to_string().contains("symbolic link") && !at("target").exists(), "{error}");
    }

    #[test]
    fn an_old_file_is_hidden_from_others() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for (before, after) in [(0o644, 0o640), (0o666, 0o660), (0o600, 0o600)] {
            std::fs::set_permissions(file.path(), Permissions::from_mode(before)).unwrap();
            hide(file.path()).unwrap();
            assert_eq!(std::fs::metadata(file.path()).unwrap().mode() & 0o777, after);
        }
    }
}
