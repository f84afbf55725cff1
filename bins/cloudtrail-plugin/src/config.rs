//! The init configuration: its schema, and what Falco's `init_config` means.

use anyhow::bail;
use cloudtrail_reader::aws::{DOWNLOADS, Given, Settings};
use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use std::borrow::Cow;

/// The configuration as it was given. [`settings`] checks it, so that all mistakes are named at once.
#[derive(Debug)]
pub struct Init(Value);

impl<'de> Deserialize<'de> for Init {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self)
    }
}

impl JsonSchema for Init {
    fn schema_name() -> Cow<'static, str> {
        Keys::schema_name()
    }

    /// Returns the schema of the keys, which Falco's validator does not hold against a configuration.
    ///
    /// Falco ends at the first thing that its validator (valijson) does not like, and says little about it. So the root
    /// has a `$ref` to a definition that accepts anything: valijson knows draft 7, where a `$ref` hides all that is beside
    /// it, and leaves the rest to [`settings`]. In the draft that the schema names, and for tools that make options out of
    /// `properties` (Stratoshark's falcodump), everything counts. falcodump takes one `$ref` only, and no list as a `type`.
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = Keys::json_schema(generator);
        // Falco makes null of an empty YAML map.
        schema.insert("type".to_owned(), json!(["object", "null", "string"]));
        schema.insert("maxLength".to_owned(), json!(0));
        schema.insert("$ref".to_owned(), json!("#/$defs/Anything"));
        schema.insert("$defs".to_owned(), json!({"Anything": {"title": "cloudtrail"}}));
        schema
    }
}

// The keys. Doc comments of the fields are descriptions in the schema: tools show them to users, and take the default from
// the end of them.
#[derive(JsonSchema)]
#[schemars(
    title = "cloudtrail",
    description = "Where CloudTrail logs are read from, and how: the init_config of the plugin cloudtrail. Every key is \
                   optional, and its case does not matter.",
    rename_all = "camelCase"
)]
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
    /// Accepted, but has no effect: fields are extracted at once (Default: true)
    #[schemars(title = "Async extraction", default = "yes")]
    use_async: bool,
    /// Accepted, but has no effect: the format of messages is detected (Default: false)
    #[schemars(title = "S3 SNS messages", rename = "useS3SNS", default)]
    use_s3_sns: bool,
    /// Accounts of an organisation's trail to read, separated by commas (Default: all)
    #[schemars(title = "Accounts", default)]
    s3_account_list: String,
    /// Account that owns the queue (Default: the account of the credentials)
    #[schemars(title = "SQS queue owner", default)]
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

/// Reads the configuration. Unknown keys are logged and have no effect, as with the original: a newer version may know
/// them, and Falco must start with the same configuration in either.
///
/// # Errors
/// Names every key whose value has the wrong type or is impossible.
pub(crate) fn settings(Init(init): Init) -> Result<Settings, anyhow::Error> {
    let given = Given::json(if is_nothing(&init) { json!({}) } else { init }, "");
    for unknown in given.unknown() {
        log::warn!("cloudtrail: a key of init_config has no effect: {unknown}");
    }
    let (settings, mistakes) = given.resolve(Timestamp::now());
    if !mistakes.is_empty() {
        bail!("init_config: {}", mistakes.join("; "));
    }
    Ok(settings)
}

/// Falco makes null of an empty YAML map. Tools and templates write an empty text.
fn is_nothing(init: &Value) -> bool {
    init.is_null() || init.as_str().is_some_and(|text| text.trim().is_empty())
}

#[cfg(test)]
mod tests;
