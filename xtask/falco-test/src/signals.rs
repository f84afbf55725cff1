//! Reloading, ending, and a second source.

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;

use crate::case::{Case, Folder};
use crate::falco::{Falco, NO_SYSCALLS};
use crate::services::Services;
use crate::world::World;

/// The files whose records fire a rule each.
const MFA: &str = "fixtures/falco-rules/mfa-deactivated.fires.json";
const TRAIL: &str = "fixtures/falco-rules/cloudtrail-logging-disabled.fires.json";
const MFA_RULE: &str = "\"rule\":\"MFA Deactivated\"";
const TRAIL_RULE: &str = "\"rule\":\"CloudTrail Logging Disabled\"";
const QUEUE: &str = "open_params: sqs://logs";
/// The log line of each start.
const OPENED: &str = "Opening 'aws_cloudtrail' source with plugin 'cloudtrail'";
/// The time in which Falco must exit. The plugin promises to close within a second; the rest is Falco's.
const PROMPT: Duration = Duration::from_secs(5);
/// The number of reloads in a row: threads of an earlier run must not harm the next.
const RELOADS: usize = 5;

pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case::new("life: SIGTERM ends a run over a queue, and what was read is deleted", term),
        Case::new("life: SIGHUP reloads again and again, and events go on", reload),
        Case::new("life: changed rules are taken up", rules),
        Case::new("life: system calls are a second source", two_sources),
        Case::new("life: a capture is replayed with the same alerts", capture),
    ]
}

/// Starts the services and a Falco that reads a queue with a message for this file.
async fn start(world: &World, folder: &Folder, file: &str) -> Result<(Services, Falco)> {
    let services = Services::start().await?;
    send(world, &services, file)?;
    let config = folder.config(world, QUEUE, "")?;
    let falco = Falco::start(world, &config, NO_SYSCALLS, &services.environment())?;
    Ok((services, falco))
}

/// Puts a file of the fixtures into the bucket, and a message for it into a new queue.
fn send(world: &World, services: &Services, file: &str) -> Result<()> {
    let key = services.put("logs", "111122223333", fs::read(world.root.join(file)).context(file.to_owned())?)?;
    services.queue("logs", "logs", vec![key]);
    Ok(())
}

async fn ends_promptly(falco: Falco) -> Result<String> {
    let started = Instant::now();
    falco.signal(Signal::TERM)?;
    let output = falco.ends_well().await?;
    ensure!(started.elapsed() < PROMPT, "Falco took {:?} to end:\n{output}", started.elapsed());
    Ok(output)
}

async fn term(world: Arc<World>, folder: Folder) -> Result<()> {
    let (services, mut falco) = start(&world, &folder, MFA).await?;
    falco.prints("an alert", |output| output.contains(MFA_RULE)).await?;
    services.deleted("logs", 1).await?;
    ends_promptly(falco).await.map(drop)
}

async fn reload(world: Arc<World>, folder: Folder) -> Result<()> {
    let (services, mut falco) = start(&world, &folder, MFA).await?;
    for number in 1..=RELOADS {
        falco.prints("a start", |output| output.matches(OPENED).count() == number).await?;
        services.deleted("logs", 1).await?;
        send(&world, &services, MFA)?;
        services.deleted("logs", 1).await?;
        falco.signal(Signal::HUP)?;
    }
    falco.prints("the last start", |output| output.matches(OPENED).count() == RELOADS + 1).await?;
    send(&world, &services, TRAIL)?;
    falco.prints("an alert after reloading", |output| output.contains(TRAIL_RULE)).await?;
    ends_promptly(falco).await.map(drop)
}

async fn rules(world: Arc<World>, folder: Folder) -> Result<()> {
    let services = Services::start().await?;
    services.queue("logs", "logs", Vec::new());
    let (ours, copy) = (world.root.join("examples/falco/trailbridge_rules.yaml"), folder.path().join("rules.yaml"));
    let text = fs::read_to_string(ours)?;
    fs::write(&copy, &text)?;
    let config = folder.config(&world, QUEUE, "watch_config_files: true")?;
    let config = fs::read_to_string(config)?.replace(&world.fill("{rules}", &[]), &copy.display().to_string());
    let mut falco = Falco::start(&world, &folder.save(&config)?, NO_SYSCALLS, &services.environment())?;
    falco.prints("a start", |output| output.contains(OPENED)).await?;
    fs::write(&copy, text.replace("MFA was deactivated", "the device is gone"))?;
    falco.prints("a second start", |output| output.matches(OPENED).count() == 2).await?;
    send(&world, &services, MFA)?;
    falco.prints("the changed rule", |output| output.contains("the device is gone")).await?;
    ends_promptly(falco).await.map(drop)
}

/// Without `--disable-source` Falco has two sources: system calls, which never end, and a file, which ends.
async fn two_sources(world: Arc<World>, folder: Folder) -> Result<()> {
    let keys = format!("open_params: {{fixtures}}/../{MFA}");
    let config = folder.config(&world, &keys, "")?;
    let mut falco = Falco::start(&world, &config, &[], &[])?;
    falco.prints("an alert", |output| output.contains(MFA_RULE)).await?;
    let output = ends_promptly(falco).await?;
    let sources = output.lines().find(|line| line.contains("Enabled event sources: ")).unwrap_or_default();
    let both = ["syscall", "aws_cloudtrail"].iter().all(|source| sources.contains(source));
    ensure!(both, "a source is missing:\n{output}");
    Ok(())
}

async fn capture(world: Arc<World>, folder: Folder) -> Result<()> {
    let prefix = folder.path().join("capture");
    let more = format!(
        "capture: {{enabled: true, path_prefix: {}, mode: all_rules, default_duration: 5000}}",
        prefix.display()
    );
    let keys = format!("open_params: {{fixtures}}/../{MFA}");
    let config = folder.config(&world, &keys, &more)?;
    let live = Falco::start(&world, &config, NO_SYSCALLS, &[])?.ends_well().await?;
    let mut files = fs::read_dir(folder.path())?.filter_map(Result::ok).map(|entry| entry.path());
    let file = files.find(|path| path.extension().is_some_and(|kind| kind == "scap"));
    let file = file.with_context(|| format!("no capture was written:\n{live}"))?;
    let text = fs::read_to_string(folder.config(&world, &keys, "")?)?;
    let replay = format!("engine: {{kind: replay, replay: {{capture_file: {}}}}}", file.display());
    let config = folder.save(&text.replace("engine: {kind: nodriver}", &replay))?;
    let replayed = Falco::start(&world, &config, &[], &[])?.ends_well().await?;
    let alerts = |output: &str| output.matches(MFA_RULE).count();
    ensure!(alerts(&live) > 0 && alerts(&replayed) == alerts(&live), "live:\n{live}\nreplayed:\n{replayed}");
    Ok(())
}
