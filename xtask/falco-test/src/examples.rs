//! Runs the configurations of examples/falco. Only paths and the port are replaced.

use std::fs;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;

use crate::case::{Case, Folder, check};
use crate::falco::{Falco, NO_SYSCALLS};
use crate::metrics::free_port;
use crate::services::Services;
use crate::world::World;

/// The names in the examples, each with its replacement here.
const PATHS: &[(&str, &str)] = &[
    ("/usr/share/falco/plugins/libcloudtrail.so", "{plugin}"),
    ("/etc/falco/trailbridge_rules.yaml", "{rules}"),
    ("/var/log/cloudtrail", "{fixtures}/falco-rules"),
];
/// The folder of the examples.
const ACCOUNT: &str = "111122223333";
const BUCKET: &str = "my-trail-logs";
const QUEUE: &str = "cloudtrail-log-files";
/// Records that fire one rule.
const FIRES: &str = "fixtures/falco-rules/mfa-deactivated.fires.json";
const RULE: &str = "\"rule\":\"MFA Deactivated\"";
/// The plugin's message when it opens its source at a visible log level.
const OPENED: &str = "Opening 'aws_cloudtrail' source with plugin 'cloudtrail'";

/// The configurations, each with whether its source never ends. Every configuration has a case here.
const EXAMPLES: &[(&str, bool)] = &[("falco.yaml", false), ("falco-s3.yaml", false), ("falco-sqs.yaml", true)];

pub(crate) fn cases() -> Vec<Case> {
    let case = |(file, stays): (&'static str, bool)| {
        let work = move |world, folder| run(file, stays, world, folder);
        Case::new(format!("examples: {file} starts and fires"), work)
    };
    let complete = Case::new("examples: all of them are tried", |world, _| async move { complete(&world) });
    EXAMPLES.iter().copied().map(case).chain([complete]).collect()
}

/// Runs Falco over a source until it ends, or over a queue until its messages are deleted.
async fn run(file: &'static str, stays: bool, world: Arc<World>, folder: Folder) -> Result<()> {
    let services = Services::start().await?;
    let fires = fs::read(world.root.join(FIRES)).context(FIRES)?;
    let key = services.put(BUCKET, ACCOUNT, fires.clone())?;
    // Another account, which falco-s3.yaml does not name.
    services.put(BUCKET, "444455556666", fires)?;
    services.queue(QUEUE, BUCKET, vec![key]);

    let text = fs::read_to_string(world.root.join("examples/falco").join(file)).context(file)?;
    ensure!(text.contains("log_stderr: true"), "{file}: it hides the plugin's log");
    let text = PATHS.iter().fold(text, |text, (path, here)| text.replace(path, here));
    let config = folder.save(&folder.fill(&world, &text))?;
    let port = format!("webserver.listen_port={}", free_port()?);
    let args = [NO_SYSCALLS, &["-o", &port]].concat();
    let mut falco = Falco::start(&world, &config, &args, &services.environment())?;
    if stays {
        falco.prints("an alert", |output| output.contains(RULE)).await?;
        services.deleted(QUEUE, 1).await?;
        falco.signal(Signal::TERM)?;
    }
    check(&falco.ends_well().await?, [OPENED, RULE].map(str::to_owned), &["444455556666"])
}

/// Checks that every configuration in the folder is among [`EXAMPLES`].
fn complete(world: &World) -> Result<()> {
    for entry in fs::read_dir(world.root.join("examples/falco"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".yaml") && !name.ends_with("_rules.yaml") {
            ensure!(EXAMPLES.iter().any(|(file, _)| *file == name), "examples/falco/{name} is not among EXAMPLES");
        }
    }
    Ok(())
}
