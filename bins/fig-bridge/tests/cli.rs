//! Tests help, mistakes and exit codes as a user sees them. No test needs a network.
#![allow(clippy::unwrap_used, reason = "a test fails where its set-up does")]

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Returns the program in `folder`, with an empty environment.
fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fig-bridge"));
    command.current_dir(folder).env_clear().stdin(Stdio::null());
    command
}

fn run(args: &[&str], env: &[(&str, &str)], config: Option<&str>) -> (Option<i32>, String, String) {
    let folder = tempfile::tempdir().unwrap();
    if let Some(text) = config {
        std::fs::write(folder.path().join("config.ini"), text).unwrap();
    }
    let Output { status, stdout, stderr } =
        program(folder.path()).args(args).envs(env.iter().copied()).output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

const CREDENTIALS: &[(&str, &str)] = &[("FALCON_CLIENT_ID", "abc"), ("FALCON_CLIENT_SECRET", "hunter2")];

#[test]
fn version_man_page_and_completions_are_printed() {
    let (code, stdout, _) = run(&["--version"], &[], None);
    assert!(code == Some(0) && stdout.starts_with("fig-bridge ") && stdout.contains("linux"), "{stdout}");
    let (code, stdout, _) = run(&["man"], &[], None);
    assert!(code == Some(0) && stdout.contains(".TH fig") && stdout.contains("EVENTS_OFFSET"), "{stdout}");
    for shell in ["bash", "zsh", "fish"] {
        let (code, stdout, _) = run(&["completions", shell], &[], None);
        assert!(code == Some(0) && stdout.contains("until-idle"), "{shell}");
    }
}

#[test]
fn wrong_arguments_end_with_2() {
    for args in [&["--nonsense"][..], &["nonsense"], &["--until-idle", "0"], &["--set", "x"], &["offsets"]] {
        assert_eq!(run(args, CREDENTIALS, None).0, Some(2), "{args:?}");
    }
}

#[test]
fn endpoints_that_exclude_each_other_are_named_with_what_to_unset() {
    let keys = [("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b"), ("AWS_REGION", "us-east-1")];
    for switch in ["AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"] {
        for (endpoint, expected, wrong) in [
            ("AWS_ENDPOINT_URL", 2, format!("{switch}: cannot be used with AWS_ENDPOINT_URL; unset one of the two")),
            ("AWS_ENDPOINT_URL_SSM", 1, format!("unset {switch} or AWS_ENDPOINT_URL")),
        ] {
            let env = [&keys[..], &[(switch, "true"), (endpoint, "http://127.0.0.1:9")]].concat();
            let (code, _, stderr) =
                run(&["offsets", "show", "--backends", "GENERIC", "--offset-store", "ssm"], &env, None);
            assert!(code == Some(expected) && stderr.contains(&wrong), "{stderr}");
        }
    }
}

#[test]
fn a_misspelt_variable_is_named_once() {
    let shown = ["offsets", "show", "--backends", "GENERIC", "--offset-store", "file:offsets.json"];
    let (code, _, stderr) = run(&shown, &[("FIG_BACKEND", "GENERIC"), ("HOME", "/"), ("FIG_PORT", "1")], None);
    assert!(code == Some(0) && stderr.matches("is not read").count() == 1, "{stderr}");
    assert!(stderr.contains("the variable FIG_BACKEND is not read; did you mean FIG_BACKENDS?"), "{stderr}");
}

/// Tests five settings that new users often get wrong. Each error says what to do.
#[test]
fn wrong_settings_say_what_to_do() {
    let arn = "arn:aws:cloudtrail:eu-west-1:123456789012:channel/1";
    for (config, env, expected) in [
        (
            "",
            &[("FIG_BACKENDS", "CLOUDTRAIL")][..],
            "error: FIG_BACKENDS: main.backends = CLOUDTRAIL: CLOUDTRAIL is unknown; must be one or more of CLOUDTRAIL_LAKE, CLOUDWATCH_LOGS, S3, GENERIC, AWS_SQS",
        ),
        (
            "[main]\nbackends = CLOUDTRAIL_LAKE\n[cloudtrail_lake]\nregion = eu-west-1\n",
            &[],
            "error: cloudtrail_lake.channel_arn: is not set; CLOUDTRAIL_LAKE is enabled: set channel_arn under [cloudtrail_lake], or the variable CLOUDTRAIL_LAKE_CHANNEL_ARN",
        ),
        (
            "[main]\nbackends = CLOUDTRAIL_LAKE\n[cloudtrail_lake]\n",
            &[("CLOUDTRAIL_LAKE_CHANNEL_ARN", arn)],
            "error: cloudtrail_lake.region: is not set; CLOUDTRAIL_LAKE is enabled, and its channel is in eu-west-1: set region under [cloudtrail_lake]",
        ),
        (
            "[main]\nbackends = GENERIC\n[falcon]\ncloud_region = EU-1\n",
            &[],
            "error: config.ini:4: falcon.cloud_region = EU-1: must be one of us-1, us-2, us-3, eu-1, us-gov-1, us-gov-2, auto",
        ),
        ("backends = GENERIC\n", &[("FIG_BACKENDS", "GENERIC")], "error: config.ini:1: is before the first [section]"),
    ] {
        let env: Vec<_> = CREDENTIALS.iter().chain(env).copied().collect();
        for command in [&[][..], &["run"], &["check"]] {
            let (code, stdout, stderr) = run(command, &env, Some(config));
            assert_eq!(code, Some(2), "{command:?}: {stderr}");
            assert!(stderr.contains(expected), "{expected}\nis not in\n{stderr}");
            assert_eq!(stderr.lines().count(), 1, "{stderr}");
            assert_eq!(stdout.is_empty(), command != ["check"], "{stdout}");
        }
    }
}

#[test]
fn all_mistakes_come_at_once_the_log_level_included() {
    let env = [("LOG_LEVEL", "loud"), ("FIG_WORKER_THREADS", "0"), ("FIG_BACKENDS", "GCP")];
    let (code, _, stderr) = run(&["--config", "none.ini"], &env, None);
    let found: Vec<&str> = stderr.lines().map(|line| line.split_once(": ").unwrap().1).collect();
    assert_eq!(code, Some(2));
    for expected in ["none.ini: there is", "LOG_LEVEL: ", "FIG_WORKER_THREADS: ", "FIG_BACKENDS: "] {
        assert!(found.iter().any(|line| line.starts_with(expected)), "{expected} is not in {stderr}");
    }
    assert!(!stderr.contains("is not set"), "it may be in the file: {stderr}");
    let (_, _, stderr) = run(&[], &env, None);
    assert!(["LOG_LEVEL: ", "falcon.client_id: is not set"].iter().all(|part| stderr.contains(part)), "{stderr}");
    let quoted =
        [("LOG_LEVEL", "\"info\""), ("ADMIN_ADDR", "\"127.0.0.1:0\""), ("FALCON_CLIENT_ID", "MARKETPLACE_TEST")];
    let (code, _, stderr) = run(&["--backends", "GENERIC"], &quoted, None);
    assert_eq!(code, Some(2), "{stderr}");
    for (name, said) in [
        ("LOG_LEVEL: ", "has quotes around it"),
        ("ADMIN_ADDR: ", "has quotes around it"),
        ("FALCON_CLIENT_ID: ", "makes FIG wait and do nothing"),
    ] {
        let lines: Vec<_> = stderr.lines().filter(|line| line.contains(name)).collect();
        assert!(matches!(lines[..], [line] if line.contains(said)), "{name}{said} is not once in {stderr}");
    }
    let (code, _, stderr) = run(&["--backends", "GENERIC"], &[CREDENTIALS, &[("RUST_LOG", "a=b=c")]].concat(), None);
    assert!(code == Some(2) && stderr.starts_with("error: RUST_LOG a=b=c: is no log filter"), "{stderr}");
}

#[test]
fn a_warning_names_the_line_and_no_line_has_the_secret() {
    let config =
        "[main]\nbackends = GENERIC\n[falcon]\nclient_id = abc\nclient_secret = hunter2\nclientsecret = hunter2\n";
    let (code, stdout, stderr) = run(&["offsets", "show", "--log-level", "trace"], &[], Some(config));
    assert_eq!(code, Some(2), "there is no store: {stderr}");
    assert!(stderr.contains("config.ini:6: falcon.clientsecret is not known"), "{stderr}");
    assert!(stderr.contains("did you mean falcon.client_secret?"), "{stderr}");
    assert!(!stderr.contains("hunter2") && stdout.is_empty(), "{stderr}");
}

#[test]
fn offsets_in_a_file_are_shown_set_and_reset() {
    let folder = tempfile::tempdir().unwrap();
    let offsets = |args: &[&str]| {
        let store =
            ["offsets"].iter().chain(args).chain(&["--offset-store", "file:offsets.json", "--backends", "GENERIC"]);
        let output = program(folder.path()).args(store).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), stderr)
    };
    assert_eq!(offsets(&["show"]).1, "{}\n");
    assert!(!folder.path().join("offsets.json").exists(), "showing changes nothing");
    assert_eq!(offsets(&["set", "0=41", "1=7"]).1, "{\"0\": 41, \"1\": 7}\n");
    let (code, stdout, _) = offsets(&["set", "1=5"]);
    assert_eq!((code, stdout.as_str()), (Some(0), "{\"0\": 41, \"1\": 5}\n"));
    let (code, _, stderr) = offsets(&["set", "1", "x=y", "2=3"]);
    assert_eq!((code, stderr.lines().count()), (Some(2), 2), "{stderr}");
    let (_, _, stderr) = offsets(&["reset"]);
    assert!(stderr.contains(r#"{"0": 41, "1": 5}"#), "what was there is told: {stderr}");
    assert_eq!(offsets(&["show"]).1, "{}\n");

    std::fs::write(folder.path().join("offsets.json"), "nonsense").unwrap();
    let (code, stdout, stderr) = offsets(&["show"]);
    assert_eq!((code, stdout.as_str()), (Some(2), ""));
    assert!(stderr.contains("offsets.json") && stderr.contains("fig-bridge offsets reset"), "{stderr}");
    assert_eq!(offsets(&["reset"]).0, Some(0));
    assert_eq!(offsets(&["show"]).1, "{}\n");
}

#[test]
fn a_closed_stdout_ends_quietly() {
    for args in [&["--help"][..], &["man"], &["completions", "bash"]] {
        let mut child =
            program(Path::new("/")).args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let stderr = String::from_utf8(child.wait_with_output().unwrap().stderr).unwrap();
        assert!(!stderr.contains("panicked"), "{args:?}: {stderr}");
    }
}
