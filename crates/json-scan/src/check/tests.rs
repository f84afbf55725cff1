//! The fast check against the grammar, and the grammar against `serde_json`.

use super::{Checker, Fast};
use crate::grammar::{self, SyntaxError};
use crate::kernel::Kernel;
use crate::scanner::Scanner;
use proptest::prelude::*;
use serde_json::Value;

fn fast(text: &[u8]) -> bool {
    let accepted = Kernel::all().into_iter().map(|kernel| {
        let mut blocks = Vec::new();
        Scanner::new(kernel).scan_as(text, &mut blocks);
        Fast::new(text).accepts(&blocks).is_some()
    });
    let accepted: Vec<_> = accepted.collect();
    assert!(accepted.windows(2).all(|pair| pair[0] == pair[1]), "kernels differ on {text:?}");
    accepted[0]
}

#[track_caller]
fn check(text: &str, expected: Result<(), (usize, &'static str)>) {
    let expected = expected.map_err(|(at, expected)| SyntaxError { at, expected });
    assert_eq!(Checker::default().check(text.as_bytes()), expected, "{text}");
    // The same at every place in a block.
    for shift in 0..70 {
        let text = format!("[\"{}\",{text}]", "x".repeat(shift));
        assert_eq!(Checker::default().check(text.as_bytes()).is_ok(), expected.is_ok(), "{text}");
    }
}

#[test]
fn sound_and_unsound_texts() {
    for text in [
        "{}",
        "[]",
        r#"{"a":1}"#,
        r#"{"a":{},"b":[]}"#,
        r#"["a",1,-2.5e+3,true,false,null,{},[[]]]"#,
        r#"{"":""}"#,
        r#"{"a\"b":"\\\u00e9\/"}"#,
        r#"{ "a" : [ 1 , 2 ] }"#,
        "0",
        r#""s""#,
        "{\"a\":\"line\nbreak\"}",
    ] {
        check(text, Ok(()));
    }
    for (text, at, expected) in [
        (r#"{"a":[1}"#, 7, "',' or ']'"),
        (r#"{"a":{"b":1]}"#, 11, "',' or '}'"),
        (r#"{"a"}"#, 4, "':'"),
        (r#"{"a":}"#, 5, "a value"),
        (r#"{"a":1,}"#, 7, "a key"),
        (r#"{,"a":1}"#, 1, "a key or '}'"),
        (r#"{"a":1"b":2}"#, 5, "a value"),
        (r#"{"a":"x""b":2}"#, 8, "',' or '}'"),
        (r#"{"a":"x" "b":2}"#, 9, "',' or '}'"),
        (r#"{1:2}"#, 1, "a key or '}'"),
        (r#"{"a":1:2}"#, 5, "a value"),
        (r#"["a":1]"#, 4, "',' or ']'"),
        (r#"[1,]"#, 3, "a value"),
        (r#"[,1]"#, 1, "a value or ']'"),
        (r#"[1 2]"#, 3, "',' or ']'"),
        (r#"{"a":tru}"#, 5, "a value"),
        (r#"{"a":01}"#, 5, "a value"),
        (r#"{"a":1.}"#, 5, "a value"),
        (r#"{"a":.5}"#, 5, "a value"),
        (r#"{"a":+1}"#, 5, "a value"),
        (r#"{"a":-}"#, 5, "a value"),
        (r#"{"a":1e}"#, 5, "a value"),
        (r#"{"a":NaN}"#, 5, "a value"),
        (r#"{"a":'x'}"#, 5, "a value"),
        (r#"{"a":"\x"}"#, 6, "an escape that JSON has"),
        (r#"{"a":"\u12g4"}"#, 6, "an escape that JSON has"),
        (r#"{"a":1}x"#, 7, "nothing more"),
        (r#"{}{}"#, 2, "nothing more"),
    ] {
        check(text, Err((at, expected)));
    }
}

#[test]
fn texts_that_end_early() {
    let check = |text: &str| Checker::default().check(text.as_bytes()).unwrap_err();
    assert_eq!(check(""), SyntaxError { at: 0, expected: "a value" });
    assert_eq!(check("{\"a\":[1"), SyntaxError { at: 7, expected: "',' or ']'" });
    assert_eq!(check("{\"a"), SyntaxError { at: 3, expected: "'\"'" });
    assert_eq!(check("{\"a\":\"b\\\"}"), SyntaxError { at: 10, expected: "'\"'" });
}

#[test]
fn any_depth() {
    let deep = format!("{}1{}", "[".repeat(200_000), "]".repeat(200_000));
    assert_eq!(Checker::default().check(deep.as_bytes()), Ok(()));
    for depth in [1, 63, 64] {
        assert!(fast(format!("{}1{}", "[".repeat(depth), "]".repeat(depth)).as_bytes()), "{depth}");
    }
}

#[test]
fn compact_text_is_accepted_at_once() {
    for text in [r#"{"a":1,"b":[{"c":"d"},null,-1.5],"e":{}}"#, r#"{"a":"\"\\\u0041"}"#] {
        assert!(fast(text.as_bytes()), "{text}");
    }
}

/// JSON, compact or not.
fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,90}".prop_map(Value::from),
    ];
    let value = leaf.prop_recursive(5, 60, 8, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            proptest::collection::btree_map(".{0,70}", inner, 0..8).prop_map(Value::from_iter),
        ]
    });
    (value, any::<bool>()).prop_map(|(value, pretty)| {
        if pretty { serde_json::to_string_pretty(&value).unwrap() } else { value.to_string() }
    })
}

proptest! {
    #[test]
    fn what_serde_writes_is_accepted(text in json()) {
        prop_assert_eq!(Checker::default().check(text.as_bytes()), Ok(()));
        let compact = serde_json::from_str::<Value>(&text).unwrap().to_string();
        prop_assert!(fast(compact.as_bytes()) || !compact.starts_with(['{', '[']), "{}", compact);
    }

    #[test]
    fn a_changed_byte_is_judged_as_serde_does(text in json(), at in any::<proptest::sample::Index>(), byte in 0x20u8..0x7F) {
        let mut bytes = text.into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        agree(&bytes)?;
    }

    #[test]
    fn jumbled_tokens_are_judged_as_serde_does(tokens in proptest::collection::vec(proptest::sample::select(vec![
        "{", "}", "[", "]", ",", ":", "\"a\"", "1", "null", "{\"a\":1}", "[2]", "\"b\":", ",\"c\":", "true", "-", "\\", " ", "\"",
    ]), 0..24)) {
        agree(tokens.concat().as_bytes())?;
        agree(format!("{{\"x\":{}}}", tokens.concat()).as_bytes())?;
    }
}

/// Compares the verdicts. They differ only for strings that are not Unicode, which `serde_json` refuses.
fn agree(text: &[u8]) -> Result<(), TestCaseError> {
    let serde = serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok();
    let lone_surrogate = String::from_utf8_lossy(text).to_lowercase().contains("\\ud");
    let not_utf8 = std::str::from_utf8(text).is_err();
    if serde || !(lone_surrogate || not_utf8) {
        prop_assert_eq!(grammar::check(text).is_ok(), serde, "{}", String::from_utf8_lossy(text));
    }
    prop_assert!(!fast(text) || grammar::check(text).is_ok(), "fast: {}", String::from_utf8_lossy(text));
    prop_assert_eq!(Checker::default().check(text), grammar::check(text));
    Ok(())
}
