//! The settings of S3.

use std::time::Duration;

use audit_schema::AccountId;
use audit_schema::falcon::Format;
use common_aws::names::{bucket_mistake, is_old_bucket_name, parse_region, region_hint};
use layered_settings::{Rule, SettingsReader, table};
use offset_store::State;
use tokio::sync::watch;

use super::format::EventFormat;
use super::rules;
use crate::backend::objects::{Compression, ObjectLimits};
use crate::backend::s3::{S3Options, S3Place};

const BUCKET: Rule = Rule::Described("3 to 63 small letters, digits, - and .");
const PREFIX: Rule = Rule::Described("a path without / at its ends");
const KMS_KEY: Rule = Rule::Described("the ID, ARN or alias of a KMS key");
/// Two objects may be in memory.
const MOST_BYTES: u64 = 64 << 20;
/// The alert `FigBridgeOffsetWaits` is for events that wait for 15 minutes.
const MOST_SECONDS: u64 = 900;

table! {
    /// The section `[s3]`.
    pub const S3_SETTINGS;

    S3_BUCKET = "s3" "bucket", Some("S3_BUCKET"), "", BUCKET, "The bucket of S3", note: "new";
    S3_PREFIX = "s3" "prefix", Some("S3_PREFIX"), "", PREFIX, "The beginning of all keys", note: "new";
    S3_REGION = "s3" "region", Some("S3_REGION"), "", rules::AWS_REGION, "The bucket's region", note: "new", hint: region_hint;
    S3_ACCOUNT = "s3" "account_id", Some("S3_ACCOUNT_ID"), "", rules::ACCOUNT,
        "The account in keys and audit events. Unset: the account of the AWS credentials", note: "new";
    S3_FORMAT = "s3" "format", Some("S3_FORMAT"), "falcon", rules::FORMATS, "Falcon's line, the audit event, or OCSF",
        note: "new";
    S3_MAX_AGE = "s3" "max_age", Some("S3_MAX_AGE"), "60", Rule::Number(1, MOST_SECONDS),
        "Seconds until an object is written", note: "new";
    S3_MAX_BYTES = "s3" "max_bytes", Some("S3_MAX_BYTES"), "16777216", Rule::Number(1024, MOST_BYTES),
        "Bytes of an object before compression; more if offsets are stored more slowly", note: "new";
    S3_COMPRESSION = "s3" "compression", Some("S3_COMPRESSION"), "gzip", Rule::OneOf(&["gzip", "none"]),
        "The compression of objects", note: "new";
    S3_KMS_KEY = "s3" "kms_key", Some("S3_KMS_KEY"), "", KMS_KEY, "Unset: the bucket's own encryption", note: "new";
}

/// The checked settings of S3.
#[derive(Clone, Debug)]
pub struct S3Settings {
    /// The bucket.
    pub bucket: String,
    /// The beginning of all keys: empty, or without a slash at its end.
    pub prefix: String,
    /// The bucket's region.
    pub region: String,
    /// The account in keys and audit events. `None`: that of the credentials.
    pub account: Option<AccountId>,
    /// The key of KMS that encrypts objects.
    pub kms_key: Option<String>,
    /// The form of the events.
    pub format: Format,
    /// How long the first event of an object waits.
    pub age: Duration,
    /// The bytes of an object, before compression.
    pub bytes: usize,
    /// The compression of objects.
    pub compression: Compression,
}

impl S3Settings {
    /// Reads the settings; `None` after a mistake, which the reader then has.
    pub fn read(reader: &mut SettingsReader) -> Option<Self> {
        let why = "S3 is enabled";
        let bucket = reader.required_as(S3_BUCKET, why, bucket);
        let prefix = reader.always_as(S3_PREFIX, prefix);
        let region = reader.required_as(S3_REGION, why, parse_region);
        let account = reader.optional_as(S3_ACCOUNT, rules::account);
        let format = reader.always_as(S3_FORMAT, rules::format);
        let seconds = reader.number(S3_MAX_AGE);
        let bytes = reader.number(S3_MAX_BYTES);
        let compression = reader.always_as(S3_COMPRESSION, |text| match text {
            "gzip" => Some(Compression::Gzip),
            "none" => Some(Compression::None),
            _ => None,
        });
        let kms_key = reader.optional_as(S3_KMS_KEY, kms_key);
        Some(Self {
            bucket: bucket?,
            prefix: prefix?,
            region: region?,
            account,
            kms_key,
            format: format?,
            age: Duration::from_secs(seconds?),
            bytes: bytes?,
            compression: compression?,
        })
    }

    /// Returns the place of the objects, with this account in their keys.
    #[must_use]
    pub fn place(&self, account: &AccountId) -> S3Place {
        let Self { bucket, prefix, region, kms_key, .. } = self.clone();
        S3Place { bucket, prefix, region, account: account.as_str().to_owned(), kms_key }
    }

    /// Returns the options of the backend. `stored` is the state of the offsets' writer.
    #[must_use]
    pub fn options(
        &self,
        name: &'static str,
        account: AccountId,
        calls: usize,
        stored: Option<watch::Receiver<State>>,
        proxy: Option<String>,
    ) -> S3Options {
        let Self { age, bytes, compression, format, .. } = *self;
        S3Options {
            name,
            place: self.place(&account),
            limits: ObjectLimits { age, bytes, compression, calls },
            format: EventFormat { format, account: Some(account) }.into_function(),
            stored,
            proxy,
        }
    }
}

fn bucket(text: &str) -> Option<String> {
    (bucket_mistake(text).is_none() && !is_old_bucket_name(text)).then(|| text.to_owned())
}

fn prefix(text: &str) -> Option<String> {
    let is_path = !text.starts_with('/') && !text.ends_with('/') && !text.chars().any(char::is_control);
    (is_path && text.len() <= 512).then(|| text.to_owned())
}

fn kms_key(text: &str) -> Option<String> {
    let is_allowed = |char: char| char.is_ascii_alphanumeric() || "-_/:".contains(char);
    text.chars().all(is_allowed).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_that_s3_takes() {
        for (text, is_good) in [
            ("falcon-audit.eu", true),
            ("ab", false),
            ("Falcon", false),
            ("s3://b", false),
            ("a..b", false),
            ("falcon-", false),
        ] {
            assert_eq!(bucket(text).is_some(), is_good, "{text}");
        }
        for (text, is_good) in [("", true), ("falcon/audit", true), ("/falcon", false), ("falcon/", false)] {
            assert_eq!(prefix(text).is_some(), is_good, "{text}");
        }
        assert!(kms_key("arn:aws:kms:eu-west-1:123456789012:alias/falcon_1").is_some() && kms_key("a b").is_none());
        let place = |prefix: &str| S3Place {
            bucket: "b".to_owned(),
            prefix: prefix.to_owned(),
            region: "eu-west-1".to_owned(),
            account: "123456789012".to_owned(),
            kms_key: None,
        };
        let rest = "region=eu-west-1/accountId=123456789012/eventDay=20260102/x";
        assert_eq!(place("").key("20260102", "x"), rest);
        assert_eq!(place("a/b").key("20260102", "x"), format!("a/b/{rest}"));
    }
}
