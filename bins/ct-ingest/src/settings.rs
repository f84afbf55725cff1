//! The plugin's init configuration: as JSON, and key by key as flags, which win.

use anyhow::anyhow;
use cloudtrail_reader::aws::{DOWNLOADS, MOST_DOWNLOADS};
use cloudtrail_reader::bucket::{Accounts, Filter, Interval};
use jiff::Timestamp;
use program_kit::aws::AwsOptions;
use serde_json::{Map, Value};

/// The keys that there are, and those of `aws`.
const KEYS: [&str; 8] = [
    "sqsDelete",
    "s3DownloadConcurrency",
    "s3Interval",
    "useAsync",
    "useS3SNS",
    "s3AccountList",
    "sqsOwnerAccount",
    "aws",
];
/// See [`KEYS`].
const AWS_KEYS: [&str; 4] = ["profile", "region", "config", "credentials"];

#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Options for s3:// and sqs://")]
pub(crate) struct SettingArgs {
    /// The Falco plugin's init configuration, as JSON or in a file; the flags below win over it
    #[arg(long, value_name = "JSON|@FILE")]
    init_config: Option<String>,

    /// Downloads at the same time, 1 to 512 [default: 32]
    #[arg(long, value_name = "N")]
    s3_download_concurrency: Option<String>,

    /// Only files delivered in this time: 5d (so long before now; s, m, h, d, w), 2026-01-02T15:04:05Z, or two of these with - between
    #[arg(long, value_name = "INTERVAL", allow_hyphen_values = true)]
    s3_interval: Option<String>,

    /// Only files of these accounts, separated by commas
    #[arg(long, value_name = "ACCOUNTS")]
    s3_account_list: Option<String>,

    /// Whether messages are deleted once all their records have been written [default: true]
    #[arg(long, value_name = "true|false")]
    sqs_delete: Option<String>,

    /// The account that the queue is in, where it is another's
    #[arg(long, value_name = "ACCOUNT")]
    sqs_owner_account: Option<String>,

    /// Accepted, and without effect: the form of a message is told by the message
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    use_s3_sns: Option<String>,

    /// The profile of the shared AWS files
    #[arg(long, value_name = "NAME")]
    aws_profile: Option<String>,

    /// The region
    #[arg(long, value_name = "REGION")]
    aws_region: Option<String>,

    /// Instead of ~/.aws/config
    #[arg(long, value_name = "FILE")]
    aws_config: Option<String>,

    /// Instead of ~/.aws/credentials
    #[arg(long, value_name = "FILE")]
    aws_credentials: Option<String>,
}

/// What the settings mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) filter: Filter,
    pub(crate) downloads: usize,
    pub(crate) delete: bool,
    pub(crate) owner_account: Option<String>,
    pub(crate) aws: AwsOptions,
}

impl SettingArgs {
    /// What the settings mean; what is wrong with them is added to the mistakes.
    pub(crate) fn resolve(&self, now: Timestamp, mistakes: &mut Vec<anyhow::Error>) -> Settings {
        let (json, aws) = self.json(mistakes);
        let mut given = Given { json, aws, mistakes };
        let downloads = given.number("s3DownloadConcurrency", self.s3_download_concurrency.as_deref(), MOST_DOWNLOADS);
        let interval = given.text("s3Interval", self.s3_interval.as_deref());
        let interval = interval.and_then(|(name, text)| given.checked(&name, Interval::parse(&text, now)).flatten());
        let accounts = given.text("s3AccountList", self.s3_account_list.as_deref());
        let accounts = accounts.and_then(|(name, text)| given.checked(&name, Accounts::parse(&text)).flatten());
        let delete = given.switch("sqsDelete", self.sqs_delete.as_deref());
        given.switch("useAsync", None);
        given.switch("useS3SNS", self.use_s3_sns.as_deref());
        let owner_account =
            given.text("sqsOwnerAccount", self.sqs_owner_account.as_deref()).and_then(|(name, text)| {
                let is_account = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
                let wrong = || format!("{text:?} is no account; an account is 12 digits");
                given.checked(&name, if is_account { Ok(text.clone()) } else { Err(wrong()) })
            });
        let aws = AwsOptions {
            profile: given.aws("profile", self.aws_profile.as_deref()),
            region: given.aws("region", self.aws_region.as_deref()),
            config_file: given.aws("config", self.aws_config.as_deref()).map(Into::into),
            credentials_file: given.aws("credentials", self.aws_credentials.as_deref()).map(Into::into),
        };
        Settings {
            filter: Filter { interval, accounts, listed_from: None },
            downloads: downloads.unwrap_or(DOWNLOADS),
            delete: delete.unwrap_or(true),
            owner_account,
            aws,
        }
    }

    /// The JSON's members and those of its `aws`, under the keys as they are spelled here.
    fn json(&self, mistakes: &mut Vec<anyhow::Error>) -> (Map<String, Value>, Map<String, Value>) {
        let mut wrong = |text: String| mistakes.push(anyhow!("--init-config: {text}"));
        let Some(given) = self.init_config.as_deref() else { return Default::default() };
        let text = match given.strip_prefix('@') {
            Some(path) => match std::fs::read_to_string(path) {
                Ok(text) => text,
                Err(error) => {
                    wrong(format!("{path}: {error}"));
                    return Default::default();
                }
            },
            None => given.to_owned(),
        };
        // No configuration at all is one, as it is for the plugin.
        let text = if text.trim().is_empty() { "{}" } else { text.trim() };
        let members = match serde_json::from_str(text) {
            Ok(Value::Object(members)) => members,
            Ok(other) => {
                wrong(format!("must be a JSON object, not {}", seen(&other)));
                return Default::default();
            }
            Err(error) => {
                wrong(format!("is no JSON: {error}"));
                return Default::default();
            }
        };
        let mut all = spelled(members, &KEYS, "", &mut wrong);
        let aws = match all.remove("aws") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(aws)) => spelled(aws, &AWS_KEYS, "aws.", &mut wrong),
            Some(other) => {
                wrong(format!("aws: must be an object, not {}", seen(&other)));
                Map::new()
            }
        };
        (all, aws)
    }
}

/// Brings keys into the spelling that we know; case does not count.
fn spelled(
    members: Map<String, Value>,
    known: &[&str],
    within: &str,
    wrong: &mut impl FnMut(String),
) -> Map<String, Value> {
    let mut spelled = Map::new();
    for (key, value) in members {
        match known.iter().find(|known| known.eq_ignore_ascii_case(&key)) {
            Some(known) => {
                spelled.insert((*known).to_owned(), value);
            }
            None => wrong(format!("{within}{key}: no such key; there are {}", known.join(", "))),
        }
    }
    spelled
}

/// What was given, by key, and what is wrong with it.
struct Given<'m> {
    json: Map<String, Value>,
    aws: Map<String, Value>,
    mistakes: &'m mut Vec<anyhow::Error>,
}

impl Given<'_> {
    /// The value of a flag, or else of the key in the JSON, and how it is called in messages.
    fn find(&mut self, key: &str, flag: Option<&str>) -> Option<(String, Value)> {
        let json = self.json.remove(key).filter(|value| !value.is_null());
        match flag {
            // A flag is a text; what it reads like is what it is.
            Some(text) => Some((flag_name(key), serde_json::from_str(text).unwrap_or_else(|_| text.into()))),
            None => json.map(|value| (format!("--init-config: {key}"), value)),
        }
    }

    fn number(&mut self, key: &str, flag: Option<&str>, most: usize) -> Option<usize> {
        let (name, value) = self.find(key, flag)?;
        let number = value.as_u64().and_then(|number| usize::try_from(number).ok());
        let good = number.filter(|number| (1..=most).contains(number));
        if good.is_none() {
            self.mistakes.push(anyhow!("{name}: must be a whole number from 1 to {most}, not {}", seen(&value)));
        }
        good
    }

    fn switch(&mut self, key: &str, flag: Option<&str>) -> Option<bool> {
        let (name, value) = self.find(key, flag)?;
        if !value.is_boolean() {
            self.mistakes.push(anyhow!("{name}: must be true or false, not {}", seen(&value)));
        }
        value.as_bool()
    }

    /// A text, unless it is empty.
    fn text(&mut self, key: &str, flag: Option<&str>) -> Option<(String, String)> {
        let json = self.json.remove(key).filter(|value| !value.is_null());
        let (name, value) = match flag {
            Some(text) => (flag_name(key), Value::from(text)),
            None => (format!("--init-config: {key}"), json?),
        };
        self.as_text(name, &value)
    }

    fn aws(&mut self, key: &str, flag: Option<&str>) -> Option<String> {
        let json = self.aws.remove(key).filter(|value| !value.is_null());
        let (name, value) = match flag {
            Some(text) => (format!("--aws-{key}"), Value::from(text)),
            None => (format!("--init-config: aws.{key}"), json?),
        };
        self.as_text(name, &value).map(|(_, text)| text)
    }

    fn as_text(&mut self, name: String, value: &Value) -> Option<(String, String)> {
        let Some(text) = value.as_str() else {
            self.mistakes.push(anyhow!("{name}: must be a text, not {}", seen(value)));
            return None;
        };
        (!text.trim().is_empty()).then(|| (name, text.to_owned()))
    }

    fn checked<T, E: std::fmt::Display>(&mut self, name: &str, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.mistakes.push(anyhow!("{name}: {error}"))).ok()
    }
}

/// `s3DownloadConcurrency` as a flag: `--s3-download-concurrency`.
fn flag_name(key: &str) -> String {
    match key {
        "useS3SNS" => "--use-s3-sns".to_owned(),
        _ => key.chars().fold("--".to_owned(), |mut name, letter| {
            if letter.is_ascii_uppercase() {
                name.push('-');
            }
            name.push(letter.to_ascii_lowercase());
            name
        }),
    }
}

/// What a value is, for messages. Nothing in the configuration is secret.
fn seen(value: &Value) -> String {
    match value {
        Value::Object(_) => "an object".to_owned(),
        Value::Array(_) => "an array".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        settings: SettingArgs,
    }

    fn resolve(args: &[&str]) -> (Settings, Vec<String>) {
        let line = Line::try_parse_from(["x"].iter().chain(args)).unwrap();
        let mut mistakes = Vec::new();
        let settings = line.settings.resolve("2026-01-10T00:00:00Z".parse().unwrap(), &mut mistakes);
        (settings, mistakes.iter().map(|mistake| format!("{mistake:#}")).collect())
    }

    #[test]
    fn flags_win_over_json_and_json_over_the_defaults() {
        let (settings, mistakes) = resolve(&[]);
        assert_eq!((settings.downloads, settings.delete, mistakes), (32, true, vec![]));
        let json = r#"{"SQSDelete":false,"s3downloadconcurrency":4,"S3Interval":"5d","s3AccountList":"111111111111",
            "useAsync":true,"UseS3SNS":true,"sqsOwnerAccount":"","aws":{"Region":"eu-west-1","profile":"p"}}"#;
        let (settings, mistakes) = resolve(&["--init-config", json]);
        assert_eq!(mistakes, Vec::<String>::new());
        assert_eq!((settings.downloads, settings.delete, settings.owner_account), (4, false, None));
        assert_eq!(settings.filter.interval.unwrap().start.to_string(), "2026-01-05T00:00:00Z");
        assert!(settings.filter.accounts.unwrap().contains("111111111111"));
        assert_eq!(settings.aws.region.as_deref(), Some("eu-west-1"));
        let flags = ["--init-config", json, "--sqs-delete", "true", "--s3-download-concurrency", "8"];
        let more = ["--aws-region", "us-east-1", "--s3-interval", "1d", "--use-s3-sns", "--aws-config", "c"];
        let (settings, mistakes) = resolve(&[&flags[..], &more].concat());
        assert_eq!(mistakes, Vec::<String>::new());
        assert_eq!((settings.downloads, settings.delete), (8, true));
        assert_eq!(settings.filter.interval.unwrap().start.to_string(), "2026-01-09T00:00:00Z");
        assert_eq!((settings.aws.region.as_deref(), settings.aws.profile.as_deref()), (Some("us-east-1"), Some("p")));
    }

    #[test]
    fn a_file_may_hold_the_json() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("init.json");
        std::fs::write(&path, r#"{"s3DownloadConcurrency": 3}"#).unwrap();
        assert_eq!(resolve(&["--init-config", &format!("@{}", path.display())]).0.downloads, 3);
        let none = format!("@{}", folder.path().join("none").display());
        assert!(resolve(&["--init-config", &none]).1[0].ends_with("none: No such file or directory (os error 2)"));
    }

    #[test]
    fn everything_wrong_is_named_at_once() {
        let json = r#"{"sqsDelete":"yes","s3DownloadConcurrency":0,"s3Interval":5,"s3AccountList":"12","bogus":1,
            "sqsOwnerAccount":"x","useAsync":1,"useS3SNS":[],"aws":{"region":1,"zone":"a"}}"#;
        let mut mistakes = resolve(&["--init-config", json]).1;
        mistakes.sort();
        assert_eq!(
            mistakes,
            [
                "--init-config: aws.region: must be a text, not 1",
                "--init-config: aws.zone: no such key; there are profile, region, config, credentials",
                "--init-config: bogus: no such key; there are sqsDelete, s3DownloadConcurrency, s3Interval, useAsync, \
                 useS3SNS, s3AccountList, sqsOwnerAccount, aws",
                "--init-config: s3AccountList: \"12\" is no account; an account is 12 digits, and commas separate accounts",
                "--init-config: s3DownloadConcurrency: must be a whole number from 1 to 512, not 0",
                "--init-config: s3Interval: must be a text, not 5",
                "--init-config: sqsDelete: must be true or false, not \"yes\"",
                "--init-config: sqsOwnerAccount: \"x\" is no account; an account is 12 digits",
                "--init-config: useAsync: must be true or false, not 1",
                "--init-config: useS3SNS: must be true or false, not an array",
            ]
        );
        assert_eq!(
            resolve(&["--s3-download-concurrency=-1", "--sqs-delete", "no", "--s3-interval", "2d-5d"]).1,
            [
                "--s3-download-concurrency: must be a whole number from 1 to 512, not -1",
                "--s3-interval: the start, 2026-01-08T00:00:00Z, is after the end, 2026-01-05T00:00:00Z",
                "--sqs-delete: must be true or false, not \"no\"",
            ]
        );
        assert_eq!(resolve(&["--init-config", "[]"]).1, ["--init-config: must be a JSON object, not an array"]);
        assert!(resolve(&["--init-config", "{"]).1[0].starts_with("--init-config: is no JSON: "));
        assert_eq!(resolve(&["--init-config", r#"{"aws":7}"#]).1, ["--init-config: aws: must be an object, not 7"]);
    }
}
