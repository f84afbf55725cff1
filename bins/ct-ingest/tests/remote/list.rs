//! `--list` of a bucket.

use super::{MOTO, World, ingest_through};
use crate::common::{lines, stderr};
use stand_ins::proxy::{Fault, Proxy, Rule};
use std::collections::BTreeMap;

/// Returns the keys of a list, with their sizes.
fn keys(lines: &[String]) -> BTreeMap<String, u64> {
    let entry = |line: &String| {
        let (bytes, name) = line.split_once('\t').unwrap();
        (name.strip_prefix("s3://ingest-list/").unwrap().to_owned(), bytes.parse().unwrap())
    };
    lines.iter().map(entry).collect()
}

#[test]
fn a_bucket_is_listed_as_it_would_be_read_and_not_one_object_is_fetched() {
    let world = World::new("ingest-list");
    let logs: Vec<String> = (0..3).map(|number| world.log(number)).collect();
    let other = "AWSLogs/222222222222/CloudTrail/eu-west-1/2026/01/03/222222222222_CloudTrail_eu-west-1_20260103T0005Z_x.json.gz";
    world.put(other, vec![0; 1234]);
    let digest = "111111111111_CloudTrail-Digest_eu-west-1_t_eu-west-1_20260102T031125Z.json.gz";
    world.put(&format!("AWSLogs/111111111111/CloudTrail-Digest/eu-west-1/2026/01/02/{digest}"), vec![0; 9]);
    let proxy = world.runtime.block_on(Proxy::start(&MOTO.endpoint())).unwrap();
    let list = |args: &[&str]| {
        let output = ingest_through(&proxy.endpoint(), &[&["--list"], args].concat()).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        output
    };
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let with_state = ["--state", state.to_str().unwrap(), "s3://ingest-list"];

    let output = list(&["s3://ingest-list"]);
    let found = keys(&lines(&output));
    assert_eq!((found.len(), found.get(other)), (4, Some(&1234)));
    assert!(found.get(&logs[0]).is_some_and(|bytes| *bytes > 0), "{found:?}");
    let total: u64 = found.values().sum();
    let log = stderr(&output);
    // A digest is recognised by its name.
    let expected = format!("would be read files=4 bytes={total} known=0 digests=1 configs=0 others=0\n");
    assert!(log.ends_with(&expected), "{log}");

    // By time, by account, and of an account without objects.
    let of = |args: &[&str]| keys(&lines(&list(args))).into_keys().collect::<Vec<_>>();
    let day = "2026-01-03T00:00:00Z-2026-01-04T00:00:00Z";
    assert_eq!(of(&["--s3-interval", day, "s3://ingest-list"]), [other]);
    assert_eq!(of(&["--s3-account-list", "111111111111", "s3://ingest-list"]), logs);
    assert!(stderr(&list(&["s3://ingest-list/none/"])).contains("nothing would be read"));

    // A missing state is not created, and an existing one is not changed.
    assert_eq!(of(&with_state).len(), 4);
    assert!(!state.exists());
    assert_eq!(proxy.count("GetObject"), 0);
    let read = ingest_through(&MOTO.endpoint(), &["--s3-account-list", "111111111111"]).args(with_state).output();
    assert_eq!(read.unwrap().status.code(), Some(0));
    let kept = std::fs::read(&state).unwrap();
    assert_eq!(of(&with_state), [other]);
    assert!(stderr(&list(&with_state)).contains("known=3"));
    assert_eq!(std::fs::read(&state).unwrap(), kept);
    // It lists once, although reading would never end.
    assert_eq!(of(&[&["--follow"], &with_state[..]].concat()), [other]);

    let expected: BTreeMap<String, usize> = [("ListObjectsV2".to_owned(), proxy.count("ListObjectsV2"))].into();
    assert_eq!(proxy.counts(), expected, "nothing but listings");
}

#[test]
fn a_bucket_that_cannot_be_listed_is_named() {
    let world = World::new("ingest-list-faults");
    world.log(0);
    let proxy = world.runtime.block_on(Proxy::start(&MOTO.endpoint())).unwrap();
    let list = || ingest_through(&proxy.endpoint(), &["--list", "s3://ingest-list-faults"]).output().unwrap();
    proxy.order(Rule::on("ListObjectsV2", Fault::slow_down()).times(2));
    let output = list();
    assert_eq!((lines(&output).len(), output.status.code()), (1, Some(0)), "{}", stderr(&output));
    proxy.order(Rule::on("ListObjectsV2", Fault::access_denied()).about("CloudTrail%2F"));
    let output = list();
    assert_eq!((lines(&output).len(), output.status.code()), (0, Some(3)), "{}", stderr(&output));
    proxy.order(Rule::on("ListObjectsV2", Fault::access_denied()));
    let output = list();
    assert_eq!((lines(&output).len(), output.status.code()), (0, Some(1)));
    assert!(stderr(&output).contains("s3:ListBucket on the bucket is needed"), "{}", stderr(&output));
    let state = tempfile::tempdir().unwrap();
    std::fs::write(state.path().join("state"), "no state").unwrap();
    let output = ingest_through(&proxy.endpoint(), &["--list", "s3://ingest-list-faults", "--state"])
        .arg(state.path().join("state"))
        .output()
        .unwrap();
    assert_eq!((lines(&output).len(), output.status.code()), (0, Some(2)), "{}", stderr(&output));
}
