//! The summary of an event, and the line of `evt.plugininfo`.

use super::basics::{BUCKET, EVENT_NAME, EVENT_SOURCE, KEY, put, read_only, short, sum, uri};
use super::identity::{self, User};
use super::kinds;
use crate::table::node::NodeId;
use crate::table::tree::node;
use crate::value::falcon;
use crate::value::inner;
use crate::value::reader::{Raw, Reader};
use crate::value::text::Text;

const REGION: NodeId = node("awsRegion");
const ERROR: NodeId = node("errorCode");
const SOURCE_IP: NodeId = node("sourceIPAddress");
const BYTES: [NodeId; 2] =
    [node("additionalEventData.bytesTransferredIn"), node("additionalEventData.bytesTransferredOut")];
const HOST: NodeId = node("requestParameters.Host");

/// The settings of a bucket's public access block, in the order of the summary (difference 8).
const ACCESS_BLOCK: [(&str, NodeId); 4] = [
    ("BlockPublicAcls", node("requestParameters.PublicAccessBlockConfiguration.BlockPublicAcls")),
    ("BlockPublicPolicy", node("requestParameters.PublicAccessBlockConfiguration.BlockPublicPolicy")),
    ("IgnorePublicAcls", node("requestParameters.PublicAccessBlockConfiguration.IgnorePublicAcls")),
    ("RestrictPublicBuckets", node("requestParameters.PublicAccessBlockConfiguration.RestrictPublicBuckets")),
];

/// Why a record has no line; the texts are the original's (cloudtrail.go:167-184).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InfoError {
    /// `eventSource` is missing or not a string.
    #[error("<invalid JSON: event did not contain a source>")]
    NoSource,
    /// `awsRegion` is missing or not a string, and the event is not from outside of AWS.
    #[error("<invalid JSON: event did not contain an awsRegion>")]
    NoRegion,
    /// `eventName` is missing or not a string.
    #[error("<invalid JSON: event did not contain an eventName>")]
    NoName,
}

/// Appends region, user, service, event and [`summary`] (cloudtrail.go:153-209).
pub(crate) fn line(reader: &mut Reader<'_, '_>, line: &mut Vec<u8>) -> Result<(), InfoError> {
    let Some(source) = string(reader, EVENT_SOURCE).map(short) else { return without_source(reader, line) };
    let Some(region) = string(reader, REGION) else { return without_region(reader, &source, line) };
    let Some(name) = string(reader, EVENT_NAME) else {
        let summary = kinds::aggregated(reader).ok_or(InfoError::NoName)?;
        put(line, &[region.as_bytes(), b" ", source.as_bytes(), b" ", &summary]);
        return Ok(());
    };
    let user = identity::user(reader);
    put(line, &[region.as_bytes()]);
    match &user {
        User::Known(user) if user.as_bytes().is_empty() => {}
        User::Known(user) => put(line, &[b" ", user.as_bytes()]),
        // No space before it, as in the original: rules may match on it.
        User::Unknown(instead) => put(line, &[instead.as_bytes()]),
    }
    put(line, &[b" ", source.as_bytes(), b" ", name.as_bytes(), b" "]);
    write(reader, user.text().as_ref(), Some(&name), line);
    Ok(())
}

/// Appends the line of an event from outside of AWS, which has no region.
#[cold]
fn without_region(reader: &mut Reader<'_, '_>, source: &Text<'_>, line: &mut Vec<u8>) -> Result<(), InfoError> {
    inner::uid(reader).ok_or(InfoError::NoRegion)?;
    of_activity(reader, source, line)
}

/// Appends user, source, name and summary of an event from outside of AWS.
fn of_activity(event: &mut Reader<'_, '_>, source: &Text<'_>, line: &mut Vec<u8>) -> Result<(), InfoError> {
    let name = string(event, EVENT_NAME).ok_or(InfoError::NoName)?;
    let user = inner::user(event);
    if let Some(user) = &user {
        put(line, &[user.as_bytes(), b" "]);
    }
    put(line, &[source.as_bytes(), b" ", name.as_bytes(), b" "]);
    write(event, user.as_ref(), Some(&name), line);
    Ok(())
}

/// Appends the line of an Insights event, an aggregated event, or activity from outside of AWS.
#[cold]
fn without_source(reader: &mut Reader<'_, '_>, line: &mut Vec<u8>) -> Result<(), InfoError> {
    let region = string(reader, REGION);
    if let Some((source, summary)) = kinds::insight(reader) {
        let region = region.ok_or(InfoError::NoRegion)?;
        put(line, &[region.as_bytes(), b" ", short(source).as_bytes(), b" ", &summary]);
        return Ok(());
    }
    if let Some(summary) = kinds::aggregated(reader) {
        put(line, &[region.ok_or(InfoError::NoRegion)?.as_bytes(), b" ", &summary]);
        return Ok(());
    }
    if let Some(form) = reader.form() {
        put(line, &[b"crowdstrike ", falcon::summary(reader, form).as_bytes()]);
        return Ok(());
    }
    let Some((mut event, _)) = reader.inner() else { return Err(InfoError::NoSource) };
    let source = string(&mut event, EVENT_SOURCE).map(short).ok_or(InfoError::NoSource)?;
    let region = region.or_else(|| string(&mut event, REGION)).ok_or(InfoError::NoRegion)?;
    string(&mut event, EVENT_NAME).ok_or(InfoError::NoName)?;
    put(line, &[region.as_bytes(), b" "]);
    of_activity(&mut event, &source, line)
}

/// Returns the text of a member that is a string.
fn string<'r>(reader: &mut Reader<'_, 'r>, node: NodeId) -> Option<Text<'r>> {
    let offset = reader.find(node)?;
    if let Some((bytes, start)) = reader.plain_at(offset) {
        return Some(Text::borrowed(bytes, start));
    }
    let raw = reader.raw_at(offset).filter(|raw| matches!(raw, Raw::String(_)))?;
    reader.text_of(&raw)
}

/// Returns user, source address, event, and details of some events: `ct.info` (extract.go:173-261).
pub(crate) fn summary(reader: &mut Reader<'_, '_>, user: Option<&Text<'_>>) -> Text<'static> {
    let mut text = Vec::with_capacity(128);
    let name = reader.text(EVENT_NAME);
    write(reader, user, name.as_ref(), &mut text);
    Text::computed(text)
}

fn write(reader: &mut Reader<'_, '_>, user: Option<&Text<'_>>, name: Option<&Text<'_>>, to: &mut Vec<u8>) {
    let Some(user) = user else {
        if let Some(summary) = kinds::summary(reader) {
            return put(to, &[&summary]);
        }
        return put(to, &[b"<invalid cloudtrail event: userIdentity field missing>"]);
    };
    let Some(name) = name else {
        return put(to, &[b"<invalid cloudtrail event: eventName field missing>"]);
    };
    put(to, &[user.as_bytes()]);
    if let Some(address) = reader.text(SOURCE_IP).filter(|address| address.as_bytes() != user.as_bytes()) {
        put(to, &[b" via ", address.as_bytes()]);
    }
    let failed = reader.raw(ERROR).is_some();
    let changes = read_only(reader).is_some_and(|read_only| read_only.as_bytes() == b"false");
    let arrow = if changes { "→" } else { "←" };
    put(to, &[b" ", if failed { b"!" } else { b"" }, arrow.as_bytes(), b" ", name.as_bytes()]);
    if name.as_bytes() == b"PutBucketPublicAccessBlock" {
        access_block(reader, to);
    } else {
        details(reader, to);
    }
}

fn access_block(reader: &mut Reader<'_, '_>, to: &mut Vec<u8>) {
    const BLOCK: NodeId = node("requestParameters.PublicAccessBlockConfiguration");
    if !matches!(reader.raw(BLOCK), Some(Raw::Object(_))) {
        return;
    }
    for (name, node) in ACCESS_BLOCK {
        let on = match reader.raw(node) {
            Some(Raw::Literal(range)) => reader.record.get(range) == Some(b"true"),
            _ => false,
        };
        put(to, &[b" ", name.as_bytes(), if on { b"=true" } else { b"=false" }]);
    }
    // The original ends with a space as well.
    to.push(b' ');
}

/// Appends the number of bytes, and the first of URI, bucket, key and host that the record has.
fn details(reader: &mut Reader<'_, '_>, to: &mut Vec<u8>) {
    if let Some(bytes) = sum(reader, BYTES.into_iter()) {
        put(to, &[b" Size=", bytes.to_string().as_bytes()]);
    }
    if let Some(uri) = uri(reader) {
        return put(to, &[b" URI=", uri.as_bytes()]);
    }
    for (name, node) in [(" Bucket=", BUCKET), (" Key=", KEY), (" Host=", HOST)] {
        if let Some(text) = reader.text(node) {
            return put(to, &[name.as_bytes(), text.as_bytes()]);
        }
    }
}
