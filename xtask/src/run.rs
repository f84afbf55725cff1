//! Running other programs: each is printed before it starts, and a failure says how to repeat it.

use std::{
    env,
    fmt::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

/// The workspace's folder.
pub(crate) fn root() -> PathBuf {
    // xtask lies directly in the workspace.
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// What xtask installs and generates lies here.
pub(crate) fn target() -> PathBuf {
    root().join("target")
}

/// Where cargo puts what it builds.
pub(crate) fn build_target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(target, |dir| root().join(dir))
}

/// A cargo command in the workspace's folder; the arguments are separated by white space.
pub(crate) fn cargo(args: &str) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args.split_whitespace()).current_dir(root());
    command
}

/// Prints the command, runs it and wants it to succeed.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = shown(command);
    println!("$ {line}");
    let status = command.status().with_context(|| format!("cannot start: {line}"))?;
    if !status.success() {
        bail!("{status}; again by hand: {line}");
    }
    Ok(())
}

/// Runs the command quietly and returns what it wrote to stdout.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let line = shown(command);
    let output = command.output().with_context(|| format!("cannot start: {line}"))?;
    if !output.status.success() {
        bail!("{}; again by hand: {line}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    String::from_utf8(output.stdout).with_context(|| format!("not UTF-8: the output of {line}"))
}

/// The command as one would type it in the workspace's folder.
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
    // Cargo names itself by its full path to what it starts.
    let program = if program.file_stem().is_some_and(|name| name == "cargo") { Path::new("cargo") } else { program };
    line.push_str(&program.to_string_lossy());
    for arg in command.get_args() {
        let _ = write!(line, " {}", quoted(&arg.to_string_lossy()));
    }
    line
}

/// A word for a shell; bash, where there are control characters in it.
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
    fn a_shell_reads_what_was_meant() {
        for word in ["", "a b", "it's", "'a b'", "$HOME", r"a\b", "a\u{1f}b", "it's\\\u{1f}"] {
            let mut bash = Command::new("bash");
            let told = output(bash.args(["-c", &format!("printf %s {}", quoted(word))])).unwrap();
            assert_eq!(told, word, "{}", quoted(word));
        }
    }
}
