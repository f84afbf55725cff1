//! The files of examples/.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};

use crate::run::root;

/// All of them, sorted, by their paths from the workspace's folder.
pub(super) struct Files(Vec<PathBuf>);

impl Files {
    pub(super) fn find() -> Result<Self> {
        let mut files = Vec::new();
        let mut open = vec![root().join("examples")];
        while let Some(folder) = open.pop() {
            for entry in folder.read_dir().with_context(|| folder.display().to_string())? {
                let entry = entry?;
                if entry.file_type()?.is_dir() {
                    open.push(entry.path());
                } else {
                    files.push(entry.path().strip_prefix(root())?.to_path_buf());
                }
            }
        }
        files.sort();
        Ok(Self(files))
    }

    /// Those that are wanted. None is a mistake: a check of nothing finds nothing.
    pub(super) fn all(&self, wanted: impl Fn(&Path) -> bool) -> Result<Vec<PathBuf>> {
        let found: Vec<PathBuf> = self.0.iter().filter(|path| wanted(path)).cloned().collect();
        ensure!(!found.is_empty(), "there are no such files in examples");
        Ok(found)
    }

    /// YAML; a chart's templates are none before they are rendered.
    pub(super) fn yaml(&self) -> Result<Vec<PathBuf>> {
        self.all(|path| {
            let is_template = path.iter().any(|part| part == "templates");
            path.extension().is_some_and(|extension| extension == "yaml") && !is_template
        })
    }

    /// YAML with a line that begins so.
    pub(super) fn with_line(&self, beginning: &str) -> Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        for path in self.yaml()? {
            if read(&path)?.lines().any(|line| line.starts_with(beginning)) {
                found.push(path);
            }
        }
        ensure!(!found.is_empty(), "no file of examples has a line that begins with {beginning}");
        Ok(found)
    }

    /// The files of a folder of examples, whatever they are.
    pub(super) fn below(&self, folder: &str) -> Result<Vec<PathBuf>> {
        let folder = Path::new("examples").join(folder);
        self.all(|path| path.starts_with(&folder))
    }
}

/// The text of a file; a path that is not whole begins in the workspace's folder.
pub(super) fn read(path: &Path) -> Result<String> {
    fs::read_to_string(root().join(path)).with_context(|| path.display().to_string())
}
