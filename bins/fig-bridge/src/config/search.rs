//! Which files are read.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::private_file;

/// The configuration, and what is set over it on a developer's machine.
const NAMES: [&str; 2] = ["config.ini", "devel.ini"];
/// Where FIG looks, the first that has the file winning (fig/config/__init__.py:96).
const FOLDERS: [&str; 2] = ["", "config"];

/// The files to read, the later winning: `named` and the `devel.ini` beside it; without `named` those that FIG would
/// find from `folder`.
pub(crate) fn files(named: Option<&Path>, folder: &Path) -> Vec<PathBuf> {
    let [_, devel] = NAMES;
    match named {
        // The named one has to be there; whoever reads it says so.
        Some(path) => {
            let beside = path.with_file_name(devel);
            let beside = Some(beside).filter(|beside| beside != path && beside.is_file());
            std::iter::once(path.to_owned()).chain(beside).collect()
        }
        None => NAMES
            .iter()
            .filter_map(|name| {
                FOLDERS.iter().map(|part| Path::new(part).join(name)).find(|path| folder.join(path).exists())
            })
            .collect(),
    }
}

/// The dead letter's file where none is named.
const LETTERS: &str = "fig-dead-letter.jsonl";

/// Folders for the dead letter where none is named, the first that can be written winning: the working folder, what
/// systemd gives a service, the user's home, a folder for temporary files, and memory, which even a container with a
/// read-only file system has.
pub(super) fn letter_folders(env: &dyn Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    let named = |name: &str| env(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let of_service = named("STATE_DIRECTORY").and_then(|all| {
        let first = all.to_str()?.split(':').next()?.to_owned();
        Some(PathBuf::from(first))
    });
    let temporary = named("TMPDIR").unwrap_or_else(|| PathBuf::from("/tmp"));
    let folders = [Some(PathBuf::new()), of_service, named("HOME"), Some(temporary), Some(PathBuf::from("/dev/shm"))];
    folders.into_iter().flatten().collect()
}

/// The dead letter's file in the first of these folders that can be written; the first of all where none can.
pub(super) fn default_letters(folders: &[PathBuf]) -> PathBuf {
    let file = |folder: &PathBuf| folder.join(LETTERS);
    folders.iter().map(file).find(|path| is_writable(path)).unwrap_or_else(|| PathBuf::from(LETTERS))
}

/// Whether the file can be appended to, or made. Nothing is left behind.
fn is_writable(path: &Path) -> bool {
    // A link that leads to nothing is there, too, and is no place for letters.
    if path.symlink_metadata().is_ok() {
        let mut how = std::fs::OpenOptions::new();
        return private_file::open(path, how.append(true)).is_ok();
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    tempfile::tempfile_in(folder).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn files_are_found_where_fig_finds_them() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let found = || files(None, folder.path());
        assert_eq!(found(), Vec::<PathBuf>::new());
        fs::create_dir(at("config")).unwrap();
        for name in ["config/config.ini", "config/devel.ini"] {
            fs::write(at(name), "").unwrap();
        }
        assert_eq!(found(), [Path::new("config/config.ini"), Path::new("config/devel.ini")]);
        fs::write(at("config.ini"), "").unwrap();
        assert_eq!(found(), [Path::new("config.ini"), Path::new("config/devel.ini")]);
    }

    #[test]
    fn the_dead_letter_is_in_the_first_folder_that_can_be_written() {
        let folder = tempfile::tempdir().unwrap();
        let (gone, good) = (folder.path().join("gone"), folder.path().to_owned());
        let env = |name: &str| match name {
            "STATE_DIRECTORY" => Some(OsString::from("/var/lib/a:/var/lib/b")),
            "HOME" => Some(good.clone().into_os_string()),
            _ => None,
        };
        let expected = [Path::new(""), Path::new("/var/lib/a"), &good, Path::new("/tmp"), Path::new("/dev/shm")];
        assert_eq!(letter_folders(&env), expected);
        assert_eq!(default_letters(&[gone.clone(), good.clone()]), good.join(LETTERS));
        // Somebody has put a link where everybody can write.
        let (shared, target) = (folder.path().join("shared"), folder.path().join("target"));
        fs::create_dir(&shared).unwrap();
        fs::set_permissions(&shared, std::os::unix::fs::PermissionsExt::from_mode(0o1777)).unwrap();
        std::os::unix::fs::symlink(&target, shared.join(LETTERS)).unwrap();
        assert_eq!(default_letters(&[shared, good.clone()]), good.join(LETTERS));
        assert!(!target.exists());
        fs::create_dir(good.join(LETTERS)).unwrap();
        assert_eq!(default_letters(&[gone, good]), Path::new(LETTERS), "no folder has room for it");
    }

    #[test]
    fn a_named_file_is_read_with_the_devel_ini_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let named = folder.path().join("mine.ini");
        assert_eq!(files(Some(&named), Path::new("")), std::slice::from_ref(&named));
        let devel = folder.path().join("devel.ini");
        fs::write(&devel, "").unwrap();
        assert_eq!(files(Some(&named), Path::new("")), [named, devel.clone()]);
        assert_eq!(files(Some(&devel), Path::new("")), [devel]);
    }
}
