//! Tests that the program uses colour only on a terminal, and not where it is switched off.

#![allow(clippy::unwrap_used, reason = "a test fails where its set-up does")]

use stand_ins::terminal::{OnTerminal, Shown, is_coloured};
use std::process::Command;

/// Returns the log of `fig-bridge offsets show`: a warning, and an error because no store is configured.
fn log(env: &[(&str, &str)], args: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.ini"), "[main]\nbackends = GENERIC\nunknown = 1\n").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_fig-bridge"));
    command.current_dir(folder.path()).env_clear().env("TERM", "xterm").envs(env.iter().copied());
    command.args(["offsets", "show", "--offset-store", "file:offsets.json"]).args(args);
    let (status, text) = OnTerminal::start(command, Shown::Stderr, 80).unwrap().finish().unwrap();
    assert!(status.success() && text.contains("main.unknown is not known"), "{text}");
    text
}

#[test]
fn the_log_is_coloured_on_a_terminal_and_not_where_no_color_is_set() {
    assert!(is_coloured(&log(&[], &[])));
    assert!(!is_coloured(&log(&[("NO_COLOR", "1")], &[])));
    assert!(!is_coloured(&log(&[], &["--log-format", "json"])));
}
