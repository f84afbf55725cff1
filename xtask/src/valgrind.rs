//! `cargo xtask test-valgrind`: runs the plugin under valgrind, with all the calls that Falco makes.
//!
//! It fails on reads of memory that was not written, reads and writes outside of a block or after its end, and lost
//! memory. It has no suppressions. The plugin chooses its AVX2 kernels, because valgrind has no AVX-512 and reports a
//! processor without it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::build_plugin;
use crate::debian::{Needs, Package};
use crate::run::{here, run};

/// From the oldest release whose valgrind works with the C library of the machine.
const VALGRIND: Package =
    Package { name: "valgrind", packages: &["valgrind"], release: "bookworm", needs: Needs::Nothing };
/// The exit code of valgrind when it found an error. The program itself never exits with it.
const FOUND: &str = "--error-exitcode=99";
/// Valgrind runs one thread at a time. Without this option a thread that never waits, such as the one that asks for
/// metrics, stops the others for minutes.
const FAIR: &str = "--fair-sched=yes";
/// The kinds of lost memory: blocks that nothing points to. A block with a pointer to its inside is not an error: hash
/// tables and tasks use such pointers.
const LEAKS: [&str; 3] = ["--leak-check=full", "--show-leak-kinds=definite", "--errors-for-leak-kinds=definite"];

/// Builds the plugin, and exercises it.
pub(crate) fn test() -> Result<()> {
    let plugin = build_plugin::build()?;
    let host = build_plugin::host()?;
    let mut valgrind = valgrind()?;
    valgrind.args([FOUND, FAIR, "--quiet"]).args(LEAKS);
    run(valgrind.arg(host).arg("exercise").arg(plugin).arg("fixtures"))
}

/// Returns the machine's own valgrind, or Debian's.
fn valgrind() -> Result<Command> {
    if let Some(own) = on_path("valgrind") {
        return Ok(here(own));
    }
    let root = VALGRIND.root()?;
    let mut command = here(root.join("usr/bin/valgrind.bin"));
    command.env("VALGRIND_LIB", root.join("usr/libexec/valgrind"));
    Ok(command)
}

fn on_path(program: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(program)).find(|path| Path::is_file(path))
}
