//! A file that has its old content or all of the new one, and never a part.

use crate::exit::Exit;
use crate::stdout;
use anyhow::{Context, Result, bail};
use std::fs::{self, Metadata, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use tempfile::{Builder, NamedTempFile};

/// The permissions of a new file, of which the system takes those away that `umask` names.
const NEW: u32 = 0o666;

/// The place for the output of a run, which is written at its end.
#[derive(Debug)]
pub enum OutputFile {
    /// Standard output.
    Stdout,
    /// A file, new or not. It is replaced by one that was written beside it.
    Replaced(PathBuf),
    /// A device or a pipe, which is never replaced.
    Device(PathBuf),
}

impl OutputFile {
    /// Takes a path, or `-` for standard output, and tries that a file can be written beside it: a run should not fail
    /// at its end.
    ///
    /// # Errors
    /// The path is a folder, or its folder is missing or cannot be written.
    pub fn open(path: &Path) -> Result<Self> {
        if path.as_os_str() == "-" {
            return Ok(Self::Stdout);
        }
        // A symbolic link stays one.
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        match fs::metadata(&target) {
            Ok(found) if found.is_dir() => bail!("{} is a folder", path.display()),
            Ok(found) if !found.is_file() => return Ok(Self::Device(target)),
            _ => {}
        }
        beside(&target).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self::Replaced(target))
    }

    /// Writes the content. A reader of stdout that is gone is not a failure.
    ///
    /// # Errors
    /// If the system refuses. A file then has its old content.
    pub fn write(&self, content: &[u8]) -> Result<Exit> {
        match self {
            Self::Stdout => return stdout::print(content),
            Self::Device(path) => fs::write(path, content).with_context(|| format!("writing {}", path.display()))?,
            Self::Replaced(path) => replace(path, content).with_context(|| format!("writing {}", path.display()))?,
        }
        Ok(Exit::Done)
    }
}

fn replace(path: &Path, content: &[u8]) -> Result<()> {
    let mut file = beside(path)?;
    // As below: its own error has the name of the temporary file.
    file.as_file_mut().write_all(content)?;
    if let Ok(old) = fs::metadata(path) {
        file.as_file().set_permissions(old.permissions())?;
    }
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// Creates a file beside another, which is removed when it is dropped.
fn beside(path: &Path) -> Result<NamedTempFile> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default();
    let mut builder = Builder::new();
    builder.prefix(name).suffix(".tmp").permissions(Permissions::from_mode(NEW));
    fs::metadata(folder)?;
    // The error's own text has the name of the temporary file, which nobody has chosen.
    Ok(builder.tempfile_in(folder).map_err(|error| io::Error::from(error.kind()))?)
}

/// The path of the file that standard input comes from.
const STDIN: &str = "/proc/self/fd/0";
/// The path of the file that standard output goes to.
const STDOUT: &str = "/proc/self/fd/1";

/// Returns the first of these inputs that an output would change: it is the same file, also by links, or it is a folder that
/// the output lies in. The path `-` is standard output, or standard input. Devices and pipes are never inputs.
pub fn input_of<'i>(output: &Path, inputs: impl IntoIterator<Item = &'i Path>) -> Option<&'i Path> {
    let or = |path, standard| if path == Path::new("-") { Path::new(standard) } else { path };
    let output = or(output, STDOUT);
    let target = fs::canonicalize(output).or_else(|_| {
        let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::canonicalize(folder).map(|folder| folder.join(output.file_name().unwrap_or_default()))
    });
    let target = target.ok().filter(|target| fs::metadata(target).map_or(true, |found| found.is_file()))?;
    let id = |found: Metadata| (found.dev(), found.ino());
    let around: Vec<_> = target.ancestors().filter_map(|path| fs::metadata(path).ok().map(id)).collect();
    inputs.into_iter().find(|input| fs::metadata(or(input, STDIN)).is_ok_and(|found| around.contains(&id(found))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            folder.read_dir().unwrap().map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_replaced_at_the_end_and_keeps_its_permissions() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.html");
        OutputFile::open(&path).unwrap().write(b"one").unwrap();
        let plain = folder.path().join("plain");
        fs::write(&plain, "").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&path), mode(&plain), "as any new file");
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        let file = OutputFile::open(&path).unwrap();
        assert_eq!(
            (fs::read(&path).unwrap(), names(folder.path())),
            (b"one".to_vec(), vec!["a.html".to_owned(), "plain".to_owned()])
        );
        file.write(b"two").unwrap();
        assert_eq!((fs::read(&path).unwrap(), mode(&path) & 0o777), (b"two".to_vec(), 0o600));
        assert_eq!(names(folder.path()), ["a.html", "plain"]);
    }

    #[test]
    fn a_link_stays_a_link_and_a_device_a_device() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("a"), folder.path().join("link"));
        fs::write(&path, "old").unwrap();
        symlink(&path, &link).unwrap();
        OutputFile::open(&link).unwrap().write(b"new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink() && fs::read(&path).unwrap() == b"new");
        let null = OutputFile::open(Path::new("/dev/null")).unwrap();
        assert!(matches!(null, OutputFile::Device(_)));
        null.write(b"new").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }

    #[test]
    fn an_output_that_is_an_input_is_found_also_through_links() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        fs::create_dir_all(at("logs/day")).unwrap();
        fs::create_dir(at("other")).unwrap();
        for file in ["a", "b", "logs/day/c"] {
            fs::write(at(file), "").unwrap();
        }
        symlink(at("a"), at("link")).unwrap();
        fs::hard_link(at("a"), at("hard")).unwrap();
        symlink(at("logs/day"), at("days")).unwrap();
        let inputs = [at("b"), at("none"), at("logs"), at("a")];
        for (output, input) in [
            ("a", Some("a")),
            ("link", Some("a")),
            ("hard", Some("a")),
            ("other/../a", Some("a")),
            ("logs/new", Some("logs")),
            ("logs/day/c", Some("logs")),
            ("days/new", Some("logs")),
            ("other/new", None),
            ("logs2", None),
            ("missing/new", None),
        ] {
            let found = input_of(&at(output), inputs.iter().map(PathBuf::as_path));
            assert_eq!(found, input.map(at).as_deref(), "{output}");
        }
        assert_eq!(input_of(Path::new("/dev/null"), [Path::new("/"), Path::new("/dev/null")]), None);
    }

    #[test]
    fn what_cannot_be_written_is_refused_at_the_start() {
        let folder = tempfile::tempdir().unwrap();
        let error = |path: &Path| format!("{:#}", OutputFile::open(path).unwrap_err());
        assert!(error(folder.path()).ends_with("is a folder"));
        let missing = folder.path().join("none/a.html");
        assert!(error(&missing).starts_with(&format!("cannot write {}: ", missing.display())), "{}", error(&missing));
        assert_eq!(error(&missing).matches("a.html").count(), 1, "{}", error(&missing));
        assert_eq!(error(Path::new("/proc/a.html")), "cannot write /proc/a.html: entity not found");
    }
}
