//! Which files are read.

use std::path::{Path, PathBuf};

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
