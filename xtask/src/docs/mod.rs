//! Checks the links of the documentation: the file, the heading and the test that a link names must exist.

mod markdown;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Result, ensure};

use self::markdown::{Link, headings, links};
use crate::files;
use crate::files::{has_extension, read};
use crate::run::{none, root};

/// Checks every link of every Markdown file that stays in the workspace, and reports all mistakes at once.
pub(crate) fn check() -> Result<()> {
    let mut pages = BTreeMap::new();
    for path in files::below(&["."])?.into_iter().filter(|path| has_extension(path, "md")) {
        let text = read(&path)?;
        pages.insert(path, text);
    }
    ensure!(pages.len() > 1, "found no Markdown files");
    let (mut wrong, mut count) = (Vec::new(), 0);
    for (page, text) in &pages {
        let inner = links(text).into_iter().filter(|link| !is_elsewhere(&link.target));
        for link in inner {
            count += 1;
            wrong.extend(trouble(&pages, page, &link).map(|why| format!("{}: {}: {why}", page.display(), link.target)));
        }
    }
    none(&wrong)?;
    println!("{count} links in {} files are good", pages.len());
    Ok(())
}

/// Returns whether the link is left out: it leads out of the workspace, and this check does not use the network; or it
/// is a name in Rust in the page of a crate, which rustdoc checks.
fn is_elsewhere(target: &str) -> bool {
    ["https://", "http://", "mailto:"].iter().any(|scheme| target.starts_with(scheme)) || target.contains("::")
}

/// Returns the reason why a link is broken.
fn trouble(pages: &BTreeMap<PathBuf, String>, page: &Path, link: &Link) -> Option<String> {
    let (file, heading) = link.target.split_once('#').map_or((&*link.target, None), |(file, at)| (file, Some(at)));
    let folder = page.parent().unwrap_or(Path::new(""));
    let Some(path) = (if file.is_empty() { Some(page.to_path_buf()) } else { within(&folder.join(file)) }) else {
        return Some("leads out of the workspace".to_owned());
    };
    if !root().join(&path).exists() {
        return Some("does not exist".to_owned());
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

/// Returns the path without `..`, or `None` if it leads out of the workspace.
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

/// Returns whether the source has this function or, for other kinds of names, this word.
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
    fn a_file_must_have_the_name_in_the_link() {
        let pages = BTreeMap::from([(PathBuf::from("README.md"), "# One heading\n".to_owned())]);
        let why = |text: &str, target: &str| {
            trouble(&pages, Path::new("README.md"), &Link { text: text.to_owned(), target: target.to_owned() })
        };
        assert_eq!(why("x", "#one-heading"), None);
        assert_eq!(why("x", "#another").as_deref(), Some("has no such heading"));
        assert_eq!(why("x", "none.md").as_deref(), Some("does not exist"));
        assert_eq!(why("x", "../x.md").as_deref(), Some("leads out of the workspace"));
        assert_eq!(why("`a_file_must_have_the_name_in_the_link`", "xtask/src/docs/mod.rs"), None);
        assert_eq!(why("`is_none_of_ours`", "xtask/src/docs/mod.rs").as_deref(), Some("has no is_none_of_ours"));
        assert_eq!(why("`PathBuf`", "xtask/src/docs/mod.rs"), None);
    }
}
