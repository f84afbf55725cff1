//! Builds programs that contain nothing of the machine.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::portable;
use crate::portable::Portable;
use crate::run::{build_target, here, output, root, run};

/// The source of a release.
pub(super) const PACKAGES: &[&str] = &["ct-ingest", "fig-bridge", "cloudtrail-plugin"];
/// The result.
const FILES: &[&str] = &["ct-ingest", "fig-bridge", "libcloudtrail.so"];
/// The separator in `CARGO_ENCODED_RUSTFLAGS`.
const SEPARATOR: &str = "\u{1f}";

/// A folder of this machine, and the name that programs contain instead.
struct Prefix {
    here: PathBuf,
    shown: String,
}

/// Builds the programs and the plugin in one command, so that the AWS SDK is compiled once, and returns their folder.
pub(super) fn programs(profile: &str) -> Result<PathBuf> {
    let prefixes = prefixes()?;
    let portable = Portable::install()?;
    let mut build = portable.build(&format!("--locked --profile {profile}"));
    for name in PACKAGES {
        build.args(["-p", name]);
    }
    // The user's own flags must not change the result.
    build
        .env_remove("RUSTFLAGS")
        .env("CARGO_ENCODED_RUSTFLAGS", rust_flags(&prefixes))
        .env("CFLAGS", c_flags(&prefixes));
    build.env("CC_SHELL_ESCAPED_FLAGS", "1").env("CARGO_INCREMENTAL", "0");
    run(&mut build)?;
    let built = portable.built(profile);
    if profile != "dev" {
        let files: Vec<PathBuf> = FILES.iter().map(|file| built.join(file)).collect();
        for file in &files {
            omits_folders(&prefixes, file)?;
        }
        portable::check(&files)?;
    }
    Ok(built)
}

/// If several folders match, rustc and gcc use the last one, so the narrower ones come last.
fn prefixes() -> Result<Vec<Prefix>> {
    let rustc = |args: &[&str]| output(here("rustc").args(args));
    let version = rustc(&["-vV"])?;
    let commit = version
        .lines()
        .find_map(|line| line.strip_prefix("commit-hash: "))
        .context("the output of rustc -vV has no commit")?;
    let sysroot = PathBuf::from(rustc(&["--print", "sysroot"])?.trim());
    let prefix = |here: PathBuf, shown: &str| Prefix { here, shown: shown.to_owned() };
    Ok(vec![
        prefix(root(), "/trailbridge"),
        prefix(build_target(), "/trailbridge/target"),
        prefix(cargo_home()?, "/cargo"),
        prefix(sysroot.clone(), "/rust"),
        // The name that the standard library has when its source is not installed.
        prefix(sysroot.join("lib/rustlib/src/rust"), &format!("/rustc/{commit}")),
    ])
}

/// Returns the folder in which cargo keeps its downloads.
pub(super) fn cargo_home() -> Result<PathBuf> {
    match env::var_os("CARGO_HOME") {
        Some(home) => Ok(home.into()),
        None => Ok(env::home_dir().context("the home folder is unknown")?.join(".cargo")),
    }
}

fn rust_flags(prefixes: &[Prefix]) -> String {
    let flags = prefixes.iter().map(|Prefix { here, shown }| format!("--remap-path-prefix={}={shown}", here.display()));
    flags.collect::<Vec<_>>().join(SEPARATOR)
}

/// The same for the C code in packages, quoted for a shell.
fn c_flags(prefixes: &[Prefix]) -> String {
    let quoted = |here: &Path| here.display().to_string().replace('\'', r"'\''");
    let flags = prefixes.iter().map(|Prefix { here, shown }| format!("'-ffile-prefix-map={}={shown}'", quoted(here)));
    flags.collect::<Vec<_>>().join(" ")
}

/// Checks that a program does not name a folder of this machine: such a program differs on every machine.
fn omits_folders(prefixes: &[Prefix], file: &Path) -> Result<()> {
    let bytes = fs::read(file).with_context(|| file.display().to_string())?;
    for Prefix { here, .. } in prefixes {
        ensure!(!contains(&bytes, here.as_os_str().as_encoded_bytes()), "{} names {}", file.display(), here.display());
    }
    Ok(())
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> [Prefix; 2] {
        [("/work/it's", "/a"), ("/work/it's/target", "/a/target")]
            .map(|(here, shown)| Prefix { here: here.into(), shown: shown.to_owned() })
    }

    #[test]
    fn every_compiler_gets_the_prefixes() {
        let rust = "--remap-path-prefix=/work/it's=/a\u{1f}--remap-path-prefix=/work/it's/target=/a/target";
        assert_eq!(rust_flags(&two()), rust);
        let c = r"'-ffile-prefix-map=/work/it'\''s=/a' '-ffile-prefix-map=/work/it'\''s/target=/a/target'";
        assert_eq!(c_flags(&two()), c);
    }

    #[test]
    fn a_folder_in_a_program_is_found() {
        let folder = env::temp_dir().join(format!("xtask-dist-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("program");
        fs::write(&file, b"\0/trailbridge/src/a.rs\0").unwrap();
        omits_folders(&two(), &file).unwrap();
        fs::write(&file, b"\0/work/it's/target/x.rs\0").unwrap();
        let error = omits_folders(&two(), &file).unwrap_err().to_string();
        assert_eq!(error, format!("{} names /work/it's", file.display()));
        fs::remove_dir_all(&folder).unwrap();
    }
}
