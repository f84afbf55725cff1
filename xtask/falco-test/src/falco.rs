//! A running Falco, and what it prints.

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

use crate::world::World;

/// Far more than anything here takes, even on a crowded machine: a Falco that hangs is a failure, not a wait.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// How often the output is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// For everything that a Falco needs of its environment beside its libraries.
const PATH: &str = "/usr/bin:/bin";

/// What one of Falco's streams has printed so far.
#[derive(Clone, Default)]
struct Output(Arc<Mutex<Vec<u8>>>);

impl Output {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }

    async fn take(self, mut from: impl AsyncRead + Unpin) {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(length) = from.read(&mut buffer).await
            && length > 0
        {
            let mut output = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            output.extend(buffer.iter().take(length));
        }
    }
}

/// A Falco of ours. It is killed where it is dropped before its end.
pub(crate) struct Falco {
    child: Child,
    stdout: Output,
    stderr: Output,
    readers: JoinSet<()>,
}

impl Falco {
    /// Starts Falco with a configuration file and more arguments. The environment is what is given and nothing else.
    pub(crate) fn start(world: &World, config: &Path, args: &[&str], environment: &[(String, String)]) -> Result<Self> {
        let mut command = Command::new(&world.falco);
        command.env_clear().env("LD_LIBRARY_PATH", &world.libraries).env("PATH", PATH).env("TZ", "UTC");
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        command.current_dir(&world.root).arg("-c").arg(config).arg("-U").args(args);
        command.kill_on_drop(true).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().with_context(|| world.falco.display().to_string())?;
        let (stdout, stderr, mut readers) = (Output::default(), Output::default(), JoinSet::new());
        readers.spawn(stdout.clone().take(child.stdout.take().context("a piped stdout")?));
        readers.spawn(stderr.clone().take(child.stderr.take().context("a piped stderr")?));
        Ok(Self { child, stdout, stderr, readers })
    }

    /// Returns the alerts, and the log behind them.
    pub(crate) fn output(&self) -> String {
        self.stdout.text() + &self.stderr.text()
    }

    /// Waits until Falco has printed something that fits.
    pub(crate) async fn prints(&mut self, what: &str, fits: impl Fn(&str) -> bool) -> Result<()> {
        let until = Instant::now() + PATIENCE;
        while !fits(&self.output()) {
            if let Some(status) = self.child.try_wait()? {
                // The last of it may still be in the pipe.
                while self.readers.join_next().await.is_some() {}
                if fits(&self.output()) {
                    return Ok(());
                }
                bail!("{what}: Falco has ended with {status} without it:\n{}", self.output());
            }
            if Instant::now() > until {
                bail!("{what}: not after {PATIENCE:?}:\n{}", self.output());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        kill_process(id.context("Falco has ended")?, signal).context("sending a signal")
    }

    /// Waits for the end, and returns how it ended and all that it has printed.
    pub(crate) async fn end(mut self) -> Result<(ExitStatus, String)> {
        let Ok(status) = tokio::time::timeout(PATIENCE, self.child.wait()).await else {
            bail!("Falco does not end:\n{}", self.output());
        };
        while self.readers.join_next().await.is_some() {}
        Ok((status.context("waiting for Falco")?, self.output()))
    }
}
