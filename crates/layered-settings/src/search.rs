//! Finds the files of settings.

use std::path::{Path, PathBuf};

/// The names of a program's files, and the folders that may have them.
#[derive(Clone, Copy, Debug)]
pub struct FileSearch {
    /// The file, and one that overrides it.
    pub names: [&'static str; 2],
    /// The folders, relative to the working folder; the first one that has a file wins, for each file on its own.
    pub folders: &'static [&'static str],
}

impl FileSearch {
    /// Returns the files to read, the later winning: `named` and the overriding file in its folder; without `named` those
    /// that `folders` have, seen from `base`. The named file may be missing: reading it reports that.
    #[must_use]
    pub fn find(&self, named: Option<&Path>, base: &Path) -> Vec<PathBuf> {
        let [_, overriding] = self.names;
        match named {
            Some(path) => {
                let beside = path.with_file_name(overriding);
                let beside = Some(beside).filter(|beside| beside != path && beside.is_file());
                std::iter::once(path.to_owned()).chain(beside).collect()
            }
            None => self.names.iter().filter_map(|name| self.first(name, base)).collect(),
        }
    }

    fn first(&self, name: &str, base: &Path) -> Option<PathBuf> {
        self.folders.iter().map(|folder| Path::new(folder).join(name)).find(|path| base.join(path).exists())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const SEARCH: FileSearch = FileSearch { names: ["config.ini", "devel.ini"], folders: &["", "config"] };

    #[test]
    fn files_are_found_in_the_first_folder_that_has_them() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let found = || SEARCH.find(None, folder.path());
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
    fn a_named_file_is_read_with_the_overriding_file_in_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let named = folder.path().join("mine.ini");
        assert_eq!(SEARCH.find(Some(&named), Path::new("")), std::slice::from_ref(&named));
        let devel = folder.path().join("devel.ini");
        fs::write(&devel, "").unwrap();
        assert_eq!(SEARCH.find(Some(&named), Path::new("")), [named, devel.clone()]);
        assert_eq!(SEARCH.find(Some(&devel), Path::new("")), [devel]);
    }
}
