//! Runs a program that is measured.

use std::ffi::OsStr;
use std::fs::File;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use bench::process;
use nix::sys::resource::UsageWho;
use tokio::process::{Child, Command};

use crate::services::Services;

/// A time far above that of any run, after which a run that hangs is ended.
pub(crate) const PATIENCE: Duration = Duration::from_secs(240);

/// The cost of one run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spent {
    /// The wall time.
    pub(crate) wall: Duration,
    /// The CPU seconds of the program.
    pub(crate) cpu: f64,
    /// The CPU seconds of the services meanwhile.
    pub(crate) services_cpu: f64,
}

impl Spent {
    /// Returns the wall time in seconds.
    pub(crate) fn seconds(&self) -> f64 {
        self.wall.as_secs_f64()
    }
}

/// Returns a command for the program, with the services in its environment and no other variable of AWS.
pub(crate) fn command<A: AsRef<OsStr>>(program: &Path, services: &Services, args: &[A]) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_")) {
        command.env_remove(name);
    }
    command.envs(services.environment()).env("HOME", "/nonexistent").args(args);
    command.kill_on_drop(true).stdin(Stdio::null()).stdout(Stdio::null());
    command
}

/// Runs the program to its end, and discards its output.
pub(crate) async fn run(mut command: Command) -> Result<Spent> {
    let cpu = |who| anyhow::Ok(process::cpu(who)? / 1e9);
    let (children, services) = (cpu(UsageWho::RUSAGE_CHILDREN)?, cpu(UsageWho::RUSAGE_SELF)?);
    let started = Instant::now();
    finish(command.spawn().with_context(|| format!("{:?}", command.as_std().get_program()))?).await?;
    let wall = started.elapsed();
    Ok(Spent {
        wall,
        cpu: cpu(UsageWho::RUSAGE_CHILDREN)? - children,
        services_cpu: cpu(UsageWho::RUSAGE_SELF)? - services,
    })
}

/// Runs the program to its end, and counts the lines of its output.
pub(crate) async fn lines(mut command: Command) -> Result<usize> {
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let stdout = File::from(child.stdout.take().context("a piped stdout")?.into_owned_fd()?);
    let lines = tokio::task::spawn_blocking(move || process::count_lines(stdout));
    // Kills the program if it hangs, which ends its output and the task.
    finish(child).await?;
    lines.await?
}

pub(crate) async fn finish(mut child: Child) -> Result<()> {
    let status = tokio::time::timeout(PATIENCE, child.wait()).await.context("it did not exit in time")??;
    ensure!(status.success(), "it exited with {status}");
    Ok(())
}
