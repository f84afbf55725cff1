//! Checks a bucket with a write that S3 refuses.

use aws_sdk_s3::Client;
use bytes::Bytes;

use super::advice::{DENIED, advice};
use super::place::S3Place;
use super::put::{Bucket, Replaces};
use crate::backend::failure::Failure;
use crate::backend::objects::{Compression, NO_DAY, Object};
use crate::partition::Partition;

/// The name of the object of this write.
const NAME: &str = "check";
/// The answers to a write that is allowed, and whose condition or MD5 is wrong.
const ALLOWED: [&str; 4] = ["NoSuchKey", "NotFound", "PreconditionFailed", "BadDigest"];
/// Without this permission, S3 does not say that an object is missing.
const LIST: &str = "s3:ListBucket";

/// A bucket cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum S3CheckError {
    /// The bucket cannot be found, in this region.
    #[error("{bucket}: {source}; check the bucket's name and region")]
    Bucket {
        /// The bucket.
        bucket: String,
        /// The reason.
        source: Failure,
    },
    /// Objects cannot be written.
    #[error("{bucket}: objects cannot be written below {below}: {source}; {advice}")]
    Write {
        /// The bucket.
        bucket: String,
        /// The beginning of the keys.
        below: String,
        /// The reason.
        source: Failure,
        /// What a person can do.
        advice: &'static str,
    },
    /// The service does not do as S3 does.
    #[error(
        "{bucket}: the service ignores the conditions of writes, which keep each event in one object; it has written the \
         empty object {key}: delete it"
    )]
    Ignored {
        /// The bucket.
        bucket: String,
        /// The key of the object that was written.
        key: String,
    },
}

/// Checks that the bucket is there and that its keys can be written: a write under the condition that an object exists that
/// does not, which S3 refuses after it has checked the permissions (docs.aws.amazon.com, "conditional writes": `If-Match` needs
/// s3:PutObject and s3:GetObject). Some services and proxies ignore the condition, so the MD5 is wrong, too.
pub(super) async fn check(client: &Client, place: &S3Place, proxy: Option<&str>) -> Result<(), S3CheckError> {
    let bucket = &place.bucket;
    if let Err(error) = client.head_bucket().bucket(bucket).send().await {
        // To look at the bucket needs s3:ListBucket, which nothing else does.
        let is_denied = error.raw_response().is_some_and(|response| response.status().as_u16() == 403);
        if !is_denied {
            return Err(S3CheckError::Bucket { bucket: bucket.clone(), source: Failure::of(&error, proxy) });
        }
    }
    let nothing = Object {
        partition: Partition(0),
        day: NO_DAY,
        first: 0,
        mark: 0,
        read_ms: 0,
        compression: Compression::None,
        body: Bytes::new(),
    };
    let key = place.key(&nothing.day_name(), NAME);
    let Err(source) = (Bucket { client, place, proxy }).write(&nothing, &key, Replaces::Never).await else {
        return Err(S3CheckError::Ignored { bucket: bucket.clone(), key });
    };
    let is_hidden = source.code == DENIED && source.reason.contains(LIST);
    if is_hidden || ALLOWED.contains(&source.code.as_str()) {
        return Ok(());
    }
    let (below, _) = key.rsplit_once("eventDay=").unwrap_or((&key, ""));
    let advice = advice(&source);
    Err(S3CheckError::Write { bucket: bucket.clone(), below: below.to_owned(), source, advice })
}
