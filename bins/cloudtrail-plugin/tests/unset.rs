//! The plugin's messages when nothing is configured, in a process with its own environment.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails where its set-up does")]
#![allow(clippy::print_stdout, reason = "so the one process tells the other")]

mod common;

use common::{events, fixture, library};
use plugin_host::Plugin;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;

/// The variable for the source to open in that process.
const OPENS: &str = "PLUGIN_TEST_OPENS";
/// The variable for its init configuration.
const INIT: &str = "PLUGIN_TEST_INIT";
/// The text before the error in its output.
const ERROR: &str = "the error: ";
/// The environments of a machine with credentials, and of one with a region.
const KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")];
const REGION: [(&str, &str); 1] = [("AWS_REGION", "eu-west-1")];

/// Runs this test program again with each environment.
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

/// A named profile overrides keys in the environment, as in the original. Otherwise another account might be read.
#[test]
fn a_profile_of_the_configuration_wins_over_keys_in_the_environment_and_must_exist() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config");
    let text = "[profile named]\naws_access_key_id = of-profile\naws_secret_access_key = s\nregion = eu-west-1\n";
    std::fs::write(&config, text).unwrap();
    let init = |name: &str| format!(r#"{{"aws":{{"profile":"{name}","config":"{}"}}}}"#, config.display());
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", server.local_addr().unwrap());
    let signed = std::thread::spawn(move || {
        let (mut stream, mut request, mut piece) = (server.accept().unwrap().0, Vec::new(), [0; 4096]);
        while !request.windows(4).any(|four| four == b"\r\n\r\n") {
            let count = stream.read(&mut piece).unwrap();
            if count == 0 {
                break;
            }
            request.extend_from_slice(&piece[..count]);
        }
        drop(stream.write_all(b"HTTP/1.1 400 X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
        String::from_utf8_lossy(&request).into_owned()
    });
    let keys = [KEYS[0], KEYS[1], ("AWS_ENDPOINT_URL", endpoint.as_str()), (INIT, &init("named"))];
    told("s3://bucket/AWSLogs/", &keys);
    // Ends the wait if no request comes.
    drop(TcpStream::connect(endpoint.trim_start_matches("http://")));
    let request = signed.join().unwrap();
    assert!(request.contains("Credential=of-profile/"), "{request}");
    let keys = [KEYS[0], KEYS[1], REGION[0], (INIT, &init("gone"))];
    let error = told("s3://bucket/AWSLogs/", &keys);
    assert!(error.contains("AWS profile gone: does not exist in ") && error.contains("config"), "{error}");
    let error = told("sqs://queue", &[KEYS[0], KEYS[1], REGION[0], ("AWS_PROFILE", "gone")]);
    assert!(error.contains("AWS profile gone: does not exist in ") && error.contains("AWS_PROFILE"), "{error}");
}

/// Returns the message of opening in a process with these variables.
fn told(params: &str, variables: &[(&str, &str)]) -> String {
    let home = tempfile::tempdir().unwrap();
    let mut test = Command::new(std::env::current_exe().unwrap());
    test.args(["--exact", "what_is_not_set_is_named_and_the_host_lives", "--nocapture"]).env_clear();
    // The metadata service of AWS's own machines is not used: tests use only loopback.
    test.env("HOME", home.path()).env("AWS_EC2_METADATA_DISABLED", "true").env(OPENS, params);
    let output = test.envs(variables.iter().copied()).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{params} {variables:?}: {said}{}", String::from_utf8_lossy(&output.stderr));
    said.lines().find_map(|line| line.split(ERROR).nth(1)).unwrap().to_owned()
}

/// Opens a source that cannot be opened, and then one that can.
fn open(params: &str) {
    let plugin = Plugin::init(library(), &std::env::var(INIT).unwrap_or("{}".to_owned())).unwrap();
    // The SDK lists everything that it has tried, in several lines.
    println!("{ERROR}{}", plugin.open(params).unwrap_err().replace('\n', " "));
    assert!(!events(&plugin, &fixture("cloudtrail")).is_empty());
}
