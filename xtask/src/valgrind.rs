//! `cargo xtask test-valgrind`: the plugin as it ships, with all that Falco does with one, under valgrind.
//!
//! Reads of what was not written, reads and writes beyond a block or after its end, and lost memory fail it. There are no
//! suppressions. The kernels that the plugin chooses are those for AVX2: valgrind knows no AVX-512, and says so to whoever
//! asks the processor.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Result;

use crate::{
    build_plugin,
    debian::{Needs, Package},
    run::{root, run},
};

/// Of the oldest release whose C library programs of today still run on: unpacked, it is content with the machine's.
const VALGRIND: Package =
    Package { name: "valgrind", packages: &["valgrind"], release: "bookworm", needs: Needs::Nothing };
/// What it ends with where it has found something; nothing else ends so.
const FOUND: &str = "--error-exitcode=99";
/// One thread runs at a time. Without this one that never waits, as the one that asks for metrics, keeps the others from it for
/// minutes.
const FAIR: &str = "--fair-sched=yes";
/// Memory that nothing points to any more. What only something inside of a block points to is no error: hash tables
/// and tasks are used that way.
const LEAKS: [&str; 3] = ["--leak-check=full", "--show-leak-kinds=definite", "--errors-for-leak-kinds=definite"];

/// Builds the plugin, and has it exercised.
pub(crate) fn test() -> Result<()> {
    let plugin = build_plugin::build()?;
    let host = build_plugin::host()?;
    let mut valgrind = valgrind()?;
    valgrind.current_dir(root()).args([FOUND, FAIR, "--quiet"]).args(LEAKS);
    run(valgrind.arg(host).arg("exercise").arg(plugin).arg("fixtures"))
}

/// The machine's own valgrind, or else Debian's.
fn valgrind() -> Result<Command> {
    if let Some(own) = on_path("valgrind") {
        return Ok(Command::new(own));
    }
    let root = VALGRIND.root()?;
    let mut command = Command::new(root.join("usr/bin/valgrind.bin"));
    command.env("VALGRIND_LIB", root.join("usr/libexec/valgrind"));
    Ok(command)
}

fn on_path(program: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(program)).find(|path| Path::is_file(path))
}
