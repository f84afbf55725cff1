//! Runs other programs. Each command is printed before it starts, and an error says how to repeat it.

use std::env;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// The build profile that compiles fastest, for programs that run once and for seconds. `cargo xtask` uses it, too, so
/// that both share what they depend on.
pub(crate) const QUICK: &str = "quick";
/// The build profile of tests.
const DEV: &str = "dev";
/// The build profile of optimised programs.
pub(crate) const RELEASE: &str = "release";
/// The build profile of programs that a release ships.
pub(crate) const SHIPPED: &str = "shipped";

/// Returns the workspace's folder.
pub(crate) fn root() -> PathBuf {
    // The folder of xtask is directly in the workspace's folder.
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// Returns the folder for installed and generated files.
pub(crate) fn target() -> PathBuf {
    root().join("target")
}

/// Returns the folder that cargo builds into.
pub(crate) fn build_target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(target, |dir| root().join(dir))
}

/// Returns a cargo command in the workspace's folder. White space separates the arguments.
pub(crate) fn cargo(args: &str) -> Command {
    let mut command = here(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args.split_whitespace());
    command
}

/// Returns a command in the workspace's folder.
pub(crate) fn here(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}

/// Returns the name of cargo's folder for a profile.
pub(crate) fn folder(profile: &str) -> &str {
    if profile == DEV { "debug" } else { profile }
}

/// Builds packages, which the arguments for `cargo build` name, and returns the folder of the programs.
pub(crate) fn build(profile: &str, args: &str) -> Result<PathBuf> {
    run(&mut cargo(&format!("build --locked --profile {profile} {args}")))?;
    Ok(build_target().join(folder(profile)))
}

/// Builds everything that `cargo test --workspace` needs, and returns the folder of the programs. A build without the tests
/// has other features of its dependencies, and would build the AWS SDK a second time.
pub(crate) fn build_with_tests() -> Result<PathBuf> {
    build(DEV, "--workspace --lib --bins --tests")
}

/// Fails with all mistakes, each on its line.
pub(crate) fn none(wrong: &[String]) -> Result<()> {
    if wrong.is_empty() { Ok(()) } else { bail!("{}", wrong.join("\n")) }
}

/// Prints the command and runs it. An exit code other than 0 is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = shown(command);
    println!("$ {line}");
    let status = command.status().with_context(|| format!("cannot start: {line}"))?;
    if !status.success() {
        bail!("{status}; to repeat it: {line}");
    }
    Ok(())
}

/// Runs the command quietly and returns what it wrote to stdout.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let line = shown(command);
    let output = command.output().with_context(|| format!("cannot start: {line}"))?;
    if !output.status.success() {
        // Tests report on stdout, other programs on stderr.
        let written = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        bail!("{}; to repeat it: {line}\n{}", output.status, written.concat());
    }
    String::from_utf8(output.stdout).with_context(|| format!("not UTF-8: the output of {line}"))
}

/// Returns the command as a person types it in the workspace's folder.
fn shown(command: &Command) -> String {
    let mut line = String::new();
    let root = root();
    let folder = command.get_current_dir().unwrap_or(&root);
    if folder != root {
        let _ = write!(line, "cd {} && ", folder.strip_prefix(&root).unwrap_or(folder).display());
    }
    let (removed, set): (Vec<_>, Vec<_>) = command.get_envs().partition(|(_, value)| value.is_none());
    if !removed.is_empty() {
        let names: String = removed.iter().map(|(key, _)| format!("-u {} ", key.to_string_lossy())).collect();
        let _ = write!(line, "env {names}");
    }
    for (key, value) in set {
        let value = value.unwrap_or_default().to_string_lossy();
        let _ = write!(line, "{}={} ", key.to_string_lossy(), quoted(&value));
    }
    let program = Path::new(command.get_program());
    let program = program.strip_prefix(folder).unwrap_or(program);
    // cargo passes its full path to the programs that it starts.
    let program = if program.file_stem().is_some_and(|name| name == "cargo") { Path::new("cargo") } else { program };
    line.push_str(&program.to_string_lossy());
    for arg in command.get_args() {
        let _ = write!(line, " {}", quoted(&arg.to_string_lossy()));
    }
    line
}

/// Quotes a word for a shell; for bash, if the word has control characters.
fn quoted(word: &str) -> String {
    let is_control = |char: char| char.is_ascii_control();
    if word.contains(is_control) {
        let escaped = word.replace('\\', r"\\").replace('\'', r"\'");
        let plain =
            |char: char| if is_control(char) { format!(r"\x{:02x}", u32::from(char)) } else { char.to_string() };
        format!("$'{}'", escaped.chars().map(plain).collect::<String>())
    } else if word.is_empty() || word.contains([' ', '*', '"', '$', '\'', '\\']) {
        format!("'{}'", word.replace('\'', r"'\''"))
    } else {
        word.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_typed() {
        let mut command = cargo("doc --no-deps");
        command.env("RUSTDOCFLAGS", "-D warnings");
        assert_eq!(shown(&command), "RUSTDOCFLAGS='-D warnings' cargo doc --no-deps");
        assert_eq!(shown(Command::new("true").current_dir(root().join("crates/a"))), "cd crates/a && true");
        assert_eq!(shown(Command::new("true").env_remove("A").env("B", "1")), "env -u A B=1 true");
    }

    #[test]
    fn a_shell_reads_the_same_word() {
        for word in ["", "a b", "it's", "'a b'", "$HOME", r"a\b", "a\u{1f}b", "it's\\\u{1f}"] {
            let mut bash = Command::new("bash");
            let read = output(bash.args(["-c", &format!("printf %s {}", quoted(word))])).unwrap();
            assert_eq!(read, word, "{}", quoted(word));
        }
    }
}
