//! Turns the table's values into [`Settings`].

mod falcon;

use super::kinds::{Backend, LetterPlace, Names, OTHER_BACKENDS, OffsetStoreKind, Queue};
use super::settings::{AwsSqs, BackendSettings, CloudTrailLake, Destinations, Events, Generic, Settings};
use super::table;
use audit_schema::ChannelArn;
use common_aws::names::parse_region;
use event_delivery::falcon::{LOGS_REGION, LogsSettings, S3_REGION, S3Settings, event_types};
use event_delivery::private_file;
use falcon_stream::is_event_type;
use layered_settings::{Mistake, SettingOrigin, SettingsReader};
use program_kit::{certificates, folders};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

/// Returns an environment variable.
type Env<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Returns all settings; `None` after a mistake, which the reader then has.
pub(super) fn settings(reader: &mut SettingsReader, env: Env<'_>, until_idle: Option<Duration>) -> Option<Settings> {
    // Everything is read before this returns, so that all mistakes are reported at once.
    let ca_bundle = certificates::of_requests(env).map_err(|wrong| reader.add(Mistake::new(wrong))).ok().flatten();
    let backends = backends(reader);
    let backend_settings = backend_settings(reader, backends.as_ref());
    let calls_in_flight = reader.number(table::WORKER_THREADS);
    let events = events(reader);
    let api = falcon::falcon(reader, ca_bundle);
    let credentials = falcon::credentials(reader);
    let offset_store = offset_store(reader, backends.as_ref());
    let dead_letter = dead_letter(reader, env);
    keep_apart(reader, offset_store.as_ref(), dead_letter.as_ref());
    let admin = reader.optional_as(table::ADMIN_ADDR, |text| text.parse::<SocketAddr>().ok());
    if reader.has_mistakes() {
        return None;
    }
    Some(Settings {
        backends: backend_settings?,
        calls_in_flight: calls_in_flight?,
        events: events?,
        falcon: api?,
        credentials: credentials?,
        offset_store: offset_store?,
        dead_letter: dead_letter?,
        admin,
        until_idle,
    })
}

/// Returns the destinations of events; `None` after a mistake.
pub(super) fn destinations(reader: &mut SettingsReader, env: Env<'_>) -> Option<Destinations> {
    let backends = backends(reader);
    let backends = backend_settings(reader, backends.as_ref());
    let calls_in_flight = reader.number(table::WORKER_THREADS);
    let dead_letter = dead_letter(reader, env);
    if reader.has_mistakes() {
        return None;
    }
    Some(Destinations { backends: backends?, calls_in_flight: calls_in_flight?, dead_letter: dead_letter? })
}

/// Returns the log level as it is written, and its origin.
pub(super) fn level(reader: &mut SettingsReader) -> Option<(String, SettingOrigin)> {
    reader.always_as(table::LEVEL, program_kit::logging::parse_level)?;
    reader.text(table::LEVEL)
}

pub(super) fn backends(reader: &mut SettingsReader) -> Option<BTreeSet<Backend>> {
    let refuse = |word: &str| {
        let other = OTHER_BACKENDS.contains(&word.to_uppercase().as_str());
        other.then(|| {
            format!("{word} is a backend of FIG's that fig-bridge does not have; it has {}", Backend::WORDS.join(", "))
        })
    };
    let found = reader.list(table::BACKENDS, Backend::from_word, refuse)?;
    if found.is_empty() {
        let why = format!("must be {}", table::BACKENDS.rule);
        let is_word = |char: char| char != ',' && !char.is_whitespace();
        reader.required_as(table::BACKENDS, &why, |text| text.contains(is_word).then_some(()))?;
    }
    Some(found)
}

/// Reads the settings of the enabled backends. One with a mistake does not stop the others from being read.
fn backend_settings(reader: &mut SettingsReader, backends: Option<&BTreeSet<Backend>>) -> Option<Vec<BackendSettings>> {
    let read = backends?.iter().map(|backend| match backend {
        Backend::CloudTrailLake => cloudtrail_lake(reader).map(BackendSettings::CloudTrailLake),
        Backend::CloudWatchLogs => LogsSettings::read(reader).map(BackendSettings::CloudWatchLogs),
        Backend::S3 => S3Settings::read(reader).map(BackendSettings::S3),
        Backend::Generic => generic(reader).map(BackendSettings::Generic),
        Backend::AwsSqs => aws_sqs(reader).map(BackendSettings::AwsSqs),
    });
    read.collect::<Vec<_>>().into_iter().collect()
}

fn events(reader: &mut SettingsReader) -> Option<Events> {
    let severity_threshold = reader.number(table::SEVERITY);
    let older_than_days = reader.number(table::OLDER_THAN);
    let offset: Option<u64> = reader.number(table::OFFSET);
    let start_from_newest = reader.flag(table::NEWEST);
    let types = event_types(reader, table::TYPES, is_event_type);
    let service_names = reader.optional_as(table::SERVICE_NAMES, Names::parse);
    exclude_clouds(reader);
    if start_from_newest == Some(true) && offset.is_some_and(|offset| offset > 0) {
        let (_, newest) = reader.text(table::NEWEST)?;
        let (text, origin) = reader.text(table::OFFSET)?;
        let wrong =
            format!("cannot be set together with {} = true ({newest}); remove one of the two", table::NEWEST.name());
        reader.reject(table::OFFSET, &origin, &text, &wrong);
    }
    Some(Events {
        severity_threshold: severity_threshold?,
        older_than_days: older_than_days?,
        offset: offset?,
        start_from_newest: start_from_newest?,
        types,
        service_names,
    })
}

/// FIG asks the Hosts API for a host's cloud. Audit events do not need it, so this program needs no permission for it.
fn exclude_clouds(reader: &mut SettingsReader) {
    if reader.words(table::EXCLUDE_CLOUDS).is_some_and(|clouds| !clouds.is_empty())
        && let Some((text, origin)) = reader.text(table::EXCLUDE_CLOUDS)
    {
        let name = table::EXCLUDE_CLOUDS.name();
        reader.warn(format!("{origin}: {name} = {text}: has no effect; fig-bridge does not use the Hosts API"));
    }
}

fn cloudtrail_lake(reader: &mut SettingsReader) -> Option<CloudTrailLake> {
    let why = "CLOUDTRAIL_LAKE is enabled";
    let channel = reader.required_as(table::CHANNEL_ARN, why, |text| text.parse::<ChannelArn>().ok());
    let hint = match &channel {
        Some(channel) => format!("{why}, and its channel is in {}", channel.region()),
        None => why.to_owned(),
    };
    let region = reader.required_as(table::LAKE_REGION, &hint, parse_region);
    let (channel, region) = (channel?, region?);
    if channel.region() != region {
        let (text, origin) = reader.text(table::LAKE_REGION)?;
        let wrong = format!("must be {}, which is the region in cloudtrail_lake.channel_arn", channel.region());
        reader.reject(table::LAKE_REGION, &origin, &text, &wrong);
    }
    Some(CloudTrailLake { channel, region })
}

fn aws_sqs(reader: &mut SettingsReader) -> Option<AwsSqs> {
    let why = "AWS_SQS is enabled";
    let region = reader.required_as(table::SQS_REGION, why, parse_region);
    let queue = reader.required_as(table::SQS_QUEUE, why, Queue::parse);
    Some(AwsSqs { region: region?, queue: queue? })
}

/// FIG treats an empty list as ALL (fig/backends/generic/__init__.py:22).
fn generic(reader: &mut SettingsReader) -> Option<Generic> {
    let (text, _) = reader.text(table::GENERIC_TYPES)?;
    if text.split(',').all(|name| name.trim().is_empty()) {
        return Some(Generic { event_types: Names::All });
    }
    Some(Generic { event_types: event_types(reader, table::GENERIC_TYPES, is_event_type)? })
}

/// Returns the store for offsets. FIG stores offsets only for `CLOUDTRAIL_LAKE`. Its other backends do not need SSM, so the
/// default for them is memory. Backends that FIG does not have are for audit, as Lake is.
pub(super) fn offset_store(
    reader: &mut SettingsReader,
    backends: Option<&BTreeSet<Backend>>,
) -> Option<OffsetStoreKind> {
    let (text, _) = reader.text(table::OFFSET_STORE)?;
    let store = if text.is_empty() {
        let is_kept = backends.is_none_or(|backends| backends.iter().any(|backend| backend.is_for_audit()));
        OffsetStoreKind::parse(if is_kept { "ssm" } else { "memory" })
    } else {
        reader.always_as(table::OFFSET_STORE, OffsetStoreKind::parse)
    }?;
    Some(match store {
        OffsetStoreKind::Ssm { name, .. } => OffsetStoreKind::Ssm { name, region: own_region(reader) },
        other => other,
    })
}

/// Returns the store for dead letters.
pub(super) fn dead_letter(reader: &mut SettingsReader, env: Env<'_>) -> Option<LetterPlace> {
    if let Some((_, SettingOrigin::Default)) = reader.text(table::DEAD_LETTER) {
        return Some(default_letters(reader, env));
    }
    let kind = reader.always_as(table::DEAD_LETTER, LetterPlace::parse)?;
    Some(match kind {
        LetterPlace::Sqs { queue, region: None } => LetterPlace::Sqs { queue, region: own_region(reader) },
        other => other,
    })
}

/// Refuses one file for both: each would overwrite what the other keeps.
fn keep_apart(reader: &mut SettingsReader, store: Option<&OffsetStoreKind>, letters: Option<&LetterPlace>) {
    if let (Some(OffsetStoreKind::File(offsets)), Some(LetterPlace::File(path))) = (store, letters)
        && private_file::is_same(offsets, path)
        && let Some((text, origin)) = reader.text(table::OFFSET_STORE)
    {
        let (letters, path) = (table::DEAD_LETTER.name(), path.display());
        let wrong = format!("is the same file as that of {letters}, file:{path}; give each a file of its own");
        reader.reject(table::OFFSET_STORE, &origin, &text, &wrong);
    }
}

/// The default file for dead letters.
const LETTERS: &str = "fig-dead-letter.jsonl";

/// Returns the default store for dead letters. FIG writes no file, so its users may run it without a writable folder. If
/// the working folder is not writable, another one is used, with a warning.
fn default_letters(reader: &mut SettingsReader, env: Env<'_>) -> LetterPlace {
    let is_appendable = |path: &Path| private_file::open(path, OpenOptions::new().append(true)).is_ok();
    let path = folders::first_writable(&folders::for_state(env), LETTERS, is_appendable);
    // If a file cannot be read, the setting may be in it.
    if reader.is_complete() && path.parent().is_some_and(|folder| !folder.as_os_str().is_empty()) {
        let name = table::DEAD_LETTER.name();
        reader.warn(format!(
            "{name} is not set and the working folder cannot be written: events that no backend takes are kept in {}, \
             which a container may lose when it ends; set {name} or DEAD_LETTER to a file on a volume, or to sqs://QUEUE",
            path.display()
        ));
    }
    LetterPlace::File(path)
}

/// Returns the region for a store without its own: that of the first backend that has one. Mistakes in them are reported elsewhere.
fn own_region(reader: &mut SettingsReader) -> Option<String> {
    [table::LAKE_REGION, LOGS_REGION, S3_REGION, table::SQS_REGION].into_iter().find_map(|setting| {
        let (text, _) = reader.text(setting)?;
        parse_region(&text)
    })
}
