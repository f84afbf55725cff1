//! Rows to [`Settings`].

mod falcon;

use super::kinds::{
    Backend, CallsInFlight, ChannelArn, Cloud, DeadLetterKind, Names, OTHER_BACKENDS, OffsetStoreKind, Queue,
};
use super::mistake::Place;
use super::reader::{Reader, parse_region};
use super::rows;
use super::search;
use super::settings::{AwsSqs, CloudTrailLake, Destinations, Events, Generic, Settings};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// All settings; none where anything is wrong, which the reader then knows.
pub(super) fn settings(
    reader: &mut Reader,
    until_idle: Option<Duration>,
    ca_bundle: Option<PathBuf>,
) -> Option<Settings> {
    // Every part is read before any may end this: all mistakes are to be told at once.
    let backends = backends(reader);
    let enabled = |backend| backends.as_ref().is_some_and(|backends| backends.contains(&backend));
    let lake = enabled(Backend::CloudTrailLake).then(|| cloudtrail_lake(reader));
    let sqs = enabled(Backend::AwsSqs).then(|| aws_sqs(reader));
    let generic = enabled(Backend::Generic).then(|| generic(reader));
    let calls_in_flight = calls_in_flight(reader);
    let events = events(reader);
    let api = falcon::falcon(reader, ca_bundle);
    let credentials = falcon::credentials(reader);
    let offset_store = offset_store(reader, backends.as_ref());
    let dead_letter = dead_letter(reader);
    let admin = reader.optional_as(rows::ADMIN_ADDR, |text| text.parse::<SocketAddr>().ok());
    if !reader.mistakes.is_empty() {
        return None;
    }
    Some(Settings {
        backends: backends?,
        calls_in_flight: calls_in_flight?,
        events: events?,
        falcon: api?,
        credentials: credentials?,
        offset_store: offset_store?,
        dead_letter: dead_letter?,
        cloudtrail_lake: lake.flatten(),
        aws_sqs: sqs.flatten(),
        generic: generic.flatten(),
        admin,
        until_idle,
    })
}

/// Where events go; none where anything of that is wrong.
pub(super) fn destinations(reader: &mut Reader) -> Option<Destinations> {
    let backends = backends(reader);
    let enabled = |backend| backends.as_ref().is_some_and(|backends| backends.contains(&backend));
    let lake = enabled(Backend::CloudTrailLake).then(|| cloudtrail_lake(reader));
    let sqs = enabled(Backend::AwsSqs).then(|| aws_sqs(reader));
    let calls_in_flight = calls_in_flight(reader);
    let dead_letter = dead_letter(reader);
    if !reader.mistakes.is_empty() {
        return None;
    }
    Some(Destinations {
        backends: backends?,
        calls_in_flight: calls_in_flight?,
        cloudtrail_lake: lake.flatten(),
        aws_sqs: sqs.flatten(),
        dead_letter: dead_letter?,
    })
}

fn calls_in_flight(reader: &mut Reader) -> Option<CallsInFlight> {
    reader.always_as(rows::WORKER_THREADS, |text| rows::WORKER_THREADS.rule.number(text).and_then(CallsInFlight::new))
}

/// The level as it is written, and where that stands.
pub(super) fn level(reader: &mut Reader) -> Option<(String, Place)> {
    reader.always_as(rows::LEVEL, program_kit::logging::parse_level)?;
    reader.text(rows::LEVEL)
}

pub(super) fn backends(reader: &mut Reader) -> Option<BTreeSet<Backend>> {
    let refuse = |word: &str| {
        let other = OTHER_BACKENDS.contains(&word.to_uppercase().as_str());
        other.then(|| {
            format!("{word} is a backend of FIG's that fig-bridge does not have; it has {}", Backend::WORDS.join(", "))
        })
    };
    let found = reader.words(rows::BACKENDS, Backend::from_word, refuse)?;
    if found.is_empty() {
        let why = format!("must be {}", rows::BACKENDS.rule);
        reader.required(rows::BACKENDS, &why)?;
    }
    Some(found)
}

fn events(reader: &mut Reader) -> Option<Events> {
    let severity_threshold = reader.number(rows::SEVERITY);
    let older_than_days = reader.number(rows::OLDER_THAN);
    let offset: Option<u64> = reader.number(rows::OFFSET);
    let start_from_newest = reader.flag(rows::NEWEST);
    let types = reader.optional_as(rows::TYPES, parse_types);
    let service_names = reader.optional_as(rows::SERVICE_NAMES, Names::parse);
    exclude_clouds(reader);
    if start_from_newest == Some(true) && offset.is_some_and(|offset| offset > 0) {
        let (_, newest) = reader.text(rows::NEWEST)?;
        let (text, place) = reader.text(rows::OFFSET)?;
        let wrong =
            format!("cannot be set together with {} = true ({newest}); leave one of the two out", rows::NEWEST.name());
        reader.wrong(rows::OFFSET, &place, &text, &wrong);
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

/// Where a host runs FIG asks the Hosts API, for which the audit events of this program need no permission.
fn exclude_clouds(reader: &mut Reader) {
    let clouds = reader.words(rows::EXCLUDE_CLOUDS, Cloud::from_word, |_| None);
    if clouds.is_some_and(|clouds| !clouds.is_empty())
        && let Some((text, place)) = reader.text(rows::EXCLUDE_CLOUDS)
    {
        let name = rows::EXCLUDE_CLOUDS.name();
        reader.warn(format!("{place}: {name} = {text}: has no effect; fig-bridge does not ask where a host runs"));
    }
}

fn cloudtrail_lake(reader: &mut Reader) -> Option<CloudTrailLake> {
    let why = "CLOUDTRAIL_LAKE is enabled";
    let channel = reader.required_as(rows::CHANNEL_ARN, why, ChannelArn::parse);
    let hint = match &channel {
        Some(channel) => format!("{why}, and its channel is in {}", channel.region()),
        None => why.to_owned(),
    };
    let region = reader.required_as(rows::LAKE_REGION, &hint, parse_region);
    let (channel, region) = (channel?, region?);
    if channel.region() != region {
        let (text, place) = reader.text(rows::LAKE_REGION)?;
        let wrong = format!("must be {}, which is the region in cloudtrail_lake.channel_arn", channel.region());
        reader.wrong(rows::LAKE_REGION, &place, &text, &wrong);
    }
    Some(CloudTrailLake { channel, region })
}

fn aws_sqs(reader: &mut Reader) -> Option<AwsSqs> {
    let why = "AWS_SQS is enabled";
    let region = reader.required_as(rows::SQS_REGION, why, parse_region);
    let queue = reader.required_as(rows::SQS_QUEUE, why, Queue::parse);
    Some(AwsSqs { region: region?, queue: queue? })
}

/// FIG takes an empty list for ALL (fig/backends/generic/__init__.py:22).
fn generic(reader: &mut Reader) -> Option<Generic> {
    let (text, _) = reader.text(rows::GENERIC_TYPES)?;
    if text.split(',').all(|name| name.trim().is_empty()) {
        return Some(Generic { event_types: Names::All });
    }
    Some(Generic { event_types: reader.always_as(rows::GENERIC_TYPES, parse_types)? })
}

/// Event types become part of the feed's URL; all that were ever seen are of letters, digits and `_`.
fn parse_types(text: &str) -> Option<Names> {
    let names = Names::parse(text)?;
    let Names::Only(types) = &names else { return Some(names) };
    let good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    types.iter().all(|name| name.as_str().bytes().all(good)).then_some(names)
}

/// Where offsets are kept. FIG keeps them for `CLOUDTRAIL_LAKE` alone; its other backends need no SSM, so they get none
/// unless it is asked for.
pub(super) fn offset_store(reader: &mut Reader, backends: Option<&BTreeSet<Backend>>) -> Option<OffsetStoreKind> {
    let (text, _) = reader.text(rows::OFFSET_STORE)?;
    let store = if text.is_empty() {
        let lake = backends.is_none_or(|backends| backends.contains(&Backend::CloudTrailLake));
        OffsetStoreKind::parse(if lake { "ssm" } else { "memory" })
    } else {
        reader.always_as(rows::OFFSET_STORE, OffsetStoreKind::parse)
    }?;
    Some(match store {
        OffsetStoreKind::Ssm { name, .. } => OffsetStoreKind::Ssm { name, region: own_region(reader) },
        other => other,
    })
}

pub(super) fn dead_letter(reader: &mut Reader) -> Option<DeadLetterKind> {
    if let Some((_, Place::Default)) = reader.text(rows::DEAD_LETTER) {
        return Some(default_letters(reader));
    }
    let kind = reader.always_as(rows::DEAD_LETTER, DeadLetterKind::parse)?;
    Some(match kind {
        DeadLetterKind::Sqs { queue, region: None } => DeadLetterKind::Sqs { queue, region: own_region(reader) },
        other => other,
    })
}

/// FIG writes no file, so its users have given it no folder to write in: where the working folder is none, another one
/// is taken, and that is told.
fn default_letters(reader: &mut Reader) -> DeadLetterKind {
    let path = search::default_letters(reader.letter_folders());
    if path.parent().is_some_and(|folder| !folder.as_os_str().is_empty()) {
        let name = rows::DEAD_LETTER.name();
        reader.warn(format!(
            "{name} is not set and the working folder cannot be written: events that no backend takes are kept in {}, \
             which may be gone with the container; set {name} or DEAD_LETTER to a file on a volume, or to sqs://QUEUE",
            path.display()
        ));
    }
    DeadLetterKind::File(path)
}

/// The region of what has none of its own: the channel's, or the queue's. What is wrong with them is told elsewhere.
fn own_region(reader: &mut Reader) -> Option<String> {
    [rows::LAKE_REGION, rows::SQS_REGION].into_iter().find_map(|row| {
        let (text, _) = reader.text(row)?;
        parse_region(&text)
    })
}
