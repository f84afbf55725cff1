//! What `init_config` may be, and what Falco prints where it is wrong.

use super::RUN;
use crate::case::{Case, End, Kind, Run};

/// A file whose one record fires one rule.
const ONE: &str = "open_params: {fixtures}/falco-rules/console-login-without-mfa.fires.json";
/// What Falco prints at its end where that has happened.
const READ: &[&str] = &["Events detected: 1"];

/// A name, the lines of `init_config`, and what must show.
type Row = (&'static str, &'static str, &'static [&'static str]);

/// Configurations that Falco starts with.
const GOOD: &[Row] = &[
    ("no init_config", "", READ),
    ("init_config without a value", "init_config:", READ),
    ("init_config: {}", "init_config: {}", READ),
    ("init_config: \"\"", "init_config: \"\"", READ),
    ("init_config: null", "init_config: null", READ),
    ("init_config as text: {}", "init_config: '{}'", READ),
    ("init_config as text: null", "init_config: 'null'", READ),
    ("init_config as text: \"\"", "init_config: '\"\"'", READ),
    ("every key", EVERY_KEY, READ),
    ("every key as JSON text", EVERY_KEY_AS_TEXT, READ),
    ("keys in another case", "init_config: {SQSDelete: false, S3Interval: 5d, AWS: {Region: eu-west-1}}", READ),
    ("switches as YAML spells them", "init_config: {sqsDelete: yes, useAsync: \"false\"}", READ),
    ("empty values", "init_config: {sqsDelete: , s3Interval: \"\", aws: {}, s3AccountList: \"\"}", READ),
    (
        "accounts, of which Falco makes numbers",
        "init_config: {sqsOwnerAccount: \"111122223333\", s3AccountList: 012345678901}",
        READ,
    ),
    (
        "a mistyped key",
        "init_config: {sqsDelte: false}",
        &["Events detected: 1", "sqsDelte: no such key; did you mean sqsDelete?"],
    ),
    (
        "a key that belongs into aws",
        "init_config: {region: eu-west-1}",
        &["Events detected: 1", "region: no such key; did you mean aws.region?"],
    ),
    (
        "a mistyped key of aws",
        "init_config: {aws: {profil: x}}",
        &["Events detected: 1", "aws.profil: no such key; did you mean aws.profile?"],
    ),
    (
        "an unknown key",
        "init_config: {bogus: 1}",
        &["Events detected: 1", "a key of init_config has no effect: bogus: no such key; there are sqsDelete, "],
    ),
];

const EVERY_KEY: &str = "\
init_config:
  sqsDelete: false
  s3DownloadConcurrency: 7
  s3Interval: 2026-01-01T00:00:00Z-2026-01-02T00:00:00Z
  useAsync: false
  useS3SNS: true
  s3AccountList: 111122223333,444455556666
  sqsOwnerAccount: 111122223333
  aws: {profile: audit, region: eu-west-1, config: /etc/aws/config, credentials: /etc/aws/credentials}";

const EVERY_KEY_AS_TEXT: &str = r#"init_config: '{"sqsDelete":false,"s3DownloadConcurrency":7,"s3Interval":"5d","useAsync":false,"useS3SNS":true,"s3AccountList":"012345670123","sqsOwnerAccount":"012345670123","aws":{"profile":"audit","region":"eu-west-1","config":"/c","credentials":"/d"}}'"#;

/// Configurations that Falco refuses, each with the reason. All of these come from the plugin, whose name shows.
const BAD: &[Row] = &[
    ("sqsDelete", "init_config: {sqsDelete: maybe}", &["sqsDelete: must be true or false, not \"maybe\""]),
    ("useAsync", "init_config: {useAsync: 1}", &["useAsync: must be true or false, not 1"]),
    ("useS3SNS", "init_config: {useS3SNS: [x]}", &["useS3SNS: must be true or false, not an array"]),
    (
        "s3DownloadConcurrency of nothing",
        "init_config: {s3DownloadConcurrency: 0}",
        &["s3DownloadConcurrency: must be a whole number from 1 to 512, not 0"],
    ),
    (
        "s3DownloadConcurrency beyond its range",
        "init_config: {s3DownloadConcurrency: 513}",
        &["from 1 to 512, not 513"],
    ),
    ("s3DownloadConcurrency below its range", "init_config: {s3DownloadConcurrency: -1}", &["from 1 to 512, not -1"]),
    ("s3DownloadConcurrency as a word", "init_config: {s3DownloadConcurrency: many}", &["from 1 to 512, not \"many\""]),
    ("s3DownloadConcurrency as a fraction", "init_config: {s3DownloadConcurrency: 1.5}", &["from 1 to 512, not 1.5"]),
    ("s3Interval", "init_config: {s3Interval: 5 cows}", &["s3Interval: ", "5 cows"]),
    ("s3Interval as a number", "init_config: {s3Interval: 5}", &["s3Interval: must be a text, not 5"]),
    ("s3AccountList", "init_config: {s3AccountList: me}", &["s3AccountList: ", "\"me\""]),
    ("sqsOwnerAccount", "init_config: {sqsOwnerAccount: 12}", &["sqsOwnerAccount: 12"]),
    (
        "sqsOwnerAccount read as octal",
        "init_config: {sqsOwnerAccount: \"012345670123\"}",
        &["sqsOwnerAccount: ", "may be another account's"],
    ),
    ("aws", "init_config: {aws: eu-west-1}", &["aws: must be an object, not \"eu-west-1\""]),
    ("aws.profile", "init_config: {aws: {profile: 7}}", &["aws.profile: must be a text, not 7"]),
    ("aws.region", "init_config: {aws: {region: no}}", &["aws.region: must be a text, not false"]),
    ("aws.config", "init_config: {aws: {config: [x]}}", &["aws.config: must be a text, not an array"]),
    (
        "aws.credentials",
        "init_config: {aws: {credentials: {x: y}}}",
        &["aws.credentials: must be a text, not an object"],
    ),
    (
        "two mistakes at once",
        "init_config: {sqsDelete: maybe, s3DownloadConcurrency: 0}",
        &["sqsDelete: must be", "s3DownloadConcurrency: must be"],
    ),
    (
        "all mistakes at once",
        "init_config: {sqsDelete: 1, useAsync: 1, useS3SNS: 1, s3DownloadConcurrency: 0, s3Interval: x, s3AccountList: x, sqsOwnerAccount: x, aws: {profile: 1, region: 1, config: 1, credentials: 1}}",
        &[
            "sqsDelete: ",
            "useAsync: ",
            "useS3SNS: ",
            "s3DownloadConcurrency: ",
            "s3Interval: ",
            "s3AccountList: ",
            "sqsOwnerAccount: ",
            "aws.profile: ",
            "aws.region: ",
            "aws.config: ",
            "aws.credentials: ",
        ],
    ),
    ("an array as text", "init_config: '[1]'", &["init_config: must be a JSON object, not an array"]),
    ("a text within a text", "init_config: '\"eu\"'", &["init_config: must be a JSON object, not \"eu\""]),
];

pub(super) fn cases() -> Vec<Case> {
    let run = |init: &str, end, shows| Kind::Run(Run { keys: format!("{init}\n{ONE}"), end, shows, ..RUN });
    let good = GOOD.iter().map(|(name, init, shows)| Case::named("init", name, run(init, End::Well, shows)));
    let bad = BAD.iter().map(|(name, init, shows)| Case::named("wrong", name, run(init, End::Badly, shows)));
    // What is no JSON does not get as far as the plugin; Falco names the plugin.
    let no_json: &[&str] = &["error in plugin cloudtrail: init config is not a valid json"];
    let no_json = Case::named("wrong", "no JSON", run("init_config: sqsDelete=false", End::Badly, no_json));
    good.chain(bad).chain([no_json]).collect()
}
