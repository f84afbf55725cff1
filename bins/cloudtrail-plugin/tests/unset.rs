//! What the plugin says where nothing is set: in a process with an environment of its own.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails where its set-up does")]
#![allow(clippy::print_stdout, reason = "so the one process tells the other")]

mod common;

use common::{events, fixture, library};
use plugin_host::Plugin;
use std::process::Command;

/// Set in that process: what it opens.
const OPENS: &str = "PLUGIN_TEST_OPENS";
/// What it prints before the error.
const ERROR: &str = "the error: ";
/// The environment of a machine with credentials, and of one with a region.
const KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")];
const REGION: [(&str, &str); 1] = [("AWS_REGION", "eu-west-1")];

/// Begins itself anew with each environment.
#[test]
fn what_is_not_set_is_named_and_the_host_lives() {
    if let Ok(params) = std::env::var(OPENS) {
        return open(&params);
    }
    let no_region = ["no region is set", "AWS_REGION", "aws.region in init_config"];
    let no_keys = ["no valid credentials", "AWS_ACCESS_KEY_ID", "aws.profile in init_config"];
    for params in
        ["s3://bucket/AWSLogs/", "sqs://queue", "sqs://https://sqs.eu-west-1.amazonaws.com/111111111111/queue"]
    {
        let error = told(params, &REGION);
        assert!(no_keys.iter().all(|part| error.contains(part)), "{params}: {error}");
        // A queue's URL has its region.
        if !params.contains("amazonaws") {
            let error = told(params, &KEYS);
            assert!(no_region.iter().all(|part| error.contains(part)), "{params}: {error}");
        }
    }
}

/// What opening says in a process that has these variables.
fn told(params: &str, variables: &[(&str, &str)]) -> String {
    let home = tempfile::tempdir().unwrap();
    let mut test = Command::new(std::env::current_exe().unwrap());
    test.args(["--exact", "what_is_not_set_is_named_and_the_host_lives", "--nocapture"]).env_clear();
    // The service that gives credentials on AWS's own machines is not asked: tests talk to nobody but loopback.
    test.env("HOME", home.path()).env("AWS_EC2_METADATA_DISABLED", "true").env(OPENS, params);
    let output = test.envs(variables.iter().copied()).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{params} {variables:?}: {said}{}", String::from_utf8_lossy(&output.stderr));
    said.lines().find_map(|line| line.split(ERROR).nth(1)).unwrap().to_owned()
}

/// Opens what cannot be opened, and then what can.
fn open(params: &str) {
    let plugin = Plugin::init(library(), "{}").unwrap();
    // The SDK tells all that it has tried, in several lines.
    println!("{ERROR}{}", plugin.open(params).unwrap_err().replace('\n', " "));
    assert!(!events(&plugin, &fixture("cloudtrail")).is_empty());
}
