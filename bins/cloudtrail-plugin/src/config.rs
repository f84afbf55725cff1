//! The init configuration: what Falco's `init_config` may say, and what it says.

use anyhow::bail;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// Objects downloaded at a time where nothing else is said: the original's default.
const CONCURRENCY: u64 = 32;
/// Most objects downloaded at a time: each takes a connection and a buffer, and beyond this S3 and the process's
/// limit on open files refuse them.
const MOST_CONCURRENCY: u64 = 1024;
/// Digits of an AWS account's number.
const ACCOUNT_DIGITS: usize = 12;

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

/// The keys, for the schema. It is kept simple: Falco's validator knows draft 7. Keys in another case, which are
/// accepted too, it does not see; [`Config::new`] does.
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
        range(min = 1, max = 1024),
        default = "concurrency"
    )]
    s3_download_concurrency: u64,
    /// Read only log files of this interval: 5d, 2w, or two RFC 3339 times (Default: no interval)
    #[schemars(title = "S3 interval", default)]
    s3_interval: String,
    /// Accepted, and of no effect: fields are extracted at once (Default: true)
    #[schemars(title = "Async extraction", default = "yes")]
    use_async: bool,
    /// Accepted, and of no effect: the format of messages is detected (Default: false)
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
    CONCURRENCY
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

/// The configuration, checked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Config {
    pub(crate) sqs_delete: bool,
    pub(crate) s3_download_concurrency: u64,
    pub(crate) s3_interval: Option<String>,
    pub(crate) s3_account_list: Vec<String>,
    pub(crate) sqs_owner_account: Option<String>,
    pub(crate) aws: Aws,
}

/// Where the AWS clients get region and credentials; what is missing is left to the SDK.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Aws {
    pub(crate) profile: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) config: Option<String>,
    pub(crate) credentials: Option<String>,
}

impl Config {
    /// Reads the configuration.
    ///
    /// # Errors
    /// Names every key whose value is of the wrong type or impossible.
    pub(crate) fn new(Init(init): Init) -> Result<Self, anyhow::Error> {
        let mut keys = Reader::new(init, "");
        let config = Self {
            sqs_delete: keys.flag("sqsDelete").unwrap_or(true),
            s3_download_concurrency: keys.number("s3DownloadConcurrency").unwrap_or(CONCURRENCY),
            s3_interval: keys.text("s3Interval"),
            s3_account_list: keys.accounts("s3AccountList"),
            sqs_owner_account: keys.account("sqsOwnerAccount"),
            aws: keys.aws("aws"),
        };
        // They are accepted so that configurations of the original go on working.
        keys.flag("useAsync");
        keys.flag("useS3SNS");
        keys.finish()?;
        Ok(config)
    }
}

/// Takes one key after the other out of an object and collects what is wrong.
struct Reader {
    /// With names in lower case.
    keys: Map<String, Value>,
    prefix: &'static str,
    wrong: Vec<String>,
}

impl Reader {
    fn new(value: Value, prefix: &'static str) -> Self {
        let mut wrong = Vec::new();
        let keys = match value {
            Value::Object(keys) => keys.into_iter().map(|(key, value)| (key.to_ascii_lowercase(), value)).collect(),
            Value::Null => Map::new(),
            other => {
                let name = if prefix.is_empty() { "the configuration" } else { prefix.trim_end_matches('.') };
                wrong.push(format!("{name} is {}, not an object", kind(&other)));
                Map::new()
            }
        };
        Self { keys, prefix, wrong }
    }

    /// The value of a key; a `null` is as good as none.
    fn take(&mut self, key: &str) -> Option<Value> {
        self.keys.remove(&key.to_ascii_lowercase()).filter(|value| !value.is_null())
    }

    fn wrong(&mut self, key: &str, why: &str) {
        self.wrong.push(format!("{}{key}: {why}", self.prefix));
    }

    fn flag(&mut self, key: &str) -> Option<bool> {
        match self.take(key)? {
            Value::Bool(flag) => Some(flag),
            other => {
                self.wrong(key, &format!("is {}; true or false is wanted", kind(&other)));
                None
            }
        }
    }

    fn number(&mut self, key: &str) -> Option<u64> {
        let value = self.take(key)?;
        let number = value.as_u64().filter(|number| (1..=MOST_CONCURRENCY).contains(number));
        if number.is_none() {
            let what = if value.is_number() { value.to_string() } else { kind(&value).to_owned() };
            self.wrong(key, &format!("is {what}; a whole number from 1 to {MOST_CONCURRENCY} is wanted"));
        }
        number
    }

    /// Text; an empty one is as good as none.
    fn text(&mut self, key: &str) -> Option<String> {
        match self.take(key)? {
            Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            other => {
                self.wrong(key, &format!("is {}; a string is wanted", kind(&other)));
                None
            }
        }
    }

    fn account(&mut self, key: &str) -> Option<String> {
        let account = self.text(key)?;
        if !is_account(&account) {
            self.wrong(key, &format!("{account:?} is no account; {ACCOUNT_DIGITS} digits are wanted"));
        }
        Some(account)
    }

    fn accounts(&mut self, key: &str) -> Vec<String> {
        let list = self.text(key).unwrap_or_default();
        let accounts = list.split(',').map(str::trim).filter(|account| !account.is_empty());
        let accounts: Vec<String> = accounts.map(str::to_owned).collect();
        for account in accounts.iter().filter(|account| !is_account(account)) {
            self.wrong(
                key,
                &format!("{account:?} is no account; {ACCOUNT_DIGITS} digits are wanted, separated by commas"),
            );
        }
        accounts
    }

    fn aws(&mut self, key: &str) -> Aws {
        let Some(value) = self.take(key) else { return Aws::default() };
        let mut keys = Self::new(value, "aws.");
        let aws = Aws {
            profile: keys.text("profile"),
            region: keys.text("region"),
            config: keys.text("config"),
            credentials: keys.text("credentials"),
        };
        self.wrong.append(&mut keys.wrong);
        aws
    }

    fn finish(self) -> Result<(), anyhow::Error> {
        for key in self.keys.keys() {
            log::warn!("cloudtrail: init_config: {key:?} is not known and counts for nothing");
        }
        if !self.wrong.is_empty() {
            bail!("init_config: {}", self.wrong.join("; "));
        }
        Ok(())
    }
}

fn is_account(text: &str) -> bool {
    text.len() == ACCOUNT_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests;
