//! Tests good and bad configurations as a user would write them.

use super::kinds::{Backend, LetterPlace, Names};
use super::settings::CredentialSource;
use super::*;
use audit_schema::falcon::Format;
use event_delivery::{Compression, LogStream};
use expect_test::{Expect, expect};
use layered_settings::Flag;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The settings that every good configuration needs.
const GOOD: &str = "\
[main]
backends = CLOUDTRAIL_LAKE
[falcon]
client_id = abc
client_secret = hunter2
[cloudtrail_lake]
channel_arn = arn:aws:cloudtrail:eu-west-1:123456789012:channel/11111111-2222-3333-4444-555555555555
region = eu-west-1
";

/// Loads files, the later winning, from a new folder.
fn load_all(files: &[(&str, &str)], env: &[(&str, &str)], flags: &[(&str, &str)]) -> Loaded<Settings> {
    let folder = tempfile::tempdir().unwrap();
    let paths: Vec<PathBuf> = files.iter().map(|(name, _)| folder.path().join(name)).collect();
    for (path, (_, text)) in paths.iter().zip(files) {
        std::fs::write(path, text).unwrap();
    }
    let env: BTreeMap<&str, OsString> = env.iter().map(|(name, value)| (*name, (*value).into())).collect();
    let variables = env.keys().map(ToString::to_string).collect();
    let flags =
        flags.iter().map(|(name, value)| Flag { name: (*name).to_owned(), value: (*value).to_owned(), flag: "--set" });
    let sources = Sources { files: paths, env: &|name| env.get(name).cloned(), variables, flags: flags.collect() };
    let mut loaded = load(&sources, None);
    let shorten = |text: &str| text.replace(&format!("{}/", folder.path().display()), "");
    loaded.warnings.iter_mut().for_each(|warning| *warning = shorten(warning));
    loaded.mistakes.iter_mut().for_each(|mistake| *mistake = Mistake::new(shorten(mistake.as_str())));
    loaded
}

fn with_env(env: &[(&str, &str)]) -> Loaded<Settings> {
    load_all(&[("config.ini", GOOD)], env, &[])
}

#[track_caller]
fn good(loaded: Loaded<Settings>) -> Settings {
    assert_eq!(loaded.mistakes, []);
    loaded.wanted.expect("there are no mistakes")
}

/// Expects one mistake, `expected`, for a variable with this value.
#[track_caller]
fn check_mistake(variable: &str, value: &str, expected: &str) {
    let mistakes: Vec<String> = with_env(&[(variable, value)]).mistakes.iter().map(ToString::to_string).collect();
    assert_eq!(mistakes, [format!("{variable}: {expected}")]);
}

#[expect(clippy::needless_pass_by_value, reason = "as expect! gives it")]
#[track_caller]
fn check_all(loaded: Loaded<Settings>, expected: Expect) {
    let warnings = loaded.warnings.iter().map(|warning| format!("warning: {warning}\n"));
    let mistakes = loaded.mistakes.iter().map(|mistake| format!("error: {mistake}\n"));
    expected.assert_eq(&warnings.chain(mistakes).collect::<String>());
    assert_eq!(loaded.wanted.is_none(), !loaded.mistakes.is_empty());
}

#[test]
fn a_good_configuration_has_figs_defaults() {
    let settings = good(with_env(&[]));
    expect![[r#"
        Settings {
            backends: [
                CloudTrailLake(
                    CloudTrailLake {
                        channel: ChannelArn {
                            text: "arn:aws:cloudtrail:eu-west-1:123456789012:channel/11111111-2222-3333-4444-555555555555",
                            region: "eu-west-1",
                            account: AccountId(
                                "123456789012",
                            ),
                        },
                        region: "eu-west-1",
                    },
                ),
            ],
            calls_in_flight: 4,
            events: Events {
                severity_threshold: 2,
                older_than_days: 21,
                offset: 0,
                start_from_newest: false,
                types: None,
                service_names: None,
            },
            falcon: Falcon {
                region: Us1,
                base_url: None,
                application_id: "fig-default-app-id",
                ca_bundle: None,
            },
            credentials: Given(
                Credentials {
                    client_id: "abc",
                    client_secret: SecretBox<str>([REDACTED]),
                },
            ),
            offset_store: Ssm {
                name: ParameterName(
                    "last_seen_offsets",
                ),
                region: Some(
                    "eu-west-1",
                ),
            },
            dead_letter: File(
                "fig-dead-letter.jsonl",
            ),
            admin: None,
            until_idle: None,
        }
    "#]]
    .assert_debug_eq(&settings);
}

#[test]
fn the_later_layer_wins_step_by_step() {
    let base = GOOD.replace("[falcon]", "worker_threads = 5\n[falcon]");
    let devel = "[main]\nworker_threads = 6\n";
    let threads = |files: &[(&str, &str)], env: &[(&str, &str)], flags: &[(&str, &str)]| {
        good(load_all(files, env, flags)).calls_in_flight
    };
    let (file, over) = (("config.ini", base.as_str()), ("devel.ini", devel));
    assert_eq!(threads(&[("config.ini", GOOD)], &[], &[]), 4, "the default");
    assert_eq!(threads(&[file], &[], &[]), 5, "a file");
    assert_eq!(threads(&[file, over], &[], &[]), 6, "devel.ini");
    assert_eq!(threads(&[file, over], &[("FIG_WORKER_THREADS", "")], &[]), 6, "an empty variable is none");
    assert_eq!(threads(&[file, over], &[("FIG_WORKER_THREADS", "7")], &[]), 7, "the environment");
    let flags = [("main.worker_threads", "8"), ("main.worker_threads", "9")];
    assert_eq!(threads(&[file, over], &[("FIG_WORKER_THREADS", "7")], &flags), 9, "the last flag");
}

#[test]
fn numbers_have_figs_ranges() {
    let number = |variable: &str, value: &str| with_env(&[(variable, value)]).mistakes.len();
    for (variable, least, most) in [
        ("FIG_WORKER_THREADS", 1, 127),
        ("EVENTS_SEVERITY_THRESHOLD", 1, 5),
        ("EVENTS_OLDER_THAN_DAYS_THRESHOLD", 0, 9999),
        ("FALCON_RECONNECT_RETRY_COUNT", 1, 9999),
    ] {
        for inside in [least, most] {
            assert_eq!(number(variable, &inside.to_string()), 0, "{variable}={inside}");
        }
        for outside in [least - 1, most + 1] {
            assert_eq!(number(variable, &outside.to_string()), 1, "{variable}={outside}");
        }
    }
    assert_eq!(number("EVENTS_OFFSET", &u64::MAX.to_string()), 0);
}

#[test]
fn every_rule_says_what_would_be_right() {
    for (variable, value, expected) in [
        ("FIG_WORKER_THREADS", "128", "main.worker_threads = 128: must be a whole number from 1 to 127"),
        ("FIG_WORKER_THREADS", "four", "main.worker_threads = four: must be a whole number from 1 to 127"),
        (
            "FIG_BACKENDS",
            "AZURE",
            "main.backends = AZURE: AZURE is a backend of FIG's that fig-bridge does not have; it has CLOUDTRAIL_LAKE, CLOUDWATCH_LOGS, S3, GENERIC, AWS_SQS",
        ),
        (
            "FIG_BACKENDS",
            ", ,",
            "main.backends = , ,: must be one or more of CLOUDTRAIL_LAKE, CLOUDWATCH_LOGS, S3, GENERIC, AWS_SQS, separated by commas",
        ),
        ("FIG_BACKENDS", "generic", "main.backends = generic: write GENERIC, not generic"),
        (
            "FIG_BACKENDS",
            "SPLUNK",
            "main.backends = SPLUNK: SPLUNK is unknown; must be one or more of CLOUDTRAIL_LAKE, CLOUDWATCH_LOGS, S3, GENERIC, AWS_SQS, separated by commas",
        ),
        ("LOG_LEVEL", "verbose", "logging.level = verbose: must be error, warn, info, debug, trace or off"),
        ("EVENTS_OFFSET", "-1", "events.offset = -1: must be a whole number from 0"),
        ("EVENTS_START_FROM_NEWEST", "yes", "events.start_from_newest = yes: must be true or false"),
        (
            "EVENTS_TYPES",
            "A B",
            "events.types = A B: must be event types (letters, digits, _) separated by commas, or ALL",
        ),
        (
            "EVENTS_TYPES",
            "ALL,A",
            "events.types = ALL,A: has ALL beside other names; write ALL alone to take every name, or leave it out",
        ),
        (
            "EVENTS_SERVICE_NAMES",
            "a b,'c d'",
            "events.service_names = a b,'c d': in the list, 'c d' has quotes around it, which count as part of the value (docker's --env-file and INI files keep them); write it without quotes",
        ),
        (
            "OFFSET_STORE",
            "file:./fig-dead-letter.jsonl",
            "main.offset_store = file:./fig-dead-letter.jsonl: is the same file as that of main.dead_letter, file:fig-dead-letter.jsonl; give each a file of its own",
        ),
        (
            "FALCON_CLOUD_REGION",
            "us-9",
            "falcon.cloud_region = us-9: must be one of us-1, us-2, us-3, eu-1, us-gov-1, us-gov-2, auto",
        ),
        (
            "FALCON_APPLICATION_ID",
            "my app",
            "falcon.application_id = my app: must be 1 to 32 letters, digits, -, _ or .",
        ),
        ("CREDENTIALS_STORE", "vault", "credentials_store.store = vault: must be one of ssm, secrets_manager"),
        ("OFFSET_STORE", "s3:x", "main.offset_store = s3:x: must be ssm, ssm:/NAME, file:PATH or memory"),
        ("DEAD_LETTER", "x.jsonl", "main.dead_letter = x.jsonl: must be file:PATH or sqs://QUEUE (a name, URL or ARN)"),
        ("ADMIN_ADDR", ":9090", "main.admin_addr = :9090: must be ADDRESS:PORT, such as 127.0.0.1:9090 or [::]:9090"),
        (
            "CLOUDTRAIL_LAKE_CHANNEL_ARN",
            "abc",
            "cloudtrail_lake.channel_arn = abc: must be arn:aws:cloudtrail:REGION:ACCOUNT:channel/ID",
        ),
        (
            "CLOUDTRAIL_LAKE_CHANNEL_ARN",
            "arn:aws:cloudtrail:eu-west-1:12345678901:channel/1",
            "cloudtrail_lake.channel_arn = arn:aws:cloudtrail:eu-west-1:12345678901:channel/1: must be arn:aws:cloudtrail:REGION:ACCOUNT:channel/ID; the account is \"12345678901\", an account ID of twelve digits is needed",
        ),
        (
            "DEAD_LETTER",
            "sqs://arn:aws:sqs:eu-west-1:12345678901:q",
            "main.dead_letter = sqs://arn:aws:sqs:eu-west-1:12345678901:q: must be file:PATH or sqs://QUEUE (a name, URL or ARN); the account in the ARN is \"12345678901\": an AWS account ID is 12 digits",
        ),
        (
            "CLOUDTRAIL_LAKE_REGION",
            "Ireland",
            "cloudtrail_lake.region = Ireland: must be an AWS region such as eu-west-1",
        ),
        (
            "CLOUDTRAIL_LAKE_REGION",
            "us-east-1",
            "cloudtrail_lake.region = us-east-1: must be eu-west-1, which is the region in cloudtrail_lake.channel_arn",
        ),
    ] {
        check_mistake(variable, value, expected);
    }
}

#[test]
fn base_urls_are_origins_and_plain_only_at_home() {
    for right in [
        "https://api.example",
        "https://api.example:8443/",
        "http://127.0.0.1:1",
        "http://localhost:1",
        "http://[::1]:1",
    ] {
        good(with_env(&[("FALCON_BASE_URL", right)]));
    }
    for wrong in [
        "http://api.example",
        "http://localhost.example",
        "api.example",
        "https://api.example/x",
        "https://api.example?a",
        "ftp://127.0.0.1",
    ] {
        assert_eq!(with_env(&[("FALCON_BASE_URL", wrong)]).mistakes.len(), 1, "{wrong}");
    }
    let secret = with_env(&[("FALCON_BASE_URL", "https://me:hunter2@api.example")]);
    assert!(!secret.mistakes[0].to_string().contains("hunter2"), "{:?}", secret.mistakes);
}

#[test]
fn a_new_user_sees_all_mistakes_at_once() {
    check_all(
        load_all(&[], &[], &[]),
        expect![[r#"
            error: main.backends: is not set; must be one or more of CLOUDTRAIL_LAKE, CLOUDWATCH_LOGS, S3, GENERIC, AWS_SQS, separated by commas: set backends under [main], or the variable FIG_BACKENDS
            error: falcon.client_id: is not set; the Falcon API client is needed (Falcon console: Support and resources, API clients and keys): set client_id under [falcon], or the variable FALCON_CLIENT_ID
            error: falcon.client_secret: is not set; the Falcon API client is needed (Falcon console: Support and resources, API clients and keys): set client_secret under [falcon], or the variable FALCON_CLIENT_SECRET
        "#]],
    );
}

#[test]
fn mistakes_have_file_and_line_and_typos_a_suggestion() {
    let text = "\
[main]
backends = CLOUDTRAIL_LAKE,AZURE
worker_treads = 9
worker_threads =
[flacon]
cloud_region = us-1
[falcon]
client_id = abc
client_secret = 50% off hunter2
cloud_region : US-1
[azure]
anything = %(at all
[cloudtrail_lake]
client_id = x
";
    check_all(
        load_all(&[("config.ini", text)], &[("EVENTS_OFFSET", "5"), ("EVENTS_START_FROM_NEWEST", "true")], &[]),
        expect![[r#"
            warning: config.ini:5: the section [flacon] is not known and has no effect; did you mean [falcon]?
            warning: config.ini:3: main.worker_treads is not known and has no effect; did you mean main.worker_threads?
            warning: config.ini:14: cloudtrail_lake.client_id is not known and has no effect; did you mean falcon.client_id?
            error: config.ini:2: main.backends = CLOUDTRAIL_LAKE,AZURE: AZURE is a backend of FIG's that fig-bridge does not have; it has CLOUDTRAIL_LAKE, CLOUDWATCH_LOGS, S3, GENERIC, AWS_SQS
            error: cloudtrail_lake.channel_arn: is not set; CLOUDTRAIL_LAKE is enabled: set channel_arn under [cloudtrail_lake], or the variable CLOUDTRAIL_LAKE_CHANNEL_ARN
            error: cloudtrail_lake.region: is not set; CLOUDTRAIL_LAKE is enabled: set region under [cloudtrail_lake], or the variable CLOUDTRAIL_LAKE_REGION
            error: config.ini:4: main.worker_threads is empty: must be a whole number from 1 to 127; leave it out for 4
            error: EVENTS_OFFSET: events.offset = 5: cannot be set together with events.start_from_newest = true (EVENTS_START_FROM_NEWEST); remove one of the two
            error: config.ini:10: falcon.cloud_region = US-1: must be one of us-1, us-2, us-3, eu-1, us-gov-1, us-gov-2, auto; write us-1
            error: config.ini:9: falcon.client_secret: has a % that is neither %% nor %(key)s; write %% for a percent sign
        "#]],
    );
}

#[test]
fn the_mistakes_of_the_new_backends_are_named_together() {
    let logs = [
        ("FIG_BACKENDS", "CLOUDWATCH_LOGS"),
        ("CLOUDWATCH_LOGS_LOG_GROUP", "a b"),
        ("CLOUDWATCH_LOGS_LOG_STREAM", "a:b"),
        ("CLOUDWATCH_LOGS_FORMAT", "lake"),
        ("CLOUDWATCH_LOGS_RETENTION", "8"),
    ];
    check_all(
        with_env(&logs),
        expect![[r#"
        error: cloudwatch_logs.region: is not set; CLOUDWATCH_LOGS is enabled: set region under [cloudwatch_logs], or the variable CLOUDWATCH_LOGS_REGION
        error: CLOUDWATCH_LOGS_LOG_GROUP: cloudwatch_logs.log_group = a b: must be 1 to 512 letters, digits, _, -, /, . or #
        error: CLOUDWATCH_LOGS_LOG_STREAM: cloudwatch_logs.log_stream = a:b: must be 1 to 512 characters without : and *
        error: CLOUDWATCH_LOGS_RETENTION: cloudwatch_logs.retention = 8: must be one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
    "#]],
    );
    let s3 = [
        ("FIG_BACKENDS", "S3"),
        ("S3_BUCKET", "Falcon"),
        ("S3_PREFIX", "/a"),
        ("S3_REGION", "eu-west-1a"),
        ("S3_FORMAT", "ocfs"),
        ("S3_MAX_BYTES", "1"),
        ("S3_COMPRESSION", "zip"),
    ];
    check_all(
        with_env(&s3),
        expect![[r#"
            error: S3_BUCKET: s3.bucket = Falcon: must be 3 to 63 small letters, digits, - and .
            error: S3_PREFIX: s3.prefix = /a: must be a path without / at its ends
            error: S3_REGION: s3.region = eu-west-1a: must be an AWS region such as eu-west-1; this is an availability zone; write eu-west-1
            error: S3_FORMAT: s3.format = ocfs: must be one of falcon, lake, ocsf
            error: S3_MAX_BYTES: s3.max_bytes = 1: must be a whole number from 1024 to 67108864
            error: S3_COMPRESSION: s3.compression = zip: must be one of gzip, none
        "#]],
    );
    let required =
        [("FIG_BACKENDS", "S3"), ("S3_BUCKET", "falcon"), ("S3_REGION", "eu-west-1"), ("S3_ACCOUNT_ID", "123")];
    for format in ["falcon", "lake"] {
        let settings: Vec<_> = required.into_iter().chain([("S3_FORMAT", format)]).collect();
        check_all(
            with_env(&settings),
            expect![[r#"
                error: S3_ACCOUNT_ID: s3.account_id = 123: must be an account's 12 digits
            "#]],
        );
    }
    let good_logs = [
        ("FIG_BACKENDS", "CLOUDWATCH_LOGS"),
        ("CLOUDWATCH_LOGS_LOG_GROUP", "/falcon/audit"),
        ("CLOUDWATCH_LOGS_REGION", "eu-west-1"),
        ("CLOUDWATCH_LOGS_RETENTION", "30"),
    ];
    check_all(
        with_env(&good_logs),
        expect![[r#"
        warning: cloudwatch_logs.retention has no effect unless cloudwatch_logs.create = true: it is for a group that is created
    "#]],
    );
    let settings = good(with_env(&good_logs));
    assert!(matches!(settings.offset_store, OffsetStoreKind::Ssm { .. }), "it outlives the program");
    assert_eq!(settings.filter(Backend::CloudWatchLogs).types, Names::only(audit_schema::falcon::AUDIT_TYPES));
}

/// The names that users can rely on; nothing else is needed.
#[test]
fn every_documented_name_of_the_new_backends_sets_it() {
    let logs = [
        ("FIG_BACKENDS", "CLOUDWATCH_LOGS,S3"),
        ("CLOUDWATCH_LOGS_REGION", "eu-west-1"),
        ("CLOUDWATCH_LOGS_LOG_GROUP", "/falcon/audit"),
        ("CLOUDWATCH_LOGS_LOG_STREAM", "one"),
        ("CLOUDWATCH_LOGS_FORMAT", "ocsf"),
        ("CLOUDWATCH_LOGS_CREATE", "true"),
    ];
    let s3 = [
        ("S3_BUCKET", "falcon"),
        ("S3_PREFIX", "a/b"),
        ("S3_REGION", "eu-west-3"),
        ("S3_FORMAT", "lake"),
        ("S3_MAX_AGE", "7"),
        ("S3_MAX_BYTES", "2048"),
        ("S3_COMPRESSION", "none"),
        ("S3_KMS_KEY", "alias/falcon"),
    ];
    for days in ["CLOUDWATCH_LOGS_RETENTION_DAYS", "CLOUDWATCH_LOGS_RETENTION"] {
        let settings: Vec<_> = logs.into_iter().chain(s3).chain([(days, "30")]).collect();
        let loaded = with_env(&settings);
        assert_eq!(loaded.warnings, [""; 0]);
        let settings = good(loaded);
        let logs = settings.cloudwatch_logs().unwrap();
        let LogStream { group, stream, create, retention_days } = logs.stream.clone();
        assert_eq!((logs.region.as_str(), group.as_str(), stream.as_str()), ("eu-west-1", "/falcon/audit", "one"));
        assert_eq!((logs.format.format, create, retention_days), (Format::Ocsf, true, Some(30)), "{days}");
        let s3 = settings.s3().unwrap();
        assert_eq!((s3.bucket.as_str(), s3.prefix.as_str(), s3.region.as_str()), ("falcon", "a/b", "eu-west-3"));
        assert_eq!((s3.format, s3.age.as_secs(), s3.bytes), (Format::Lake, 7, 2_048));
        assert_eq!((s3.compression, s3.kms_key.as_deref()), (Compression::None, Some("alias/falcon")));
    }
    for format in ["falcon", "lake", "ocsf"] {
        let formats = [("CLOUDWATCH_LOGS_FORMAT", format), ("S3_FORMAT", format)];
        let settings: Vec<_> = logs.into_iter().chain(s3).filter(|(name, _)| !name.ends_with("FORMAT")).collect();
        let settings = good(with_env(&[&settings[..], &formats].concat()));
        assert_eq!(settings.s3().unwrap().format.as_str(), format);
    }
    let file =
        GOOD.to_owned() + "[cloudwatch_logs]\nregion = eu-west-1\nlog_group = a\ncreate = true\nretention_days = 7\n";
    let settings = good(load_all(&[("config.ini", &file)], &[("FIG_BACKENDS", "CLOUDWATCH_LOGS")], &[]));
    assert_eq!(settings.cloudwatch_logs().unwrap().stream.retention_days, Some(7));
    let both =
        [&logs[..], &s3, &[("CLOUDWATCH_LOGS_RETENTION", "7"), ("CLOUDWATCH_LOGS_RETENTION_DAYS", "30")]].concat();
    let typos =
        [("CLOUDWATCH_LOGS_TTL", "7"), ("CLOUDWATCH_LOGS_GROUP", "a"), ("S3_KMS_KEY_ID", "a"), ("S3_ENDPOINT", "a")];
    let left: Vec<_> = [&both[..], &typos].concat();
    check_all(
        with_env(&left.into_iter().filter(|(name, _)| *name != "S3_KMS_KEY").collect::<Vec<_>>()),
        expect![[r#"
            warning: the variable CLOUDWATCH_LOGS_TTL is not read; the variables of its section are CLOUDWATCH_LOGS_REGION, CLOUDWATCH_LOGS_LOG_GROUP, CLOUDWATCH_LOGS_LOG_STREAM, CLOUDWATCH_LOGS_FORMAT, CLOUDWATCH_LOGS_CREATE, CLOUDWATCH_LOGS_RETENTION, CLOUDWATCH_LOGS_ACCOUNT_ID
            warning: the variable S3_KMS_KEY_ID is not read; did you mean S3_KMS_KEY?
            error: CLOUDWATCH_LOGS_RETENTION_DAYS: cloudwatch_logs.retention = 30: CLOUDWATCH_LOGS_RETENTION sets another value; remove one of the two
        "#]],
    );
}

/// D22: FIG does not start where a variable has a percent sign.
#[test]
fn d22_a_percent_sign_in_the_environment_is_a_percent_sign() {
    let settings = good(with_env(&[("FALCON_CLIENT_ID", "a%b%%c%(d)s")]));
    let CredentialSource::Given(credentials) = settings.credentials else { panic!("they are given") };
    assert_eq!(credentials.client_id, "a%b%%c%(d)s");
}

#[test]
fn files_interpolate_over_all_layers() {
    let text = "[DEFAULT]\nwhere = eu-west-1\n".to_owned() + &GOOD.replace("region = eu-west-1", "region = %(where)s");
    let settings = good(load_all(&[("config.ini", &text)], &[], &[]));
    assert_eq!(settings.cloudtrail_lake().unwrap().region, "eu-west-1");
    let id = GOOD.replace("client_id = abc", "client_id = %(application_id)s-50%%");
    let loaded = load_all(&[("config.ini", &id)], &[("FALCON_APPLICATION_ID", "mine")], &[]);
    let CredentialSource::Given(credentials) = good(loaded).credentials else { panic!("they are given") };
    assert_eq!(credentials.client_id, "mine-50%");
}

#[test]
fn figs_own_sample_causes_no_warning() {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fig/config.ini");
    let sample = std::fs::read_to_string(sample).unwrap();
    let env = [
        ("FIG_BACKENDS", "CLOUDTRAIL_LAKE"),
        ("FALCON_CLIENT_ID", "abc"),
        ("FALCON_CLIENT_SECRET", "hunter2"),
        ("CLOUDTRAIL_LAKE_CHANNEL_ARN", "arn:aws:cloudtrail:eu-west-1:123456789012:channel/1"),
        ("CLOUDTRAIL_LAKE_REGION", "eu-west-1"),
    ];
    let loaded = load_all(&[("config.ini", &sample)], &env, &[]);
    assert_eq!(loaded.warnings, Vec::<String>::new());
    good(loaded);
}

#[test]
fn settings_without_effect_cause_a_warning() {
    let text = GOOD.to_owned() + "[events]\ndetections_exclude_clouds = AWS, Azure\n";
    check_all(
        load_all(&[("config.ini", &text)], &[], &[]),
        expect![[r#"
            warning: config.ini:10: events.detections_exclude_clouds = AWS, Azure: has no effect; fig-bridge does not use the Hosts API
        "#]],
    );
    let wrong = text.replace("AWS, Azure", "aws");
    check_all(
        load_all(&[("config.ini", &wrong)], &[], &[]),
        expect![[r#"
            error: config.ini:10: events.detections_exclude_clouds = aws: write AWS, not aws
        "#]],
    );
}

/// A type that nobody knows is probably misspelt, but Falcon may have a new one.
#[test]
fn event_types_that_are_not_known_cause_a_warning() {
    let types = "AuthActivityAuditEvents, userActivityAuditEvent, NewEvent";
    check_all(
        with_env(&[
            ("EVENTS_TYPES", types),
            ("FIG_BACKENDS", "GENERIC"),
            ("GENERIC_EVENT_TYPES", "IncidentSumaryEvent"),
        ]),
        expect![[r#"
            warning: GENERIC_EVENT_TYPES: generic.event_types: Falcon is not known to have events of the type IncidentSumaryEvent, so it may match nothing; did you mean IncidentSummaryEvent?
            warning: EVENTS_TYPES: events.types: Falcon is not known to have events of the type AuthActivityAuditEvents, so it may match nothing; did you mean AuthActivityAuditEvent?
            warning: EVENTS_TYPES: events.types: Falcon is not known to have events of the type NewEvent, so it may match nothing
        "#]],
    );
}

#[test]
fn credential_stores_want_what_they_need() {
    let settings = good(with_env(&[
        ("CREDENTIALS_STORE", "ssm"),
        ("SSM_CLIENT_ID", "/falcon/id"),
        ("SSM_CLIENT_SECRET", "/falcon/secret"),
    ]));
    assert!(matches!(settings.credentials, CredentialSource::Ssm { region: None, .. }));
    check_all(
        with_env(&[("CREDENTIALS_STORE", "ssm"), ("SSM_CLIENT_ID", "a b")]),
        expect![[r#"
            error: SSM_CLIENT_ID: ssm.ssm_client_id = a b: must be a parameter's name such as /falcon/client_id
            error: ssm.ssm_client_secret: is not set; credentials_store.store is ssm: set ssm_client_secret under [ssm], or the variable SSM_CLIENT_SECRET
        "#]],
    );
    assert_eq!(with_env(&[("CREDENTIALS_STORE", "secrets_manager")]).mistakes.len(), 3);
}

#[test]
fn backends_bring_their_own_needs_filters_and_stores() {
    let all = [("FIG_BACKENDS", "GENERIC, AWS_SQS"), ("AWS_SQS", "q.fifo"), ("AWS_REGION", "eu-central-1")];
    let settings = good(with_env(&all));
    assert!(settings.cloudtrail_lake().is_none());
    assert!(settings.aws_sqs().is_some_and(|sqs| sqs.queue.to_string().ends_with(".fifo")));
    assert_eq!(settings.offset_store, OffsetStoreKind::Memory, "as FIG, without CLOUDTRAIL_LAKE");
    assert_eq!(settings.wanted_types(), Names::All);
    assert_eq!(with_env(&[("FIG_BACKENDS", "AWS_SQS")]).mistakes.len(), 2);

    let settings = good(with_env(&[("DEAD_LETTER", "sqs://dead")]));
    let LetterPlace::Sqs { region, .. } = &settings.dead_letter else { panic!("it is a queue") };
    assert_eq!(region.as_deref(), Some("eu-west-1"), "the channel's");
    let lake = settings.filter(Backend::CloudTrailLake);
    assert_eq!(lake.service_names, Names::only(["Crowdstrike Authentication"]));
    assert_eq!(lake.types, Names::only(["AuthActivityAuditEvent"]));

    let both = [("FIG_BACKENDS", "CLOUDTRAIL_LAKE,GENERIC"), ("GENERIC_EVENT_TYPES", "A,B"), ("EVENTS_TYPES", "B,C")];
    let settings = good(with_env(&both));
    assert_eq!(settings.filter(Backend::Generic).types, Names::only(["B"]));
    assert_eq!(settings.filter(Backend::CloudTrailLake).types, Names::only(["B", "C"]));
    assert_eq!(settings.wanted_types(), Names::only(["B", "C"]));
}

#[test]
fn flags_set_anything_but_secrets() {
    check_all(
        load_all(
            &[("config.ini", GOOD)],
            &[],
            &[("falcon.client_secret", "hunter2"), ("event.offset", "1"), ("x", "1")],
        ),
        expect![[r#"
            error: --set: falcon.client_secret is a secret, and every user of the machine can see a command line; set the variable FALCON_CLIENT_SECRET, or client_secret under [falcon] in a file
            error: --set: the setting event.offset does not exist; did you mean events.offset?
            error: --set: the setting x does not exist
        "#]],
    );
}

#[test]
fn a_line_that_cannot_be_read_is_the_only_mistake() {
    for (line, broken, expected) in [
        ("[main]", "[main", "1: begins a [section], but has no ] at its end"),
        ("[falcon]", "falcon]", "3: ends a [section], but has no [ at its beginning"),
        ("[main]", "", "2: is before the first [section]"),
        (
            "client_secret =",
            "client_secret",
            "5: is neither [section] nor key = value (indent a line to continue a value)",
        ),
    ] {
        let loaded = load_all(&[("config.ini", &GOOD.replacen(line, broken, 1))], &[], &[]);
        assert_eq!(loaded.mistakes, [Mistake::new(format!("config.ini:{expected}"))], "{broken}");
        assert_eq!(loaded.warnings, [""; 0], "{broken}");
    }
}

#[test]
fn misspelt_variables_are_named_and_others_are_not() {
    let misspelt = [
        ("FIG_BACKEND", "GENERIC"),
        ("FALCON_CLINET_SECRET", "hunter2"),
        ("CLOUDTRAIL_LAKE_ARN", "x"),
        ("GENERIC_EVENT_TYPE", "x"),
        ("SSM_SECRET", "hunter2"),
        ("EVENTS_DETECTIONS_EXCLUDE_CLOUDS", "AWS"),
        ("FIG_LOG_LEVEL", "debug"),
        ("AWS_SQS_REGION", "x"),
    ];
    check_all(
        with_env(&misspelt),
        expect![[r#"
        warning: the variable CLOUDTRAIL_LAKE_ARN is not read; did you mean CLOUDTRAIL_LAKE_CHANNEL_ARN?
        warning: the variable EVENTS_DETECTIONS_EXCLUDE_CLOUDS is not read; set detections_exclude_clouds under [events] in a file
        warning: the variable FALCON_CLINET_SECRET is not read; did you mean FALCON_CLIENT_SECRET?
        warning: the variable FIG_BACKEND is not read; did you mean FIG_BACKENDS?
        warning: the variable FIG_LOG_LEVEL is not read; did you mean LOG_LEVEL?
        warning: the variable GENERIC_EVENT_TYPE is not read; did you mean GENERIC_EVENT_TYPES?
        warning: the variable SSM_SECRET is not read; did you mean SSM_CLIENT_SECRET?
    "#]],
    );
    let others = [
        ("PATH", "/bin"),
        ("AWS_PROFILE", "x"),
        ("AWS_ENDPOINT_URL_SSM", "x"),
        ("FIG_PORT", "tcp://10.0.0.1:9090"),
        ("FIG_SERVICE_HOST", "10.0.0.1"),
        ("FIG_BRIDGE_SERVICE_PORT_METRICS", "9090"),
        ("FALCON_CID", "x"),
        ("FALCONCTL_OPT_CID", "x"),
        ("SSM_AGENT", "x"),
        ("SECRETS", "x"),
        ("ADMIN_PASSWORD", "x"),
        ("LOG_FORMAT", "json"),
        ("REQUESTS_CA_BUNDLE", ""),
    ];
    check_all(with_env(&others), expect![""]);
}

#[test]
fn files_that_cannot_be_read_are_mistakes() {
    let folder = tempfile::tempdir().unwrap();
    let latin = folder.path().join("latin.ini");
    std::fs::write(&latin, b"[main]\n# caf\xe9\n").unwrap();
    let sources = Sources {
        files: vec![folder.path().join("none.ini"), latin],
        env: &|_| None,
        variables: Vec::new(),
        flags: Vec::new(),
    };
    let mistakes: Vec<String> = load(&sources, None).mistakes.iter().map(ToString::to_string).collect();
    assert!(mistakes[0].ends_with("none.ini: there is no such file; name another one with --config"), "{mistakes:?}");
    assert!(mistakes[1].ends_with("latin.ini:2: is not UTF-8; save the file as UTF-8"), "{mistakes:?}");
    assert_eq!(mistakes.len(), 2, "what they would set is not reported as missing: {mistakes:?}");
}

#[test]
fn utf_16_is_named_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let big: Vec<u8> = GOOD.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let little: Vec<u8> = GOOD.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked = |mark: &[u8], text: &[u8]| [mark, text].concat();
    for bytes in [marked(&[0xFE, 0xFF], &big), marked(&[0xFF, 0xFE], &little), big, little] {
        let path = folder.path().join("config.ini");
        std::fs::write(&path, bytes).unwrap();
        let sources = Sources { files: vec![path], env: &|_| None, variables: Vec::new(), flags: Vec::new() };
        let mistakes: Vec<String> = load(&sources, None).mistakes.iter().map(ToString::to_string).collect();
        assert!(mistakes[0].contains("config.ini: is UTF-16") && mistakes.len() == 1, "{mistakes:?}");
    }
}

/// `docker run --env-file` keeps quotes and carriage returns.
#[test]
fn slips_of_copying_are_mistakes_and_blanks_are_not() {
    for (variable, value) in [
        ("FALCON_CLIENT_SECRET", "\"hunter2\""),
        ("FALCON_CLIENT_ID", "'abc'"),
        ("FIG_BACKENDS", "\"CLOUDTRAIL_LAKE\""),
        ("CLOUDTRAIL_LAKE_REGION", "\u{201C}eu-west-1\u{201D}"),
        ("FALCON_CLIENT_ID", "a\u{200B}bc"),
        ("FALCON_CLIENT_ID", "arn:aws:ssm:eu-west-1:123456789012:parameter/id"),
    ] {
        let mistakes: Vec<String> = with_env(&[(variable, value)]).mistakes.iter().map(ToString::to_string).collect();
        assert!(mistakes.len() == 1 && mistakes[0].starts_with(variable), "{value}: {mistakes:?}");
        assert!(!mistakes[0].contains("hunter2"), "{mistakes:?}");
    }
    let settings = good(with_env(&[("FALCON_CLIENT_ID", " abc \r"), ("CLOUDTRAIL_LAKE_REGION", "eu-west-1\r\n")]));
    let CredentialSource::Given(credentials) = settings.credentials else { panic!("they are given") };
    assert_eq!(credentials.client_id, "abc");
}

#[test]
fn the_offset_store_alone_needs_no_api_client() {
    let env = |name: &str| (name == "FIG_BACKENDS").then(|| OsString::from("CLOUDTRAIL_LAKE"));
    let loaded = load_offset_store(&Sources { files: Vec::new(), env: &env, variables: Vec::new(), flags: Vec::new() });
    assert_eq!(loaded.mistakes, []);
    assert!(matches!(loaded.wanted, Some(OffsetStoreKind::Ssm { region: None, .. })));
}

#[test]
fn no_debug_output_has_the_secret() {
    let loaded = with_env(&[]);
    assert!(!format!("{loaded:?}").contains("hunter2"));
}
