//! The init configuration: what Falco's `init_config` may say, and what it says.

use anyhow::bail;
use cloudtrail_reader::aws::{DOWNLOADS, Given, Settings};
use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::borrow::Cow;

/// The configuration as it was given, not looked at yet: what is wrong with it is told with all its mistakes at once.
#[derive(Debug)]
pub struct Init(Value);

impl<'de> Deserialize<'de> for Init {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self)
    }
}

impl JsonSchema for Init {
    fn inline_schema() -> bool {
        Keys::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        Keys::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Keys::json_schema(generator)
    }
}

/// What an account may be. Falco makes a floating point number of one in YAML, quoted or not, and for its validator that
/// is no `integer`.
const ACCOUNT_TYPES: [&str; 2] = ["string", "number"];

/// The keys, for the schema. It is kept simple: Falco's validator knows draft 7. Keys in another case, which are
/// accepted too, it does not see; [`settings`] does.
#[derive(JsonSchema)]
#[schemars(title = "cloudtrail", rename_all = "camelCase")]
#[expect(dead_code, reason = "read by schemars only")]
struct Keys {
    /// Delete a message from the queue once all its records have been handed on (Default: true)
    #[schemars(title = "Delete SQS messages", default = "yes")]
    sqs_delete: bool,
    /// Number of log files downloaded from S3 at a time (Default: 32)
    #[schemars(
        title = "S3 download concurrency",
        rename = "s3DownloadConcurrency",
        range(min = 1, max = 512),
        default = "concurrency"
    )]
    s3_download_concurrency: u64,
    /// Read only log files of this interval: 5d, 2w, or two RFC 3339 times with - between (Default: no interval)
    #[schemars(title = "S3 interval", default)]
    s3_interval: String,
    /// Accepted, and of no effect: fields are extracted at once (Default: true)
    #[schemars(title = "Async extraction", default = "yes")]
    use_async: bool,
    /// Accepted, and of no effect: the format of messages is detected (Default: false)
    #[schemars(title = "S3 SNS messages", rename = "useS3SNS", default)]
    use_s3_sns: bool,
    /// Accounts of an organisation's trail to read, separated by commas (Default: all)
    #[schemars(title = "Accounts", default, extend("type" = ACCOUNT_TYPES))]
    s3_account_list: String,
    /// Account that owns the queue (Default: the account of the credentials)
    #[schemars(title = "SQS queue owner", default, extend("type" = ACCOUNT_TYPES))]
    sqs_owner_account: String,
    /// AWS client
    #[schemars(title = "AWS", default)]
    aws: AwsKeys,
}

fn yes() -> bool {
    true
}

fn concurrency() -> u64 {
    DOWNLOADS as u64
}

/// The keys of `aws`.
#[derive(Default, serde::Serialize, JsonSchema)]
#[schemars(inline)]
struct AwsKeys {
    /// Profile of the shared files (Default: the SDK's)
    #[schemars(title = "Profile", default)]
    profile: String,
    /// Region (Default: the SDK's)
    #[schemars(title = "Region", default)]
    region: String,
    /// Path of the shared configuration file (Default: the SDK's)
    #[schemars(title = "Configuration file", default)]
    config: String,
    /// Path of the shared credentials file (Default: the SDK's)
    #[schemars(title = "Credentials file", default)]
    credentials: String,
}

/// Reads the configuration. Keys that are not known are told in the log: a later version may know them, and Falco is to
/// start all the same.
///
/// # Errors
/// Names every key whose value is of the wrong type or impossible.
pub(crate) fn settings(Init(init): Init) -> Result<Settings, anyhow::Error> {
    // Falco gives null for no configuration at all.
    let given = Given::json(if init.is_null() { Value::Object(serde_json::Map::new()) } else { init }, "");
    for unknown in given.unknown() {
        log::warn!("cloudtrail: init_config: {unknown}");
    }
    let (settings, mistakes) = given.resolve(Timestamp::now());
    if !mistakes.is_empty() {
        bail!("init_config: {}", mistakes.join("; "));
    }
    Ok(settings)
}

#[cfg(test)]
mod tests;
