//! Rules files and folders.

use crate::schema::Fields;
use falco_rules::{Diagnostic, Loaded, Loader};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The source of the rules for CloudTrail records.
pub const SOURCE: &str = "aws_cloudtrail";
/// The plugins that give rules their fields in Falco, for `required_plugin_versions`: this project's own, and the version
/// of falcosecurity's whose values falco-rules gives.
const PLUGINS: [(&str, &str); 2] = [("cloudtrail", "0.18.0"), ("json", "0.7.4")];
/// The ends of names of rules files in a folder, as in Falco.
const ENDS: [&str; 2] = [".yaml", ".yml"];
/// The ends of names of files with tests.
const TEST_ENDS: [&str; 2] = [".test.yaml", ".test.yml"];

/// Rules files, as text.
#[derive(Clone, Debug, Default)]
pub struct RulesFiles(Vec<(String, String)>);

/// A rules file or folder that cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RulesError {
    /// The file or folder cannot be opened or read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// The folder has no rules files.
    #[error("{}: the folder has no *.yaml or *.yml", .0.display())]
    Empty(PathBuf),
    /// The folder has no files with tests.
    #[error("{}: no file is named *.test.yaml or *.test.yml", .0.display())]
    NoTest(PathBuf),
    /// The file is not text.
    #[error("{}: byte {byte} is not UTF-8", path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// The offset of the first byte that is not.
        byte: usize,
    },
}

impl RulesFiles {
    /// Takes texts with their names, in this order.
    #[must_use]
    pub fn from_texts<N: Into<String>, T: Into<String>>(files: impl IntoIterator<Item = (N, T)>) -> Self {
        Self(files.into_iter().map(|(name, text)| (name.into(), text.into())).collect())
    }

    /// Reads files in the order of their names here; of a folder its `*.yaml` and `*.yml`, sorted, without folders in it.
    ///
    /// # Errors
    /// All files and folders that cannot be read.
    pub fn read<P: AsRef<Path>>(paths: &[P]) -> Result<Self, Vec<RulesError>> {
        let (mut files, mut mistakes) = (Vec::new(), Vec::new());
        for path in paths {
            match files_of(path.as_ref()) {
                Ok(paths) => {
                    for path in paths {
                        match text(&path) {
                            Ok(text) => files.push((path.display().to_string(), text)),
                            Err(mistake) => mistakes.push(mistake),
                        }
                    }
                }
                Err(mistake) => mistakes.push(mistake),
            }
        }
        if mistakes.is_empty() { Ok(Self(files)) } else { Err(mistakes) }
    }

    /// Returns what is wrong with a text that [`load`](Self::load) would append to outputs, if anything.
    #[must_use]
    pub fn mistake_in_appended(text: &str) -> Option<String> {
        let rule = "- {rule: r, desc: d, condition: ct.name exists, output: o, priority: INFO, source: aws_cloudtrail}";
        let diagnostics = Self::from_texts([("", rule)]).load(&[text.to_owned()]).diagnostics;
        diagnostics.into_iter().find(Diagnostic::is_error).map(|mistake| mistake.message)
    }

    /// Loads the files, with these texts appended to the outputs of all rules.
    #[must_use]
    pub fn load(&self, appended: &[String]) -> Loaded {
        let loader = PLUGINS
            .iter()
            .fold(Loader::new().source(SOURCE, &Fields), |loader, (name, version)| loader.plugin(*name, version));
        let append = |loader: Loader<'static>, text: &String| loader.append_output(text, Some(SOURCE), &[], None);
        let files: Vec<(&str, &str)> = self.0.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        appended.iter().fold(loader, append).load(&files)
    }
}

fn unreadable(path: &Path, source: io::Error) -> RulesError {
    RulesError::Unreadable { path: path.to_owned(), source }
}

fn files_of(path: &Path) -> Result<Vec<PathBuf>, RulesError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let files = in_folder(path).map_err(|source| unreadable(path, source))?;
    let files: Vec<PathBuf> = files.into_iter().filter(|path| ends_in(path, &ENDS) && !is_test(path)).collect();
    if files.is_empty() { Err(RulesError::Empty(path.to_owned())) } else { Ok(files) }
}

/// Returns what is in a folder, sorted.
pub(crate) fn in_folder(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// Returns whether a file has tests of rules.
pub(crate) fn is_test(path: &Path) -> bool {
    ends_in(path, &TEST_ENDS)
}

fn ends_in(path: &Path, ends: &[&str]) -> bool {
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    path.is_file() && ends.iter().any(|end| name.ends_with(end.as_bytes()))
}

/// Returns the text of a file.
pub(crate) fn text(path: &Path) -> Result<String, RulesError> {
    let bytes = fs::read(path).map_err(|source| unreadable(path, source))?;
    String::from_utf8(bytes)
        .map_err(|error| RulesError::NotUtf8 { path: path.to_owned(), byte: error.utf8_error().valid_up_to() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(name: &str) -> String {
        format!(
            "- rule: {name}\n  desc: d\n  condition: ct.name = x\n  output: o\n  priority: INFO\n  source: aws_cloudtrail\n"
        )
    }

    #[test]
    fn files_are_read_as_named_and_a_folder_sorted() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir_all(path("d/deeper.yaml")).unwrap();
        for (name, text) in [("z.rules", rule("Z")), ("d/b.yaml", rule("B")), ("d/a.yml", rule("A"))] {
            fs::write(path(name), text).unwrap();
        }
        for name in ["d/readme.md", "d/a.test.yaml", "d/deeper.yaml/c.yaml"] {
            fs::write(path(name), "- nothing: good").unwrap();
        }
        let loaded = RulesFiles::read(&[path("z.rules"), path("d")]).unwrap().load(&["id=%ct.id".to_owned()]);
        assert_eq!(loaded.diagnostics, []);
        let rules: Vec<_> = loaded.ruleset.rules().map(|rule| (rule.name(), rule.output().text())).collect();
        assert_eq!(rules, [("Z", "o id=%ct.id"), ("A", "o id=%ct.id"), ("B", "o id=%ct.id")]);
    }

    #[test]
    fn mistakes_in_an_appended_text_are_its_own() {
        assert_eq!(RulesFiles::mistake_in_appended("id=%ct.id %evt.num"), None);
        for text in ["%ct.bogus", "a %evt.nothing"] {
            assert!(RulesFiles::mistake_in_appended(text).is_some_and(|it| !it.is_empty()), "{text}");
        }
    }

    #[test]
    fn all_that_cannot_be_read_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("empty")).unwrap();
        fs::write(path("latin.yaml"), b"a\xE9").unwrap();
        let mistakes = RulesFiles::read(&[path("none.yaml"), path("empty"), path("latin.yaml")]).unwrap_err();
        let root = folder.path().display();
        assert_eq!(
            mistakes.iter().map(ToString::to_string).collect::<Vec<_>>(),
            [
                format!("{root}/none.yaml: No such file or directory (os error 2)"),
                format!("{root}/empty: the folder has no *.yaml or *.yml"),
                format!("{root}/latin.yaml: byte 1 is not UTF-8"),
            ]
        );
    }

    /// The package of the plugin is not part of this one.
    #[test]
    fn the_plugin_has_the_version_of_this_project() {
        let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../../bins/cloudtrail-plugin/Cargo.toml");
        let manifest = fs::read_to_string(manifest).unwrap();
        assert!(manifest.contains(&format!("version = \"{}\"", PLUGINS[0].1)));
    }
}
