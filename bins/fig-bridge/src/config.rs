//! Reads the configuration, and reports everything that is wrong with it.

pub(crate) mod kinds;
pub(crate) mod reference;
mod resolve;
pub(crate) mod settings;
pub(crate) mod slips;
mod table;

use kinds::{LetterPlace, OffsetStoreKind};
use layered_settings::{FileSearch, Mistake, SettingOrigin, SettingsReader, Sources};
use settings::{Destinations, Settings};
use std::time::Duration;

/// FIG's files (fig/config/__init__.py:96): the configuration, and a developer's file that overrides it.
pub(crate) const FILES: FileSearch = FileSearch { names: ["config.ini", "devel.ini"], folders: &["", "config"] };

/// The result of reading the configuration.
#[derive(Debug)]
pub(crate) struct Loaded<T> {
    /// The settings, unless there is a mistake.
    pub(crate) wanted: Option<T>,
    pub(crate) mistakes: Vec<Mistake>,
    /// Settings without effect, and settings that are probably not intended.
    pub(crate) warnings: Vec<String>,
    /// `logging.level` and its origin; `None` if it cannot be read.
    pub(crate) level: Option<(String, SettingOrigin)>,
}

/// Reads all settings.
pub(crate) fn load(sources: &Sources<'_>, until_idle: Option<Duration>) -> Loaded<Settings> {
    load_with(sources, |reader| resolve::settings(reader, sources.env, until_idle))
}

/// Reads only where the offsets are kept: the command `offsets` needs no Falcon API client.
pub(crate) fn load_offset_store(sources: &Sources<'_>) -> Loaded<OffsetStoreKind> {
    load_with(sources, |reader| {
        let backends = resolve::backends(reader);
        resolve::offset_store(reader, backends.as_ref())
    })
}

/// Reads only where dead letters are kept.
pub(crate) fn load_dead_letter(sources: &Sources<'_>) -> Loaded<LetterPlace> {
    load_with(sources, |reader| resolve::dead_letter(reader, sources.env))
}

/// Reads the destinations of events, and nothing of the Falcon API.
pub(crate) fn load_destinations(sources: &Sources<'_>) -> Loaded<Destinations> {
    load_with(sources, |reader| resolve::destinations(reader, sources.env))
}

fn load_with<T>(sources: &Sources<'_>, read: impl FnOnce(&mut SettingsReader) -> Option<T>) -> Loaded<T> {
    let mut reader = SettingsReader::new(table::TABLE, sources);
    let level = resolve::level(&mut reader);
    let wanted = read(&mut reader);
    let (mistakes, warnings) = reader.finish();
    Loaded { wanted: wanted.filter(|_| mistakes.is_empty()), mistakes, warnings, level }
}

#[cfg(test)]
mod tests;
