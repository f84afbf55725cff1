//! Runs others' validators of OCSF events, which `cargo xtask ocsf-validators` installs.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// The requirements that the environment must have; the same file that xtask installs from.
const REQUIREMENTS: &str = include_str!("../../../../xtask/ocsf-requirements.txt");
const PROGRAM: &str = include_str!("validator.py");

/// Returns the number, from 0, and the mistake of each wrong event. Fails if the validators did not check each event.
pub(crate) fn wrong(events: &[String]) -> Vec<(usize, String)> {
    let environment = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools/ocsf");
    let stamp = fs::read_to_string(environment.join("installed.txt")).unwrap_or_default();
    assert_eq!(stamp, REQUIREMENTS, "no validators of the pinned versions: run `cargo xtask ocsf-validators`");
    let mut validator = Command::new(environment.join("bin/python"))
        // -I: ignores the user's PYTHON* variables and modules in the current folder.
        .args(["-I", "-c", PROGRAM])
        .env_clear()
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = validator.stdin.take().unwrap();
    let text = events.iter().map(|event| format!("{event}\n")).collect::<String>();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = validator.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "{}", output.status);
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.pop(), Some(format!("checked {}", events.len()).as_str()), "{text}");
    let numbered = |line: &str| {
        let (number, mistake) = line.split_once(": ").unwrap_or_else(|| panic!("{line}"));
        (number.parse::<usize>().unwrap() - 1, mistake.to_owned())
    };
    lines.into_iter().map(numbered).collect()
}
