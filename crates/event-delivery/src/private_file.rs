//! Opens files that hold events: only their owner reads them, and no other user chooses where they are.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

/// The mode of a new file: events name people, their addresses and their actions.
pub const MODE: u32 = 0o600;
/// The bits of users outside of owner and group.
const OTHERS: u32 = 0o007;
/// The bit of a folder that every user can write to, such as `/tmp` and `/dev/shm`.
const WRITABLE_BY_ALL: u32 = 0o002;
/// The most links that lead to a file, as in Linux.
const MOST_LINKS: usize = 40;

/// Opens or creates the file with the options `how`. In a folder that every user can write to, symbolic links and files
/// of other users are refused: another user could place them to read the events, or to have another file changed.
///
/// # Errors
/// Returns why the file cannot be opened.
pub fn open(path: &Path, how: &OpenOptions) -> io::Result<File> {
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
            refused("it is a symbolic link in a folder that every user can write to")
        }
        _ => error,
    })?;
    if file.metadata()?.uid() != rustix::process::geteuid().as_raw() {
        return Err(refused("it belongs to another user, in a folder that every user can write to"));
    }
    Ok(file)
}

/// Checks that the file can be appended to. A file that is new is removed again.
///
/// # Errors
/// Returns why the file cannot be opened or removed.
pub fn check_appendable(path: &Path) -> io::Result<()> {
    let was_there = path.try_exists()?;
    open(path, OpenOptions::new().append(true).create(true))?;
    if was_there { Ok(()) } else { std::fs::remove_file(path) }
}

/// Returns whether both paths lead to the same file, also through links and `..`, and also if it does not exist yet.
#[must_use]
pub fn is_same(one: &Path, other: &Path) -> bool {
    let file = |path: &Path| path.metadata().map(|found| (found.dev(), found.ino())).ok();
    match (file(one), file(other)) {
        (Some(one), Some(other)) => one == other,
        (None, None) => resolved(one, MOST_LINKS) == resolved(other, MOST_LINKS),
        _ => false,
    }
}

/// Returns the path without links, as far as it exists.
fn resolved(path: &Path, links: usize) -> PathBuf {
    if let Ok(real) = path.canonicalize() {
        return real;
    }
    let folder = path.parent().map(|folder| if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
    match (folder, path.file_name(), path.read_link()) {
        (Some(folder), _, Ok(target)) if links > 0 => resolved(&folder.join(target), links - 1),
        (Some(folder), Some(name), _) => resolved(folder, links).join(name),
        _ => path.to_owned(),
    }
}

/// Removes the permissions of other users from an existing file. The group keeps its permissions: a person may have
/// granted them to those who collect the letters.
///
/// # Errors
/// Returns why the permissions cannot be read or changed.
pub fn hide(path: &Path) -> io::Result<()> {
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
    fn a_file_is_the_same_by_all_its_names() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("sub")).unwrap();
        symlink("new", at("link")).unwrap();
        symlink(".", at("here")).unwrap();
        symlink("loop", at("loop")).unwrap();
        // First while the file does not exist, then as a file with two hard links.
        for (names, hard) in [(["new", "./new", "sub/../new", "link", "here/new"], false), (["new"; 5], true)] {
            if hard {
                std::fs::write(at("new"), "").unwrap();
                std::fs::hard_link(at("new"), at("hard")).unwrap();
                assert!(is_same(&at("new"), &at("hard")) && is_same(&at("link"), &at("hard")));
            }
            for name in names {
                assert!(is_same(&at(name), &at("new")) && is_same(&at("link"), &at(name)), "{name}");
            }
            for other in ["other", "sub/new", "no/new", "loop"] {
                assert!(!is_same(&at(other), &at("new")), "{other}");
            }
        }
        assert!(is_same(Path::new("no-such-file"), Path::new("./no-such-file")), "beside the program");
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
