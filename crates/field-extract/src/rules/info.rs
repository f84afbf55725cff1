//! The summary of an event, and the line of `evt.plugininfo`.

use crate::reader::{Raw, Reader};
use crate::rules::identity::{self, User};
use crate::rules::{BUCKET, EVENT_NAME, EVENT_SOURCE, KEY, read_only, short, sum, uri};
use crate::tree::{NodeId, node};
use crate::value::Text;

const REGION: NodeId = node("awsRegion");
const ERROR: NodeId = node("errorCode");
const SOURCE_IP: NodeId = node("sourceIPAddress");
const BYTES: [NodeId; 2] =
    [node("additionalEventData.bytesTransferredIn"), node("additionalEventData.bytesTransferredOut")];
const HOST: NodeId = node("requestParameters.Host");

/// The switches of a bucket's public access block, in the order of the summary (difference 8).
const ACCESS_BLOCK: [(&str, NodeId); 4] = [
    ("BlockPublicAcls", node("requestParameters.PublicAccessBlockConfiguration.BlockPublicAcls")),
    ("BlockPublicPolicy", node("requestParameters.PublicAccessBlockConfiguration.BlockPublicPolicy")),
    ("IgnorePublicAcls", node("requestParameters.PublicAccessBlockConfiguration.IgnorePublicAcls")),
    ("RestrictPublicBuckets", node("requestParameters.PublicAccessBlockConfiguration.RestrictPublicBuckets")),
];

/// Why a record has no line; the texts are the original's (cloudtrail.go:167-184).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InfoError {
    /// `eventSource` is missing or no string.
    #[error("<invalid JSON: event did not contain a source>")]
    NoSource,
    /// `awsRegion` is missing or no string.
    #[error("<invalid JSON: event did not contain an awsRegion>")]
    NoRegion,
    /// `eventName` is missing or no string.
    #[error("<invalid JSON: event did not contain an eventName>")]
    NoName,
}

/// Region, user, service, event and [`summary`] (cloudtrail.go:153-209).
pub(crate) fn line(reader: &mut Reader<'_, '_>, line: &mut Vec<u8>) -> Result<(), InfoError> {
    let source = string(reader, EVENT_SOURCE).map(short).ok_or(InfoError::NoSource)?;
    let region = string(reader, REGION).ok_or(InfoError::NoRegion)?;
    let name = string(reader, EVENT_NAME).ok_or(InfoError::NoName)?;
    let user = identity::user(reader);
    put(line, &[region.as_bytes()]);
    match &user {
        User::Known(user) if user.as_bytes().is_empty() => {}
        User::Known(user) => put(line, &[b" ", user.as_bytes()]),
        // No blank before it: so it is in the original, and so rules may match it.
        User::Unknown(instead) => put(line, &[instead.as_bytes()]),
    }
    put(line, &[b" ", source.as_bytes(), b" ", name.as_bytes(), b" "]);
    write(reader, user.text().as_ref(), Some(&name), line);
    Ok(())
}

/// A member as text if it is a string.
fn string<'r>(reader: &mut Reader<'_, 'r>, node: NodeId) -> Option<Text<'r>> {
    let place = reader.place(node)?;
    if let Some((bytes, start)) = reader.plain_at(place) {
        return Some(Text::borrowed(bytes, start));
    }
    let raw = reader.raw_at(place).filter(|raw| matches!(raw, Raw::String(_)))?;
    reader.text_of(&raw)
}

/// Who, from where, what, and details of some events: `ct.info` (extract.go:173-261).
pub(crate) fn summary(reader: &mut Reader<'_, '_>) -> Text<'static> {
    let mut text = Vec::with_capacity(128);
    let (user, name) = (identity::user(reader).text(), reader.text(EVENT_NAME));
    write(reader, user.as_ref(), name.as_ref(), &mut text);
    Text::computed(text)
}

fn write(reader: &mut Reader<'_, '_>, user: Option<&Text<'_>>, name: Option<&Text<'_>>, to: &mut Vec<u8>) {
    let Some(user) = user else {
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
    // The original's, too.
    to.push(b' ');
}

/// The bytes moved, and the first that there is of URI, bucket, key and host.
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

fn put(to: &mut Vec<u8>, parts: &[&[u8]]) {
    parts.iter().for_each(|part| to.extend_from_slice(part));
}
