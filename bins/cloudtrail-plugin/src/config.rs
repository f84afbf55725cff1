//! The init configuration: its schema, and the meaning of Falco's `init_config`.

use anyhow::bail;
use cloudtrail_reader::aws::{DOWNLOADS, RawSettings, Settings};
use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use std::borrow::Cow;

/// The configuration as given. [`settings`] checks it, so that all mistakes are reported at once.
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

    /// Returns the schema of the keys, in a form that Falco's validator does not apply to a configuration.
    ///
    /// Falco ends at the first mistake that its validator (valijson) finds, with a short message. So the root has a
    /// `$ref` to a definition that accepts anything: valijson knows draft 7, where a `$ref` hides its siblings, and
    /// [`settings`] checks the rest. In the draft that the schema names, and for tools that make options of
    /// `properties` (Stratoshark's falcodump), everything counts. falcodump accepts only one `$ref`, and does not
    /// accept a list as a `type`.
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = Keys::json_schema(generator);
        // Falco turns an empty YAML map into null.
        schema.insert("type".to_owned(), json!(["object", "null", "string"]));
        schema.insert("maxLength".to_owned(), json!(0));
        schema.insert("$ref".to_owned(), json!("#/$defs/Anything"));
        schema.insert("$defs".to_owned(), json!({"Anything": {"title": "cloudtrail"}}));
        schema
    }
}

// The keys. The doc comments are the descriptions in the schema: tools show them to users, and take the default from
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
    /// Read only log files or log events of this interval: 5d, 2w, or two RFC 3339 times with - between (Default: no interval)
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
    /// Emit Insights events, too (Default: false)
    #[schemars(title = "Insights events", default)]
    emit_insights: bool,
    /// How late log events of CloudWatch Logs may become visible: 90s, 30m, 6h or 2d (Default: 1h)
    #[schemars(title = "CloudWatch Logs window", default)]
    cwl_window: String,
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

/// Parses the configuration. Unknown keys are logged and have no effect, as in the original: a newer version may know
/// them, and Falco must start with the same configuration in both.
///
/// # Errors
/// Names every key whose value has the wrong type or is not possible.
pub(crate) fn settings(Init(init): Init) -> Result<Settings, anyhow::Error> {
    let given = RawSettings::json(if is_nothing(&init) { json!({}) } else { init }, "");
    for unknown in given.unknown() {
        log::warn!("a key of init_config has no effect: {unknown}");
    }
    let (settings, mistakes) = given.with_endpoint(program_kit::aws::has_endpoint()).resolve(Timestamp::now());
    if !mistakes.is_empty() {
        bail!("init_config: {}", mistakes.join("; "));
    }
    Ok(settings)
}

/// Falco turns an empty YAML map into null. Tools and templates write an empty text.
fn is_nothing(init: &Value) -> bool {
    init.is_null() || init.as_str().is_some_and(|text| text.trim().is_empty())
}

#[cfg(test)]
mod tests;
