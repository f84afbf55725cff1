//! Building so that the result says nothing of the machine.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};

use crate::{
    portable::{self, Portable},
    run::{build_target, output, root, run},
};

/// What a release is built from.
pub(super) const PACKAGES: &[&str] = &["ct-ingest", "fig-bridge", "cloudtrail-plugin"];
/// What comes of it.
const FILES: &[&str] = &["ct-ingest", "fig-bridge", "libcloudtrail.so"];
/// Between the flags of `CARGO_ENCODED_RUSTFLAGS`.
const SEPARATOR: &str = "\u{1f}";

/// A folder of this machine, and what programs are to say in its place.
struct Prefix {
    here: PathBuf,
    told: String,
}

/// Builds programs and plugin in one go, so that the AWS SDK is compiled once; the folder that they are in.
pub(super) fn programs(profile: &str) -> Result<PathBuf> {
    let prefixes = prefixes()?;
    let portable = Portable::install()?;
    let mut build = portable.build(&format!("--locked --profile {profile}"));
    for name in PACKAGES {
        build.args(["-p", name]);
    }
    // What the reader's own settings add must not get in.
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
            says_nothing_of(&prefixes, file)?;
        }
        portable::check(&files)?;
    }
    Ok(built)
}

/// Where there are several that fit, rustc and gcc take the last: so the narrower ones come behind.
fn prefixes() -> Result<Vec<Prefix>> {
    let rustc = |args: &[&str]| output(std::process::Command::new("rustc").current_dir(root()).args(args));
    let version = rustc(&["-vV"])?;
    let commit =
        version.lines().find_map(|line| line.strip_prefix("commit-hash: ")).context("rustc -vV says no commit")?;
    let sysroot = PathBuf::from(rustc(&["--print", "sysroot"])?.trim());
    let prefix = |here: PathBuf, told: &str| Prefix { here, told: told.to_owned() };
    Ok(vec![
        prefix(root(), "/trailbridge"),
        prefix(build_target(), "/trailbridge/target"),
        prefix(cargo_home()?, "/cargo"),
        prefix(sysroot.clone(), "/rust"),
        // The name that the standard library has where its source is not installed.
        prefix(sysroot.join("lib/rustlib/src/rust"), &format!("/rustc/{commit}")),
    ])
}

/// Where cargo keeps what it has downloaded.
pub(super) fn cargo_home() -> Result<PathBuf> {
    match env::var_os("CARGO_HOME") {
        Some(home) => Ok(home.into()),
        None => Ok(env::home_dir().context("there is no home folder")?.join(".cargo")),
    }
}

fn rust_flags(prefixes: &[Prefix]) -> String {
    let flags = prefixes.iter().map(|Prefix { here, told }| format!("--remap-path-prefix={}={told}", here.display()));
    flags.collect::<Vec<_>>().join(SEPARATOR)
}

/// The same for what packages compile of C, quoted for a shell.
fn c_flags(prefixes: &[Prefix]) -> String {
    let quoted = |here: &Path| here.display().to_string().replace('\'', r"'\''");
    let flags = prefixes.iter().map(|Prefix { here, told }| format!("'-ffile-prefix-map={}={told}'", quoted(here)));
    flags.collect::<Vec<_>>().join(" ")
}

/// A program that names a folder of this machine is another one on the next.
fn says_nothing_of(prefixes: &[Prefix], file: &Path) -> Result<()> {
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
            .map(|(here, told)| Prefix { here: here.into(), told: told.to_owned() })
    }

    #[test]
    fn every_compiler_is_told() {
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
        says_nothing_of(&two(), &file).unwrap();
        fs::write(&file, b"\0/work/it's/target/x.rs\0").unwrap();
        let told = says_nothing_of(&two(), &file).unwrap_err().to_string();
        assert_eq!(told, format!("{} names /work/it's", file.display()));
        fs::remove_dir_all(&folder).unwrap();
    }
}
