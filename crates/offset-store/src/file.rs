//! Offsets in a file.

use std::{
    fs::{self, File, OpenOptions, Permissions, TryLockError},
    io::{self, Read as _, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use crate::{Answer, Changes, Offsets, Saved, Store, StoreError};

/// The size of the largest file that is read or written, in bytes: tens of thousands of feeds. A larger file is another
/// one, named by mistake.
pub const MAX_FILE: usize = 1 << 20;
/// Another process holds the lock while it writes and syncs a small file: tens of milliseconds on a slow disk. Twenty
/// times
/// [`LOCK_PAUSE`] is a second. A process that holds the lock longer hangs.
const LOCK_TRIES: u32 = 20;
/// The pause between two tries; see [`LOCK_TRIES`].
const LOCK_PAUSE: Duration = Duration::from_millis(50);
/// Everybody may read a new file, as far as the umask allows: offsets are not secret.
const NEW_FILE_MODE: u32 = 0o644;

/// Keeps offsets in a file, as the same line of JSON that SSM gets.
///
/// A write goes to a file with the suffix `.tmp`, which is synced to the disk and renamed over the old file. The rename
/// is synced too, so after a crash either the old or the new file exists. The new file gets the permissions of the old
/// one. A symbolic link stays, and its target is replaced. The folder must exist.
///
/// Processes that share the file lock the `.tmp` file from the read to the rename.
///
/// [`read`](Self::read) and the other inherent methods block. The [`Store`] methods use tokio's blocking threads if the
/// feature `writer` is on and a runtime exists, else the calling thread.
#[derive(Clone, Debug)]
pub struct FileStore {
    path: PathBuf,
}

impl FileStore {
    /// Creates a store for this file, which need not exist.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Returns the path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the stored offsets, empty if the file does not exist.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unreadable`] if the file has anything else, or is empty. An interrupted write of this store leaves
    /// no empty file, so another program must have created it.
    pub fn read(&self) -> Result<Offsets, StoreError> {
        Ok(self.read_if_there()?.unwrap_or_default())
    }

    /// See [`Store::open`].
    ///
    /// # Errors
    ///
    /// See [`Store::open`].
    pub fn read_or_create(&self) -> Result<Offsets, StoreError> {
        let there = self.read_if_there()?;
        if there.is_none() {
            self.update(&Changes::default())?;
        }
        Ok(there.unwrap_or_default())
    }

    /// See [`Store::save`].
    ///
    /// # Errors
    ///
    /// See [`Store::save`].
    pub fn update(&self, changes: &Changes) -> Result<Saved, StoreError> {
        let (target, temporary, file) = self.locked()?;
        let before = self.read()?;
        let after = changes.apply(&before);
        self.write(&after, &target, &temporary, file)?;
        Ok(Saved { before, after, raced: false })
    }

    /// See [`Store::replace`].
    ///
    /// # Errors
    ///
    /// See [`Store::replace`].
    pub fn overwrite(&self, offsets: &Offsets) -> Result<(), StoreError> {
        let (target, temporary, file) = self.locked()?;
        self.write(offsets, &target, &temporary, file)
    }

    fn read_if_there(&self) -> Result<Option<Offsets>, StoreError> {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.error("open it", error)),
        };
        let mut text = Vec::new();
        file.take(MAX_FILE as u64 + 1).read_to_end(&mut text).map_err(|error| self.error("read it", error))?;
        if text.len() > MAX_FILE {
            let error = io::Error::new(io::ErrorKind::FileTooLarge, format!("it has more than {MAX_FILE} bytes"));
            return Err(self.error("read it", error));
        }
        let unreadable = |error| StoreError::Unreadable { place: self.name(), error };
        Offsets::parse(&text).map(Some).map_err(unreadable)
    }

    /// Returns the path of the file, the path of the temporary file, and that file, open and locked.
    fn locked(&self) -> Result<(PathBuf, PathBuf, File), StoreError> {
        // The rename must not replace a symbolic link.
        let target = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let mut temporary = target.clone().into_os_string();
        temporary.push(".tmp");
        let temporary = PathBuf::from(temporary);
        for _ in 0..LOCK_TRIES {
            // Not truncated: until we hold the lock, the file may belong to another process.
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(false).mode(NEW_FILE_MODE);
            let file = options.open(&temporary).map_err(|error| self.error("create a .tmp file beside it", error))?;
            match file.try_lock() {
                Err(TryLockError::WouldBlock) => thread::sleep(LOCK_PAUSE),
                // Some network file systems have no locks. A rename is atomic there too.
                Err(TryLockError::Error(error)) if error.kind() != io::ErrorKind::Unsupported => {
                    return Err(self.error("lock its .tmp file", error));
                }
                // Another process may have renamed the file between our open and our lock. Then it is the live file.
                _ if is_same(&file, &temporary) => return Ok((target, temporary, file)),
                _ => {}
            }
        }
        Err(StoreError::Locked { path: self.path.clone() })
    }

    fn write(&self, offsets: &Offsets, target: &Path, temporary: &Path, mut file: File) -> Result<(), StoreError> {
        let line = format!("{offsets}\n");
        if line.len() > MAX_FILE {
            return Err(StoreError::TooLarge { place: self.name(), size: line.len(), limit: MAX_FILE });
        }
        let doing = "write the .tmp file beside it";
        file.set_len(0).and_then(|()| file.write_all(line.as_bytes())).map_err(|error| self.error(doing, error))?;
        if let Some(permissions) = permissions(target) {
            file.set_permissions(permissions).map_err(|error| self.error("keep its permissions", error))?;
        }
        file.sync_all().map_err(|error| self.error("sync the .tmp file beside it", error))?;
        fs::rename(temporary, target).map_err(|error| self.error("replace it", error))?;
        // The rename is stored in the folder.
        let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| self.error("sync its folder", error))
    }

    fn error(&self, doing: &'static str, error: io::Error) -> StoreError {
        StoreError::File { path: self.path.clone(), doing, error }
    }
}

fn permissions(path: &Path) -> Option<Permissions> {
    fs::metadata(path).ok().map(|metadata| metadata.permissions())
}

/// Returns whether the path still leads to the open file.
fn is_same(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::metadata(path)) {
        (Ok(open), Ok(named)) => (open.dev(), open.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}

impl Store for FileStore {
    fn open(&self) -> Answer<'_, Offsets> {
        let store = self.clone();
        Box::pin(blocking(move || store.read_or_create()))
    }

    fn load(&self) -> Answer<'_, Offsets> {
        let store = self.clone();
        Box::pin(blocking(move || store.read()))
    }

    fn save<'a>(&'a self, changes: &'a Changes) -> Answer<'a, Saved> {
        let (store, changes) = (self.clone(), changes.clone());
        Box::pin(blocking(move || store.update(&changes)))
    }

    fn replace<'a>(&'a self, offsets: &'a Offsets) -> Answer<'a, ()> {
        let (store, offsets) = (self.clone(), offsets.clone());
        Box::pin(blocking(move || store.overwrite(&offsets)))
    }

    fn name(&self) -> String {
        self.path.display().to_string()
    }
}

#[cfg(feature = "writer")]
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    // A sync of the disk may take a second. Without tokio it blocks the calling thread.
    let Ok(runtime) = tokio::runtime::Handle::try_current() else { return work() };
    match runtime.spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is shutting down and has not started the work.
            Err(_) => std::future::pending().await,
        },
    }
}

#[cfg(not(feature = "writer"))]
async fn blocking<T>(work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    work()
}

#[cfg(test)]
mod tests;
