//! Tests `check` and `offsets` against the stand-in of the Falcon API and moto. They need `cargo xtask moto`, which
//! `cargo xtask test` runs first.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails where its set-up does")]

use stand_ins::falcon::{Answer, Call, Falcon, Setup};
use stand_ins::moto::Moto;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;

const SECRET: &str = "hunter2-of-the-tests";
/// Far longer than any step takes.
const LIMIT: Duration = Duration::from_secs(60);

fn setup() -> Setup {
    Setup { client_id: "client-of-the-tests".to_owned(), client_secret: SECRET.to_owned(), ..Setup::default() }
}

/// Calls moto like an SDK, without a signature: moto does not check it.
fn aws(moto: &Moto, service: &str, target: &str, body: &str) -> String {
    let endpoint = moto.endpoint();
    let mut connection = TcpStream::connect(endpoint.strip_prefix("http://").unwrap()).unwrap();
    connection.set_read_timeout(Some(LIMIT)).unwrap();
    let length = body.len();
    write!(
        connection,
        "POST / HTTP/1.0\r\nHost: localhost\r\nX-Amz-Target: {target}\r\nContent-Type: application/x-amz-json-1.1\r\n\
         Content-Length: {length}\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{service}/aws4_request\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    assert!(answer.split(' ').nth(1) == Some("200"), "{target}: {answer}");
    answer
}

fn put_parameter(moto: &Moto, name: &str, value: &str, kind: &str) {
    let body = serde_json::json!({ "Name": name, "Value": value, "Type": kind, "Overwrite": true }).to_string();
    aws(moto, "ssm", "AmazonSSM.PutParameter", &body);
}

struct Ended {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Ended {
    /// Returns the line of `check` about `what`: the word and the reason.
    fn line(&self, what: &str) -> (&str, &str) {
        let mut lines = self.stdout.lines().filter_map(|line| {
            let (word, rest) = line.split_once(' ')?;
            Some((word, rest.trim_start().strip_prefix(what)?.trim_start()))
        });
        lines.next().unwrap_or_else(|| panic!("no line of {what} in\n{}{}", self.stdout, self.stderr))
    }
}

/// Runs the program with the settings of `CLOUDTRAIL_LAKE` and `env`. No output may contain the secret.
fn run(args: &[&str], env: &[(&str, &str)]) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_fig-bridge"));
    command.current_dir(folder.path()).env_clear().env("HOME", folder.path()).stdin(Stdio::null());
    command.env("FIG_BACKENDS", "CLOUDTRAIL_LAKE").env("CLOUDTRAIL_LAKE_REGION", Moto::REGION);
    let arn = format!("arn:aws:cloudtrail:{}:{}:channel/1", Moto::REGION, Moto::ACCOUNT);
    command.env("CLOUDTRAIL_LAKE_CHANNEL_ARN", arn).env("AWS_EC2_METADATA_DISABLED", "true");
    let output = command.args(args).args(["--log-level", "trace"]).envs(env.iter().copied()).output().unwrap();
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 0, "nothing is left behind");
    let [stdout, stderr] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    for text in [&stdout, &stderr] {
        assert!(!text.contains(SECRET), "the secret is in {text}");
        // The SDK and the HTTP client never log their data, at any level.
        for foreign in ["loaded home directory", "load_config_file", "try_attempt", "starting new connection"] {
            assert!(!text.contains(foreign), "{foreign:?} is in {text}");
        }
    }
    Ended { code: output.status.code(), stdout, stderr }
}

/// Runs on another thread: the blocking program must not hold up the stand-in.
async fn run_beside(args: &'static [&'static str], env: Vec<(&'static str, String)>) -> Ended {
    let work = move || {
        let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
        run(args, &env)
    };
    tokio::time::timeout(LIMIT, tokio::task::spawn_blocking(work)).await.unwrap().unwrap()
}

fn at(moto: &Moto, falcon: &Falcon) -> Vec<(&'static str, String)> {
    [
        ("FALCON_BASE_URL", falcon.url().to_owned()),
        ("AWS_ENDPOINT_URL", moto.endpoint()),
        ("AWS_ACCESS_KEY_ID", "test".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
    ]
    .into()
}

fn given() -> Vec<(&'static str, String)> {
    vec![("FALCON_CLIENT_ID", "client-of-the-tests".to_owned()), ("FALCON_CLIENT_SECRET", SECRET.to_owned())]
}

fn all(groups: impl IntoIterator<Item = Vec<(&'static str, String)>>) -> Vec<(&'static str, String)> {
    groups.into_iter().flatten().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_come_out_of_both_stores() {
    let moto = Moto::start().unwrap();
    let falcon = Falcon::start(setup()).await.unwrap();
    put_parameter(&moto, "/falcon/id", "client-of-the-tests", "String");
    put_parameter(&moto, "/falcon/secret", &format!("{SECRET}\n"), "SecureString");
    let json = serde_json::json!({ "id": "client-of-the-tests", "key": SECRET }).to_string();
    let body = serde_json::json!({ "Name": "falcon/fig", "SecretString": json }).to_string();
    aws(&moto, "secretsmanager", "secretsmanager.CreateSecret", &body);
    let named =
        |names: &[(&'static str, &str)]| names.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    let ssm: Vec<_> = named(&[
        ("CREDENTIALS_STORE", "ssm"),
        ("SSM_REGION", Moto::REGION),
        ("SSM_CLIENT_ID", "/falcon/id"),
        ("SSM_CLIENT_SECRET", "/falcon/secret"),
    ]);
    let secrets_manager: Vec<_> = named(&[
        ("CREDENTIALS_STORE", "secrets_manager"),
        ("SECRETS_MANAGER_REGION", Moto::REGION),
        ("SECRETS_MANAGER_SECRET_NAME", "falcon/fig"),
        ("SECRETS_MANAGER_CLIENT_ID_KEY", "id"),
        ("SECRETS_MANAGER_CLIENT_SECRET_KEY", "key"),
    ]);
    // The store wins over values in the configuration, as in FIG.
    let wrong: Vec<_> = named(&[("FALCON_CLIENT_ID", "other"), ("FALCON_CLIENT_SECRET", "other")]);
    for store in [ssm.clone(), secrets_manager.clone()] {
        let ended = run_beside(&["check"], all([at(&moto, &falcon), wrong.clone(), store])).await;
        assert_eq!((ended.line("credential store").0, ended.line("falcon token").0), ("ok", "ok"), "{}", ended.stdout);
        assert_eq!(ended.code, Some(0), "{}", ended.stdout);
    }
    let cases = [
        (
            &ssm,
            ("SSM_CLIENT_SECRET", "/falcon/none"),
            "ssm.ssm_client_secret: SSM parameter /falcon/none: ParameterNotFound",
        ),
        (&secrets_manager, ("SECRETS_MANAGER_SECRET_NAME", "none"), "secret none: ResourceNotFoundException"),
        (&secrets_manager, ("SECRETS_MANAGER_CLIENT_SECRET_KEY", "none"), "secret falcon/fig has no member none"),
    ];
    for (store, other, expected) in cases {
        let env = all([at(&moto, &falcon), store.clone(), named(&[other])]);
        let ended = run_beside(&["check"], env.clone()).await;
        let (word, reason) = ended.line("credential store");
        assert!(word == "failed" && reason.contains(expected), "{}", ended.stdout);
        assert_eq!((ended.line("falcon token").0, ended.code), ("skipped", Some(1)), "{}", ended.stdout);
        let ended = run_beside(&["run"], env).await;
        assert!(ended.code == Some(2) && ended.stderr.contains(expected), "{:?}: {}", ended.code, ended.stderr);
    }
    assert_eq!(falcon.violations(), Vec::<String>::new());
    falcon.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_right_is_ok_and_no_feed_is_opened() {
    let moto = Moto::start().unwrap();
    let falcon = Falcon::start(setup()).await.unwrap();
    put_parameter(&moto, "last_seen_offsets", "{'0': 41, '1': 900}", "String");
    aws(&moto, "sqs", "AmazonSQS.CreateQueue", r#"{"QueueName": "dead"}"#);
    // The proxy is for https. Loopback addresses are reached directly.
    let proxy = ("HTTPS_PROXY", "http://127.0.0.1:9".to_owned());
    let more = vec![("DEAD_LETTER", "sqs://dead".to_owned()), ("ADMIN_ADDR", "127.0.0.1:0".to_owned()), proxy];
    let ended = run_beside(&["check"], all([at(&moto, &falcon), given(), more])).await;
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    for what in ["configuration", "falcon token", "aws credentials", "channel", "dead letter", "admin endpoint"] {
        assert_eq!(ended.line(what).0, "ok", "{what}: {}", ended.stdout);
    }
    assert_eq!(ended.line("falcon streams"), ("ok", "1 feed for the application id fig-default-app-id"));
    assert_eq!(ended.line("offset store"), ("ok", r#"ssm:last_seen_offsets can be read: {"0": 41, "1": 900}"#));
    assert_eq!((ended.line("credential store").0, ended.line("queue").0), ("skipped", "skipped"));
    assert!(falcon.requests_of(Call::Feed).is_empty(), "no feed is opened");
    falcon.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_outside_is_told_with_what_to_do() {
    let moto = Moto::start().unwrap();
    let falcon = Falcon::start(setup()).await.unwrap();
    put_parameter(&moto, "last_seen_offsets", "nonsense", "String");
    falcon.hold_elsewhere(true);
    let more = vec![
        ("DEAD_LETTER", "file:none/dead.jsonl".to_owned()),
        ("FIG_BACKENDS", "CLOUDTRAIL_LAKE,AWS_SQS".to_owned()),
        ("AWS_REGION", Moto::REGION.to_owned()),
        ("AWS_SQS", "none".to_owned()),
    ];
    let ended = run_beside(&["check"], all([at(&moto, &falcon), given(), more])).await;
    for (what, expected) in [
        ("falcon streams", "another instance uses it"),
        ("offset store", "fig-bridge offsets reset"),
        ("dead letter", "main.dead_letter"),
        ("queue", "check its name and region"),
    ] {
        let (word, reason) = ended.line(what);
        assert!(word == "failed" && reason.contains(expected), "{what}: {}", ended.stdout);
    }
    assert_eq!(ended.code, Some(1));

    let wrong = vec![("FALCON_CLIENT_ID", "other".to_owned()), ("FALCON_CLIENT_SECRET", "other".to_owned())];
    let ended = run_beside(&["check"], all([at(&moto, &falcon), wrong])).await;
    let (word, reason) = ended.line("falcon token");
    assert!(word == "failed" && reason.contains("falcon.client_secret"), "{}", ended.stdout);
    assert_eq!(ended.line("falcon streams").0, "skipped");
    falcon.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_network_everything_beyond_the_machine_is_named() {
    // This port was free a moment ago, so nothing answers there.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nowhere = format!("http://{nobody}");
    let env = vec![("FALCON_BASE_URL", nowhere.clone()), ("AWS_ENDPOINT_URL", nowhere)];
    let ended = run_beside(&["check"], all([env.clone(), given()])).await;
    assert_eq!(ended.code, Some(1), "{}", ended.stdout);
    assert_eq!((ended.line("configuration").0, ended.line("dead letter").0), ("ok", "ok"));
    assert_eq!(ended.line("falcon token").0, "failed", "{}", ended.stdout);
    let (word, reason) = ended.line("aws credentials");
    assert!(word == "failed" && reason.contains("AWS_PROFILE"), "{}", ended.stdout);
    assert_eq!(ended.line("offset store"), ("skipped", "needs AWS credentials"));

    let keys = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].map(|name| (name, "test".to_owned()));
    let ended = run_beside(&["check"], all([env, given(), keys.into()])).await;
    assert_eq!((ended.line("aws credentials").0, ended.line("offset store").0), ("ok", "failed"), "{}", ended.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn offsets_in_ssm_are_shown_set_and_reset() {
    let moto = Moto::start().unwrap();
    let falcon = Falcon::start(setup()).await.unwrap();
    put_parameter(&moto, "last_seen_offsets", "{'0': 41, '1': 900}", "String");
    let ended = run_beside(&["offsets", "show"], at(&moto, &falcon)).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "{\"0\": 41, \"1\": 900}\n"), "{}", ended.stderr);
    let ended = run_beside(&["offsets", "set", "0=7"], at(&moto, &falcon)).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "{\"0\": 7, \"1\": 900}\n"), "{}", ended.stderr);
    let ended = run_beside(&["offsets", "reset"], at(&moto, &falcon)).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "{}\n"), "{}", ended.stderr);
    let ended = run_beside(&["offsets", "show"], at(&moto, &falcon)).await;
    assert_eq!(ended.stdout, "{}\n");
    falcon.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_scope_is_told_apart_from_a_wrong_secret() {
    let moto = Moto::start().unwrap();
    let falcon = Falcon::start(setup()).await.unwrap();
    falcon.fail(Call::List, 9, &Answer::Status(403));
    let ended = run_beside(&["check"], all([at(&moto, &falcon), given()])).await;
    assert_eq!(ended.line("falcon token").0, "ok", "{}", ended.stdout);
    let (word, reason) = ended.line("falcon streams");
    assert!(word == "failed" && reason.contains("Event streams: READ"), "{}", ended.stdout);
    falcon.stop().await;
}
