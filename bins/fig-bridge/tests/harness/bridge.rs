//! One run of the program.

use super::{SOON, wait_for};
use rustix::process::{Pid, Signal, kill_process};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Instant;

/// A running program. Dropping it kills the program.
pub(crate) struct Bridge {
    child: Child,
    stdout: Captured,
    stderr: Captured,
    readers: Vec<JoinHandle<()>>,
}

type Captured = Arc<Mutex<Vec<u8>>>;

impl Bridge {
    pub(super) fn spawn(folder: &Path, env: &BTreeMap<String, String>, args: &[String]) -> Self {
        Self::spawn_with(folder, env, args, |_| ())
    }

    /// Starts the program like the function above. Output that `change` redirects is not captured.
    pub(super) fn spawn_with(
        folder: &Path,
        env: &BTreeMap<String, String>,
        args: &[String],
        change: impl FnOnce(&mut Command),
    ) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fig-bridge"));
        command.current_dir(folder).env_clear().env("HOME", folder).envs(env).args(args);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        change(&mut command);
        let mut child = command.spawn().unwrap();
        let (stdout, stderr) = (Captured::default(), Captured::default());
        let mut readers: Vec<_> = child.stdout.take().map(|pipe| capture(pipe, &stdout)).into_iter().collect();
        readers.extend(child.stderr.take().map(|pipe| capture(pipe, &stderr)));
        Self { child, stdout, stderr, readers }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Returns the log so far.
    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&self.stderr.lock().unwrap()).into_owned()
    }

    /// Waits for several lines of the log, in any order.
    pub(crate) async fn wait_for_logs(&self, texts: &[&str]) {
        for text in texts {
            self.wait_for_log(text).await;
        }
    }

    /// Returns stdout so far.
    pub(crate) fn output(&self) -> String {
        String::from_utf8_lossy(&self.stdout.lock().unwrap()).into_owned()
    }

    /// Waits for a line of the log.
    pub(crate) async fn wait_for_log(&self, text: &str) {
        wait_for(&format!("{text:?} in the log:\n{}", self.log()), || self.log().contains(text)).await;
    }

    /// Sends SIGTERM.
    pub(crate) fn terminate(&self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
    }

    /// Sends SIGKILL, and waits for the end.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.read_to_the_end();
    }

    /// Returns whether the program still runs.
    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits at most [`SOON`] for the end of the program and of its output.
    pub(crate) async fn wait(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                self.read_to_the_end();
                return status;
            }
            assert!(start.elapsed() < SOON, "the program does not end:\n{}", self.log());
            tokio::time::sleep(super::LOOK_EVERY).await;
        }
    }

    /// The end of a program can be seen before its last output has been read from the pipes.
    fn read_to_the_end(&mut self) {
        self.readers.drain(..).for_each(|reader| reader.join().unwrap());
    }

    /// Sends SIGTERM, and expects a clean end within the promised time.
    pub(crate) async fn stop(mut self) -> String {
        let asked = Instant::now();
        self.terminate();
        let status = self.wait().await;
        assert_eq!(status.code(), Some(0), "{}", self.log());
        assert!(asked.elapsed().as_secs() < 10, "it took {:?}", asked.elapsed());
        self.log()
    }

    /// Returns the memory that the program holds now, in KiB.
    pub(crate) fn resident(&self) -> u64 {
        self.status("VmRSS:")
    }

    /// Returns the most memory that the program has held, in KiB.
    pub(crate) fn most_resident(&self) -> u64 {
        self.status("VmHWM:")
    }

    fn status(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_suffix(" kB")?.parse().ok());
        line.unwrap_or_default()
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        if self.is_running() {
            drop(self.child.kill());
            drop(self.child.wait());
        }
    }
}

/// Collects output until the pipe closes.
fn capture(mut pipe: impl Read + Send + 'static, into: &Captured) -> JoinHandle<()> {
    let into = Arc::clone(into);
    std::thread::spawn(move || {
        let mut piece = [0; 4096];
        while let Ok(count @ 1..) = pipe.read(&mut piece) {
            into.lock().unwrap().extend_from_slice(&piece[..count]);
        }
    })
}
