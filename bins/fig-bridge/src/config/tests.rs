//! Configurations, good and bad, as a user would write them.

use super::kinds::{Backend, DeadLetterKind, Names};
use super::settings::CredentialSource;
use super::*;
use expect_test::{Expect, expect};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What every good configuration needs.
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

/// Files by name, the later winning, in a folder of their own.
fn load_all(files: &[(&str, &str)], env: &[(&str, &str)], flags: &[(&str, &str)]) -> Loaded<Settings> {
    let folder = tempfile::tempdir().unwrap();
    let paths: Vec<PathBuf> = files.iter().map(|(name, _)| folder.path().join(name)).collect();
    for (path, (_, text)) in paths.iter().zip(files) {
        std::fs::write(path, text).unwrap();
    }
    let env: BTreeMap<&str, OsString> = env.iter().map(|(name, value)| (*name, (*value).into())).collect();
    let flags = flags.iter().map(|(name, value)| Override {
        name: (*name).to_owned(),
        value: (*value).to_owned(),
        flag: "--set",
    });
    let sources = Sources { files: paths, env: &|name| env.get(name).cloned(), flags: flags.collect() };
    let mut loaded = load(&sources, None);
    let shorten = |text: &mut String| *text = text.replace(&format!("{}/", folder.path().display()), "");
    loaded.warnings.iter_mut().for_each(shorten);
    loaded.mistakes.iter_mut().for_each(|mistake| shorten(&mut mistake.0));
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

/// One mistake each, told as `expected`, behind what the variable's name says already.
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
            backends: {
                CloudTrailLake,
            },
            calls_in_flight: CallsInFlight(
                4,
            ),
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
            cloudtrail_lake: Some(
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
            aws_sqs: None,
            generic: None,
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
        good(load_all(files, env, flags)).calls_in_flight.get()
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
            "main.backends = AZURE: AZURE is a backend of FIG's that fig-bridge does not have; it has CLOUDTRAIL_LAKE, GENERIC, AWS_SQS",
        ),
        ("FIG_BACKENDS", "generic", "main.backends = generic: write GENERIC, not generic"),
        (
            "FIG_BACKENDS",
            "SPLUNK",
            "main.backends = SPLUNK: SPLUNK is unknown; must be one or more of CLOUDTRAIL_LAKE, GENERIC, AWS_SQS, separated by commas",
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
fn a_new_user_is_told_everything_at_once() {
    check_all(
        load_all(&[], &[], &[]),
        expect![[r#"
            error: main.backends: is not set; must be one or more of CLOUDTRAIL_LAKE, GENERIC, AWS_SQS, separated by commas: set backends under [main], or the variable FIG_BACKENDS
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
            error: config.ini:2: main.backends = CLOUDTRAIL_LAKE,AZURE: AZURE is a backend of FIG's that fig-bridge does not have; it has CLOUDTRAIL_LAKE, GENERIC, AWS_SQS
            error: cloudtrail_lake.channel_arn: is not set; CLOUDTRAIL_LAKE is enabled: set channel_arn under [cloudtrail_lake], or the variable CLOUDTRAIL_LAKE_CHANNEL_ARN
            error: cloudtrail_lake.region: is not set; CLOUDTRAIL_LAKE is enabled: set region under [cloudtrail_lake], or the variable CLOUDTRAIL_LAKE_REGION
            error: config.ini:4: main.worker_threads is empty: must be a whole number from 1 to 127; leave it out for 4
            error: EVENTS_OFFSET: events.offset = 5: cannot be set together with events.start_from_newest = true (EVENTS_START_FROM_NEWEST); leave one of the two out
            error: config.ini:10: falcon.cloud_region = US-1: must be one of us-1, us-2, us-3, eu-1, us-gov-1, us-gov-2, auto; write us-1
            error: config.ini:9: falcon.client_secret: has a % that is neither %% nor %(key)s; write %% for a percent sign
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
    assert_eq!(settings.cloudtrail_lake.unwrap().region, "eu-west-1");
    let id = GOOD.replace("client_id = abc", "client_id = %(application_id)s-50%%");
    let loaded = load_all(&[("config.ini", &id)], &[("FALCON_APPLICATION_ID", "mine")], &[]);
    let CredentialSource::Given(credentials) = good(loaded).credentials else { panic!("they are given") };
    assert_eq!(credentials.client_id, "mine-50%");
}

#[test]
fn figs_own_sample_is_understood_without_a_word() {
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
fn what_has_no_effect_is_told() {
    let text = GOOD.to_owned() + "[events]\ndetections_exclude_clouds = AWS, Azure\n";
    check_all(
        load_all(&[("config.ini", &text)], &[], &[]),
        expect![[r#"
            warning: config.ini:10: events.detections_exclude_clouds = AWS, Azure: has no effect; fig-bridge does not ask where a host runs
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
    assert!(settings.cloudtrail_lake.is_none() && settings.aws_sqs.as_ref().is_some_and(|sqs| sqs.queue.is_fifo()));
    assert_eq!(settings.offset_store, OffsetStoreKind::Memory, "as FIG, without CLOUDTRAIL_LAKE");
    assert_eq!(settings.wanted_types(), Names::All);
    assert_eq!(with_env(&[("FIG_BACKENDS", "AWS_SQS")]).mistakes.len(), 2);

    let settings = good(with_env(&[("DEAD_LETTER", "sqs://dead")]));
    let DeadLetterKind::Sqs { region, .. } = &settings.dead_letter else { panic!("it is a queue") };
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
            error: --set: falcon.client_secret is a secret, and every user of the machine can see a command line; set FALCON_CLIENT_SECRET or credentials_store.store
            error: --set: there is no setting event.offset; did you mean events.offset?
            error: --set: there is no setting x
        "#]],
    );
}

#[test]
fn files_that_cannot_be_read_are_mistakes() {
    let folder = tempfile::tempdir().unwrap();
    let latin = folder.path().join("latin.ini");
    std::fs::write(&latin, b"[main]\n# caf\xe9\n").unwrap();
    let sources = Sources { files: vec![folder.path().join("none.ini"), latin], env: &|_| None, flags: Vec::new() };
    let mistakes: Vec<String> = load(&sources, None).mistakes.iter().map(ToString::to_string).collect();
    assert!(mistakes[0].ends_with("none.ini: there is no such file; name another one with --config"), "{mistakes:?}");
    assert!(mistakes[1].ends_with("latin.ini:2: is not UTF-8; save the file as UTF-8"), "{mistakes:?}");
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
        let sources = Sources { files: vec![path], env: &|_| None, flags: Vec::new() };
        let mistakes: Vec<String> = load(&sources, None).mistakes.iter().map(ToString::to_string).collect();
        assert!(mistakes[0].contains("config.ini: is UTF-16"), "{mistakes:?}");
    }
}

/// `docker run --env-file` keeps quotes and carriage returns.
#[test]
fn slips_of_copying_are_mistakes_and_blanks_are_none() {
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
    let loaded = load_offset_store(&Sources { files: Vec::new(), env: &env, flags: Vec::new() });
    assert_eq!(loaded.mistakes, []);
    assert!(matches!(loaded.wanted, Some(OffsetStoreKind::Ssm { region: None, .. })));
}

#[test]
fn no_debug_output_has_the_secret() {
    let loaded = with_env(&[]);
    assert!(!format!("{loaded:?}").contains("hunter2"));
}
