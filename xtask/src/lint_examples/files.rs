//! Finds the files of examples/ and .github/.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use crate::files::{self, has_extension, read};

/// All of the files, sorted, relative to the workspace's folder.
pub(super) struct Files(Vec<PathBuf>);

impl Files {
    pub(super) fn find() -> Result<Self> {
        Ok(Self(files::below(&["examples", ".github"])?))
    }

    /// Returns the files that match. No match is an error: such a check would check nothing.
    pub(super) fn all(&self, wanted: impl Fn(&Path) -> bool) -> Result<Vec<PathBuf>> {
        let found: Vec<PathBuf> = self.0.iter().filter(|path| wanted(path)).cloned().collect();
        ensure!(!found.is_empty(), "examples and .github have no files of this kind");
        Ok(found)
    }

    /// Returns the YAML files, without the templates of a chart, which are YAML only after rendering.
    pub(super) fn yaml(&self) -> Result<Vec<PathBuf>> {
        self.all(|path| {
            let is_template = path.iter().any(|part| part == "templates");
            (has_extension(path, "yaml") || has_extension(path, "yml")) && !is_template
        })
    }

    /// Returns the YAML files that have a line with this beginning.
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

    /// Returns all files of a folder of examples.
    pub(super) fn below(&self, folder: &str) -> Result<Vec<PathBuf>> {
        let folder = Path::new("examples").join(folder);
        self.all(|path| path.starts_with(&folder))
    }
}
