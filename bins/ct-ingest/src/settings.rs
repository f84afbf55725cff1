//! The plugin's init configuration, as JSON and as flags for each key. Flags override the JSON.
#![expect(clippy::doc_markdown, reason = "these doc comments are the help text, where backticks would be shown")]

use crate::source::Source;
use anyhow::anyhow;
use cloudtrail_reader::aws::{AwsNames, RawSettings, Settings};
use jiff::Timestamp;
use program_kit::aws::AwsOptions;
use serde_json::Value;

/// The prefix of messages about a key of the JSON.
const SOURCE: &str = "--init-config: ";

#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Options for s3://, sqs:// and cwl://")]
pub(crate) struct SettingArgs {
    /// The Falco plugin's init configuration, as JSON or in a file; the flags below override it
    #[arg(long, value_name = "JSON|@FILE")]
    init_config: Option<String>,

    /// Parallel downloads, 1 to 512 [default: 32]
    #[arg(long, value_name = "N")]
    s3_download_concurrency: Option<String>,

    /// Only files delivered, or log events, in this time: 5d (that long before now; s, m, h, d, w), 2026-01-02T15:04:05Z, or two of
    /// these joined by - [default: all]
    #[arg(long, value_name = "INTERVAL", allow_hyphen_values = true)]
    s3_interval: Option<String>,

    /// Only files of these accounts, 12 digits each, separated by commas [default: all]
    #[arg(long, value_name = "ACCOUNTS")]
    s3_account_list: Option<String>,

    /// Whether messages are deleted once all their records have been written [default: true]
    #[arg(long, value_name = "true|false")]
    sqs_delete: Option<String>,

    /// The account that owns the queue, 12 digits [default: the account of the credentials]
    #[arg(long, value_name = "ACCOUNT")]
    sqs_owner_account: Option<String>,

    /// cwl://: how late log events may become visible; each run or look goes back by this time: 90s, 30m, 6h, 2d, up to
    /// 14d [default: 1h]
    #[arg(long, value_name = "TIME")]
    cwl_window: Option<String>,

    /// Accepted, without effect: the form of a message is detected
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    use_s3_sns: Option<String>,

    /// The profile of the shared AWS files [env: AWS_PROFILE] [default: default]
    #[arg(long, value_name = "NAME")]
    aws_profile: Option<String>,

    /// The region [env: AWS_REGION] [default: the profile's]
    #[arg(long, value_name = "REGION")]
    aws_region: Option<String>,

    /// The shared config file [env: AWS_CONFIG_FILE] [default: ~/.aws/config]
    #[arg(long, value_name = "FILE")]
    aws_config: Option<String>,

    /// The shared credentials file [env: AWS_SHARED_CREDENTIALS_FILE] [default: ~/.aws/credentials]
    #[arg(long, value_name = "FILE")]
    aws_credentials: Option<String>,
}

impl SettingArgs {
    /// Resolves the settings, and adds what is wrong with them to the mistakes.
    pub(crate) fn resolve(&self, now: Timestamp, mistakes: &mut Vec<anyhow::Error>) -> Settings {
        let mut given = self.read_json().unwrap_or_else(|mistake| {
            mistakes.push(mistake);
            RawSettings::default()
        });
        mistakes.extend(given.unknown().iter().cloned().map(anyhow::Error::msg));
        // Values of flags are taken literally.
        for (key, flag) in [
            ("s3DownloadConcurrency", &self.s3_download_concurrency),
            ("sqsDelete", &self.sqs_delete),
            ("useS3SNS", &self.use_s3_sns),
        ] {
            if let Some(flag) = flag {
                given.set(key, flag_name(key), serde_json::from_str(flag).unwrap_or_else(|_| flag.as_str().into()));
            }
        }
        for (key, flag) in [
            ("s3Interval", &self.s3_interval),
            ("s3AccountList", &self.s3_account_list),
            ("sqsOwnerAccount", &self.sqs_owner_account),
            ("cwlWindow", &self.cwl_window),
            ("aws.profile", &self.aws_profile),
            ("aws.region", &self.aws_region),
            ("aws.config", &self.aws_config),
            ("aws.credentials", &self.aws_credentials),
        ] {
            if let Some(flag) = flag {
                given.set(key, flag_name(key), Value::from(flag.as_str()));
            }
        }
        let (settings, wrong) = given.with_endpoint(program_kit::aws::has_endpoint()).resolve(now);
        mistakes.extend(wrong.into_iter().map(anyhow::Error::msg));
        settings
    }

    /// Returns the given options that have no effect on the source, each with the kind of source that it is for.
    pub(crate) fn options_without_effect(&self, source: &Source) -> Vec<(&'static str, &'static str)> {
        let is_s3 = matches!(source, Source::S3(_));
        let is_sqs = matches!(source, Source::Sqs(_));
        let is_log_group = matches!(source, Source::LogGroup(_));
        let options = [
            ("--s3-interval", "s3:// and cwl://", self.s3_interval.is_some() && !is_s3 && !is_log_group),
            ("--s3-account-list", "s3://", self.s3_account_list.is_some() && !is_s3),
            ("--sqs-delete", "sqs://", self.sqs_delete.is_some() && !is_sqs),
            ("--sqs-owner-account", "sqs://", self.sqs_owner_account.is_some() && !is_sqs),
            ("--cwl-window", "cwl://", self.cwl_window.is_some() && !is_log_group),
        ];
        options.into_iter().filter(|(_, _, is_vain)| *is_vain).map(|(option, kind, _)| (option, kind)).collect()
    }

    /// Returns whether the interval was given without a text, as by a variable of the shell that is not set.
    pub(crate) fn is_interval_empty(&self) -> bool {
        self.s3_interval.as_deref().is_some_and(|text| text.trim().is_empty())
    }

    fn read_json(&self) -> anyhow::Result<RawSettings> {
        let Some(given) = self.init_config.as_deref() else { return Ok(RawSettings::default()) };
        let text = match given.strip_prefix('@') {
            Some(path) => std::fs::read_to_string(path).map_err(|error| anyhow!("{SOURCE}{path}: {error}"))?,
            None => given.to_owned(),
        };
        // An empty configuration is valid, as it is for the plugin.
        let text = if text.trim().is_empty() { "{}" } else { text.trim() };
        let json = serde_json::from_str(text).map_err(|error| anyhow!("{SOURCE}is not JSON: {error}"))?;
        Ok(RawSettings::json(json, SOURCE))
    }
}

/// Returns the AWS settings of the configuration.
pub(crate) fn aws_options(names: &AwsNames) -> AwsOptions {
    AwsOptions {
        profile: names.profile.clone(),
        region: names.region.clone(),
        config_file: names.config.clone().map(Into::into),
        credentials_file: names.credentials.clone().map(Into::into),
        refuses_older_keys: true,
    }
}

/// Returns a key as a flag, such as `--s3-download-concurrency` for `s3DownloadConcurrency`.
fn flag_name(key: &str) -> String {
    match key {
        "useS3SNS" => "--use-s3-sns".to_owned(),
        _ => key.chars().fold("--".to_owned(), |mut name, letter| {
            if letter.is_ascii_uppercase() {
                name.push('-');
            }
            name.push(if letter == '.' { '-' } else { letter.to_ascii_lowercase() });
            name
        }),
    }
}

/// Returns a table of the keys and the options with the same meaning.
#[cfg(test)]
pub(crate) fn markdown() -> String {
    use clap::Args as _;
    let command = SettingArgs::augment_args(clap::Command::new("ct-ingest"));
    let option = |key: &str| {
        let flag = flag_name(key);
        command.get_opts().any(|arg| arg.get_long() == flag.strip_prefix("--")).then_some(flag)
    };
    let row = |key: String| match option(&key) {
        Some(flag) => format!("- `{key}`: `{flag}`\n"),
        None => format!("- `{key}`: accepted, and without effect\n"),
    };
    RawSettings::keys().map(row).collect()
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

    /// A configuration may come from a place where YAML has turned account ids into numbers.
    #[test]
    fn accounts_may_be_numbers_in_the_json() {
        let (settings, mistakes) =
            resolve(&["--init-config", r#"{"s3AccountList":111122223333,"sqsOwnerAccount":12345678901.0}"#]);
        assert_eq!(mistakes, Vec::<String>::new());
        assert!(settings.filter.accounts.unwrap().contains("111122223333"));
        assert_eq!(settings.owner_account.as_deref(), Some("012345678901"));
        let wrong = resolve(&["--init-config", r#"{"s3AccountList":1402433619,"sqsOwnerAccount":-1}"#]).1;
        let [octal, negative] = &wrong[..] else { panic!("{wrong:?}") };
        let expected = "--init-config: s3AccountList: 1402433619 may be another account's number in octal";
        assert!(octal.starts_with(expected), "{octal}");
        assert_eq!(negative, "--init-config: sqsOwnerAccount: -1 is no account; an account is 12 digits");
        // The values of flags are not guessed.
        let typed = resolve(&["--sqs-owner-account", "12345678901"]).1;
        let zeros = "zeros at its beginning may be missing, as YAML removes them: write all 12 digits, in quotes";
        let expected = format!("--sqs-owner-account: \"12345678901\" is no account; an account is 12 digits; {zeros}");
        assert_eq!(typed, [expected]);
    }

    #[test]
    fn every_key_has_an_option_but_those_without_effect() {
        let table = markdown();
        let without: Vec<&str> = table.lines().filter(|line| line.contains("without effect")).collect();
        let expected = ["useAsync", "emitInsights"].map(|key| format!("- `{key}`: accepted, and without effect"));
        assert_eq!(without, expected);
        assert!(table.contains("- `aws.region`: `--aws-region`"), "{table}");
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
        let json = r#"{"sqsDelete":"yes","s3DownloadConcurrency":0,"s3Interval":5,"s3AccountList":"12x","bogus":1,
            "sqsOwnerAccount":"x","useAsync":1,"useS3SNS":[],"emitInsights":"x","aws":{"region":1,"zone":"a"}}"#;
        let mut mistakes = resolve(&["--init-config", json]).1;
        mistakes.sort();
        assert_eq!(
            mistakes,
            [
                "--init-config: aws.region: must be a text, not 1",
                "--init-config: aws.zone: no such key; there are profile, region, config, credentials",
                "--init-config: bogus: no such key; there are sqsDelete, s3DownloadConcurrency, s3Interval, useAsync, \
                 useS3SNS, s3AccountList, sqsOwnerAccount, emitInsights, cwlWindow, aws",
                "--init-config: emitInsights: must be true or false, not \"x\"",
                "--init-config: s3AccountList: \"12x\" is no account; an account is 12 digits, and commas separate accounts",
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
        assert!(resolve(&["--init-config", "{"]).1[0].starts_with("--init-config: is not JSON: "));
        assert_eq!(resolve(&["--init-config", r#"{"aws":7}"#]).1, ["--init-config: aws: must be an object, not 7"]);
    }
}
