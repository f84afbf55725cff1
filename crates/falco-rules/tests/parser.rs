//! The grammar: what is accepted, what is refused, and the tree that comes out.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by them")]

use falco_rules::Condition;

/// Accepted as it is, with blanks around it, and with each space as another blank.
#[track_caller]
fn accept(conditions: &[&str]) {
    for condition in conditions {
        let spaced = format!(" {condition} ");
        for text in [(*condition).to_owned(), spaced.clone(), spaced.replace(' ', "\n"), spaced.replace(' ', "\t")] {
            let parsed = Condition::parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
            let printed = parsed.to_string();
            assert_eq!(Condition::parse(&printed).as_ref(), Ok(&parsed), "{text} printed as {printed}");
        }
    }
}

#[track_caller]
fn reject(conditions: &[&str]) {
    for condition in conditions {
        assert!(Condition::parse(condition).is_err(), "{condition}");
    }
}

#[track_caller]
fn message(condition: &str, expected: &str) {
    assert_eq!(Condition::parse(condition).map_err(|error| error.message), Err(expected.to_owned()), "{condition}");
}

#[track_caller]
fn prints(pairs: &[(&str, &str)]) {
    for (condition, expected) in pairs {
        assert_eq!(Condition::parse(condition).unwrap().to_string(), *expected, "{condition}");
    }
}

#[test]
fn macros_and_operators_are_joined() {
    accept(&[
        "  m",
        "(m)",
        "m and n",
        "m and n and o",
        "m and n and(o)",
        "(m)and(n)and(o)",
        "(m and n)",
        "m or n",
        "m or n or o",
        "m or n or(o)",
        "(m)or(n)or(o)",
        "(m or n)",
        "(x.y exists and n)",
        "(x.y exists) and (n)",
        "x.y exists and n",
        "x.y=1 or z.z=2 and o",
        "not (m)",
        "not(m)",
        "not (not (m))",
        "not (x.y=1)",
        "not (x.y exists)",
        "not m",
        "x.y = 1 and not m",
        "not not m",
        "(not not m)",
        "not not(m)",
        "not(not(m))",
        "not(m)and(not(n))",
        "not x.y=1",
        "not x.y exists",
        "x.y = bla",
        "x.y = 'bla'",
        "x.y = not",
        "x.y contains bla",
        "x.y icontains 'bla'",
        "x.g in (1, 'a', b)",
        "f.name=*.log",
        "x.g in (1, 'a', b.c)",
        "x.y = z.z",
        "m and notn",
        "m or notn",
        "notz and m and n",
        "m and not_m",
        "m and not not_m",
        "m and not(not_m)",
        "((m) and (not_m))",
        "m and and_m",
        "((m) and (and_m))",
        "m and or_m",
        "((m) and (or_m))",
        "e.arg[0] contains /bin",
        "e.arg[a] contains /bin",
    ]);
    reject(&[
        "",
        "m andn",
        "mand n",
        "m and n and",
        "m and n or",
        "m and n not",
        "and m",
        "or m",
        "m or n and",
        "m or n or",
        "m or n not",
        "m not n and",
        "m not n or",
        "m not n not",
        "m orn",
        "mor n",
        "m and or n",
        "m andor n",
        "m not n",
        "m notn",
        "mnot n",
        "m andnot n",
        "m andnotn",
        "(m)andnot(n)",
        "m ornot n",
        "m ornotn",
        "(m)ornot(n)",
        "e.arg[] contains /bin",
        "x.y = n = 1",
        "(x.y = 1",
        "x.y invalidoperator xxx",
        "m > 12",
        "x.g in ( 1 ,, , b)",
        "#m and n; m and n",
        "#m and n; # ; ; m and n",
        "f.name=/var/lo);g/httpd.log",
    ]);
}

#[test]
fn strings_are_quoted_and_escaped() {
    accept(&[
        "t.str = testval",
        "t.str = 0a!@#456:/\\.;!$%^&*[]{}|",
        "t.str = \"\"",
        "t.str = ''",
        "t.str = \"0a!@#456:/.; !$%^&*[]{}|\"",
        "t.str = \"test value\"",
        "t.str = 'test value'",
        "t.str[0a!@#456:/\\.;!$%^&*(){}|] = testval",
        "t.str[aaaa1] = a",
        "t.str[1234] = a",
        "t.str[+0.25e+10] = a",
        "t.str[\"\"] = empty",
        "t.str['a aa'] = a",
        "t.str[\"test \\\"with\\\"escaping\"] = a",
        "t.str = \"escape double quote \\\" \"",
        "t.str = 'escape single quote \\' '",
        "t.str = 'multiple escape single quote \\' \\\\''",
        "t.str = 'mixed \"'",
        "t.str = \"mixed '\"",
    ]);
    assert!(Condition::parse("t.str = \"bad escape \\ \" ").is_ok());
    reject(&[
        "t.str = a,",
        "t.str = a=",
        "t.str = a('\")",
        "t.str = '",
        "t.str = \"",
        "t.str = '\"",
        "t.str = \"'",
        "t.str = missing start quote",
        "t.str = 'missing end quote",
        "t.str = \"broken escape double quote\"\"",
        "t.str = 'broken escape single quote''",
        "t.str = \"mixed \\'\"",
        "t.str = 'mixed \\\"'",
        "t.str[0a!@#456:/\\.;!$%^&*[]{}] = testval",
        "t.str[] = testval",
        "t.str[[] = testval",
        "t.str[]] = testval",
        "t.str['''] = a",
        "t.str[aaa\"] = a",
        "t.str[   test   ] = testval",
        "t.str[ = testval",
        "t.str] = testval",
        "t.str = 'a\\x41'",
        "t.str = a\0b",
    ]);
    prints(&[
        ("a.b='some string'", "a.b = \"some string\""),
        ("a.b=\"some\\b\\f\\n\\r\\tstring\"", "a.b = \"some\\b\\f\\n\\r\\tstring\""),
        ("a.b='some \"quoted string\"'", "a.b = \"some \\\"quoted string\\\"\""),
        ("a.b=\"some 'quoted string'\"", "a.b = \"some 'quoted string'\""),
        ("a.b='back\\\\slash \\/'", "a.b = \"back\\\\slash /\""),
        ("a.b='ends \\ '", "a.b = \"ends \\ \""),
    ]);
}

#[test]
fn numbers_and_lists_are_read() {
    accept(&[
        "t.num > 1000",
        "t.num < +1",
        "t.num >= -1",
        "t.num <= 0x12345",
        "t.num <= 0XaB00AB",
        "t.num > 1.2",
        "t.num < -1.2",
        "t.num > -0.1222e+10",
        "t.str = !0.1222e+10",
        "t.str = 0xAAA.1",
        "t.str = 0aaaaa",
        "t.str = a",
    ]);
    reject(&["t.num > !0.1222e+10", "t.num < 0xAAA.1", "t.num >= 0aaaaa", "t.num <= a"]);
    accept(&[
        "t.l in ()",
        "t.l in (a)",
        "t.l in ('single-quoted')",
        "t.l in (\"double-quoted\")",
        "t.l in (0a!@#456:/\\.;!$%^&*[]{}|)",
        "t.l in (0a!@#456:/\\.;!$%^&*[]{}|, value)",
        "t.l in (value, \"value\", 'value')",
        "t.l in (value)",
        "t.l intersects (value)",
        "t.l pmatch (value)",
        "t.l in name",
    ]);
    reject(&[
        "t.l in (",
        "t.l in )",
        "t.l in (value,)",
        "t.l in (value,,)",
        "t.l in (,)",
        "t.l in (,   ,)",
        "t.l > (value)",
        "t.l = (value)",
        "t.l < (value)",
        "t.l startswith (value)",
        "t.l bstartswith (value)",
        "t.l contains (value)",
        "t.l icontains (value)",
    ]);
}

#[test]
fn operators_are_told_apart() {
    accept(&[
        "t.op exists and m",
        "t.op exists",
        "t.op = value",
        "t.op =value",
        "t.op == value",
        "t.op ==value",
        "t.op != value",
        "t.op !=value",
        "t.op glob value",
        "t.op iglob value",
        "t.op contains value",
        "t.op icontains value",
        "t.op bcontains 48545450",
        "t.op startswith value",
        "t.op bstartswith 12ab001fc5",
        "t.op endswith value",
        "t.op > 1",
        "t.op >1",
        "t.op < 1",
        "t.op <1",
        "t.op >= 1",
        "t.op >=1",
        "t.op <= 1",
        "t.op <=1",
        "t.op in ()",
        "t.op in()",
        "t.op intersects ()",
        "t.op intersects()",
        "t.op pmatch ()",
        "t.op pmatch()",
        "t.op existsand m",
        "t.op regex a.b",
    ]);
    reject(&[
        "t.op ExIsTs",
        "t.op exists something",
        "t.op ===",
        "t.op === value",
        "t.op !==",
        "t.op !== value",
        "t.op startswithvalue",
        "t.op bstartswithvalue",
        "t.op endswithvalue",
        "t.op containsvalue",
        "t.op icontainsvalue",
        "t.op bcontainsvalue",
        "t.op globvalue",
        "t.op iglobvalue",
        "t.op >",
        "t.op <",
        "t.op >=",
        "t.op <=",
        "t.op in",
        "t.op intersects",
        "t.op pmatch",
    ]);
    message(
        "t.op like x",
        "expected a valid check operator: one of 'exists', '==', '<=', '<', '>=', '>', '=', '!=', 'glob', 'iglob', 'contains', \
         'icontains', 'bcontains', 'startswith', 'bstartswith', 'endswith', 'regex', 'intersects', 'in', 'pmatch'",
    );
}

#[test]
fn transformers_stand_on_the_left() {
    accept(&[
        "tolower(t.f) exists",
        "toupper(t.f) exists",
        "b64(t.f) exists",
        "basename(t.f) exists",
        "len(t.f) = 1",
        "b64(t.f) = value",
        "b64(t.f) == value",
        "b64(t.f) != value",
        "b64(t.f) glob value",
        "(b64(t.f) exists)",
        "b64(t.f) exists and b64(t.f) contains 'a'",
        "b64(t.f) exists or b64(t.f) contains 'a'",
        "not b64(t.f) exists or b64(t.f) contains 'a'",
        "b64(t.f) exists or (b64(t.f) contains 'a')",
        "not (b64(t.f) exists or b64(t.f) contains 'a')",
        "b64(toupper(t.f)) exists",
        "b64( t.f) exists",
        "b64(t.f ) exists",
        "b64(t.f)  exists",
        "b64( b64(t.f)) exists",
        "b64(b64( t.f)) exists",
        "b64(b64(t.f )) exists",
        "b64(b64(t.f) ) exists",
    ]);
    reject(&[
        "val(t.f) exists",
        "val(val(t.f)) exists",
        "val(b64(t.f)) exists",
        "b64(val(t.f)) exists",
        "b64(t.f [1]) exists",
        "fake(t.f) exists",
        "fake (t.f) exists",
        "some.fake(t.f) exists",
        "b64 (t.f) exists",
        "b64,(t.f) exists",
        "b64(tf)) exists",
        "b64(b64)) exists",
        "b64\n(t.f) exists",
        "b64(t.f exists",
        "t.f) exists",
        "b64(b64(t.f exists",
        "b64(b64(t.f) exists",
        "b64(t.f)) exists",
        "(t.f) exists",
        "(t.f exists",
        "a(t.f) exists",
        "a(b(t.f)) exists",
    ]);
}

#[test]
fn transformers_stand_on_the_right() {
    let operators = "= == != glob iglob contains icontains bcontains startswith bstartswith endswith > < >= <= in intersects pmatch regex";
    for operator in operators.split(' ') {
        accept(&[&format!("s.f {operator} val(t.f)"), &format!("s.f {operator} b64(t.f)")]);
    }
    accept(&[
        "s.f = t.f",
        "s.f = tolower(t.f)",
        "s.f = toupper(t.f)",
        "(s.f = b64(t.f))",
        "s.f = b64(t.f) and s.f contains b64(t.f)",
        "not s.f = b64(t.f) or s.f contains b64(t.f)",
        "not (s.f = b64(t.f) or s.f contains b64(t.f))",
        "s.f = b64(toupper(t.f))",
        "s.f = b64( t.f)",
        "s.f = b64(t.f )",
        "s.f = b64( b64(t.f))",
        "s.f = b64(b64(t.f) )",
        "tolower(s.f) = b64(t.f) or tolower(o.f) = tolower(p.f)",
        "s.f = b64 and(m)",
        "s.f = b64 or(m)",
        "s.f = 'fake(m)'",
        "s.f = \"fake(m)\"",
    ]);
    reject(&[
        "s.f = b64and(m)",
        "s.f = b64or(m)",
        "s.f = val(t.f [1])",
        "s.f = fake(t.f)",
        "s.f = fake (t.f)",
        "s.f = s.fake(t.f)",
        "s.f = val(val(t.f))",
        "s.f = val(toupper(t.f))",
        "s.f = b64(val(t.f))",
        "s.f = b64 (t.f)",
        "s.f = b64,(t.f)",
        "s.f = (b64(t.f))",
        "s.f = (b64(t.f)",
        "s.f = b64(t.f))",
        "s.f = b64(tf))",
        "s.f = b64(b64))",
        "s.f = ((b64(t.f)))",
        "s.f = b64\n(t.f)",
        "s.f = b64(t.f",
        "s.f = t.f)",
        "s.f = b64(b64(t.f",
        "s.f = (t.f)",
        "s.f = a(b(t.f))",
        "s.f in (b64(t.f))",
        "s.f in (a, b64(t.f))",
        "s.f in (a, b, b64(t.f))",
        "s.f = val(t.f, u.f)",
    ]);
}

#[test]
fn transformers_take_lists_and_arguments() {
    accept(&[
        "join(\"-\", (f.n, f.d)) = /tmp/test",
        "join(\",\", (p.n, p.i)) = \"p,123\"",
        "join(\":\", (e.t, e.d)) contains connect",
        "join('-->', (f.n, f.d)) = /tmp",
        "join(\"-\", (f.n)) = /tmp",
        "join(\"-\", (f.n, f.d, p.n, p.i)) = test",
        "join(\"-\", (tolower(f.n), f.d)) = /tmp",
        "join(\"-\", (tolower(toupper(f.n)), f.d)) = /tmp",
        "join(\"-\", (\"aaa\", \"bbb\")) = aaa-bbb",
        "join(\"-\", (f.n, \"literal\")) = x",
        "join(\"-\", (p.i, 123)) contains 123",
        "join(\"-\", (f.n, f.d)) exists",
        "join(\"-\", (f.n, f.d)) in (a, b, c)",
        "not join(\"-\", (f.n, f.d)) = /tmp",
        "e.t = tolower(join(\"-\", (f.n, f.d)))",
        "toupper(join(\"-\", (f.n, f.d))) = VALUE",
        "len(toupper(join(\"-\", (f.n, f.d)))) >= 5",
        "basename(join(\"/\", (f.n, f.d))) = value",
        "join(\"-\", ( f.n , f.d )) = /tmp",
        "join( \"-\", (f.n, f.d)) = /tmp",
        "join(\"-\" , (f.n, f.d)) = /tmp",
        "join(\"-\", ()) = /tmp",
        "getopt(p.a, \"nt:\")[t] = value",
        "getopt(p.a, \"nt:\")[\"t\"] = value",
        "e.arg[key] = v",
        "e.arg[\"key with space\"] = v",
        "concat(a.b, 12, 'x') = y",
    ]);
    reject(&[
        "join(\"-\", (f.n, f.d) = /tmp",
        "join(\"-\", f.n, f.d)) = /tmp",
        "join(\"-\", (,)) = /tmp",
        "join(\"-\", (,f.n)) = /tmp",
        "join(\"-\", (f.n,)) = /tmp",
        "join(\"-\", (f.n,,f.d)) = /tmp",
        "join(\"-\", ((f.n))) = /tmp",
        "join(\"-\", (m)) = /tmp",
        "join() = x",
    ]);
    message("e.arg[] = v", "expected a valid field argument: a quoted string or a bare string");
    message("e.arg[\"x\" = v", "expected a ']' token");
    message("getopt(p.a, \"nt:\")[] = v", "expected a valid field argument: a quoted string or a bare string");
    message("getopt(p.a, \"nt:\")[\"t\" = v", "expected a ']' token");
    prints(&[
        ("getopt(p.a, 'nt:')['t']=v", "getopt(p.a, \"nt:\")[t] = v"),
        ("e.arg['key with space']=v", "e.arg[\"key with space\"] = v"),
        ("e.arg['key']=v", "e.arg[key] = v"),
    ]);
    assert_ne!(Condition::parse("t.s = v"), Condition::parse("t.s[\"\"] = v"));
    assert_ne!(Condition::parse("getopt(p.a, 'n') = v"), Condition::parse("getopt(p.a, 'n')[\"\"] = v"));
}

#[test]
fn modifiers_need_a_list() {
    for operator in ["==", "=", "!=", "contains", "icontains", "startswith", "endswith", "glob", "iglob", "regex"] {
        for modifier in ["oneof", "anyof", "allof"] {
            accept(&[
                &format!("p.n {operator} {modifier} (cat, 'ngi nx', \"x\")"),
                &format!("p.n {operator} {modifier} name"),
            ]);
        }
    }
    accept(&[
        "p.n == oneof ()",
        "p.n == oneof (/usr/bin/bash, /bin/sh)",
        "p.n == oneof oneof",
        "p.n == anyof anyof",
        "e.arg[0] == oneof (a, b)",
        "tolower(p.n) == oneof (a)",
        "b64(p.n) == allof (\"dGVzdA==\")",
        "p.n == 'oneof'",
        "p.n == \"anyof\"",
        "p.n == oneof",
        "p.n == oneof_something",
        "p.n == oneof (a) and f.n exists",
        "not p.n == oneof (a)",
        "(p.n == oneof (a))",
        "p.n == anyof and f.n exists",
        "p.n == oneof or f.n exists",
        "p.n == anyof and p.n == allof",
        "p.n == oneof and p.n == anyof (cat)",
        "(p.n == oneof)",
        "(p.n == anyof) and f.n exists",
    ]);
    reject(&[
        "p.n == oneof (cat,)",
        "p.n == oneof (cat,,nginx)",
        "p.n == oneof (,cat)",
        "p.n == oneof (cat",
        "p.n ==oneof (cat)",
        "p.n !=anyof (cat)",
        "p.n =allof (cat)",
        "p.n in oneof (cat)",
        "p.n > oneof (1)",
    ]);
}

#[test]
fn trees_have_the_right_shape() {
    prints(&[
        ("e.n exists and e.t in (a, b) or p.n=cat", "((e.n exists and e.t in (a, b)) or p.n = cat)"),
        ("e.n exists and (e.t in (a, b) or p.n=cat)", "(e.n exists and (e.t in (a, b) or p.n = cat))"),
        (
            "b64(e.n) exists and tolower(toupper(e.t)) in val(s.f) or p.n=b64(tolower(s.f))",
            "((b64(e.n) exists and tolower(toupper(e.t)) in val(s.f)) or p.n = b64(tolower(s.f)))",
        ),
        ("not not not not not(not not(not not_macro))", "not(not not_macro)"),
        ("((m))", "m"),
    ]);
}

#[test]
fn errors_have_their_place() {
    for (condition, offset, line, column) in [
        ("m and", 5, 1, 6),
        ("m \n and \n  n x", 13, 3, 5),
        ("m\r\nand\r\n(n", 10, 5, 3),
        ("a.b = 'x", 6, 1, 7),
        ("a.b < x", 6, 1, 7),
    ] {
        let position = Condition::parse(condition).unwrap_err().position;
        assert_eq!((position.offset, position.line, position.column), (offset, line, column), "{condition:?}");
    }
    assert_eq!(Condition::parse("a and not b or c").unwrap().macros(), ["a", "b", "c"]);
}
