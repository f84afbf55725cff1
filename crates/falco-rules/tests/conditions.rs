//! What conditions mean: types, operators, lists, transformers and absent values.

mod common;

use common::{Fields, Row, fails, holds, refused, run};
use falco_rules::{Filter, Scratch};

#[test]
fn truth_is_combined() {
    // T holds, F does not.
    for (condition, expected) in [
        ("T", true),
        ("F", false),
        ("not T", false),
        ("not(T)", false),
        ("not not T", true),
        ("not not(T)", true),
        ("not (not T)", true),
        ("not not not T", false),
        ("not (not (not T))", false),
        ("not(not(not T))", false),
        ("not not(not not T)", true),
        ("T and T", true),
        ("T and F", false),
        ("F and T", false),
        ("F and F", false),
        ("T and not T", false),
        ("not T and T", false),
        ("T or T", true),
        ("T or F", true),
        ("F or T", true),
        ("F or F", false),
        ("F or not F", true),
        ("not F or F", true),
        ("T or T and F", true),
        ("(T or T) and F", false),
        ("not (not (T or T) and F)", true),
        ("not (F or F or T)", false),
        ("not (F or F and not T)", true),
        ("not (F or not F and T)", false),
        ("not ((F or not (F and not T)) and T)", false),
    ] {
        let text = condition.replace('T', "t.num=42").replace('F', "t.num=1");
        assert_eq!(run(&text), Ok(expected), "{condition}");
    }
}

#[test]
fn operators_go_with_types() {
    const ALL: [&str; 19] = [
        "exists",
        "=",
        "!=",
        "<",
        "<=",
        ">",
        ">=",
        "contains",
        "in",
        "intersects",
        "icontains",
        "startswith",
        "glob",
        "pmatch",
        "endswith",
        "bcontains",
        "bstartswith",
        "iglob",
        "regex",
    ];
    for (field, value, supported) in [
        ("t.num", "1", "exists = != < <= > >= in intersects"),
        ("t.span", "1", "exists = != < <= > >= in intersects"),
        ("t.time", "1", "exists = != < <= > >= in intersects"),
        ("t.bool", "true", "exists = != in intersects"),
        ("t.ip", "127.0.0.1", "exists = != in intersects"),
        ("t.net", "127.0.0.1/32", "exists = != in intersects"),
        ("t.names", "x", "exists in intersects"),
        ("t.nums", "1", "exists in intersects"),
        (
            "t.name",
            "1",
            "exists = != < <= > >= contains in intersects icontains startswith glob pmatch endswith iglob regex",
        ),
    ] {
        for operator in ALL {
            let condition = match operator {
                "exists" => format!("{field} exists"),
                "<" | "<=" | ">" | ">=" => format!("{field} {operator} 1"),
                "in" | "intersects" | "pmatch" => format!("{field} {operator} ({value})"),
                "bcontains" | "bstartswith" => format!("{field} {operator} 303000"),
                _ => format!("{field} {operator} '{value}'"),
            };
            let is_supported = supported.split(' ').any(|one| one == operator);
            assert_eq!(run(&condition).is_ok(), is_supported, "{condition}: {:?}", run(&condition));
        }
        for modifier in ["oneof", "anyof", "allof"] {
            let is_supported = supported.split(' ').any(|one| one == "=");
            assert_eq!(run(&format!("{field} = {modifier} ({value})")).is_ok(), is_supported, "{field} {modifier}");
        }
    }
    refused(&["t.ip contains anyof (127.0.0.1)", "t.ip regex allof ('.*')", "t.net startswith allof (127.0.0.1/32)"]);
}

#[test]
fn constants_have_the_type_of_the_field() {
    let long = "x".repeat(255);
    assert_eq!(run(&format!("t.name = {long}")), Ok(false));
    refused(&[
        &format!("t.name = {long}x"),
        "t.num = x",
        "t.num = 1.0",
        "t.num > 0x10",
        "t.num = ''",
        "t.bool = yes",
        "t.ip = 300.0.0.1",
        "t.ip = x",
        "t.net = 10.0.0.0",
        "t.net = 10.0.0.0/33",
        "t.net = x/8",
        "t.nums in (x)",
    ]);
    holds(&[
        "t.num = 42",
        "t.num != 41",
        "t.num < 43",
        "t.num <= 42",
        "t.num > +41",
        "t.num >= 42",
        "t.num in (1, 42)",
        "t.num intersects (42)",
        "t.num < -1",
        "t.num < 99999999999999999999",
        "t.bool = true",
        "t.bool != false",
        "t.bool in (false, true)",
        "t.ip = 192.0.2.7",
        "t.ip != 2001:db8::1",
        "t.ip6 = 2001:db8:0::1",
        "t.ip in (192.0.2.7)",
        "t.net = 10.0.0.0/8",
        "t.net = 0.0.0.0/0",
        "t.net != 10.1.2.4/32",
        "t.net != fd00::/8",
        "t.net in (10.9.0.0/16, 10.1.0.0/16)",
        "t.num = oneof (42, 43)",
        "t.num != allof (1, 2)",
        "t.net = anyof (10.0.0.0/8)",
    ]);
    fails(&[
        "t.ip = 192.0.2.8",
        "t.ip6 = 192.0.2.7",
        "t.net = fd00::/8",
        "t.net in (fd00::/8)",
        "t.num = oneof (42, 42)",
    ]);
}

#[test]
fn text_is_compared_as_bytes() {
    holds(&[
        "t.name = GetObject",
        "t.name == 'GetObject'",
        "t.name != getobject",
        "t.name contains tObj",
        "t.name contains ''",
        "t.name icontains TOBJ",
        "t.name icontains ''",
        "t.name startswith Get",
        "t.name endswith Object",
        "t.name in (a, GetObject)",
        "t.name intersects ('GetObject')",
        "t.name glob Get*",
        "t.name glob '?etOb*ct'",
        "t.name glob '[A-G]et*'",
        "t.name glob '[!a-z]*[[:lower:]]'",
        "t.name glob 'G\\\\etObject'",
        "t.name iglob getOBJECT",
        "t.name iglob '[g]ET*'",
        "t.path glob '*file*'",
        "t.name >= 5",
        "t.name > 1",
        "t.path pmatch (/tmp)",
        "t.path pmatch (/var, /tmp/file_to_run)",
        "t.path pmatch (/tm?)",
        "t.path pmatch ('/*/file*')",
        "t.path pmatch (tmp/)",
    ]);
    fails(&[
        "t.name = ''",
        "t.name contains tobj",
        "t.name startswith GetObjects",
        "t.name endswith object",
        "t.name in ()",
        "t.name glob get*",
        "t.name glob GetObject\\",
        "t.name glob '[G'",
        "t.path pmatch (/tmp/file)",
        "t.path pmatch (/tmp/file_to_run/x)",
        "t.path pmatch ()",
        "t.name = t.name",
    ]);
}

#[test]
fn regular_expressions_match_the_whole_text() {
    holds(&[
        "t.source regex '^[s]{1}ysca[l]{2}$'",
        "t.source regex 'syscal.*'",
        "toupper(t.source) regex '^[A-Z]+$'",
        "t.source regex 'sys(c|k)all'",
        "t.source regex '[[:alpha:]]+'",
        "t.source regex 's.+?l'",
        "t.source regex 'sy**scall'",
        "t.source regex '[^[:digit:]]*'",
        "t.source regex '\\\\x73yscall'",
        "t.source regex '[]s-][a-y]*'",
        "t.path regex '/tmp/file_to_run'",
        "t.path regex '.*\\\\.?run'",
        "t.source regex oneof (x, 'sys.*')",
    ]);
    fails(&[
        "t.source regex yscal.*",
        "t.source regex '.*yscal'",
        "t.source regex '^unknown$'",
        "t.source regex 'syscall{,2}'",
        "t.source regex 'syscall{'",
        "t.source regex '[a&&]yscall'",
        "t.absent regex '.*'",
    ]);
    for (pattern, message) in [
        ("a(b", "invalid regex pattern: missing )"),
        ("a)", "invalid regex pattern: unexpected )"),
        ("*a", "invalid regex pattern: no argument for repetition operator: *"),
        ("(?i)a", "invalid regex pattern: no argument for repetition operator: ?"),
        ("\\\\d", "invalid regex pattern: invalid escape sequence: \\d"),
        ("\\\\bx", "invalid regex pattern: invalid escape sequence: \\b"),
        ("\\\\pL", "invalid regex pattern: invalid escape sequence: \\p"),
        ("[a", "invalid regex pattern: missing ]"),
        ("[z-a]", "invalid regex pattern: bad character range: z-a"),
        ("[a-c-e]", "invalid regex pattern: bad character range: -e]"),
        ("[[:foo:]]", "invalid regex pattern: invalid character class: [:foo:]"),
        ("a{1001}", "invalid regex pattern: bad repetition operator: {1001}"),
        ("((a{900}){900}){900}", "invalid regex pattern: pattern too large - compile failed"),
    ] {
        assert_eq!(run(&format!("t.name regex '{pattern}'")), Err(message.to_owned()), "{pattern}");
    }
    refused(&["t.name regex val(t.source)"]);
}

#[test]
fn modifiers_count() {
    holds(&[
        "t.name = oneof (GetObject, x)",
        "t.name == anyof (x, GetObject)",
        "t.name = allof (GetObject, GetObject)",
        "t.name != oneof (GetObject, x)",
        "t.name != anyof (GetObject, x)",
        "t.name != allof (x, y)",
        "t.name contains allof (Get, Obj)",
        "t.name startswith oneof (Get, Put)",
        "t.name endswith anyof (x, ject)",
        "t.name glob allof (Get*, *Object)",
        "t.name iglob anyof (get*)",
        "t.name icontains anyof (GET)",
        "tolower(t.name) = anyof (getobject)",
        "t.name = anyof GetObject",
    ]);
    fails(&[
        "t.name = oneof (GetObject, GetObject)",
        "t.name = oneof ()",
        "t.name = allof ()",
        "t.name != allof ()",
        "t.name = anyof ()",
        "t.name != allof (x, GetObject)",
        "t.name contains oneof (Get, Obj)",
        "t.absent != anyof (x)",
        "t.absent = oneof (x)",
    ]);
}

#[test]
fn lists_are_sets() {
    holds(&[
        "t.names in (ami-1, ami-2, ami-3)",
        "t.names intersects (ami-2, x)",
        "t.nums in (1, 2)",
        "t.nums intersects (2)",
        "t.names exists",
        "t.names[0] in (ami-1)",
        "t.names in val(t.names)",
        "t.nums intersects val(t.nums)",
        "len(t.names) = 2",
        "len(t.nums) > 1",
        "tolower(t.names) in tolower(t.names)",
    ]);
    fails(&[
        "t.names in (ami-1)",
        "t.names intersects (x)",
        "t.names in ()",
        "t.names intersects ()",
        "t.none exists",
        "t.none in (x)",
        "t.names[2] exists",
        "len(t.none) = 0",
        // As in Falco, a transformed value of a list has a NUL at its end that counts.
        "toupper(t.names) intersects (AMI-1)",
    ]);
    refused(&["t.names = ami-1", "t.names contains ami", "t.names in val(t.name)", "t.names in val(t.nums)"]);
}

#[test]
fn absent_values_fail_every_comparison() {
    fails(&[
        "t.absent exists",
        "t.absent = x",
        "t.absent != x",
        "t.absent contains ''",
        "t.absent in ()",
        "t.absent < 1",
        "t.absent = ''",
        "t.absent = val(t.absent)",
        "t.name = val(t.absent)",
        "t.absent != val(t.name)",
        "tolower(t.absent) exists",
        "concat(t.absent, 'x') exists",
        "join(',', (t.name, t.absent)) exists",
        "len(t.absent) = 0",
        "b64(t.name) exists",
    ]);
    holds(&["not t.absent exists", "not t.absent = x", "not t.absent != x", "t.name exists"]);
}

#[test]
fn fields_are_compared_with_fields() {
    holds(&[
        "t.name = val(t.name)",
        "t.path startswith val(t.dir)",
        "t.path contains val(t.dir)",
        "t.num > val(t.num) or t.num = val(t.num)",
        "t.name != val(t.source)",
        "t.name icontains tolower(t.name)",
        "t.ip = val(t.ip)",
        "t.ip != val(t.ip6)",
        "t.bool = val(t.bool)",
        "t.name in val(t.name)",
        "t.path glob val(t.path)",
        "tolower(toupper(t.source)) = tolower(t.source)",
        "len(t.dir) < len(t.path)",
        "t.path endswith basename(t.path)",
        "t.name iglob toupper(t.name)",
    ]);
    fails(&["t.name in tolower(t.name)", "t.name = val(t.source)", "t.name = tolower(t.name)"]);
    refused(&[
        "t.name = val(t.num)",
        "t.num = val(t.time)",
        "t.net = val(t.net)",
        "t.name pmatch val(t.name)",
        "t.name = val(t.names)",
        "t.name = val(t.name)[x]",
        "t.bool = val(t.name)",
    ]);
    assert_eq!(
        run("t.name = val(t.num)"),
        Err("field 't.name' has type 'CHARBUF' while the right-hand side field 't.num' has incompatible type 'UINT64'"
            .to_owned())
    );
}

#[test]
fn transformers_change_values() {
    holds(&[
        "tolower(t.name) = getobject",
        "toupper(t.name) = GETOBJECT",
        "tolower(toupper(t.name)) = getobject",
        "b64(t.coded) = hello",
        "b64('d29ybGQgIQ==') = 'world !'",
        "b64('') = ''",
        "b64('YQ') = a",
        "b64('YQ=') = a",
        "b64('YWJj==') = abc",
        "basename(t.path) = file_to_run",
        "basename('/') = ''",
        "basename('x') = x",
        "basename('/x/') = ''",
        "len(t.path) = 16",
        "len('/home/ubuntu/hello.txt') = 22",
        "len('') = 0",
        "toupper(b64(t.coded)) = HELLO",
        "len(b64(t.coded)) = 5",
        "tolower(t.name) in (getobject)",
        "tolower(t.name) regex 'get.*'",
        "tolower(t.path) pmatch (/tmp)",
    ]);
    fails(&[
        "basename(t.path) = /tmp/file_to_run",
        "b64('a') exists",
        "b64('YR') exists",
        "b64('!!!!') exists",
        "b64('=') exists",
        "b64('==') exists",
        "b64('YQ===') exists",
        "b64('YWJj YWJj') exists",
        "b64('YW-_') exists",
    ]);
    refused(&[
        "toupper(t.num) = 1",
        "tolower(t.bool) = x",
        "b64(t.ip) = x",
        "basename(t.nums) in (x)",
        "len(t.num) = 1",
        "tolower(len(t.name)) = 1",
        "toupper(t.name)[x] = foo",
        "toupper(t.name, t.path) = x",
    ]);
    assert_eq!(
        run("toupper(t.name)[x] = foo"),
        Err("filter error: transformer 'toupper' does not support field arguments".to_owned())
    );
}

#[test]
fn join_and_concat_put_together() {
    holds(&[
        "join(t.path, (t.path, t.dir)) = /tmp/file_to_run/tmp/file_to_run/tmp",
        "join('-', (t.path, t.dir)) = /tmp/file_to_run-/tmp",
        "join('-', ('aaa', 'bbb')) = aaa-bbb",
        "join('->', ('aaa')) = aaa",
        "join('->', (t.path, 'aaa', t.dir)) = '/tmp/file_to_run->aaa->/tmp'",
        "join('->', ('aaa', toupper(t.path))) = 'aaa->/TMP/FILE_TO_RUN'",
        "join('-', (t.dir, join('->', ('a', 'b')))) = '/tmp-a->b'",
        "join(',', ('aaa', 'bbb')) = 'aaa,bbb'",
        "join(',', (t.num, t.num)) = '42,42'",
        "join(',', ()) = ''",
        "join(',', (t.names)) = 'ami-1,ami-2'",
        "join(',', t.names) = 'ami-1,ami-2'",
        "concat(t.path, t.dir) = /tmp/file_to_run/tmp",
        "concat('aaa', 'bbb', 'ccc') = aaabbbccc",
        "concat(toupper(t.dir), 'aaa') = /TMPaaa",
        "concat(t.dir, concat('a', 12)) = /tmpa12",
        "toupper(join('-', ('a', 'b'))) = A-B",
        "len(join('-', (t.path, t.dir))) = 21",
        "b64(join('W', ('YWFhL', 'JiYg'))) = 'aaa-bbb'",
        "len(concat('aaa', 'bbb')) = 6",
        "b64(concat('YWFh', 'YmJi')) = aaabbb",
        "len(join('-', (t.path, t.dir))) >= 21",
        "concat(len(t.dir), 'x') != 4x",
        // As in Falco, the NUL of a transformed separator ends what is compared.
        "join(tolower('A'), ('x', 'y')) = xa",
    ]);
    fails(&["join(',', ()) = ','", "concat('aaa', 'bbb') = 'aaa-bbb'"]);
    refused(&[
        "join('-') = foo",
        "join('-', 'a', 'b') = foo",
        "join(t.names, ('a', 'b')) = foo",
        "join(('a', 'b'), ('a', 'b')) = foo",
        "join(('a', 'b'), 'a') = foo",
        "join('a', 'b') = foo",
        "concat('aaa') = foo",
        "concat(t.names, 'a') = foo",
        "concat(('a', 'b'), 'a') = foo",
        "concat('a', ('a', 'b')) = foo",
        "concat(t.num, 'a') = x",
        "concat('a', 'b')[x] = y",
    ]);
}

#[test]
fn getopt_finds_options() {
    holds(&[
        "getopt(('-n', ''), 'n') intersects ('n')",
        "getopt(('-t', 'hello'), 't:') intersects ('t')",
        "getopt(('-t', 'hello'), 't:') in ('t', 'hello')",
        "getopt(('-thello'), 't:') in ('t', 'hello')",
        "getopt(('-n', '--', '-t'), 'nt:') in ('n')",
        "getopt(('-x', '-n'), 'n') in ('?', 'n')",
        "getopt(('-lpe', '/bin/sh'), 'lpe:') intersects ('/bin/sh')",
        "getopt(('-t'), 't:') in ('')",
        "getopt(('-t'), ':t:') in ('')",
        "getopt(('-t', '-123'), 't:') in ('t', '-123')",
        "getopt(('-abc'), 'abc') in ('a', 'b', 'c')",
        "getopt(('-@', '-+'), '@+') in ('@', '+')",
        "getopt(('-nx'), 'n') in ('n', '?')",
        "getopt(('--exec', '-n'), 'n') in ('n')",
        "getopt(('-n', 'file', '-t'), 'nt') in ('n')",
        "getopt(('-n', '-t', 'hello'), 'nt:')[t] = hello",
        "getopt(('-n', '-t', 'hello'), 'nt:')[n] = n",
        "getopt(('-t', 'v1', '-t', 'v2'), 't:')[t] = v2",
        "getopt(('-t?'), 't:')[t] = ?",
        "getopt(('-t:'), ':t:')[t] = :",
        "getopt(('-t'), 't:')[t] = ''",
        "getopt(('-t', 'v1', '-t'), 't:')[t] = ''",
    ]);
    fails(&[
        "getopt(('-n'), 'n') intersects ('t')",
        "getopt(('-n', '--', '-t'), 'nt:') intersects ('t')",
        "getopt(('-x', '-n'), 'n') intersects ('x')",
        "getopt(('-n', '-t'), '') intersects ('n')",
        "getopt((''), 'n') intersects ('n')",
        "getopt(('arg', '-n'), 'n') intersects ('n')",
        "getopt(('-', '-n'), 'n') intersects ('n')",
        "getopt(('-t'), 't:') intersects ('?')",
        "getopt(('--', '-n'), 'n') intersects ('n')",
        "getopt(('', '-n', ''), 'n') intersects ('n')",
        "getopt(('-n', '-t', 'hello'), 'nt:')[t] = n",
        "getopt(('-n'), 'nt:')[t] != ''",
        "getopt(('-t'), 't:')[t] != ''",
        "getopt(('--exec'), 'e:') intersects ('?')",
        "getopt(('-n', 'file', '-t'), 'nt') intersects ('t')",
    ]);
    refused(&[
        "getopt(('a')) intersects ('n')",
        "getopt(('a'), 'n', 'extra') intersects ('n')",
        "getopt('no list', 'n') intersects ('n')",
        "getopt(('-n'), ('n')) intersects ('n')",
        "getopt(('-n'), 'n')[''] = n",
        "getopt(('-n'), 'n')[nn] = n",
        "getopt(t.nums, 'n') intersects ('n')",
    ]);
}

#[test]
fn arguments_follow_the_field() {
    holds(&[
        "t.arg[x] = x",
        "t.arg['/a/b'] = /a/b",
        "t.any = any",
        "t.any[1] exists",
        "t.any[k] exists",
        "t.names[1] in (ami-2)",
    ]);
    for (condition, message) in [
        ("t.arg = x", "filter 't.arg': t.arg requires an argument but none provided"),
        ("t.name[x] = x", "filter 't.name[x]': t.name does not allow nor require an argument but one is provided"),
        ("t.names[x] exists", "filter 't.names[x]': t.names has an invalid index argument not composed only by digits"),
        ("t.names[01] exists", "filter 't.names[01]': t.names has an invalid index argument starting with 0"),
        ("t.arg['a b'] = x", "filter 't.arg[a b]': t.arg has unbalanced argument brackets"),
        ("t.none.such = x", "filter_check called with nonexistent field t.none.such"),
        ("evt.num[1] = x", "filter_check called with nonexistent field evt.num[1]"),
        ("m and t.name = x", "Undefined macro 'm' used in filter."),
    ] {
        assert_eq!(run(condition), Err(message.to_owned()), "{condition}");
    }
}

#[test]
fn events_and_json_have_fields() {
    holds(&[
        "evt.num = 3",
        "evt.time = 04:04:05.000000006",
        "evt.time.s = 04:04:05",
        "evt.time.iso8601 = 2026-01-02T03:04:05.000000006+0000",
        "evt.datetime = '2026-01-02 04:04:05.000000006'",
        "evt.datetime.s = '2026-01-02 04:04:05'",
        "evt.rawtime = 1767323045000000006",
        "evt.rawtime.s = 1767323045",
        "evt.rawtime.ns = 6",
        "evt.reltime = 5",
        "evt.reltime.s = 0",
        "evt.reltime.ns = 5",
        "evt.pluginname = rows",
        "evt.plugininfo = 'a row'",
        "evt.source = tests",
        "evt.hostname = host",
        "evt.is_async = false",
        "not evt.asynctype exists",
        "not json.value[/a] exists",
        "not json.obj exists",
        "not json.rawtime exists",
        "evt.rawtime >= val(evt.rawtime)",
    ]);
    refused(&["evt.type = x", "json.value = x", "json.obj[x] = y", "evt.rawtime = val(evt.num)"]);
    let none = Row { info: None, json: Some("{\"a\":1}"), ..Row::usual() };
    let long = "{\"long\":\"0123456789012345678901234567890123456789012345\"}";
    let long = Row { info: None, json: Some(long), ..Row::usual() };
    let binary = Row { info: None, json: Some("{\"\u{e9}\":1}"), ..Row::usual() };
    for (mut row, expected) in [
        (none, "datalen=7 data={\"a\":1}"),
        (long, "datalen=57 data={\"long\":\"01234567890123456789012345678901234567890..."),
        (binary, "datalen=8 data=<binary>"),
    ] {
        let mut out = Vec::new();
        falco_rules::Output::parse("%evt.plugininfo", &Fields).unwrap().write(&mut row, &mut out);
        assert_eq!(String::from_utf8_lossy(&out), expected);
    }
    let row = Row { json: Some(r#"{"a":{"b":[1,{"c":"x y"}],"d":null}}"#), ..Row::usual() };
    for (condition, expected) in [
        ("json.value[/a/b/1/c] = 'x y'", true),
        ("json.value[a/b/0] = 1", true),
        ("jevt.value[/a/d] = null", true),
        ("json.value[/a/e] exists", false),
        ("json.value[''] contains '\"d\":null'", true),
        ("json.obj startswith \"{\\n  \\\"a\\\": {\\n\"", true),
        ("jevt.rawtime = 1767323045000000006", true),
    ] {
        let filter = Filter::parse(condition, &Fields).unwrap();
        assert_eq!(filter.matches(&mut row.clone(), &mut Scratch::new()), expected, "{condition}");
    }
}

#[test]
fn explanations_show_each_part() {
    let filter = Filter::parse("t.num = 1 and (not t.name exists or t.name = GetObject)", &Fields).unwrap();
    let explained = filter.explain(&mut Row::usual());
    assert_eq!((explained.text.as_str(), explained.holds, explained.parts.len()), ("and", false, 2));
    assert_eq!((explained.parts[0].text.as_str(), explained.parts[0].holds), ("t.num = 1", false));
    let or = &explained.parts[1];
    assert_eq!((or.text.as_str(), or.holds), ("or", true));
    assert_eq!((or.parts[0].text.as_str(), or.parts[0].holds), ("not", false));
    assert_eq!((or.parts[1].text.as_str(), or.parts[1].holds), ("t.name = GetObject", true));
    assert_eq!(filter.condition(), "(t.num = 1 and (not t.name exists or t.name = GetObject))");
}

#[test]
fn times_have_each_digit() {
    // In UTC, and an hour to the east.
    for (time, utc, local) in [
        (5, "1970-01-01T00:00:00.000000005", "1970-01-01 01:00:00.000000005"),
        (951_782_400_000_000_001, "2000-02-29T00:00:00.000000001", "2000-02-29 01:00:00.000000001"),
        (1_767_225_599_999_999_999, "2025-12-31T23:59:59.999999999", "2026-01-01 00:59:59.999999999"),
        (u64::MAX, "2554-07-21T23:34:33.709551615", "2554-07-22 00:34:33.709551615"),
    ] {
        let (date, clock) = local.split_once(' ').unwrap();
        let (seconds, _) = clock.split_once('.').unwrap();
        for condition in [
            format!("evt.time.iso8601 = {utc}+0000"),
            format!("evt.datetime = '{local}'"),
            format!("evt.datetime.s = '{date} {seconds}'"),
            format!("evt.time = {clock}"),
            format!("evt.time.s = {seconds}"),
        ] {
            let filter = Filter::parse(&condition, &Fields).unwrap();
            let mut row = Row { time, ..Row::usual() };
            assert!(filter.matches(&mut row, &mut Scratch::new()), "{condition}");
        }
    }
}
