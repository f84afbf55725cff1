//! Builds programs that run with an old C library, on any machine.
//!
//! cargo links against the machine's own glibc, and a program then needs that version or a newer one: a plugin that was
//! built on Debian 12 would not load in a Falco on Debian 11. zig has the symbols of every glibc since 2.17, and
//! cargo-zigbuild can link for the oldest. Both are wheels on `PyPI`.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::python::{Environment, python_in};
use crate::run::{QUICK, build, build_target, folder, here, output, run, target};

/// The oldest glibc that a release runs with. It is also the oldest that Rust's standard library supports and that zig
/// can link for. falcosecurity builds its plugins for 2.31 (Debian 11); RHEL 8 has 2.28, Amazon Linux 2 has 2.26.
pub(crate) const GLIBC: &str = "2.17";

const ZIG: Environment = Environment {
    name: "zig",
    requirements: include_str!("../zig-requirements.txt"),
    file: "xtask/zig-requirements.txt",
    modules: "ziglang",
};

/// The compilers and the linker for the oldest glibc.
pub(crate) struct Portable {
    /// The virtual environment that contains zig.
    folder: PathBuf,
    /// The target, such as `x86_64-unknown-linux-gnu`.
    host: String,
}

impl Portable {
    /// Installs zig unless it is installed already.
    pub(crate) fn install() -> Result<Self> {
        Ok(Self { folder: ZIG.install()?, host: host()? })
    }

    /// Returns a `cargo build` for the oldest glibc. White space separates the arguments.
    pub(crate) fn build(&self, args: &str) -> Command {
        let mut build = here(self.folder.join("bin/cargo-zigbuild"));
        build.arg("zigbuild").args(args.split_whitespace());
        build.arg("--target").arg(format!("{}.{GLIBC}", self.host));
        build.env("CARGO_ZIGBUILD_PYTHON_PATH", python_in(&self.folder));
        // All installed and generated files are below target.
        let caches = target().join("tools/zig-cache");
        build.env("CARGO_ZIGBUILD_CACHE_DIR", caches.join("wrappers"));
        build.env("ZIG_GLOBAL_CACHE_DIR", caches.join("zig"));
        build
    }

    /// Returns the folder with the files of a build with this profile.
    pub(crate) fn built(&self, profile: &str) -> PathBuf {
        build_target().join(&self.host).join(folder(profile))
    }
}

/// Returns the target that cargo builds for by default.
pub(crate) fn host() -> Result<String> {
    let version = output(here("rustc").arg("-vV"))?;
    let host =
        version.lines().find_map(|line| line.strip_prefix("host: ")).context("the output of rustc -vV has no host")?;
    Ok(host.to_owned())
}

/// Fails if one of the files needs a newer glibc or another library, or still has its symbols.
pub(crate) fn check(files: &[PathBuf]) -> Result<()> {
    run(here(packer()?).args(["elf", "--glibc", GLIBC]).args(files))
}

/// Builds xtask/pack, which reads and packs files, and returns its path.
pub(crate) fn packer() -> Result<PathBuf> {
    Ok(build(QUICK, "-p pack")?.join("pack"))
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
