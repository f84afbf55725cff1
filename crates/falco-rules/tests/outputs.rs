//! Outputs and alerts.
#![expect(clippy::panic, reason = "a test fails by it")]

mod common;

use common::{Fields, Row};
use falco_rules::{AlertFormat, Loader, Output, OutputValue, RuleMatching, Scratch, Value};

#[track_caller]
fn writes(pairs: &[(&str, &str)]) {
    let mut row = Row { json: Some(r#"{"a":{"b":"c"}}"#), ..Row::usual() };
    for (text, expected) in pairs {
        let output = Output::parse(text, &Fields).unwrap_or_else(|error| panic!("{text}: {error}"));
        let mut out = Vec::new();
        output.write(&mut row, &mut out);
        assert_eq!(String::from_utf8_lossy(&out), *expected, "{text}");
    }
}

#[test]
fn fields_are_written() {
    writes(&[
        ("plain", "plain"),
        ("*%t.name", "GetObject"),
        ("a=%t.name b=%t.num.", "a=GetObject b=42."),
        ("%t.name.x %t.namex", "GetObject.x GetObjectx"),
        ("%t.absent|%t.none|%t.bool|%t.ip6|%t.net", "<NA>|<NA>|true|2001:db8::1|<IPNET>"),
        ("%t.names %t.nums %t.names[1] %t.names[7]", "(ami-1,ami-2) (1,2) (ami-2) <NA>"),
        ("%t.arg[x]%t.arg['/a']", "x/a"),
        ("%3t.name|%12t.name|%5t.absent|", "Get|GetObject   |<NA> |"),
        ("%tolower(t.name) %toupper(tolower(t.name)) %len(t.name) %b64(t.name)", "getobject GETOBJECT 9 <NA>"),
        ("%concat(t.dir, \"x\") %join(\"-\", (t.num, t.dir)) %len(concat(t.dir, \"x\"))", "/tmpx 42-/tmp <NA>"),
        ("%json.value[/a/b] %json.value[/a] %json.value[/x]", "c {\"b\":\"c\"} <NA>"),
        (
            "%evt.num %evt.time %evt.time.iso8601 %evt.reltime",
            "3 04:04:05.000000006 2026-01-02T03:04:05.000000006+0000 000000005",
        ),
        ("%evt.rawtime.ns %evt.rawtime.s %evt.source %evt.plugininfo", "000000006 1767323045 tests a row"),
        ("\u{e9}%t.num\u{e9}", "\u{e9}42\u{e9}"),
    ]);
    for (text, message) in [
        ("", "empty formatting token"),
        ("100%", "invalid formatting syntax: formatting cannot end with a %"),
        ("a %12", "invalid formatting syntax: formatting cannot end with a number"),
        ("%%", "unknown filter: expected a field or a transformer"),
        ("%t.nope", "unknown filter: filter_check called with nonexistent field t.nope"),
        ("%t.arg", "unknown filter: filter 't.arg': t.arg requires an argument but none provided"),
        ("%name", "unknown filter: expected a field or a transformer"),
    ] {
        assert_eq!(Output::parse(text, &Fields).map(|_| ()), Err(message.to_owned()), "{text}");
    }
}

#[test]
fn long_lists_are_cut_as_in_falco() {
    let mut row = Row::usual();
    row.values.insert("t.names", Value::List((0..500).map(|_| Value::text("abcd")).collect()));
    let mut out = Vec::new();
    Output::parse("%t.names", &Fields).unwrap().write(&mut row, &mut out);
    assert_eq!(out.len(), 1_023);
}

#[test]
fn values_have_names() {
    let text = "%t.name %tolower(t.dir) %join(\",\", (t.num, t.absent)) %json.value[\"/a=b\"] %json.value[/x] %t.names %evt.time %evt.reltime %t.bool";
    let output = Output::parse(text, &Fields).unwrap();
    let mut row = Row::usual();
    let values = output.values(&mut row);
    let text = |text: &str| OutputValue::Text(text.as_bytes().to_vec());
    let expected = [
        ("evt.reltime", OutputValue::Signed(5)),
        ("evt.time", OutputValue::Signed(1_767_323_045_000_000_006)),
        ("json.value[\"/a=b\"]", OutputValue::Null),
        ("json.value[/x]", OutputValue::Null),
        ("t.absent", OutputValue::Null),
        ("t.bool", OutputValue::Bool(true)),
        ("t.dir", text("/tmp")),
        ("t.name", text("GetObject")),
        ("t.names", OutputValue::List(vec![text("ami-1"), text("ami-2")])),
        ("t.num", OutputValue::Number(42)),
    ];
    assert_eq!(values.into_iter().collect::<Vec<_>>(), expected);
    assert_eq!(output.field_names().next(), Some("t.name"));
}

#[test]
fn alerts_are_falcos() {
    let rules = "- rule: A \"rule\"\n  desc: d\n  condition: t.num = 42\n  output: n=%t.name x=%t.absent l=%t.names\n  priority: warning\n  source: tests\n  tags: [b, a]\n";
    let loaded = Loader::new()
        .source("tests", &Fields)
        .append_output("d=%t.dir", Some("tests"), &["a"], None)
        .load(&[("r.yaml", rules)]);
    assert!(!loaded.has_errors());
    let engine = loaded.ruleset.engine("tests");
    let mut scratch = Scratch::new();
    let mut row = Row::usual();
    row.values.insert("t.dir", Value::text(&b"a\"\n\x01\xff"[..]));
    let rule = engine.check(&mut row, &mut scratch, RuleMatching::First).next().unwrap();
    let mut text = Vec::new();
    AlertFormat { has_iso_time: true, ..AlertFormat::default() }.write_text(rule, &mut row, &mut text);
    assert_eq!(
        String::from_utf8_lossy(&text),
        "2026-01-02T03:04:05.000000006+0000: Warning n=GetObject x=<NA> l=(ami-1,ami-2) d=a\"\n\u{1}\u{fffd}"
    );
    let mut json = Vec::new();
    let format = AlertFormat { has_message: true, ..AlertFormat::default() };
    format.write_json(rule, &mut row, &mut json);
    let expected = concat!(
        r#"{"hostname":"host","message":"n=GetObject x=<NA> l=(ami-1,ami-2) d=a\"\n\u0001�","#,
        r#""output":"04:04:05.000000006: Warning n=GetObject x=<NA> l=(ami-1,ami-2) d=a\"\n\u0001�","#,
        r#""output_fields":{"evt.time":1767323045000000006,"t.absent":null,"t.dir":"a\"\n\u0001�","t.name":"GetObject","#,
        r#""t.names":["ami-1","ami-2"]},"priority":"Warning","rule":"A \"rule\"","source":"tests","tags":["a","b"],"#,
        r#""time":"2026-01-02T03:04:05.000000006Z"}"#
    );
    assert_eq!(String::from_utf8_lossy(&json), expected);
    serde_json::from_slice::<serde_json::Value>(&json).unwrap();
    json.clear();
    let format = AlertFormat { has_output: false, has_output_fields: false, has_tags: false, ..AlertFormat::default() };
    format.write_json(rule, &mut row, &mut json);
    assert_eq!(
        String::from_utf8_lossy(&json),
        r#"{"hostname":"host","priority":"Warning","rule":"A \"rule\"","source":"tests","time":"2026-01-02T03:04:05.000000006Z"}"#
    );
}
