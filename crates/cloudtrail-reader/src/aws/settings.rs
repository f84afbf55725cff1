//! What a user sets for S3 and SQS, under the names of the Falco plugin's init configuration.

mod account;
mod closest;

use super::{DOWNLOADS, MOST_DOWNLOADS};
use crate::bucket::{Accounts, Filter, Interval};
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt::Display;

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

/// What the settings mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// What of a bucket is wanted.
    pub filter: Filter,
    /// Downloads at the same time, 1 to [`MOST_DOWNLOADS`].
    pub downloads: usize,
    /// Whether messages are deleted once all their objects are confirmed.
    pub delete: bool,
    /// The account that the queue is in, where it is not the one of the credentials.
    pub owner_account: Option<String>,
    /// Where clients get region and credentials.
    pub aws: AwsNames,
}

/// Where clients get region and credentials; what is missing is left to the SDK's default chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AwsNames {
    /// The profile of the shared files.
    pub profile: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// The path of the file that is read instead of `~/.aws/config`.
    pub config: Option<String>,
    /// The path of the file that is read instead of `~/.aws/credentials`.
    pub credentials: Option<String>,
}

/// Settings as they were given, under the keys as they are spelled here; those of `aws` are called `aws.region` and so on.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// The value, and how it is called in messages.
    values: BTreeMap<String, (String, Value)>,
    unknown: Vec<String>,
    mistakes: Vec<String>,
}

impl Given {
    /// Takes the members of a JSON object, in whatever case their names are. A `null` is as good as nothing. `source`
    /// is put before each key in messages.
    #[must_use]
    pub fn json(object: Value, source: &str) -> Self {
        let mut given = Self::default();
        let Some(mut members) = given.members(object, source, "must be a JSON object", &KEYS, "") else { return given };
        if let Some(aws) = members.remove("aws").filter(|aws| !aws.is_null())
            && let Some(aws) = given.members(aws, source, "aws: must be an object", &AWS_KEYS, "aws.")
        {
            members.extend(aws.into_iter().map(|(key, value)| (format!("aws.{key}"), value)));
        }
        let values = members.into_iter().filter(|(_, value)| !value.is_null());
        given.values = values.map(|(key, value)| (key.clone(), (format!("{source}{key}"), value))).collect();
        given
    }

    /// Every key, spelled as in the original; those of `aws` as `aws.region` and so on.
    pub fn keys() -> impl Iterator<Item = String> {
        let top = KEYS.iter().filter(|key| **key != "aws").map(ToString::to_string);
        top.chain(AWS_KEYS.iter().map(|key| format!("aws.{key}")))
    }

    /// Sets a key, which wins over what was given before. `name` is how it is called in messages.
    pub fn set(&mut self, key: &str, name: String, value: Value) {
        self.values.insert(key.to_owned(), (name, value));
    }

    /// What was given and is not known, each with what would be.
    #[must_use]
    pub fn unknown(&self) -> &[String] {
        &self.unknown
    }

    /// What the settings mean, the interval as of `now`; and all that is wrong with them. What is wrong is left at its
    /// default.
    #[must_use]
    pub fn resolve(mut self, now: Timestamp) -> (Settings, Vec<String>) {
        let downloads = self.number("s3DownloadConcurrency", MOST_DOWNLOADS).unwrap_or(DOWNLOADS);
        let interval = self.read("s3Interval", |text| Interval::parse(text, now)).flatten();
        self.number_to_account("s3AccountList");
        let accounts = self.read("s3AccountList", Accounts::parse).flatten();
        let delete = self.switch("sqsDelete").unwrap_or(true);
        // Accepted, so that configurations of the original go on working.
        self.switch("useAsync");
        self.switch("useS3SNS");
        self.number_to_account("sqsOwnerAccount");
        let owner_account = self.read("sqsOwnerAccount", account::account);
        let aws = AwsNames {
            profile: self.text("aws.profile").map(|(_, text)| text),
            region: self.text("aws.region").map(|(_, text)| text),
            config: self.text("aws.config").map(|(_, text)| text),
            credentials: self.text("aws.credentials").map(|(_, text)| text),
        };
        let filter = Filter { interval, accounts, listed_from: None };
        (Settings { filter, downloads, delete, owner_account, aws }, self.mistakes)
    }

    /// The members of an object, under keys as we spell them.
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
        for (key, value) in members {
            match known.iter().find(|known| known.eq_ignore_ascii_case(&key)) {
                Some(known) => drop(spelled.insert((*known).to_owned(), value)),
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

    /// Makes the text of an account that came as a number: in YAML, Falco takes for one whatever looks like one.
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

    /// A text and its name, unless it is empty.
    fn text(&mut self, key: &str) -> Option<(String, String)> {
        let (name, value) = self.values.remove(key)?;
        let Some(text) = value.as_str() else {
            self.mistakes.push(format!("{name}: must be a text, not {}", seen(&value)));
            return None;
        };
        let text = text.trim();
        (!text.is_empty()).then(|| (name, text.to_owned()))
    }

    fn read<T, E: Display>(&mut self, key: &str, parse: impl FnOnce(&str) -> Result<T, E>) -> Option<T> {
        let (name, text) = self.text(key)?;
        parse(&text).map_err(|error| self.mistakes.push(format!("{name}: {error}"))).ok()
    }
}

/// What a value is, for messages. Nothing that can be set is secret.
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

    fn resolve(object: Value) -> (Settings, Vec<String>) {
        Given::json(object, "").resolve("2026-01-10T00:00:00Z".parse().unwrap())
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
        for key in Given::keys() {
            let value = match key.split_once('.') {
                Some((group, key)) => json!({group: {key: 7.5}}),
                None => json!({&key: 7.5}),
            };
            let given = Given::json(value, "");
            assert_eq!(given.unknown(), [""; 0], "{key}");
            let mistakes = given.resolve(Timestamp::UNIX_EPOCH).1;
            assert!(matches!(&mistakes[..], [mistake] if mistake.starts_with(&key)), "{key}: {mistakes:?}");
        }
    }

    #[test]
    fn keys_in_any_case_and_the_last_word_wins() {
        let mut given =
            Given::json(json!({"SQSDelete": false, "s3downloadconcurrency": 4, "AWS": {"Region": "a"}}), "");
        given.set("s3DownloadConcurrency", "--n".to_owned(), json!(0));
        let (settings, mistakes) = given.resolve(Timestamp::UNIX_EPOCH);
        assert_eq!((settings.delete, settings.aws.region.as_deref()), (false, Some("a")));
        assert_eq!(mistakes, ["--n: must be a whole number from 1 to 512, not 0"]);
    }

    #[test]
    fn accounts_may_be_numbers() {
        let (settings, mistakes) =
            resolve(json!({"sqsOwnerAccount": 12_345_678_901.0, "s3AccountList": 111_122_223_333.0}));
        assert_eq!((settings.owner_account.as_deref(), mistakes), (Some("012345678901"), vec![]));
        assert!(settings.filter.accounts.unwrap().contains("111122223333"));
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
        let given = Given::json(json!({"bogus": 1, "aws": {"zone": 1}, "sqsOwnerAccount": "12"}), "init: ");
        assert_eq!(given.unknown().len(), 2);
        assert_eq!(given.unknown()[1], "init: aws.zone: no such key; there are profile, region, config, credentials");
        let mistakes = given.resolve(Timestamp::UNIX_EPOCH).1;
        assert_eq!(mistakes, ["init: sqsOwnerAccount: \"12\" is no account; an account is 12 digits"]);
    }
}
