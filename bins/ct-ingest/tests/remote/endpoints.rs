//! The hosts that are called, and the settings that are reported as without effect.

use super::MOTO;
use super::stand_in::{StandIn, first_host};
use super::{World, ingest_through};
use crate::common::stderr;

/// Returns a file with this text, and its folder.
fn config(text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    std::fs::write(&path, text).unwrap();
    (folder, path.display().to_string())
}

#[test]
fn the_endpoints_of_a_profile_are_called() {
    let stand_in = StandIn::start();
    let at = &stand_in.endpoint;
    for text in [
        format!("[default]\nendpoint_url = {at}\n"),
        format!(
            "[default]\nservices = here\nendpoint_url = http://127.0.0.1:9\n[services here]\ns3 =\n  endpoint_url = {at}\n"
        ),
    ] {
        let (_folder, path) = config(&text);
        let (output, log, seen) = stand_in.list(&[], &[("AWS_ENDPOINT_URL", ""), ("AWS_CONFIG_FILE", &path)]);
        assert_eq!((output.status.code(), seen.len()), (Some(0), 1), "{text}: {log}");
    }
    let (output, log, seen) = stand_in.list(
        &[],
        &[("AWS_ENDPOINT_URL", "http://127.0.0.1:9"), ("AWS_ENDPOINT_URL_S3", at), ("AWS_SDK_UA_APP_ID", "me")],
    );
    assert_eq!(output.status.code(), Some(0), "{log}");
    assert!(seen[0].contains(" app/me"), "{seen:?}");
}

#[test]
fn endpoints_are_ignored_where_that_is_set() {
    let (folder, path) = config("[default]\nignore_configured_endpoint_urls = true\n");
    let elsewhere = ("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    for set in [("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"), ("AWS_CONFIG_FILE", path.as_str())] {
        assert_eq!(first_host("s3://bucket", &[elsewhere, set]), "bucket.s3.us-east-1.amazonaws.com", "{set:?}");
    }
    drop(folder);
    // The SDK would still call STS at this host.
    let (_folder, path) =
        config("[default]\nrole_arn = arn:aws:iam::111111111111:role/x\ncredential_source = Environment\n");
    let (output, log, seen) =
        StandIn::start().list(&[], &[("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"), ("AWS_CONFIG_FILE", &path)]);
    assert_eq!((output.status.code(), seen.len()), (Some(2), 0), "{log}");
    assert!(log.contains("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: cannot be used with AWS_ENDPOINT_URL"), "{log}");
}

#[test]
fn fips_and_dual_stack_hosts_are_called() {
    let (_folder, path) = config("[default]\nuse_fips_endpoint = true\nuse_dualstack_endpoint = true\n");
    let (fips, dual) = (("AWS_USE_FIPS_ENDPOINT", "true"), ("AWS_USE_DUALSTACK_ENDPOINT", "TRUE"));
    let profile = ("AWS_CONFIG_FILE", path.as_str());
    for (source, env, host) in [
        ("s3://bucket", &[][..], "bucket.s3.us-east-1.amazonaws.com"),
        ("s3://bucket", &[fips], "bucket.s3-fips.us-east-1.amazonaws.com"),
        ("s3://bucket", &[dual], "bucket.s3.dualstack.us-east-1.amazonaws.com"),
        ("s3://bucket", &[profile], "bucket.s3-fips.dualstack.us-east-1.amazonaws.com"),
        // An empty variable counts as unset, and "false" does not.
        ("s3://bucket", &[profile, ("AWS_USE_FIPS_ENDPOINT", "")], "bucket.s3-fips.dualstack.us-east-1.amazonaws.com"),
        ("s3://bucket", &[profile, ("AWS_USE_FIPS_ENDPOINT", "false")], "bucket.s3.dualstack.us-east-1.amazonaws.com"),
        ("sqs://queue", &[fips], "sqs-fips.us-east-1.amazonaws.com"),
    ] {
        assert_eq!(first_host(source, env), host, "{env:?}");
    }
}

#[test]
fn what_cannot_be_an_endpoint_is_named_at_once() {
    let (_folder, path) = config("[default]\nendpoint_url = localhost:4566\n");
    let (_folder, quoted) = config("[default]\nregion = \"us-east-1\"\n");
    for (args, env, said) in [
        (&[][..], ("AWS_ENDPOINT_URL", "localhost:4566"), "AWS_ENDPOINT_URL: is not a URL; write it with its scheme"),
        (&[], ("AWS_ENDPOINT_URL_S3", "minio"), "AWS_ENDPOINT_URL_S3: is not a URL"),
        (&[], ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "localhost"), "AWS_EC2_METADATA_SERVICE_ENDPOINT: is not a URL"),
        (&[], ("AWS_CONFIG_FILE", path.as_str()), "AWS profile default: endpoint_url: is not a URL"),
        (&[], ("AWS_CONFIG_FILE", &quoted), "AWS profile default: region stands in quotation marks"),
        (&[], ("AWS_USE_FIPS_ENDPOINT", "yes"), "AWS_USE_FIPS_ENDPOINT=yes: must be true or false"),
        (&[], ("AWS_USE_DUALSTACK_ENDPOINT", "1"), "AWS_USE_DUALSTACK_ENDPOINT=1: must be true or false"),
        (&[], ("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "6"), "ENDPOINT_MODE=6: must be IPv4 or IPv6"),
        (&[], ("AWS_ACCESS_KEY", "hunter2"), "AWS_ACCESS_KEY: is not read; set AWS_ACCESS_KEY_ID"),
        (&["--aws-region", "\"us-east-1\""], ("A", "1"), "--aws-region: its value stands in quotation marks"),
        (&[], ("ADMIN_ADDR", "\"127.0.0.1:0\""), "ADMIN_ADDR: its value stands in quotation marks"),
        (&[], ("LOG_LEVEL", "'info'"), "LOG_LEVEL: its value stands in quotation marks"),
    ] {
        let mut command = ingest_through("http://127.0.0.1:9", args);
        command.args(["--list", "s3://bucket"]).env(env.0, env.1);
        if env.0 == "AWS_ACCESS_KEY" {
            command.env_remove("AWS_ACCESS_KEY_ID");
        }
        let output = command.output().unwrap();
        let log = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{env:?}: {log}");
        assert!(log.contains(said) && !log.contains("hunter2"), "{said}: {log}");
    }
}

#[test]
fn settings_without_effect_are_in_one_line_and_a_missing_bundle_is_named_once() {
    let _world = World::new("ingest-unread");
    let (_folder, path) = config("[default]\nduration_seconds = 900\ns3 =\n  addressing_style = path\n");
    let mut command = ingest_through(&MOTO.endpoint(), &["--list", "s3://ingest-unread"]);
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        command.env_remove(name);
    }
    for (name, value) in [
        ("AWS_CONFIG_FILE", path.as_str()),
        ("AWS_SECURITY_TOKEN", "hunter2"),
        ("AWS_STS_REGIONAL_ENDPOINTS", "legacy"),
        ("AWS_METADATA_SERVICE_TIMEOUT", "5"),
        ("BOTO_CONFIG", "/etc/boto.cfg"),
        ("HTTP_PROXY", "http://proxy:3128"),
        ("AWS_DATA_PATH", ""),
    ] {
        command.env(name, value);
    }
    let output = command.output().unwrap();
    let log = stderr(&output);
    let lines: Vec<_> = log.lines().filter(|line| line.contains("WARN") && line.contains("without effect")).collect();
    let [line] = lines[..] else { panic!("{log}") };
    for part in [
        "AWS_SECURITY_TOKEN (set AWS_SESSION_TOKEN)",
        "AWS_STS_REGIONAL_ENDPOINTS (endpoints are always regional)",
        "AWS_METADATA_SERVICE_TIMEOUT (",
        "BOTO_CONFIG (use ~/.aws/config or AWS_CONFIG_FILE)",
        "HTTP_PROXY (set HTTPS_PROXY)",
        "in AWS profile default: duration_seconds (a session lasts an hour and is renewed)",
        "in AWS profile default: s3 (",
    ] {
        assert!(line.contains(part), "{part} is not in {line}");
    }
    assert!(!line.contains("AWS_DATA_PATH") && !log.contains("hunter2"), "{log}");

    let mut command = ingest_through(&MOTO.endpoint(), &["--list", "s3://ingest-unread"]);
    let output = command.env("SSL_CERT_FILE", "/nonexistent/roots.pem").output().unwrap();
    let log = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{log}");
    assert_eq!(log.matches("/nonexistent/roots.pem").count(), 1, "{log}");
    assert!(!log.contains("WARN"), "{log}");
}
