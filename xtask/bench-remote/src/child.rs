//! A program that is measured.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use nix::sys::resource::{UsageWho, getrusage};
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};

use crate::services::Services;

/// Far more than any run takes: a bench that hangs is to end.
const PATIENCE: Duration = Duration::from_secs(240);

/// What one run took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spent {
    /// From its start to its end.
    pub(crate) wall: Duration,
    /// Seconds of CPU of the program.
    pub(crate) cpu: f64,
    /// Seconds of CPU of the services meanwhile.
    pub(crate) services_cpu: f64,
}

impl Spent {
    /// The wall time in seconds.
    pub(crate) fn seconds(&self) -> f64 {
        self.wall.as_secs_f64()
    }
}

/// The program, ready to be started, with the services in its environment and nothing else of AWS's.
pub(crate) fn command<A: AsRef<OsStr>>(program: &Path, services: &Services, args: &[A]) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_")) {
        command.env_remove(name);
    }
    command.envs(services.environment()).env("HOME", "/nonexistent").args(args);
    command.kill_on_drop(true).stdin(Stdio::null()).stdout(Stdio::null());
    command
}

/// Runs it to its end, its output going nowhere.
pub(crate) async fn run(mut command: Command) -> Result<Spent> {
    let [children, services] = [UsageWho::RUSAGE_CHILDREN, UsageWho::RUSAGE_SELF].map(cpu);
    let started = Instant::now();
    finish(command.spawn().with_context(|| format!("{:?}", command.as_std().get_program()))?).await?;
    let wall = started.elapsed();
    let (children, services) = (children?, services?);
    Ok(Spent {
        wall,
        cpu: cpu(UsageWho::RUSAGE_CHILDREN)? - children,
        services_cpu: cpu(UsageWho::RUSAGE_SELF)? - services,
    })
}

/// Runs it to its end, and counts the lines of its output.
pub(crate) async fn lines(mut command: Command) -> Result<usize> {
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let mut stdout = child.stdout.take().context("a piped stdout")?;
    let (mut lines, mut buffer) = (0, vec![0; 1 << 16]);
    loop {
        let length = stdout.read(&mut buffer).await?;
        if length == 0 {
            break;
        }
        lines += buffer.iter().take(length).filter(|byte| **byte == b'\n').count();
    }
    finish(child).await?;
    Ok(lines)
}

async fn finish(mut child: Child) -> Result<()> {
    let status = tokio::time::timeout(PATIENCE, child.wait()).await.context("it does not come to an end")??;
    ensure!(status.success(), "it ended with {status}");
    Ok(())
}

/// Seconds of CPU, so far.
fn cpu(who: UsageWho) -> Result<f64> {
    let usage = getrusage(who)?;
    let times = [usage.user_time(), usage.system_time()];
    Ok(times.iter().map(|time| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6).sum())
}
