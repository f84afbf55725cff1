//! Reloading, ending, and a second source.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;

use crate::case::{Case, Folder, Kind};
use crate::cases::NO_SYSCALLS;
use crate::falco::Falco;
use crate::services::Services;
use crate::world::World;

/// Files whose records fire a rule each.
const MFA: &str = "fixtures/falco-rules/mfa-deactivated.fires.json";
const TRAIL: &str = "fixtures/falco-rules/cloudtrail-logging-disabled.fires.json";
const MFA_RULE: &str = "\"rule\":\"MFA Deactivated\"";
const TRAIL_RULE: &str = "\"rule\":\"CloudTrail Logging Disabled\"";
const QUEUE: &str = "open_params: sqs://logs";
/// The line of each start.
const OPENED: &str = "Opening 'aws_cloudtrail' source with plugin 'cloudtrail'";
/// How long Falco may take to end. The plugin's promise is a second for closing; the rest is Falco's.
const PROMPT: Duration = Duration::from_secs(5);
/// Reloads one after the other: what a thread of the run before does must not harm the next.
const RELOADS: usize = 5;

#[derive(Clone, Copy)]
pub(crate) enum Step {
    Term,
    Reload,
    Rules,
    TwoSources,
    Capture,
}

const STEPS: &[(&str, Step)] = &[
    ("SIGTERM ends a run over a queue, and what was read is deleted", Step::Term),
    ("SIGHUP reloads again and again, and events go on", Step::Reload),
    ("changed rules are taken up", Step::Rules),
    ("system calls are a second source", Step::TwoSources),
    ("a capture is replayed with the same alerts", Step::Capture),
];

pub(crate) fn cases() -> Vec<Case> {
    STEPS.iter().map(|(name, step)| Case::named("life", name, Kind::Signals(*step))).collect()
}

impl Step {
    pub(crate) async fn run(self, world: &World, folder: &Folder) -> Result<()> {
        match self {
            Self::Term => term(world, folder).await,
            Self::Reload => reload(world, folder).await,
            Self::Rules => rules(world, folder).await,
            Self::TwoSources => two_sources(world, folder).await,
            Self::Capture => capture(world, folder).await,
        }
    }
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
    let (status, output) = falco.end().await?;
    ensure!(status.success(), "Falco ended with {status}:\n{output}");
    ensure!(started.elapsed() < PROMPT, "Falco took {:?} to end:\n{output}", started.elapsed());
    Ok(output)
}

async fn term(world: &World, folder: &Folder) -> Result<()> {
    let services = Services::start().await?;
    send(world, &services, MFA)?;
    let config = folder.config(world, QUEUE, "")?;
    let mut falco = Falco::start(world, &config, NO_SYSCALLS, &services.environment())?;
    falco.prints("an alert", |output| output.contains(MFA_RULE)).await?;
    services.deleted("logs", 1).await?;
    ends_promptly(falco).await.map(drop)
}

async fn reload(world: &World, folder: &Folder) -> Result<()> {
    let services = Services::start().await?;
    let config = folder.config(world, QUEUE, "")?;
    send(world, &services, MFA)?;
    let mut falco = Falco::start(world, &config, NO_SYSCALLS, &services.environment())?;
    for number in 1..=RELOADS {
        falco.prints("a start", |output| output.matches(OPENED).count() == number).await?;
        services.deleted("logs", 1).await?;
        send(world, &services, MFA)?;
        services.deleted("logs", 1).await?;
        falco.signal(Signal::HUP)?;
    }
    falco.prints("the last start", |output| output.matches(OPENED).count() == RELOADS + 1).await?;
    send(world, &services, TRAIL)?;
    falco.prints("an alert after reloading", |output| output.contains(TRAIL_RULE)).await?;
    ends_promptly(falco).await.map(drop)
}

async fn rules(world: &World, folder: &Folder) -> Result<()> {
    let services = Services::start().await?;
    services.queue("logs", "logs", Vec::new());
    let (ours, copy) = (world.root.join("examples/falco/trailbridge_rules.yaml"), folder.path().join("rules.yaml"));
    let text = fs::read_to_string(ours)?;
    fs::write(&copy, &text)?;
    let config = folder.config(world, QUEUE, "watch_config_files: true")?;
    let config = fs::read_to_string(config)?.replace(&world.fill("{rules}", &[]), &copy.display().to_string());
    let mut falco = Falco::start(world, &folder.save(&config)?, NO_SYSCALLS, &services.environment())?;
    falco.prints("a start", |output| output.contains(OPENED)).await?;
    fs::write(&copy, text.replace("MFA was deactivated", "the device is gone"))?;
    falco.prints("a second start", |output| output.matches(OPENED).count() == 2).await?;
    send(world, &services, MFA)?;
    falco.prints("the changed rule", |output| output.contains("the device is gone")).await?;
    ends_promptly(falco).await.map(drop)
}

/// Without `--disable-source` Falco has system calls as a source, which never end, beside a file, which does.
async fn two_sources(world: &World, folder: &Folder) -> Result<()> {
    let keys = format!("open_params: {{fixtures}}/../{MFA}");
    let config = folder.config(world, &keys, "")?;
    let mut falco = Falco::start(world, &config, &[], &[])?;
    falco.prints("an alert", |output| output.contains(MFA_RULE)).await?;
    let output = ends_promptly(falco).await?;
    let sources = output.lines().find(|line| line.contains("Enabled event sources: ")).unwrap_or_default();
    let both = ["syscall", "aws_cloudtrail"].iter().all(|source| sources.contains(source));
    ensure!(both, "a source is missing:\n{output}");
    Ok(())
}

async fn capture(world: &World, folder: &Folder) -> Result<()> {
    let prefix = folder.path().join("capture");
    let more = format!(
        "capture: {{enabled: true, path_prefix: {}, mode: all_rules, default_duration: 5000}}",
        prefix.display()
    );
    let keys = format!("open_params: {{fixtures}}/../{MFA}");
    let config = folder.config(world, &keys, &more)?;
    let (status, live) = Falco::start(world, &config, NO_SYSCALLS, &[])?.end().await?;
    ensure!(status.success(), "Falco ended with {status}:\n{live}");
    let mut files = fs::read_dir(folder.path())?.filter_map(Result::ok).map(|entry| entry.path());
    let file = files.find(|path| path.extension().is_some_and(|kind| kind == "scap"));
    let file = file.with_context(|| format!("there is no capture:\n{live}"))?;
    let text = fs::read_to_string(folder.config(world, &keys, "")?)?;
    let replay = format!("engine: {{kind: replay, replay: {{capture_file: {}}}}}", file.display());
    let config = folder.save(&text.replace("engine: {kind: nodriver}", &replay))?;
    let (status, replayed) = Falco::start(world, &config, &[], &[])?.end().await?;
    ensure!(status.success(), "Falco ended with {status}:\n{replayed}");
    let alerts = |output: &str| output.matches(MFA_RULE).count();
    ensure!(alerts(&live) > 0 && alerts(&replayed) == alerts(&live), "live:\n{live}\nreplayed:\n{replayed}");
    Ok(())
}
