//! Runs a Falco, and reads its output.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

use crate::world::World;

/// A time far above that of any run, even on a busy machine, after which a Falco that hangs has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// The time between two looks at the output.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// The variables that Falco needs in addition to the path of its libraries.
const PATH: &str = "/usr/bin:/bin";

/// Without this argument Falco would wait for system calls forever.
pub(crate) const NO_SYSCALLS: &[&str] = &["--disable-source", "syscall"];

/// A Falco that this program started. Dropping it kills the process.
pub(crate) struct Falco {
    child: Child,
    /// The files of its stdout and its stderr.
    written: [PathBuf; 2],
}

impl Falco {
    /// Starts Falco with a configuration file and more arguments. The environment has only the given variables.
    pub(crate) fn start(world: &World, config: &Path, args: &[&str], environment: &[(String, String)]) -> Result<Self> {
        let mut command = Command::new(&world.falco);
        command.env_clear().env("LD_LIBRARY_PATH", &world.libraries).env("PATH", PATH).env("TZ", "UTC");
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        command.current_dir(&world.root).arg("-c").arg(config).arg("-U").args(args);
        let written = ["stdout", "stderr"].map(|name| config.with_file_name(name));
        let [stdout, stderr] = written.each_ref().map(File::create);
        command.kill_on_drop(true).stdin(Stdio::null()).stdout(stdout?).stderr(stderr?);
        Ok(Self { child: command.spawn().with_context(|| world.falco.display().to_string())?, written })
    }

    /// Returns the alerts, followed by the log.
    pub(crate) fn output(&self) -> String {
        let text = |path| String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned();
        self.written.iter().map(text).collect()
    }

    /// Waits until Falco has printed a matching output.
    pub(crate) async fn prints(&mut self, what: &str, fits: impl Fn(&str) -> bool) -> Result<()> {
        let until = Instant::now() + PATIENCE;
        while !fits(&self.output()) {
            let ended = self.child.try_wait()?;
            // The last of the output may have come before the end.
            if let Some(status) = ended.filter(|_| !fits(&self.output())) {
                bail!("{what}: Falco has ended with {status} without it:\n{}", self.output());
            }
            ensure!(Instant::now() < until, "{what}: not after {PATIENCE:?}:\n{}", self.output());
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        kill_process(id.context("Falco has ended")?, signal).context("sending a signal")
    }

    /// Waits for a successful end, and returns the whole output.
    pub(crate) async fn ends_well(self) -> Result<String> {
        let (status, output) = self.end().await?;
        ensure!(status.success(), "Falco ended with {status}:\n{output}");
        Ok(output)
    }

    /// Waits for the end, and returns the exit status and the whole output.
    pub(crate) async fn end(mut self) -> Result<(ExitStatus, String)> {
        let Ok(status) = tokio::time::timeout(PATIENCE, self.child.wait()).await else {
            bail!("Falco does not end:\n{}", self.output());
        };
        Ok((status.context("waiting for Falco")?, self.output()))
    }
}
