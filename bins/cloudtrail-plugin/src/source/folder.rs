//! Reads a log file, or the log files of a folder.

use super::ahead::{Ahead, Gone};
use super::state::SourceState;
use crate::guard::guarded;
use anyhow::{Context, anyhow, bail};
use cloudtrail_reader::source::{Input, Log, batches, found_files, is_pattern};
use cloudtrail_reader::{Origin, files};
use std::fs::{File, FileType};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// A file, or a folder of files.
pub(super) struct Folder {
    root: PathBuf,
}

/// Checks that `root` can be read, and returns it as a file or folder.
fn look(root: &Path) -> Result<FileType, anyhow::Error> {
    let kind = std::fs::metadata(root).and_then(|metadata| {
        let kind = metadata.file_type();
        if kind.is_dir() {
            std::fs::read_dir(root)?;
        } else if kind.is_file() {
            File::open(root)?;
        }
        Ok(kind)
    });
    kind.map_err(|error| match error.kind() {
        ErrorKind::NotFound if is_pattern(root) => anyhow!(
            "{error}; patterns are not expanded here, as no shell reads open_params: name the folder{}, and all files in it \
             are read",
            before_pattern(root)
        ),
        ErrorKind::NotFound => anyhow!(
            "{error}{}; name a file or folder that Falco can see (in a container, one that is mounted there), \
             s3://bucket/prefix or sqs://queue",
            full(root)
        ),
        ErrorKind::PermissionDenied => {
            anyhow!("{error}; the user that Falco runs as must be allowed to read it and to enter the folders above it")
        }
        _ => error.into(),
    })
}

/// Returns the absolute form of a relative path, for a message.
fn full(root: &Path) -> String {
    let full = std::path::absolute(root).ok().filter(|full| full != root);
    full.map(|full| format!(" (looked for at {})", full.display())).unwrap_or_default()
}

/// Returns the folder at the beginning of a pattern, for a message.
fn before_pattern(root: &Path) -> String {
    let is_plain = |folder: &&Path| !is_pattern(folder) && !folder.as_os_str().is_empty();
    root.ancestors().find(is_plain).map(|folder| format!(" {}", folder.display())).unwrap_or_default()
}

impl Folder {
    pub(super) fn open(root: &Path) -> Result<Self, anyhow::Error> {
        let kind = look(root).with_context(|| format!("open_params {}", root.display()))?;
        // Reading a pipe or a terminal may never end, and could not be stopped when Falco closes the source.
        if !kind.is_file() && !kind.is_dir() {
            bail!(
                "open_params {}: is neither a file nor a folder; pipes and devices cannot be read, since Falco could not \
                 stop the reading",
                root.display()
            );
        }
        Ok(Self { root: root.to_owned() })
    }

    /// Reads all files in order, until the end or until the source is closed.
    ///
    /// Another thread reads the packed bytes ahead, so that this thread rarely waits for a disk.
    pub(super) fn read(self, mut ahead: Ahead) {
        self.survey(&ahead.state);
        let (state, counters, pool) = (Arc::clone(&ahead.state), Arc::clone(&ahead.counters), ahead.pool.clone());
        let (mut sender, opened) = batches();
        let open = || {
            for file in found_files(&self.root).take_while(|_| !state.is_stopped()) {
                let is_root = file.as_ref().is_ok_and(|path| *path == self.root);
                let origin = if is_root { Origin::Named } else { Origin::Listed };
                let file = guarded(&counters, "opening a file", || Ok(Input::found(file, origin).open(&pool)));
                let size = file.iter().flatten().map(Log::size).sum();
                // The panic was logged, and the file counts as read.
                if sender.send(file.ok(), size).is_err() {
                    return;
                }
            }
            sender.finish();
        };
        std::thread::scope(|scope| {
            let opening = std::thread::Builder::new().name("cloudtrail-open".to_owned()).spawn_scoped(scope, open);
            if let Err(error) = opening {
                let _ = ahead.state.failure.set(format!("starting a thread: {error}"));
            }
            // Dropping the channel stops the other thread.
            let opened = opened;
            for file in opened.into_iter().flatten() {
                let file = file.map(|file| guarded(&counters, "reading a file", || Ok(ahead.read(file))));
                if let Some(Ok(Err(Gone))) = file {
                    return;
                }
                ahead.state.end_file();
            }
        });
        let _ = ahead.send();
        self.warn_if_empty(&ahead);
    }

    /// Warns that the source had no event, because it may be the wrong one.
    fn warn_if_empty(&self, ahead: &Ahead) {
        let root = self.root.display();
        match ahead.state.files_done.load(Relaxed) {
            _ if ahead.sent > 0 || ahead.state.is_stopped() => {}
            0 => log::warn!("{root}: there are no files in this folder, so nothing was read"),
            files => log::warn!("{root}: no event is in its files ({files}), so nothing was read"),
        }
    }

    /// Counts all files once beforehand to know the total, without keeping the names of millions of files.
    fn survey(&self, state: &SourceState) {
        let count = files(&self.root).take_while(|_| !state.is_stopped()).count();
        state.files.store(count as u64, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_refused_with_the_folder_to_name() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for (pattern, named) in [
            ("*", format!(" {}, and", root.display())),
            ("*.json.gz", format!(" {}, and", root.display())),
            ("2026/0?/x.json", format!(" {}, and", root.join("2026").display())),
            ("a[0-9]/{x,y}", format!(" {}, and", root.display())),
        ] {
            let error = look(&root.join(pattern)).unwrap_err().to_string();
            assert!(error.contains("patterns are not expanded here") && error.contains(&named), "{error}");
        }
        let error = look(Path::new("*.json")).unwrap_err().to_string();
        assert!(error.contains("name the folder, and all files in it"), "{error}");
        let plain = look(&root.join("none")).unwrap_err().to_string();
        assert!(!plain.contains("patterns"), "{plain}");
        // A file may have such a name.
        std::fs::write(root.join("[x]*"), "").unwrap();
        assert!(look(&root.join("[x]*")).unwrap().is_file());
    }
}
