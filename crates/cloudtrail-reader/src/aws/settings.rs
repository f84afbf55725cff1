//! Settings for the sources, with the names of the Falco plugin's init configuration.

mod account;
mod closest;
mod keys;
mod window;

use super::budget::{DOWNLOADS, MOST_DOWNLOADS};
use super::logs::WINDOW;
use crate::bucket::{Accounts, Filter, Interval};
use common_aws::names::region_mistake;
use jiff::Timestamp;
use keys::{AWS_KEYS, KEYS};
use layered_settings::is_quoted;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::time::Duration;

/// The meaning of the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Selects the objects of a bucket. The interval also selects log events, by their times.
    pub filter: Filter,
    /// The number of concurrent downloads, 1 to [`MOST_DOWNLOADS`].
    pub downloads: usize,
    /// Whether messages are deleted once all their objects are confirmed.
    pub delete: bool,
    /// The account of the queue, if it is not the account of the credentials.
    pub owner_account: Option<String>,
    /// Whether the Falco plugin emits Insights events.
    pub emit_insights: bool,
    /// See [`LogsOptions::window`](super::LogsOptions::window).
    pub window: Duration,
    /// The sources of region and credentials.
    pub aws: AwsNames,
}

/// Where clients get region and credentials. The SDK's default chain supplies missing values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AwsNames {
    /// The profile in the shared files.
    pub profile: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// The path of a file to read instead of `~/.aws/config`.
    pub config: Option<String>,
    /// The path of a file to read instead of `~/.aws/credentials`.
    pub credentials: Option<String>,
}

/// The settings as they were given, before their values are checked. Keys are spelled as in [`RawSettings::keys`].
#[derive(Clone, Debug, Default)]
pub struct RawSettings {
    /// For each key, its name in messages and its value.
    values: BTreeMap<String, (String, Value)>,
    unknown: Vec<String>,
    mistakes: Vec<String>,
    has_endpoint: bool,
}

impl RawSettings {
    /// Takes the members of a JSON object. The case of their names does not matter, and `null` counts as missing.
    /// Messages put `source` before each key.
    #[must_use]
    pub fn json(object: Value, source: &str) -> Self {
        let mut given = Self::default();
        let Some(mut members) = given.members(object, source, "must be a JSON object", &KEYS, "") else { return given };
        if let Some(aws) = members.remove("aws")
            && let Some(aws) = given.members(aws, source, "aws: must be an object", &AWS_KEYS, "aws.")
        {
            members.extend(aws.into_iter().map(|(key, value)| (format!("aws.{key}"), value)));
        }
        given.values =
            members.into_iter().map(|(key, value)| (key.clone(), (format!("{source}{key}"), value))).collect();
        given
    }

    /// Returns every key in the spelling of the original plugin; those of `aws` as `aws.region` and so on.
    pub fn keys() -> impl Iterator<Item = String> {
        keys::all()
    }

    /// Sets a key and overrides an earlier value. Messages call it `name`.
    pub fn set(&mut self, key: &str, name: String, value: Value) {
        self.values.insert(key.to_owned(), (name, value));
    }

    /// Notes whether an endpoint is configured, as of a service that speaks S3's protocol. Its regions may have names that
    /// AWS does not have.
    #[must_use]
    pub fn with_endpoint(self, has_endpoint: bool) -> Self {
        Self { has_endpoint, ..self }
    }

    /// Returns a message for each unknown key, with a suggestion.
    #[must_use]
    pub fn unknown(&self) -> &[String] {
        &self.unknown
    }

    /// Returns the settings, with the interval relative to `now`, and a message for each mistake. A wrong value is
    /// replaced by its default.
    #[must_use]
    pub fn resolve(mut self, now: Timestamp) -> (Settings, Vec<String>) {
        let downloads = self.number("s3DownloadConcurrency", MOST_DOWNLOADS).unwrap_or(DOWNLOADS);
        let interval = self.read("s3Interval", |text| Interval::parse(text, now)).flatten();
        self.number_to_account("s3AccountList");
        let accounts = self.read("s3AccountList", Accounts::parse).flatten();
        let delete = self.switch("sqsDelete").unwrap_or(true);
        // Accepted and ignored, so that configurations of the original plugin stay valid.
        self.switch("useAsync");
        self.switch("useS3SNS");
        self.number_to_account("sqsOwnerAccount");
        let owner_account = self.read("sqsOwnerAccount", account::account);
        let emit_insights = self.switch("emitInsights").unwrap_or(false);
        let window = self.read("cwlWindow", window::parse).unwrap_or(WINDOW);
        let has_endpoint = self.has_endpoint;
        let region = self.read("aws.region", |text| region(text, has_endpoint));
        let aws = AwsNames {
            profile: self.unquoted("aws.profile"),
            region,
            config: self.unquoted("aws.config"),
            credentials: self.unquoted("aws.credentials"),
        };
        let filter = Filter { interval, accounts, ..Filter::default() };
        (Settings { filter, downloads, delete, owner_account, emit_insights, window, aws }, self.mistakes)
    }

    /// Returns the members of an object, with the keys in our spelling.
    fn members(
        &mut self,
        object: Value,
        source: &str,
        must: &str,
        known: &[&str],
        within: &str,
    ) -> Option<Map<String, Value>> {
        let members = match object {
            Value::Object(members) => members,
            other => {
                self.mistakes.push(format!("{source}{must}, not {}", seen(&other)));
                return None;
            }
        };
        let mut spelled = Map::new();
        // For each key, the spelling that was found.
        let mut spellings = BTreeMap::new();
        for (key, value) in members {
            match known.iter().find(|known| known.eq_ignore_ascii_case(&key)) {
                // `null` counts as missing.
                Some(_) if value.is_null() => {}
                Some(known) => match (spellings.get(*known), spelled.get(*known)) {
                    (Some(before), Some(other)) if *other != value => self.mistakes.push(format!(
                        "{source}{within}{before} and {key}: one key in two spellings, with different values; keep one of them"
                    )),
                    _ => {
                        spelled.insert((*known).to_owned(), value);
                        spellings.insert(*known, key);
                    }
                },
                None => {
                    let instead = closest::key(within, &key).map_or_else(
                        || format!("there are {}", known.join(", ")),
                        |meant| format!("did you mean {meant}?"),
                    );
                    self.unknown.push(format!("{source}{within}{key}: no such key; {instead}"));
                }
            }
        }
        Some(spelled)
    }

    fn number(&mut self, key: &str, most: usize) -> Option<usize> {
        let (name, value) = self.values.remove(key)?;
        let number = value.as_u64().and_then(|number| usize::try_from(number).ok());
        let good = number.filter(|number| (1..=most).contains(number));
        if good.is_none() {
            self.mistakes.push(format!("{name}: must be a whole number from 1 to {most}, not {}", seen(&value)));
        }
        good
    }

    fn switch(&mut self, key: &str) -> Option<bool> {
        let (name, value) = self.values.remove(key)?;
        if !value.is_boolean() {
            self.mistakes.push(format!("{name}: must be true or false, not {}", seen(&value)));
        }
        value.as_bool()
    }

    /// Converts an account that is a number into text: in YAML, Falco reads everything that looks like a number as one.
    fn number_to_account(&mut self, key: &str) {
        let Some((name, Value::Number(number))) = self.values.get(key) else { return };
        match account::of_number(number) {
            Ok(text) => self.set(key, name.clone(), text.into()),
            Err(error) => {
                self.mistakes.push(format!("{name}: {error}"));
                self.values.remove(key);
            }
        }
    }

    /// Removes a text and its name. `None` if it is empty.
    fn text(&mut self, key: &str) -> Option<(String, String)> {
        let (name, value) = self.values.remove(key)?;
        let Some(text) = value.as_str() else {
            self.mistakes.push(format!("{name}: must be a text, not {}", seen(&value)));
            return None;
        };
        let text = text.trim();
        (!text.is_empty()).then(|| (name, text.to_owned()))
    }

    /// Removes a text, and reports one in quotation marks: AWS would receive the marks.
    fn unquoted(&mut self, key: &str) -> Option<String> {
        self.read(key, |text| if is_quoted(text) { Err(QUOTED) } else { Ok(text.to_owned()) })
    }

    fn read<T, E: Display>(&mut self, key: &str, parse: impl FnOnce(&str) -> Result<T, E>) -> Option<T> {
        let (name, text) = self.text(key)?;
        parse(&text).map_err(|error| self.mistakes.push(format!("{name}: {error}"))).ok()
    }
}

const QUOTED: &str = "its value stands in quotation marks, which count as part of it; remove them";

/// Returns the text if it may be a region.
fn region(text: &str, has_endpoint: bool) -> Result<String, String> {
    if is_quoted(text) {
        return Err(QUOTED.to_owned());
    }
    region_mistake(text, has_endpoint).map_or_else(|| Ok(text.to_owned()), Err)
}

/// Describes a value for a message. None of the settings is a secret.
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
    use serde_json::json;

    #[test]
    fn a_wrong_region_is_a_mistake() {
        for (region, expected) in [
            ("eu-west-1", None),
            ("local", None),
            ("eu-west", Some("aws.region: \"eu-west\" is not a region: it ends with a number, as in eu-west-1")),
            ("fr-par", None),
            (
                "us-east-1a",
                Some("aws.region: \"us-east-1a\" is not a region: this is an availability zone; write us-east-1"),
            ),
            ("EU-West-1", Some("aws.region: \"EU-West-1\" is not a region: write eu-west-1")),
            ("Frankfurt!", Some("aws.region: \"Frankfurt!\" is not a region, such as eu-west-1")),
        ] {
            let (_, mistakes) = resolve(json!({"aws": {"region": region}}));
            assert_eq!(mistakes.first().map(String::as_str), expected);
        }
        let given = RawSettings::json(json!({"aws": {"region": "us-south"}}), "").with_endpoint(true);
        let (settings, mistakes) = given.resolve("2026-01-10T00:00:00Z".parse().unwrap());
        assert_eq!((settings.aws.region.as_deref(), mistakes), (Some("us-south"), Vec::new()));
    }

    fn resolve(object: Value) -> (Settings, Vec<String>) {
        RawSettings::json(object, "").resolve("2026-01-10T00:00:00Z".parse().unwrap())
    }

    #[test]
    fn nothing_means_the_defaults_and_so_do_null_and_empty_texts() {
        let (settings, mistakes) = resolve(json!({}));
        assert_eq!((settings.downloads, settings.delete, mistakes), (DOWNLOADS, true, vec![]));
        assert_eq!((&settings.filter, &settings.aws), (&Filter::default(), &AwsNames::default()));
        let blank = json!({"s3Interval": "", "aws": {"region": " "}, "sqsDelete": null, "s3AccountList": " "});
        assert_eq!(resolve(blank), (settings, vec![]));
    }

    #[test]
    fn every_key_is_known_under_its_name() {
        for key in RawSettings::keys() {
            let value = match key.split_once('.') {
                Some((group, key)) => json!({group: {key: 7.5}}),
                None => json!({&key: 7.5}),
            };
            let given = RawSettings::json(value, "");
            assert_eq!(given.unknown(), [""; 0], "{key}");
            let mistakes = given.resolve(Timestamp::UNIX_EPOCH).1;
            assert!(matches!(&mistakes[..], [mistake] if mistake.starts_with(&key)), "{key}: {mistakes:?}");
        }
    }

    #[test]
    fn keys_in_any_case_and_the_last_word_wins() {
        let mut given =
            RawSettings::json(json!({"SQSDelete": false, "s3downloadconcurrency": 4, "AWS": {"Region": "a"}}), "");
        given.set("s3DownloadConcurrency", "--n".to_owned(), json!(0));
        let (settings, mistakes) = given.resolve(Timestamp::UNIX_EPOCH);
        assert_eq!((settings.delete, settings.aws.region.as_deref()), (false, Some("a")));
        assert_eq!(mistakes, ["--n: must be a whole number from 1 to 512, not 0"]);
    }

    #[test]
    fn a_key_in_two_spellings_has_one_value() {
        for (object, expected) in [
            (json!({"S3Interval": "5d", "s3Interval": "5d"}), None),
            (json!({"S3Interval": "5d", "s3Interval": "6d"}), Some("S3Interval and s3Interval")),
            (json!({"sqsDelete": false, "SQSDelete": true}), Some("SQSDelete and sqsDelete")),
            (json!({"sqsDelete": false, "SQSDelete": null}), None),
            (json!({"aws": {"region": "a", "Region": "b"}}), Some("aws.Region and region")),
            (json!({"aws": {"region": "a"}, "AWS": {"region": "b"}}), Some("AWS and aws")),
        ] {
            let expected = expected
                .map(|keys| format!("{keys}: one key in two spellings, with different values; keep one of them"));
            assert_eq!(resolve(object.clone()).1, Vec::from_iter(expected), "{object}");
        }
    }

    #[test]
    fn accounts_may_be_numbers() {
        let (settings, mistakes) =
            resolve(json!({"sqsOwnerAccount": 12_345_678_901.0, "s3AccountList": 111_122_223_333.0}));
        assert_eq!((settings.owner_account.as_deref(), mistakes), (Some("012345678901"), vec![]));
        assert!(settings.filter.accounts.unwrap().contains("111122223333"));
        let mistakes = resolve(json!({"sqsOwnerAccount": 12})).1;
        assert_eq!(mistakes, ["sqsOwnerAccount: 12 is no account; an account is 12 digits"]);
        let wrong = json!({"sqsOwnerAccount": 1e12, "s3AccountList": 1.5});
        let whole = "is no account; an account is 12 digits";
        let expected = [format!("s3AccountList: 1.5 {whole}"), format!("sqsOwnerAccount: 1000000000000.0 {whole}")];
        assert_eq!(resolve(wrong), (resolve(json!({})).0, expected.to_vec()));
        let other = json!({"sqsOwnerAccount": true, "s3AccountList": ["111122223333"]});
        let expected = ["s3AccountList: must be a text, not an array", "sqsOwnerAccount: must be a text, not true"];
        assert_eq!(resolve(other).1, expected);
    }

    #[test]
    fn what_is_not_known_is_told_apart_from_what_is_wrong() {
        let given = RawSettings::json(json!({"bogus": 1, "aws": {"zone": 1}, "sqsOwnerAccount": "12x"}), "init: ");
        assert_eq!(given.unknown().len(), 2);
        assert_eq!(given.unknown()[1], "init: aws.zone: no such key; there are profile, region, config, credentials");
        let mistakes = given.resolve(Timestamp::UNIX_EPOCH).1;
        assert_eq!(mistakes, ["init: sqsOwnerAccount: \"12x\" is no account; an account is 12 digits"]);
    }
}
