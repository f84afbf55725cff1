//! The entrypoint of fig-bridge's image. It starts fig-bridge, and also answers to the commands that start FIG.
//!
//! FIG's image has bash and Python. FIG's Helm chart starts it by `bash -c '...; python3 -m fig'`, and other manifests have
//! `command: [python3, -m, fig]`. This image has neither shell nor Python, but this program by their names: so those
//! manifests work when only their image is changed. Any other command for a shell or for Python is refused, since part of
//! it would be lost.
#![forbid(unsafe_code)]

use std::{
    env,
    ffi::{OsStr, OsString},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

/// Where the image has fig-bridge.
const PROGRAM: &str = "/usr/local/bin/fig-bridge";
const SHELLS: &[&str] = &["bash", "sh"];
const PYTHONS: &[&str] = &["python", "python3", "python3.11"];
/// What FIG's chart has in front of `python3 -m fig`. It keeps a pod of Google's marketplace waiting, which has no Falcon.
const IN_FRONT: &str = r#"[ "$FALCON_CLIENT_ID" == "MARKETPLACE_TEST" ] && tail -f /dev/null"#;
/// The exit code for wrong usage, as fig-bridge has it.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let words: Vec<OsString> = env::args_os().collect();
    let why = match arguments(&words) {
        // Only returns where it fails.
        Ok(arguments) => format!("{}: {}", program().display(), Command::new(program()).args(arguments).exec()),
        Err(why) => why,
    };
    #[expect(clippy::print_stderr, reason = "there is no log yet")]
    {
        eprintln!("error: {why}");
    }
    ExitCode::from(USAGE)
}

/// fig-bridge, beside this program.
fn program() -> PathBuf {
    env::current_exe().map_or_else(|_| PROGRAM.into(), |here| here.with_file_name("fig-bridge"))
}

/// The arguments for fig-bridge, from all words of the command.
///
/// # Errors
/// The command is for a shell or for Python, and does not just start FIG. The message has none of its words, which may be
/// secrets.
fn arguments(words: &[OsString]) -> Result<&[OsString], String> {
    let (first, rest) = words.split_first().map_or((OsStr::new(""), words), |(first, rest)| (first.as_os_str(), rest));
    let is =
        |name: &OsStr, names: &[&str]| names.iter().any(|known| Path::new(name).file_name() == Some(OsStr::new(known)));
    // By one of the names, or by its own with a command behind it, as `docker run IMAGE python3 -m fig` has it.
    let (name, rest) = match rest.split_first() {
        _ if is(first, SHELLS) || is(first, PYTHONS) => (first, rest),
        Some((name, behind)) => (name.as_os_str(), behind),
        None => return Ok(rest),
    };
    let texts: Option<Vec<&str>> = rest.iter().map(|word| word.to_str()).collect();
    let texts = texts.unwrap_or_default();
    let starts_fig = if is(name, SHELLS) {
        matches!(*texts, [flags, script] if is_command_flag(flags) && script_starts_fig(script))
    } else if is(name, PYTHONS) {
        python_starts_fig(&texts)
    } else {
        // Options and commands of fig-bridge's own.
        return Ok(words.get(1..).unwrap_or_default());
    };
    if starts_fig {
        return Ok(&[]);
    }
    Err(format!(
        "this image has fig-bridge and no {}. Of FIG's commands it takes `python3 -m fig`, alone or as FIG's Helm chart has it \
         in a shell. Leave `command` out, and give fig-bridge's own options as `args`",
        Path::new(name).file_name().unwrap_or_default().display()
    ))
}

/// `-c`, or letters that end in it, such as `-ec`.
fn is_command_flag(word: &str) -> bool {
    let letters = word.strip_prefix('-').and_then(|letters| letters.strip_suffix('c'));
    letters.is_some_and(|letters| letters.chars().all(|letter| "elux".contains(letter)))
}

/// Whether a shell would start FIG and do nothing else that matters.
fn script_starts_fig(script: &str) -> bool {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let script = script.trim().trim_end_matches(';');
    let (in_front, last) = script.rsplit_once(';').unwrap_or(("", script));
    let last = words(last);
    let last = last.strip_prefix("exec ").unwrap_or(&last);
    let is_known = in_front.is_empty() || words(in_front) == words(IN_FRONT);
    let mut command = last.split(' ');
    let is_python = command.next().is_some_and(|name| PYTHONS.contains(&name));
    is_known && is_python && python_starts_fig(&command.collect::<Vec<_>>())
}

/// Whether Python's arguments are `-m fig`, perhaps behind its flags, such as `-u`.
fn python_starts_fig(arguments: &[&str]) -> bool {
    let is_flag = |word: &&&str| word.starts_with('-') && **word != "-m" && **word != "-c";
    let flags = arguments.iter().take_while(is_flag).count();
    arguments.get(flags..) == Some(&["-m", "fig"])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(command: &[&str]) -> Result<Vec<String>, String> {
        let words: Vec<OsString> = command.iter().map(OsString::from).collect();
        let given = arguments(&words)?;
        Ok(given.iter().map(|word| word.to_string_lossy().into_owned()).collect())
    }

    #[test]
    fn what_starts_fig_starts_fig_bridge() {
        // As in `command` and `args` of FIG's chart 0.5.1.
        let chart = "[ \"$FALCON_CLIENT_ID\" == \"MARKETPLACE_TEST\" ] && tail -f /dev/null; python3 -m fig";
        let own = "/usr/local/bin/entrypoint";
        for command in [
            &["bash", "-c", chart] as &[&str],
            &["/bin/bash", "-c", chart],
            &[own, "bash", "-c", chart],
            &["sh", "-ec", "exec python3 -m fig"],
            &["bash", "-c", " python3.11  -u -m fig ; "],
            &["python3", "-m", "fig"],
            &["/usr/bin/python3.11", "-u", "-m", "fig"],
            &[own, "python3", "-m", "fig"],
            &[own],
        ] {
            assert_eq!(given(command), Ok(vec![]), "{command:?}");
        }
    }

    #[test]
    fn options_of_fig_bridge_are_handed_on() {
        let own = "/usr/local/bin/entrypoint";
        assert_eq!(given(&[own, "check", "--config", "bash"]).unwrap(), ["check", "--config", "bash"]);
        assert_eq!(given(&[own, "--log-format=json"]).unwrap(), ["--log-format=json"]);
    }

    #[test]
    fn what_would_be_lost_in_part_is_refused_and_not_shown() {
        let own = "/usr/local/bin/entrypoint";
        for command in [
            &["bash", "-c", "export FALCON_CLIENT_SECRET=hidden; python3 -m fig"] as &[&str],
            &["bash", "-c", "python3 -m fig | tee hidden"],
            &["bash", "-c", "python3 -m fig; hidden"],
            &["bash", "-c", "python3 -m fig\nhidden"],
            &["bash", "hidden.sh"],
            &["bash"],
            &["python3", "-c", "hidden"],
            &["python3", "-m", "pip", "hidden"],
            &["python3", "-m", "fig", "hidden"],
            &[own, "python3", "hidden.py"],
        ] {
            let told = given(command).unwrap_err();
            assert!(told.contains("python3 -m fig") && !told.contains("hidden"), "{command:?}: {told}");
        }
    }
}
