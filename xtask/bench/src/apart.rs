//! Rounds in a process of their own: a process uses one kernel.

use std::env;
use std::io::{BufRead as _, BufReader, Write as _, stdin};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context, Result};
use json_scan::KERNEL_VARIABLE;

use crate::corpus;
use crate::items::Tools;
use crate::rounds::{Files, Round, round};

/// A process that measures rounds with one kernel.
#[derive(Debug)]
pub struct Apart {
    child: Child,
    rounds: BufReader<ChildStdout>,
}

impl Apart {
    /// Starts the process. `folder` has the corpora.
    ///
    /// # Errors
    /// Fails if the process does not start.
    pub fn start(folder: &Path, quick: bool, kernel: &str) -> Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        command.arg("rounds").arg(folder).env(KERNEL_VARIABLE, kernel).stdin(Stdio::piped()).stdout(Stdio::piped());
        if quick {
            command.arg("--quick");
        }
        let mut child = command.spawn()?;
        let rounds = BufReader::new(child.stdout.take().context("a piped stdout")?);
        Ok(Self { child, rounds })
    }

    /// Measures a round.
    ///
    /// # Errors
    /// Fails if the process has ended.
    pub fn round(&mut self) -> Result<Round> {
        writeln!(self.child.stdin.as_mut().context("a piped stdin")?)?;
        let mut line = String::new();
        self.rounds.read_line(&mut line)?;
        serde_json::from_str(&line).context("the process that measures has ended")
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// Measures a round for each line of stdin.
///
/// # Errors
/// Fails if a file of the corpus cannot be read.
pub fn serve(folder: &Path, quick: bool, mut print: impl FnMut(&str)) -> Result<()> {
    let files = Files::read(&corpus::prepare(folder, quick)?)?;
    let mut tools = Tools::new(files.largest)?;
    // The first round warms up, and does not count.
    round(&files, &mut tools)?;
    for line in stdin().lines() {
        line?;
        print(&serde_json::to_string(&round(&files, &mut tools)?)?);
    }
    Ok(())
}
