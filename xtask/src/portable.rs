//! Builds that run with an old C library, whatever the machine has.
//!
//! cargo links against the machine's own glibc, and a program then needs that version or a newer one: built on Debian 12,
//! the plugin would not load in the Falco of Debian 11. zig carries the symbols of every glibc since 2.17, so that
//! cargo-zigbuild can link for the oldest. Both come from `PyPI` as wheels.

use std::{path::PathBuf, process::Command};

use anyhow::{Context, Result};

use crate::{
    python::{Environment, python_in},
    run::{build_target, cargo, output, root, run, target},
};

/// The oldest glibc that what we release runs with, which is also the oldest that Rust's standard library supports and that
/// zig can link for. falcosecurity builds its plugins for 2.31 (Debian 11); RHEL 8 has 2.28, Amazon Linux 2 has 2.26.
pub(crate) const GLIBC: &str = "2.17";

const ZIG: Environment = Environment {
    name: "zig",
    requirements: include_str!("../zig-requirements.txt"),
    file: "xtask/zig-requirements.txt",
    modules: "ziglang",
};

/// Compilers and linker for the oldest glibc.
pub(crate) struct Portable {
    /// The virtual environment with zig in it.
    folder: PathBuf,
    /// What is built for, such as `x86_64-unknown-linux-gnu`.
    host: String,
}

impl Portable {
    /// Installs zig where it is not there yet.
    pub(crate) fn install() -> Result<Self> {
        Ok(Self { folder: ZIG.install()?, host: host()? })
    }

    /// A `cargo build` for the oldest glibc; the arguments are separated by white space.
    pub(crate) fn build(&self, args: &str) -> Command {
        let mut build = Command::new(self.folder.join("bin/cargo-zigbuild"));
        build.current_dir(root()).arg("zigbuild").args(args.split_whitespace());
        build.arg("--target").arg(format!("{}.{GLIBC}", self.host));
        build.env("CARGO_ZIGBUILD_PYTHON_PATH", python_in(&self.folder));
        // Everything that is installed or generated lies under target.
        let caches = target().join("tools/zig-cache");
        build.env("CARGO_ZIGBUILD_CACHE_DIR", caches.join("wrappers"));
        build.env("ZIG_GLOBAL_CACHE_DIR", caches.join("zig"));
        build
    }

    /// The folder that a build with this profile puts its files into.
    pub(crate) fn built(&self, profile: &str) -> PathBuf {
        // cargo's folder for the profile dev is called debug.
        build_target().join(&self.host).join(if profile == "dev" { "debug" } else { profile })
    }
}

/// The target that cargo builds for where none is named.
pub(crate) fn host() -> Result<String> {
    let version = output(Command::new("rustc").current_dir(root()).arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc -vV says no host")?;
    Ok(host.to_owned())
}

/// Fails where one of the files needs a newer glibc, another library, or still has its symbols.
pub(crate) fn check(files: &[PathBuf]) -> Result<()> {
    let mut check = Command::new(packer()?);
    run(check.current_dir(root()).args(["elf", "--glibc", GLIBC]).args(files))
}

/// Builds xtask/pack, which looks into files and packs them; its path.
pub(crate) fn packer() -> Result<PathBuf> {
    run(&mut cargo("build --locked -p pack"))?;
    Ok(build_target().join("debug/pack"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_is_pinned_exactly() {
        assert_eq!(crate::python::loose(ZIG.requirements), [""; 0]);
    }

    #[test]
    fn a_build_is_for_the_oldest_glibc() {
        let portable = Portable { folder: "zig".into(), host: "x86_64-unknown-linux-gnu".to_owned() };
        let build = portable.build("--locked -p a");
        let args: Vec<_> = build.get_args().map(|arg| arg.to_string_lossy()).collect();
        assert_eq!(args, ["zigbuild", "--locked", "-p", "a", "--target", "x86_64-unknown-linux-gnu.2.17"]);
        assert!(portable.built("dev").ends_with("x86_64-unknown-linux-gnu/debug"));
        assert!(portable.built("shipped").ends_with("x86_64-unknown-linux-gnu/shipped"));
    }
}
