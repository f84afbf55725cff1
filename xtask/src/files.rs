//! Finds the project's files.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::run::root;

/// Folders with built, downloaded or generated files, as the ends of their paths.
const OTHERS: &[&str] = &["target", "fuzz/corpus", "fuzz/artifacts", ".git"];

/// Returns every file below these folders of the workspace, relative to it and sorted, without built and generated files.
pub(crate) fn below(folders: &[&str]) -> Result<Vec<PathBuf>> {
    let root = root();
    let mut files = Vec::new();
    let mut open: Vec<PathBuf> = folders.iter().map(|name| root.join(name)).filter(|path| path.is_dir()).collect();
    while let Some(folder) = open.pop() {
        for entry in folder.read_dir().with_context(|| folder.display().to_string())? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                files.push(entry.path().strip_prefix(&root)?.to_path_buf());
            } else if entry.file_type()?.is_dir() && !OTHERS.iter().any(|end| entry.path().ends_with(end)) {
                open.push(entry.path());
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Returns whether the file's name ends with a dot and this extension.
pub(crate) fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found == extension)
}

/// Reads a file. A relative path starts in the workspace's folder.
pub(crate) fn read(path: &Path) -> Result<String> {
    fs::read_to_string(root().join(path)).with_context(|| path.display().to_string())
}

/// Makes the folder unless it exists, and returns it.
pub(crate) fn made(folder: PathBuf) -> Result<PathBuf> {
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    Ok(folder)
}
