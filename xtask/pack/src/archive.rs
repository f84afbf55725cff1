//! Archives with the same bytes whenever and by whomever they are made.

use std::fs;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use flate2::{Compression, GzBuilder};
use tar::{Builder, Header, HeaderMode};
use walkdir::WalkDir;

/// Packs the files of `folder` into `out`, named by their path in it. Folders have no entries: falcoctl and tar make
/// the folders that a name needs.
///
/// The archive contains nothing of the machine: names are sorted, owner and group are 0, every time is `mtime`, and the
/// gzip header has neither name nor time.
///
/// # Errors
/// Fails if the folder has no files or has something else, such as a link, or if reading or writing fails.
pub(crate) fn write(folder: &Path, out: &Path, mtime: u64) -> Result<()> {
    let paths = files(folder)?;
    ensure!(!paths.is_empty(), "{}: no files to pack", folder.display());
    let file = File::create(out).with_context(|| out.display().to_string())?;
    let mut archive = Builder::new(GzBuilder::new().write(file, Compression::best()));
    for path in paths {
        append(&mut archive, folder, &path, mtime).with_context(|| path.display().to_string())?;
    }
    archive.into_inner()?.finish()?.sync_all().with_context(|| out.display().to_string())
}

fn append(archive: &mut Builder<impl Write>, folder: &Path, path: &Path, mtime: u64) -> Result<()> {
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    let mut header = Header::new_gnu();
    // Owner and group are 0, and the mode is 755 for programs and 644 for other files.
    header.set_metadata_in_mode(&metadata, HeaderMode::Deterministic);
    header.set_mtime(mtime);
    archive.append_data(&mut header, path.strip_prefix(folder)?, &mut file)?;
    Ok(())
}

/// Returns the files of a folder and of the folders in it, sorted.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let path = entry?.into_path();
        let kind = fs::symlink_metadata(&path)?.file_type();
        // falcoctl refuses an archive with a link in it.
        ensure!(kind.is_file() || kind.is_dir(), "{}: neither file nor folder", path.display());
        if kind.is_file() {
            files.push(path);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;
    use std::os::unix::fs::PermissionsExt as _;

    /// Makes a folder with a program and a text, in this order.
    fn folder(names: [&str; 2]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, name).unwrap();
            let mode = if name.ends_with("run") { 0o775 } else { 0o600 };
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        }
        folder
    }

    fn packed(folder: &Path) -> Vec<u8> {
        let out = tempfile::NamedTempFile::new().unwrap();
        write(folder, out.path(), 1_700_000_000).unwrap();
        fs::read(out.path()).unwrap()
    }

    fn unpacked(bytes: &[u8]) -> Vec<String> {
        let mut plain = flate2::write::GzDecoder::new(Vec::new());
        plain.write_all(bytes).unwrap();
        let mut archive = tar::Archive::new(std::io::Cursor::new(plain.finish().unwrap()));
        let entries = archive.entries().unwrap().map(|entry| {
            let mut entry = entry.unwrap();
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            let header = entry.header();
            let (mode, mtime) = (header.mode().unwrap(), header.mtime().unwrap());
            let owner = (header.uid().unwrap(), header.gid().unwrap());
            format!("{} {mode:o} {mtime} {owner:?} {text}", entry.path().unwrap().display())
        });
        entries.collect()
    }

    #[test]
    fn files_are_sorted_and_belong_to_nobody() {
        let found = unpacked(&packed(folder(["b/run", "a.txt"]).path()));
        assert_eq!(found, ["a.txt 644 1700000000 (0, 0) a.txt", "b/run 755 1700000000 (0, 0) b/run"]);
    }

    #[test]
    fn the_same_files_give_the_same_bytes() {
        let (one, other) = (packed(folder(["b/run", "a.txt"]).path()), packed(folder(["a.txt", "b/run"]).path()));
        assert_eq!(one, other);
        // RFC 1952: flags without a name, and a time of 0.
        assert_eq!(one[3..8], [0, 0, 0, 0, 0]);
    }

    #[test]
    fn long_names_come_out_as_they_went_in() {
        let name = format!("{}/run", "long".repeat(40));
        assert_eq!(unpacked(&packed(folder([&name, "a.txt"]).path())).len(), 2);
        assert!(unpacked(&packed(folder([&name, "a.txt"]).path()))[1].starts_with(&name));
    }

    #[test]
    fn links_and_empty_folders_are_refused() {
        let empty = tempfile::tempdir().unwrap();
        let out = empty.path().join("out");
        let message = |error: anyhow::Error| format!("{error:#}").replace(&empty.path().display().to_string(), "F");
        assert_eq!(write(empty.path(), &out, 0).map_err(message), Err("F: no files to pack".to_owned()));
        std::os::unix::fs::symlink("/etc/passwd", empty.path().join("link")).unwrap();
        assert_eq!(write(empty.path(), &out, 0).map_err(message), Err("F/link: neither file nor folder".to_owned()));
    }
}
