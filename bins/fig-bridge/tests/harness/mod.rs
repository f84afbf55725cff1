//! Runs the real program between both stand-ins, for tests of failures.
//!
//! ```text
//! let harness = Harness::start().await;              // Falcon and CloudTrail, a folder, a config.ini
//! harness.falcon.push_many(0, 100);                  // events to read
//! harness.cloudtrail.faults().fail_entry("0_7", ...) // something to go wrong
//! let mut bridge = harness.bridge();                 // spawns the program
//! harness.wait_for_events(100).await;                // bounded
//! bridge.terminate();                                // or kill(): SIGKILL
//! assert_eq!(bridge.wait().await.code(), Some(0));   // bounded
//! harness.delivered(0), harness.dead_letters(), harness.offset(0), bridge.log()
//! ```
#![allow(dead_code, unused_imports, reason = "each test file uses its own part")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails where its set-up does")]

mod admin;
mod bridge;
mod cloud;
mod front;

pub(crate) use admin::{free_port, get, metric, wait_for_ready, wait_until_not_ready};
pub(crate) use bridge::Bridge;
pub(crate) use cloud::Cloud;
pub(crate) use front::{Aws, Front, FrontAction, aws, try_aws};

use serde_json::Value;
use stand_ins::cloudtrail_data::{CloudTrailData, Settings};
use stand_ins::falcon::{Falcon, Setup};
use stand_ins::moto::Moto;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The channel that exists.
pub(crate) const CHANNEL: &str =
    "arn:aws:cloudtrail:us-east-1:123456789012:channel/01234567-89ab-cdef-0123-456789abcdef";
/// The longest time for something that should happen at once, on a busy machine.
pub(crate) const SOON: Duration = Duration::from_secs(30);
/// The pause between two checks of a condition.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Starts moto, which answers for AWS.
pub(crate) async fn moto() -> Moto {
    tokio::task::spawn_blocking(Moto::start).await.unwrap().unwrap()
}

/// Both services, and the program's arguments and environment.
pub(crate) struct Harness {
    pub(crate) falcon: Falcon,
    pub(crate) cloudtrail: CloudTrailData,
    folder: TempDir,
    /// The contents of `config.ini`: section, key, value.
    config: BTreeMap<(String, String), String>,
    env: BTreeMap<String, String>,
    args: Vec<String>,
}

impl Harness {
    pub(crate) async fn start() -> Self {
        Self::with(Setup::default(), Settings::new(CHANNEL)).await
    }

    pub(crate) async fn with(falcon: Setup, cloudtrail: Settings) -> Self {
        let (id, secret) = (falcon.client_id.clone(), falcon.client_secret.clone());
        let falcon = Falcon::start(falcon).await.unwrap();
        let cloudtrail = CloudTrailData::start(cloudtrail).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut harness =
            Self { falcon, cloudtrail, folder, config: BTreeMap::new(), env: BTreeMap::new(), args: Vec::new() };
        let store = format!("file:{}", harness.path("offsets.json").display());
        let letters = format!("file:{}", harness.path("dead-letter.jsonl").display());
        let (falcon, cloudtrail) = (harness.falcon.url().to_owned(), harness.cloudtrail.url());
        for (section, key, value) in [
            ("main", "backends", "CLOUDTRAIL_LAKE"),
            // The stand-in's sample events are as old as the stand-in.
            ("events", "older_than_days_threshold", "9999"),
            ("falcon", "application_id", "fig-test"),
            ("falcon", "client_id", &id),
            ("falcon", "client_secret", &secret),
            ("cloudtrail_lake", "channel_arn", CHANNEL),
            ("cloudtrail_lake", "region", "us-east-1"),
        ] {
            harness.set(section, key, value);
        }
        for (name, value) in [
            ("FALCON_BASE_URL", falcon.as_str()),
            ("AWS_ENDPOINT_URL_CLOUDTRAIL_DATA", &cloudtrail),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test-secret-key"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("OFFSET_STORE", &store),
            ("DEAD_LETTER", &letters),
        ] {
            harness.env(name, value);
        }
        harness
    }

    /// Sets a key of `config.ini`.
    pub(crate) fn set(&mut self, section: &str, key: &str, value: &str) {
        self.config.insert((section.to_owned(), key.to_owned()), value.to_owned());
    }

    /// Sets a variable of the program's environment.
    pub(crate) fn env(&mut self, name: &str, value: &str) {
        self.env.insert(name.to_owned(), value.to_owned());
    }

    /// Adds an argument.
    pub(crate) fn arg(&mut self, arg: &str) {
        self.args.push(arg.to_owned());
    }

    /// Returns a path in the test's folder, which is the program's working directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes `config.ini` and starts the program there.
    pub(crate) fn bridge(&self) -> Bridge {
        self.write_config();
        self.bridge_as_it_is()
    }

    /// Starts the program with these arguments only, such as those of a command.
    pub(crate) fn command(&self, args: &[&str]) -> Bridge {
        self.write_config();
        let args: Vec<String> = args.iter().map(ToString::to_string).collect();
        Bridge::spawn(self.folder.path(), &self.env, &args)
    }

    /// Writes `config.ini` and starts the program in another folder.
    pub(crate) fn bridge_in(&self, folder: &std::path::Path) -> Bridge {
        self.write_config();
        let mut env = self.env.clone();
        env.insert("HOME".to_owned(), self.folder.path().display().to_string());
        let config = ["--config".to_owned(), self.path("config.ini").display().to_string()];
        Bridge::spawn(folder, &env, &[&self.args[..], &config].concat())
    }

    /// Writes `config.ini`.
    pub(crate) fn write_config(&self) {
        let mut text = String::new();
        let mut last = "";
        for ((section, key), value) in &self.config {
            if section != last {
                text.push_str(&format!("[{section}]\n"));
                last = section;
            }
            text.push_str(&format!("{key} = {value}\n"));
        }
        std::fs::write(self.path("config.ini"), text).unwrap();
    }

    /// Starts the program with the files that are in its folder.
    pub(crate) fn bridge_as_it_is(&self) -> Bridge {
        Bridge::spawn(self.folder.path(), &self.env, &self.args)
    }

    /// Starts the program with the configuration, after `change` has modified its command.
    pub(crate) fn bridge_with(&self, change: impl FnOnce(&mut std::process::Command)) -> Bridge {
        self.write_config();
        Bridge::spawn_with(self.folder.path(), &self.env, &self.args, change)
    }

    /// Starts the program with this stdout.
    pub(crate) fn bridge_with_stdout(&self, stdout: std::fs::File) -> Bridge {
        self.bridge_with(|command| {
            command.stdout(stdout);
        })
    }

    /// Enables the admin endpoint, and returns its address.
    pub(crate) fn admin(&mut self) -> String {
        let address = free_port();
        self.env("ADMIN_ADDR", &address);
        address
    }

    /// Removes a variable from the program's environment.
    pub(crate) fn without_env(&mut self, name: &str) {
        self.env.remove(name);
    }

    /// Waits until CloudTrail has accepted this many entries, including repeats.
    pub(crate) async fn wait_for_events(&self, count: u64) {
        let record = self.cloudtrail.record();
        let there = record.wait_until(SOON, |counts| counts.accepted >= count).await;
        assert!(there, "{:?} of {count}", record.counts());
    }

    /// Returns the offsets of a feed that CloudTrail has accepted, in order, including repeats.
    pub(crate) fn delivered(&self, feed: u32) -> Vec<u64> {
        offsets_of(feed, &self.cloudtrail.record().ids())
    }

    /// Returns the same, and forgets these events.
    pub(crate) fn take_delivered(&self, feed: u32) -> Vec<u64> {
        offsets_of(feed, &self.cloudtrail.record().take_ids())
    }

    /// Returns `eventData` of every accepted event, in order.
    pub(crate) fn event_data(&self) -> Vec<Value> {
        let accepted = self.cloudtrail.record().accepted();
        accepted.iter().map(|event| serde_json::from_slice(&event.event_data).unwrap()).collect()
    }

    /// Returns the dead letters, without a last line that is still being written.
    pub(crate) fn dead_letters(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.path("dead-letter.jsonl")).unwrap_or_default();
        let lines = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        lines.filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// Returns the stored offset of a feed.
    pub(crate) fn offset(&self, feed: u32) -> Option<u64> {
        let text = std::fs::read(self.path("offsets.json")).ok()?;
        serde_json::from_slice::<Value>(&text).ok()?.get(feed.to_string())?.as_u64()
    }

    /// Stores an offset before the program starts.
    pub(crate) fn store_offset(&self, feed: u32, offset: u64) {
        std::fs::write(self.path("offsets.json"), format!("{{\"{feed}\": {offset}}}")).unwrap();
    }

    /// Waits until the stored offset of a feed is `offset`.
    pub(crate) async fn wait_for_offset(&self, feed: u32, offset: u64) {
        wait_for(&format!("offset {offset} of feed {feed}"), || self.offset(feed) == Some(offset)).await;
    }

    /// Waits until there are this many dead letters.
    pub(crate) async fn wait_for_letters(&self, count: usize) {
        wait_for(&format!("{count} dead letters"), || self.dead_letters().len() >= count).await;
    }
}

fn offsets_of(feed: u32, ids: &[String]) -> Vec<u64> {
    ids.iter().filter_map(|id| id.strip_prefix(&format!("{feed}_"))?.parse().ok()).collect()
}

/// Waits at most [`SOON`] until `is_so` returns true.
pub(crate) async fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < SOON, "waited in vain for {what}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Returns the offsets in order.
pub(crate) fn sorted(mut offsets: Vec<u64>) -> Vec<u64> {
    offsets.sort_unstable();
    offsets
}

/// Returns a login event with a member of this size.
pub(crate) fn login(padding: usize) -> String {
    format!(
        r#"{{"UserId":"a@example.com","UserIp":"192.0.2.1","OperationName":"userAuthenticate","ServiceName":"CrowdStrike Authentication","Success":true,"Padding":"{}"}}"#,
        "x".repeat(padding)
    )
}
