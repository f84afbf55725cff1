//! Credentials that come from a program, and expire.

use super::{MOTO, RECORDS, World, ingest_through};
use crate::common::{lines, stderr};
use stand_ins::proxy::{Fault, Proxy, Rule};
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// A profile whose credentials come from a script: other ones each time, which are valid for some seconds (the SDK asks
/// again ten seconds before they expire).
fn profile(folder: &Path) -> (String, std::path::PathBuf) {
    let (config, script, calls) = (folder.join("config"), folder.join("script"), folder.join("calls"));
    let text = format!(
        "#!/bin/sh\necho >> {calls}\n\
         printf '{{\"Version\":1,\"AccessKeyId\":\"test\",\"SecretAccessKey\":\"test\",\"SessionToken\":\"token-%d.\",\
         \"Expiration\":\"%s\"}}' $(wc -l < {calls}) $(date -u -d '+12 seconds' +%Y-%m-%dT%H:%M:%SZ)\n",
        calls = calls.display()
    );
    std::fs::write(&script, text).unwrap();
    std::fs::set_permissions(&script, PermissionsExt::from_mode(0o700)).unwrap();
    std::fs::write(&config, format!("[profile made]\ncredential_process = {}\n", script.display())).unwrap();
    (config.display().to_string(), calls)
}

#[test]
fn credentials_that_expire_are_fetched_anew_while_it_reads() {
    let world = World::new("ingest-credentials");
    let url = world.queue(30);
    let keys: Vec<_> = (0..3).map(|number| world.log(number)).collect();
    keys.iter().for_each(|key| world.send(&url, key));
    let folder = tempfile::tempdir().unwrap();
    let (config, calls) = profile(folder.path());
    let proxy = world.runtime.block_on(Proxy::start(&MOTO.endpoint())).unwrap();
    // The stand-in accepts the first credentials only for the queue, and only for one answer.
    let first = "x-amz-security-token: token-1.";
    proxy.order(Rule::on("ReceiveMessage", Fault::expired_token_of_sqs()).about(first).after(1));
    proxy.order(Rule::on("GetObject", Fault::expired_token()).about(first));
    let source = "sqs://ingest-credentials";
    let mut command = ingest_through(
        &proxy.endpoint(),
        &["--aws-profile", "made", "--aws-config", &config, "--until-idle", "1", source],
    );
    command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    let output = command.output().unwrap();
    let log = stderr(&output);
    assert_eq!((output.status.code(), lines(&output).len()), (Some(0), keys.len() * RECORDS), "{log}");
    assert_eq!(world.messages(&url), 0, "{log}");
    let used: BTreeSet<_> =
        proxy.seen().iter().filter_map(|it| it.head.header("x-amz-security-token").map(str::to_owned)).collect();
    assert!(used.len() > 1, "{used:?}");
    assert!(std::fs::read_to_string(calls).unwrap().lines().count() > 1);
    for token in used {
        assert!(!log.contains(&token), "it is in the log: {log}");
    }
}
