//! The program on a terminal: colour, the progress bar, tables that fit.

#![allow(clippy::unwrap_used, reason = "a test fails where its set-up does")]

mod common;

use common::{fixture, program, run, stderr, stdout};
use stand_ins::terminal::{OnTerminal, Shown, is_coloured, lines};
use std::io::Write;
use std::process::Stdio;

/// A narrow terminal, half of the usual width and less.
const NARROW: u16 = 20;
const USUAL: u16 = 80;

fn on(shown: Shown, columns: u16, args: &[&str], env: &[(&str, &str)]) -> String {
    let mut command = program();
    command.args(args).env_remove("NO_COLOR").env("TERM", "xterm").envs(env.iter().copied());
    OnTerminal::start(command, shown, columns).unwrap().finish().unwrap().1
}

#[test]
fn the_log_is_coloured_on_a_terminal_only_and_not_where_no_color_is_set() {
    let broken = fixture("broken/cut.json");
    let args = [broken.to_str().unwrap()];
    let log = on(Shown::Stderr, USUAL, &args, &[]);
    assert!(is_coloured(&log) && log.contains("damaged"), "{log}");
    for env in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let log = on(Shown::Stderr, USUAL, &args, &[env]);
        assert!(!is_coloured(&log) && log.contains("damaged"), "{env:?}: {log}");
    }
    let log = on(Shown::Stderr, USUAL, &[args[0], "--log-format", "json"], &[]);
    assert!(!is_coloured(&log) && log.contains("\"damaged\""), "{log}");
    assert!(!is_coloured(&stderr(&run(&args))), "no terminal");
}

#[test]
fn the_help_is_coloured_on_a_terminal_only_and_not_where_no_color_is_set() {
    assert!(is_coloured(&on(Shown::Stdout, USUAL, &["--help"], &[])));
    assert!(!is_coloured(&on(Shown::Stdout, USUAL, &["--help"], &[("NO_COLOR", "1")])));
    assert!(!is_coloured(&stdout(&run(&["--help"]))));
}

#[test]
fn times_in_the_log_are_rfc_3339_in_utc() {
    let time = |line: &str| line.split(' ').next().unwrap().parse::<jiff::Timestamp>().is_ok() && line.contains("Z ");
    let log = stderr(&run(&[fixture("broken/cut.json").to_str().unwrap()]));
    assert!(log.lines().count() > 1 && log.lines().all(time), "{log}");
}

#[test]
fn the_progress_bar_fits_a_narrow_terminal_and_goes_when_the_work_is_done() {
    let mut command = program();
    command.args(["-", "--log-level", "off"]).stdin(Stdio::piped()).env("TERM", "xterm");
    let mut running = OnTerminal::start(command, Shown::Stderr, NARROW).unwrap();
    let mut stdin = running.child.stdin.take().unwrap();
    // More than one chunk, so that the bar changes before the end.
    stdin.write_all(b"{\"eventID\":\"a\"}\n").unwrap();
    assert!(running.has_written("0/1 files"), "{running:?}");
    drop(stdin);
    let (status, text) = running.finish().unwrap();
    assert_eq!(status.code(), Some(0));
    let lines = lines(&text);
    assert!(lines.iter().all(|line| line.chars().count() <= NARROW.into()), "{lines:?}");
    assert!(text.ends_with("\u{1b}[2K") || text.ends_with("\u{1b}[0J"), "the bar is taken away: {text:?}");
}

#[test]
fn a_quiet_run_shows_no_bar() {
    let mut command = program();
    command.args(["-", "--quiet", "--log-level", "off"]).stdin(Stdio::null()).env("TERM", "xterm");
    let (_, text) = OnTerminal::start(command, Shown::Stderr, USUAL).unwrap().finish().unwrap();
    assert_eq!(text, "");
}

#[test]
fn a_terminal_of_unknown_size_has_80_columns() {
    let log = fixture("cloudtrail/forms/array.json");
    let shown = on(Shown::Stdout, 0, &["count", "--by", "ct.name", log.to_str().unwrap()], &[]);
    let table = lines(&shown);
    assert!(table[0].starts_with("COUNT  ct.name") && table.iter().all(|line| line.chars().count() <= 80), "{shown}");
}

#[test]
fn the_table_of_fields_fits_the_terminal() {
    for columns in [60, USUAL, 120] {
        let table = lines(&on(Shown::Stdout, columns, &["fields"], &[]));
        assert!(table.len() > 80 && table.iter().all(|line| line.chars().count() <= columns.into()), "{table:?}");
    }
}

#[test]
fn a_list_has_sizes_for_people_on_a_terminal_and_bytes_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a\u{1b}[31m"), vec![0; 1536]).unwrap();
    std::fs::write(folder.path().join("b"), "x").unwrap();
    let path = folder.path().to_str().unwrap();
    let shown = on(Shown::Stdout, 200, &["--list", path], &[]);
    let expected = [
        format!("   1.50 KiB  {path}/a\\u{{1b}}[31m"),
        format!("        1 B  {path}/b"),
        "   1.50 KiB  in 2 files".to_owned(),
    ];
    assert_eq!((lines(&shown), is_coloured(&shown)), (expected.to_vec(), false));
    let data = stdout(&run(&["--list", path]));
    assert_eq!(data, format!("1536\t{path}/a\\u{{1b}}[31m\n1\t{path}/b\n"));
}

/// Returns the bar's numbers of files: those done, the total, and whether there is one.
fn files(shown: &str) -> Vec<(u64, u64, bool)> {
    let entry = |line: &String| {
        let said = line.split_once(' ')?.1.split(" files").next()?;
        if let Some((done, total)) = said.split_once('/') {
            return Some((done.parse().ok()?, total.parse().ok()?, true));
        }
        Some((said.parse().ok()?, 0, false))
    };
    lines(shown).iter().filter_map(entry).collect()
}

#[test]
fn a_total_of_files_is_shown_once_it_is_known_and_does_not_grow() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..300 {
        std::fs::write(folder.path().join(format!("{number}.json")), "{\"eventID\":\"a\"}\n").unwrap();
    }
    let mut command = program();
    // Standard input delays the later sources, but they are still counted.
    command.arg("-").arg(folder.path()).args(["--log-level", "off"]).stdin(Stdio::piped()).env("TERM", "xterm");
    let mut running = OnTerminal::start(command, Shown::Stderr, USUAL).unwrap();
    let mut stdin = running.child.stdin.take().unwrap();
    stdin.write_all(b"{\"eventID\":\"a\"}\n").unwrap();
    assert!(running.has_written("0/301 files"), "{running:?}");
    drop(stdin);
    let (status, text) = running.finish().unwrap();
    assert_eq!(status.code(), Some(0));
    let totals: Vec<u64> = files(&text).into_iter().filter(|it| it.2).map(|it| it.1).collect();
    assert!(totals.iter().all(|total| *total == 301), "{totals:?}");
    assert!(text.contains("events/s") && text.contains(" B, "), "{text:?}");
}

#[test]
fn a_bucket_that_is_still_listed_has_no_total() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let s3 = runtime.block_on(stand_ins::s3::S3::start(std::time::Duration::from_millis(200))).unwrap();
    for region in 0..4 {
        for number in 0..30 {
            let name = format!("111111111111_CloudTrail_eu-west-{region}_20260102T00{number:02}Z_x.json");
            let key = format!("AWSLogs/111111111111/CloudTrail/eu-west-{region}/2026/01/02/{name}");
            s3.put("logs", &key, "{\"eventID\":\"a\"}\n");
        }
    }
    let mut command = program();
    command.args(["s3://logs", "--s3-download-concurrency", "4", "--log-level", "off"]).env("TERM", "xterm");
    command.env("AWS_ENDPOINT_URL_S3", s3.url()).env("AWS_REGION", "eu-west-1").env("HOME", "/nonexistent");
    command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
    let (status, text) = OnTerminal::start(command, Shown::Stderr, USUAL).unwrap().finish().unwrap();
    assert_eq!(status.code(), Some(0), "{text}");
    let said = files(&text);
    assert!(said.iter().any(|(_, _, is_all)| !is_all) && said.iter().any(|(_, _, is_all)| *is_all), "{said:?}");
    assert!(said.iter().filter(|it| it.2).all(|it| it.1 == 120), "a total is all: {said:?}");
    assert!(said.iter().all(|(done, found, is_all)| done <= found || !is_all), "{said:?}");
}

#[test]
fn standard_input_that_is_a_terminal_says_that_it_waits() {
    for source in ["-", "/dev/stdin"] {
        let (terminal, input) = stand_ins::terminal::pair(USUAL).unwrap();
        let mut child =
            program().arg(source).stdin(input).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut log = std::io::BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        std::io::BufRead::read_line(&mut log, &mut line).unwrap();
        assert!(line.contains("paste or type records, then press Ctrl-D"), "{source}: {line}");
        // Closing the terminal ends its input.
        drop(terminal);
        std::io::Read::read_to_string(&mut log, &mut line).unwrap();
        assert!(child.wait().unwrap().code().is_some(), "{source}: {line}");
    }
}
