//! Sources of credentials: roles, IAM Identity Center and the machine.

use super::ingest_through;
use super::stand_in::{MACHINE_REGION, StandIn, signer};
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use tempfile::TempDir;

const PROFILES: &str = "[profile base]\naws_access_key_id = of-base\naws_secret_access_key = s\n\
    [profile role]\nrole_arn = arn:aws:iam::111111111111:role/reader\nsource_profile = base\nexternal_id = partner-7\n\
    role_session_name = audit-7\n\
    [profile of-environment]\nrole_arn = arn:aws:iam::111111111111:role/reader\ncredential_source = Environment\n\
    external_id = partner-7\nrole_session_name = audit-7\n\
    [profile of-machine]\nrole_arn = arn:aws:iam::111111111111:role/reader\ncredential_source = Ec2InstanceMetadata\n\
    external_id = partner-7\nrole_session_name = audit-7\n\
    [profile sso]\nsso_session = corp\nsso_account_id = 111111111111\nsso_role_name = reader\n\
    [sso-session corp]\nsso_region = us-east-1\nsso_start_url = https://corp.example.test/start\n\
    [profile older-sso]\nsso_start_url = https://corp.example.test/start\nsso_region = us-east-1\n\
    sso_account_id = 111111111111\nsso_role_name = reader\n";
/// SHA-1 of `corp` and of the start URL, which `aws sso login` names its files by.
const CACHED: [&str; 2] = ["ee0bfd2552fbd840c02cc48b6e823320543c450f", "a1580480a0d990d7fdb6f54785dfe654d8f06ac7"];

/// Returns a home folder with these profiles, and the path of their file.
fn home() -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join(".aws/sso/cache");
    std::fs::create_dir_all(&cache).unwrap();
    for name in CACHED {
        let token = r#"{"accessToken":"token-of-sso","expiresAt":"2099-01-01T00:00:00Z"}"#;
        std::fs::write(cache.join(format!("{name}.json")), token).unwrap();
    }
    let config = folder.path().join(".aws/config");
    std::fs::write(&config, PROFILES).unwrap();
    (folder, config.display().to_string())
}

#[test]
fn roles_are_assumed_with_the_keys_of_their_source() {
    let stand_in = StandIn::start();
    let (_folder, config) = home();
    let metadata = [("AWS_EC2_METADATA_DISABLED", "false"), ("AWS_EC2_METADATA_SERVICE_ENDPOINT", &stand_in.endpoint)];
    for (profile, env, source) in
        [("role", &[][..], "of-base"), ("of-environment", &[], "test"), ("of-machine", &metadata, "of-machine")]
    {
        let (output, log, seen) = stand_in.list(&["--aws-profile", profile, "--aws-config", &config], env);
        assert_eq!(output.status.code(), Some(0), "{profile}: {log}");
        let call = seen.iter().find(|request| request.contains("Action=AssumeRole")).unwrap();
        assert_eq!(signer(call).map(|(key, _)| key), Some(source), "{call}");
        for part in ["role%2Freader", "ExternalId=partner-7", "RoleSessionName=audit-7"] {
            assert!(call.contains(part), "{part} is not in {call}");
        }
        assert_eq!(seen.last().and_then(|last| signer(last)), Some(("of-role", "us-east-1")), "{seen:?}");
    }
}

#[test]
fn a_login_of_iam_identity_center_is_used() {
    let stand_in = StandIn::start();
    let (folder, config) = home();
    let home = folder.path().display().to_string();
    for profile in ["sso", "older-sso"] {
        let args = ["--aws-profile", profile, "--aws-config", &config];
        let (output, log, seen) = stand_in.list(&args, &[("HOME", &home)]);
        assert_eq!(output.status.code(), Some(0), "{profile}: {log}");
        assert!(seen[0].starts_with("GET /federation/credentials?") && seen[0].contains("token-of-sso"), "{seen:?}");
        assert!(seen[0].contains("role_name=reader") && seen[0].contains("account_id=111111111111"), "{seen:?}");
        assert_eq!(seen.last().and_then(|last| signer(last)), Some(("of-sso", "us-east-1")), "{seen:?}");
        assert!(!log.contains("token-of-sso"), "{log}");
    }
    let (output, log, _) = stand_in.list(&["--aws-profile", "sso", "--aws-config", &config], &[]);
    assert_eq!(output.status.code(), Some(1), "{log}");
    assert!(log.contains("aws sso login --profile sso"), "{log}");
}

#[test]
fn the_metadata_service_is_asked_at_the_endpoint_that_is_set() {
    let stand_in = StandIn::start();
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config").display().to_string();
    std::fs::write(&config, format!("[default]\nec2_metadata_service_endpoint = {}\n", stand_in.endpoint)).unwrap();
    for set in [("AWS_EC2_METADATA_SERVICE_ENDPOINT", &stand_in.endpoint), ("AWS_CONFIG_FILE", &config)] {
        let unset = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_EC2_METADATA_DISABLED"];
        let mut env: Vec<_> = unset.iter().map(|name| (*name, "")).collect();
        env.push((set.0, set.1));
        let (output, log, seen) = stand_in.list(&[], &env);
        assert_eq!(output.status.code(), Some(0), "{set:?}: {log}");
        assert!(seen[0].starts_with("PUT /latest/api/token"), "version 2 only: {seen:?}");
        assert_eq!(seen.last().and_then(|last| signer(last)), Some(("of-machine", MACHINE_REGION)), "{seen:?}");
    }
}

#[test]
fn the_mode_of_the_metadata_service_is_taken() {
    for (mode, address) in [("IPv6", "fd00:ec2::254"), ("ipv4", "169.254.169.254")] {
        let mut command = ingest_through("http://127.0.0.1:9", &["--list", "s3://bucket"]);
        for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_EC2_METADATA_DISABLED"] {
            command.env_remove(name);
        }
        // The SDK's own lines have the address.
        command.env("RUST_LOG", "debug");
        command.env("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", mode).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let is_asked = lines.any(|line| line.contains(address));
        drop(child.kill());
        child.wait().unwrap();
        assert!(is_asked, "{mode}");
    }
}
