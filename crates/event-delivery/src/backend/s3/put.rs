//! Writes one object, and never replaces one that another instance has written later.
//!
//! A name may have an object already: from a run that was killed, or from a call whose answer was lost. It may also be that
//! of another instance, which Falcon gave the feed to while this one still had events. The metadata of an object say when its
//! first event was read, so the later reader wins: it has read the feed from the stored offset, and delivers everything from
//! there. The condition of each write makes sure that nothing is replaced unseen, not even by a call of a killed program
//! that is still on its way.

use audit_schema::Verdict;
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ServerSideEncryption;

use super::place::S3Place;
use crate::backend::failure::Failure;
use crate::backend::objects::{Compression, Object};

/// The metadata with the time when the first event was read, in ms since 1970.
const READ: &str = "first-read-ms";
/// The code for an object that another instance has written later.
pub(super) const OTHER: &str = "AnotherInstance";
/// Codes for an object that has changed, or gone, since the last look. The next try looks again.
const CHANGED: [&str; 4] = ["PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey", "NotFound"];

/// Which object may be replaced.
#[derive(Clone, Copy)]
pub(super) enum Replaces<'a> {
    /// None.
    Nothing,
    /// The one with this tag.
    Tag(&'a str),
    /// Any.
    Anything,
    /// None, and the object is not written either: for a look at the permissions.
    Never,
}

/// The tag of no object.
const NO_TAG: &str = "\"00000000000000000000000000000000\"";
/// The MD5 of no object, in base64. A service that ignores the condition refuses the body, because its MD5 differs.
const NO_MD5: &str = "AAAAAAAAAAAAAAAAAAAAAA==";

/// A bucket, and the client for it.
pub(super) struct Bucket<'a> {
    pub(super) client: &'a Client,
    pub(super) place: &'a S3Place,
    pub(super) proxy: Option<&'a str>,
}

impl Bucket<'_> {
    /// Writes an object under its own name.
    pub(super) async fn put(&self, object: &Object) -> Result<(), Failure> {
        let key = self.place.key(&object.day_name(), &object.name());
        match self.write(object, &key, Replaces::Nothing).await {
            Err(failure) if failure.code == "PreconditionFailed" => self.replace(object, &key).await,
            done => done.map_err(again),
        }
    }

    /// Replaces an object, unless another instance has written it later.
    async fn replace(&self, object: &Object, key: &str) -> Result<(), Failure> {
        let head = self.client.head_object().bucket(&self.place.bucket).key(key).send().await;
        let found = head.map_err(|error| again(Failure::of(&error, self.proxy)))?;
        let read = found.metadata().and_then(|metadata| metadata.get(READ)?.parse::<i64>().ok());
        match read {
            // The answer to an earlier call was lost.
            Some(read) if read == object.read_ms => Ok(()),
            Some(read) if read > object.read_ms => {
                let reason = format!(
                    "{key} was written by an instance that has read its first event {} ms later",
                    read.saturating_sub(object.read_ms)
                );
                Err(Failure { verdict: Verdict::Configuration, code: OTHER.to_owned(), reason })
            }
            _ => self.write(object, key, Replaces::Tag(found.e_tag().unwrap_or_default())).await.map_err(again),
        }
    }

    /// Writes an object under this key.
    pub(super) async fn write(&self, object: &Object, key: &str, replaces: Replaces<'_>) -> Result<(), Failure> {
        let call = self.client.put_object().bucket(&self.place.bucket).key(key);
        let call = call.metadata(READ, object.read_ms.to_string()).content_type(match object.compression {
            Compression::None => "application/x-ndjson",
            Compression::Gzip => "application/gzip",
        });
        let call = match replaces {
            Replaces::Nothing => call.if_none_match("*"),
            Replaces::Tag(tag) => call.if_match(tag),
            Replaces::Anything => call,
            Replaces::Never => call.if_match(NO_TAG).content_md5(NO_MD5),
        };
        let call = match &self.place.kms_key {
            Some(key) => call.server_side_encryption(ServerSideEncryption::AwsKms).ssekms_key_id(key),
            None => call,
        };
        // A clone of the body shares its bytes.
        let sent = call.body(ByteStream::from(object.body.clone())).send().await;
        sent.map(drop).map_err(|error| {
            let is_moved =
                error.raw_response().is_some_and(|response| (300..400).contains(&response.status().as_u16()));
            let failure = Failure::of(&error, self.proxy);
            if is_moved { Failure { verdict: Verdict::Configuration, ..failure } } else { failure }
        })
    }
}

/// Marks failures that a new look at the object may end.
fn again(failure: Failure) -> Failure {
    if CHANGED.contains(&failure.code.as_str()) { Failure { verdict: Verdict::Retry, ..failure } } else { failure }
}
