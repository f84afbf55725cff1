//! A read state together with its file.

use super::file::{StateError, StateFile};
use super::objects::ReadState;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The interval at which the state is saved. Objects read since then are read again after a crash.
const SAVE_EVERY: Duration = Duration::from_secs(5);

/// The read state, with its file. Clones share both.
#[derive(Clone, Debug)]
pub struct StateKeeper {
    file: StateFile,
    state: Arc<Mutex<ReadState>>,
    saved: Arc<Mutex<Instant>>,
}

impl StateKeeper {
    /// Reads the state, and checks that it can be written.
    ///
    /// # Errors
    /// As those of [`StateFile::load`] and [`StateFile::save`].
    pub fn open(path: &Path) -> Result<Self, StateError> {
        let keeper = Self::read(path)?;
        let state = keeper.state.lock().unwrap_or_else(PoisonError::into_inner).clone();
        keeper.file.save(&state)?;
        Ok(keeper)
    }

    /// Reads the state. A missing file is an empty state.
    ///
    /// # Errors
    /// As those of [`StateFile::load`].
    pub fn read(path: &Path) -> Result<Self, StateError> {
        let file = StateFile::new(path);
        let state = file.load()?;
        Ok(Self { file, state: Arc::new(Mutex::new(state)), saved: Arc::new(Mutex::new(Instant::now())) })
    }

    /// Returns the state for a source, which adds the keys that are confirmed.
    #[must_use]
    pub fn state(&self) -> Arc<Mutex<ReadState>> {
        Arc::clone(&self.state)
    }

    /// Saves the state if five seconds have passed since the last time.
    ///
    /// # Errors
    /// As those of [`StateFile::save`].
    pub fn save_if_due(&self) -> Result<(), StateError> {
        let saved = *self.saved.lock().unwrap_or_else(PoisonError::into_inner);
        if saved.elapsed() >= SAVE_EVERY { self.save() } else { Ok(()) }
    }

    /// Saves the state if it has changed.
    ///
    /// # Errors
    /// As those of [`StateFile::save`].
    pub fn save(&self) -> Result<(), StateError> {
        // Held while the file is written: there is one temporary file.
        let mut saved = self.saved.lock().unwrap_or_else(PoisonError::into_inner);
        let copy = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            if state.take_changed() { Some(state.clone()) } else { None }
        };
        if let Some(state) = copy {
            self.file.save(&state)?;
        }
        *saved = Instant::now();
        Ok(())
    }
}
