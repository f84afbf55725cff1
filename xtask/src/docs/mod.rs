//! Links of the documentation: what they lead to has to be there, heading and test included.

mod markdown;

use std::{
    collections::BTreeMap,
    fs,
    path::{Component, Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};

use self::markdown::{Link, headings, links};
use crate::run::root;

/// Folders that are built or fetched, and not written.
const OTHERS: &[&str] = &["target", "corpus", "artifacts"];

/// Checks every link of every Markdown file that stays in the workspace; all that is wrong is told at once.
pub(crate) fn check() -> Result<()> {
    let mut pages = BTreeMap::new();
    for path in pages_below(&root())? {
        let text = fs::read_to_string(root().join(&path)).with_context(|| path.display().to_string())?;
        pages.insert(path, text);
    }
    ensure!(pages.len() > 1, "there are no Markdown files");
    let (mut wrong, mut count) = (Vec::new(), 0);
    for (page, text) in &pages {
        let inner = links(text).into_iter().filter(|link| !is_elsewhere(&link.target));
        for link in inner {
            count += 1;
            wrong.extend(trouble(&pages, page, &link).map(|why| format!("{}: {}: {why}", page.display(), link.target)));
        }
    }
    if !wrong.is_empty() {
        bail!("{}", wrong.join("\n"));
    }
    println!("{count} links in {} files lead somewhere", pages.len());
    Ok(())
}

/// The Markdown files of a folder and the folders in it, by their paths from the workspace's folder.
fn pages_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in folder.read_dir().with_context(|| folder.display().to_string())? {
        let entry = entry?;
        let (name, path) = (entry.file_name(), entry.path());
        if entry.file_type()?.is_dir() {
            if !OTHERS.iter().any(|other| name == *other) && name != ".git" {
                found.extend(pages_below(&path)?);
            }
        } else if path.extension().is_some_and(|kind| kind == "md") {
            found.push(path.strip_prefix(root())?.to_path_buf());
        }
    }
    Ok(found)
}

/// Whether it is not for us: it leads out of the workspace, and nothing here asks the network; or it is a name in Rust,
/// in a page that is a crate's documentation, which rustdoc looks for.
fn is_elsewhere(target: &str) -> bool {
    ["https://", "http://", "mailto:"].iter().any(|scheme| target.starts_with(scheme)) || target.contains("::")
}

/// Why a link leads nowhere.
fn trouble(pages: &BTreeMap<PathBuf, String>, page: &Path, link: &Link) -> Option<String> {
    let (file, heading) = link.target.split_once('#').map_or((&*link.target, None), |(file, at)| (file, Some(at)));
    let folder = page.parent().unwrap_or(Path::new(""));
    let Some(path) = (if file.is_empty() { Some(page.to_path_buf()) } else { within(&folder.join(file)) }) else {
        return Some("leads out of the workspace".to_owned());
    };
    if !root().join(&path).exists() {
        return Some("is not there".to_owned());
    }
    if let Some(heading) = heading {
        let text = pages.get(&path).map(String::as_str).unwrap_or_default();
        return (!headings(text).iter().any(|found| found == heading)).then(|| "has no such heading".to_owned());
    }
    let is_source = path.extension().is_some_and(|kind| kind == "rs");
    let name = link.code().filter(|_| is_source)?;
    let source = fs::read_to_string(root().join(&path)).unwrap_or_default();
    (!defines(&source, name)).then(|| format!("has no {name}"))
}

/// The path without `..`; none where it leads out of the workspace.
fn within(path: &Path) -> Option<PathBuf> {
    let mut inner = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => inner.push(name),
            Component::CurDir => {}
            Component::ParentDir if inner.pop() => {}
            _ => return None,
        }
    }
    Some(inner)
}

/// Whether the source has this function, or, for another kind of name, this word.
fn defines(source: &str, name: &str) -> bool {
    if name.starts_with(|first: char| first.is_ascii_lowercase()) {
        return source.contains(&format!("fn {name}("));
    }
    source.split(|char: char| !(char.is_ascii_alphanumeric() || char == '_')).any(|word| word == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_in_the_workspace() {
        assert_eq!(within(Path::new("a/../b/./c.md")), Some("b/c.md".into()));
        assert_eq!(within(Path::new("a/../../b")), None);
    }

    #[test]
    fn what_a_link_names_has_to_be_in_the_file() {
        let pages = BTreeMap::from([(PathBuf::from("README.md"), "# One heading\n".to_owned())]);
        let why = |text: &str, target: &str| {
            trouble(&pages, Path::new("README.md"), &Link { text: text.to_owned(), target: target.to_owned() })
        };
        assert_eq!(why("x", "#one-heading"), None);
        assert_eq!(why("x", "#another").as_deref(), Some("has no such heading"));
        assert_eq!(why("x", "none.md").as_deref(), Some("is not there"));
        assert_eq!(why("x", "../x.md").as_deref(), Some("leads out of the workspace"));
        assert_eq!(why("`what_a_link_names_has_to_be_in_the_file`", "xtask/src/docs/mod.rs"), None);
        assert_eq!(why("`is_none_of_ours`", "xtask/src/docs/mod.rs").as_deref(), Some("has no is_none_of_ours"));
        assert_eq!(why("`PathBuf`", "xtask/src/docs/mod.rs"), None);
    }
}
