//! Settings of a made-up server, in every layer.

use crate::*;
use expect_test::{Expect, expect};
use std::ffi::OsString;
use std::path::PathBuf;

table! {
    pub(crate) const SETTINGS;
    PORT = "server" "port", Some("PORT"), "8080", Rule::Number(1, 65535), "The port to listen on";
    TOKEN = "server" "token", Some("TOKEN"), "", Rule::Text, "The token that clients send", secret: true;
    REGION = "server" "region", None, "", Rule::Described("a region"), "Where it runs, such as `eu-west-1`",
        hint: |text| text.ends_with('x').then(|| "write eu-west-1".to_owned());
    LOG_TO = "log" "to", Some("LOG_TO"), "stdout", Rule::ListOf(&["stdout", "file"]), "Places of the log";
    COLOUR = "log" "colour", None, "true", Rule::Flag, "Use colour", note: "new",
        also: Some(("color", "LOG_COLOR"));
}

pub(crate) const TABLE: Table =
    Table { settings: SETTINGS, other_sections: &["other"], file_flag: "--config", shared_words: &[] };

/// Reads all settings from one file, the environment and flags, and returns values, warnings and mistakes as text.
#[expect(clippy::needless_pass_by_value, reason = "as expect! gives it")]
#[track_caller]
fn check(file: &[u8], env: &[(&str, &str)], flags: &[(&str, &str)], expected: Expect) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.ini");
    std::fs::write(&path, file).unwrap();
    let text = read(vec![path], env, flags);
    expected.assert_eq(&text.replace(&format!("{}/", folder.path().display()), ""));
}

fn read(files: Vec<PathBuf>, env: &[(&str, &str)], flags: &[(&str, &str)]) -> String {
    let env = |name: &str| env.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value));
    let flag =
        |(name, value): &(&str, &str)| Flag { name: (*name).to_owned(), value: (*value).to_owned(), flag: "--set" };
    let flags = flags.iter().map(flag).collect();
    let mut reader = SettingsReader::new(TABLE, &Sources { files, env: &env, variables: Vec::new(), flags });
    let port: Option<u16> = reader.number(PORT);
    let token = reader.required(TOKEN, "clients need it");
    let region = reader.optional_as(REGION, |text| text.starts_with("eu").then(|| text.to_owned()));
    let places = reader.list(LOG_TO, |word| ["stdout", "file"].into_iter().find(|known| *known == word), |_| None);
    let colour = reader.flag(COLOUR);
    assert_eq!(reader.text(PORT).is_some(), port.is_some() || reader.has_mistakes());
    let (mistakes, warnings) = reader.finish();
    let mut text = format!("{port:?} {token:?} {region:?} {places:?} {colour:?}\n");
    warnings.iter().for_each(|warning| text += &format!("warning: {warning}\n"));
    mistakes.iter().for_each(|mistake| text += &format!("mistake: {mistake}\n"));
    text
}

#[test]
fn the_later_layer_wins() {
    let file = b"[server]\nport = 1\ntoken = a-%(port)s-%(name)s\n[DEFAULT]\nname = 50%%\n[other]\nx = 100%\n";
    check(
        file,
        &[],
        &[],
        expect![[r#"
            Some(1) Some("a-1-50%") None Some({"stdout"}) Some(true)
        "#]],
    );
    check(
        file,
        &[("PORT", "2"), ("TOKEN", "%(port)s"), ("LOG_TO", "")],
        &[],
        expect![[r#"
            Some(2) Some("%(port)s") None Some({"stdout"}) Some(true)
        "#]],
    );
    check(
        file,
        &[("PORT", "2")],
        &[("server.port", "3"), ("server.PORT", "4"), ("log.colour", "false"), ("log.to", "file, stdout")],
        expect![[r#"
            Some(4) Some("a-4-50%") None Some({"file", "stdout"}) Some(false)
        "#]],
    );
}

#[test]
fn a_second_name_sets_the_same() {
    let colour = |file: &[u8], env: &[(&str, &str)], flags: &[(&str, &str)]| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ini");
        std::fs::write(&path, file).unwrap();
        let env: Vec<_> = env.iter().copied().chain([("TOKEN", "t")]).collect();
        let text = read(vec![path], &env, flags);
        text.replace(&format!("{}/", folder.path().display()), "")
            .replace("Some(8080) Some(\"t\") None Some({\"stdout\"}) ", "")
    };
    let off = "Some(false)\n";
    assert_eq!(colour(b"[log]\nColor = false\n", &[], &[]), off);
    assert_eq!(colour(b"[log]\ncolour = true\n", &[("LOG_COLOR", "false")], &[]), off);
    assert_eq!(colour(b"[log]\ncolor = true\n", &[], &[("log.color", "false")]), off);
    assert_eq!(colour(b"[log]\ncolour = false\ncolor = false\n", &[], &[]), off);
    assert_eq!(
        colour(b"[server]\nregion = %(color)s\ncolor = eu\n[log]\ncolor = %(x)s\nx = false\n", &[], &[]).lines().next(),
        Some("Some(8080) Some(\"t\") Some(\"eu\") Some({\"stdout\"}) Some(false)")
    );
    let wrong = "mistake: a.ini:3: log.colour = false: a.ini:2 sets another value; remove one of the two\n";
    assert!(colour(b"[log]\ncolour = true\ncolor = false\n", &[], &[]).ends_with(wrong));
    // The value that counts has to be right, too.
    let no = "mistake: a.ini:2: log.colour = no: must be true or false\n";
    assert!(colour(b"[log]\ncolor = no\n", &[], &[]).ends_with(no));
}

#[test]
fn all_mistakes_are_reported_at_once() {
    check(
        b"[server]\nport =\ntokn = s3cret\nregion = xx\nnot a line\n[lgo]\n[log]\nto = File,x\ncolour = yes\n",
        &[("TOKEN", "\"s3cret\"")],
        &[("server.token", "s3cret"), ("sever.port", "1"), ("port", "1")],
        expect![[r#"
            None None None Some({}) None
            warning: a.ini:6: the section [lgo] is not known and has no effect; did you mean [log]?
            warning: a.ini:3: server.tokn is not known and has no effect; did you mean server.token?
            mistake: a.ini:5: is neither [section] nor key = value (indent a line to continue a value)
            mistake: --set: server.token is a secret, and every user of the machine can see a command line; set the variable TOKEN, or token under [server] in a file
            mistake: --set: the setting sever.port does not exist; did you mean server.port?
            mistake: --set: the setting port does not exist
            mistake: a.ini:2: server.port is empty: must be a whole number from 1 to 65535; leave it out for 8080
            mistake: TOKEN: server.token: has quotes around it, which count as part of the value (docker's --env-file and INI files keep them); write it without quotes
            mistake: a.ini:4: server.region = xx: must be a region; write eu-west-1
            mistake: a.ini:8: log.to = File,x: write file, not File
            mistake: a.ini:8: log.to = File,x: x is unknown; must be one or more of stdout, file, separated by commas
            mistake: a.ini:9: log.colour = yes: must be true or false
        "#]],
    );
    check(
        b"",
        &[],
        &[],
        expect![[r#"
            Some(8080) None None Some({"stdout"}) Some(true)
            mistake: server.token: is not set; clients need it: set token under [server], or the variable TOKEN
        "#]],
    );
}

#[test]
fn files_that_cannot_be_read_are_mistakes() {
    let token = [("TOKEN", "t")];
    let missing = read(vec!["/nowhere/a.ini".into()], &token, &[]);
    assert!(missing.ends_with("/nowhere/a.ini: there is no such file; name another one with --config\n"), "{missing}");
    check(
        b"[server]\n# caf\xe9\n",
        &token,
        &[],
        expect![[r#"
            Some(8080) Some("t") None Some({"stdout"}) Some(true)
            mistake: a.ini:2: is not UTF-8; save the file as UTF-8
        "#]],
    );
    let utf16: Vec<u8> = "[server]\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    check(
        &utf16,
        &token,
        &[],
        expect![[r#"
            Some(8080) Some("t") None Some({"stdout"}) Some(true)
            mistake: a.ini: is UTF-16, which Windows calls Unicode; save the file as UTF-8
        "#]],
    );
}

/// The message names the file. That its settings are missing follows from it.
#[test]
fn with_a_file_that_cannot_be_read_the_file_is_the_only_mistake() {
    let folder = tempfile::tempdir().unwrap();
    let text = read(vec![folder.path().to_owned()], &[], &[]);
    assert!(text.ends_with("is a folder; name a file with --config\n") && text.lines().count() == 2, "{text}");
    let utf16: Vec<u8> = "[server]\ntoken = t\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (file, mistake) in [
        (&utf16[..], "a.ini: is UTF-16, which Windows calls Unicode; save the file as UTF-8"),
        (b"[server]\ntoken = \xe9\n", "a.ini:2: is not UTF-8; save the file as UTF-8"),
        (b"[server\ntoken = t\nport = 1\n", "a.ini:1: begins a [section], but has no ] at its end"),
        (b"token = t\nport = 1\n", "a.ini:1: is before the first [section]"),
        (b"[server]\ntoken t\n", "a.ini:2: is neither [section] nor key = value (indent a line to continue a value)"),
        (
            b"[server]\ntoken = t-%(where)s\nwhere x\n",
            "a.ini:3: is neither [section] nor key = value (indent a line to continue a value)",
        ),
    ] {
        let path = folder.path().join("a.ini");
        std::fs::write(&path, file).unwrap();
        let text = read(vec![path], &[], &[]).replace(&format!("{}/", folder.path().display()), "");
        let said: Vec<&str> = text.lines().skip(1).collect();
        assert_eq!(said, [format!("mistake: {mistake}")], "{text}");
    }
    // A mistake in a value that was read is one of its own, and so is a setting that a repeated key does not hide.
    let path = folder.path().join("a.ini");
    std::fs::write(&path, "[server]\nport = x\nport = 1\nport = 0\n").unwrap();
    assert_eq!(read(vec![path], &[], &[]).matches("mistake: ").count(), 4);
}

#[test]
fn long_values_are_shortened() {
    let long = "x".repeat(100);
    let text = read(Vec::new(), &[("TOKEN", "t"), ("PORT", &long)], &[]);
    assert!(text.contains(&format!("PORT: server.port = {}...: must be", "x".repeat(80))), "{text}");
}
