//! `--list` of files and folders: lists them and reads nothing.

#![allow(clippy::unwrap_used, reason = "a test fails where its set-up does")]

mod common;

use common::{fixture, lines, program, run, run_on, stderr, stdout};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

#[test]
fn a_folder_gives_a_line_for_each_file_with_its_bytes_in_the_order_of_reading() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::create_dir(path("a")).unwrap();
    for (name, bytes) in [("a/2.json", 7), ("a/10.json.gz", 0), ("b", 1234)] {
        std::fs::write(path(name), vec![b'x'; bytes]).unwrap();
    }
    let output = run_on(folder.path(), &["--list"]);
    let shown = path("").display().to_string();
    let expected = format!("0\t{shown}a/10.json.gz\n7\t{shown}a/2.json\n1234\t{shown}b\n");
    assert_eq!((stdout(&output), output.status.code()), (expected, Some(0)));
    let log = stderr(&output);
    assert!(log.contains("would be read files=3 bytes=1241 "), "{log}");
}

#[test]
fn what_is_asked_for_besides_does_not_matter_and_no_file_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pipe");
    // Opening it waits for a writer, which never comes.
    rustix::fs::mknodat(rustix::fs::CWD, &file, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    std::fs::write(folder.path().join("log.json"), "[]").unwrap();
    let output = run_on(folder.path(), &["--list", "--fields", "ct.id"]);
    let log = format!("2\t{}\n", folder.path().join("log.json").display());
    assert_eq!((stdout(&output), output.status.code()), (log, Some(0)), "a pipe is left out, as in reading");
    let output = run_on(&file, &["--list"]);
    assert_eq!((stdout(&output), output.status.code()), (format!("0\t{}\n", file.display()), Some(0)));
}

#[test]
fn a_name_is_as_it_is_unless_it_would_break_the_line() {
    let folder = tempfile::tempdir().unwrap();
    for name in [&b"caf\xE9"[..], b"two\nlines"] {
        std::fs::write(folder.path().join(std::ffi::OsStr::from_bytes(name)), "").unwrap();
    }
    let output = run_on(folder.path(), &["--list"]);
    let names: Vec<&[u8]> =
        output.stdout.split(|byte| *byte == b'\n').filter_map(|line| line.rsplit(|it| *it == b'/').next()).collect();
    assert_eq!(names, [&b"caf\xE9"[..], b"two\\nlines", b""]);
}

#[test]
fn what_cannot_be_listed_is_named_and_costs_code_3() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("log.json"), "[]").unwrap();
    std::os::unix::fs::symlink("nowhere", folder.path().join("dangling")).unwrap();
    let output = run_on(folder.path(), &["--list"]);
    assert_eq!((lines(&output).len(), output.status.code()), (1, Some(3)));
    assert!(stderr(&output).contains("dangling reason=No such file"), "{}", stderr(&output));
    let output = run_on(&folder.path().join("none"), &["--list"]);
    assert_eq!((output.stdout.len(), output.status.code()), (0, Some(1)));
}

#[test]
fn a_file_that_may_not_be_read_is_listed_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log.json");
    std::fs::write(&file, "[]").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o000)).unwrap();
    assert_eq!(stdout(&run_on(folder.path(), &["--list"])), format!("2\t{}\n", file.display()));
}

#[test]
fn queues_and_standard_input_are_refused_with_the_reason() {
    for (source, reason) in [("sqs://queue", "hides them from other readers"), ("-", "is known only after it was read")]
    {
        let output = run(&["--list", source]);
        assert_eq!((output.stdout.len(), output.status.code()), (0, Some(2)));
        assert!(stderr(&output).contains(reason), "{source}: {}", stderr(&output));
    }
}

#[test]
fn an_empty_folder_is_worth_a_warning_and_a_reader_that_has_gone_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let output = run_on(folder.path(), &["--list"]);
    assert_eq!((output.stdout.len(), output.status.code()), (0, Some(0)));
    assert!(stderr(&output).contains("WARN nothing would be read"), "{}", stderr(&output));

    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = program().arg("--list").arg(fixture("")).stdout(writer).stderr(Stdio::piped()).output().unwrap();
    assert_eq!((stderr(&output).as_str(), output.status.code()), ("", Some(0)));
}
