//! The configuration: what is in force, and everything that is wrong with it.

pub(crate) mod bundle;
mod closest;
mod ini;
mod interpolate;
pub(crate) mod kinds;
mod layers;
mod mistake;
mod reader;
pub(crate) mod reference;
mod resolve;
mod rows;
mod rules;
mod search;
pub(crate) mod settings;
pub(crate) mod slips;

pub(crate) use layers::{Override, Sources};
pub(crate) use mistake::{Mistake, Place};
pub(crate) use search::files;

use kinds::{DeadLetterKind, OffsetStoreKind};
use layers::Layers;
use reader::Reader;
use settings::{Destinations, Settings};
use std::time::Duration;

/// What was read: `wanted`, if nothing is wrong.
#[derive(Debug)]
pub(crate) struct Loaded<T> {
    /// There where there are no mistakes.
    pub(crate) wanted: Option<T>,
    pub(crate) mistakes: Vec<Mistake>,
    /// What has no effect, or may not be meant so.
    pub(crate) warnings: Vec<String>,
    /// `logging.level` and where it stands; none where it cannot be read.
    pub(crate) level: Option<(String, Place)>,
}

/// Reads all settings.
pub(crate) fn load(sources: &Sources<'_>, until_idle: Option<Duration>) -> Loaded<Settings> {
    load_with(sources, |reader| {
        let bundle = reader.ca_bundle(sources.env);
        resolve::settings(reader, until_idle, bundle)
    })
}

/// Reads where the offsets are kept, and nothing else: to look at them needs no Falcon API client.
pub(crate) fn load_offset_store(sources: &Sources<'_>) -> Loaded<OffsetStoreKind> {
    load_with(sources, |reader| {
        let backends = resolve::backends(reader);
        resolve::offset_store(reader, backends.as_ref())
    })
}

/// Reads where dead letters are kept, and nothing else.
pub(crate) fn load_dead_letter(sources: &Sources<'_>) -> Loaded<DeadLetterKind> {
    load_with(sources, resolve::dead_letter)
}

/// Reads where events go, and nothing of the Falcon API.
pub(crate) fn load_destinations(sources: &Sources<'_>) -> Loaded<Destinations> {
    load_with(sources, resolve::destinations)
}

fn load_with<T>(sources: &Sources<'_>, read: impl FnOnce(&mut Reader) -> Option<T>) -> Loaded<T> {
    let mut reader = Reader::new(Layers::read(sources));
    let level = resolve::level(&mut reader);
    let wanted = read(&mut reader);
    let (mistakes, warnings) = reader.finish();
    Loaded { wanted: wanted.filter(|_| mistakes.is_empty()), mistakes, warnings, level }
}

#[cfg(test)]
mod tests;
