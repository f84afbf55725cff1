//! Folders for a file that a program keeps.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Returns the folders that may hold a file, the first writable one being the best: the working folder, systemd's folder
/// for a service, the user's home, a folder for temporary files, and shared memory, which even a container with a
/// read-only file system has.
#[must_use]
pub fn for_state(env: impl Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    let named = |name: &str| env(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let of_service = named("STATE_DIRECTORY").and_then(|all| {
        let first = all.to_str()?.split(':').next()?.to_owned();
        Some(PathBuf::from(first))
    });
    let temporary = named("TMPDIR").unwrap_or_else(|| PathBuf::from("/tmp"));
    let folders = [Some(PathBuf::new()), of_service, named("HOME"), Some(temporary), Some(PathBuf::from("/dev/shm"))];
    folders.into_iter().flatten().collect()
}

/// Returns the file in the first folder where it can be written, or in the working folder. `is_appendable` decides about
/// a file that exists, or a link.
#[must_use]
pub fn first_writable(folders: &[PathBuf], name: &str, is_appendable: impl Fn(&Path) -> bool) -> PathBuf {
    let is_writable = |path: &PathBuf| match path.symlink_metadata() {
        // There is metadata of a dangling link too, which must not be followed.
        Ok(_) => is_appendable(path),
        Err(_) => create_beside(path).is_ok(),
    };
    folders.iter().map(|folder| folder.join(name)).find(is_writable).unwrap_or_else(|| PathBuf::from(name))
}

/// Creates a file in the folder of `path`, and leaves none behind.
///
/// # Errors
/// Returns the system's error if no file can be created there.
pub fn create_beside(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    tempfile::tempfile_in(folder).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const NAME: &str = "letters.jsonl";

    #[test]
    fn folders_are_those_of_a_service_and_a_user() {
        let env = |name: &str| match name {
            "STATE_DIRECTORY" => Some(OsString::from("/var/lib/a:/var/lib/b")),
            "HOME" => Some(OsString::from("/home/a")),
            _ => None,
        };
        let expected = ["", "/var/lib/a", "/home/a", "/tmp", "/dev/shm"].map(PathBuf::from);
        assert_eq!(for_state(env), expected);
    }

    #[test]
    fn a_file_is_in_the_first_folder_that_can_be_written() {
        let folder = tempfile::tempdir().unwrap();
        let (gone, good) = (folder.path().join("gone"), folder.path().to_owned());
        let all = [gone.clone(), good.clone()];
        assert_eq!(first_writable(&all, NAME, |_| false), good.join(NAME));
        assert!(!good.join(NAME).exists(), "the check leaves no file behind");
        fs::write(good.join(NAME), "").unwrap();
        assert_eq!(first_writable(&all, NAME, |path| path == good.join(NAME)), good.join(NAME));
        assert_eq!(first_writable(&all, NAME, |_| false), Path::new(NAME), "no folder is writable");
        // A dangling link is not created through.
        let linked = folder.path().join("linked");
        fs::create_dir(&linked).unwrap();
        std::os::unix::fs::symlink(folder.path().join("target"), linked.join(NAME)).unwrap();
        assert_eq!(first_writable(&[linked], NAME, |_| false), Path::new(NAME));
    }
}
