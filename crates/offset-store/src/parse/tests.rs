use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::{MAX_FEED, Offsets};

fn offsets(text: &[u8]) -> Result<Offsets, ParseError> {
    Offsets::parse(text)
}

#[track_caller]
fn check(text: &str, expected: &Expect) {
    let shown = match offsets(text.as_bytes()) {
        Ok(offsets) => offsets.to_json(),
        // The advice is the same in all messages.
        Err(error) => error.to_string().split("; offsets look like").next().unwrap().to_owned(),
    };
    expected.assert_eq(&shown);
}

#[test]
fn what_the_original_writes_is_read() {
    check("{}", &expect!["{}"]);
    check("{'0': 41, '1': 900}", &expect![[r#"{"0": 41, "1": 900}"#]]);
    check(r#"{"0": 7}"#, &expect![[r#"{"0": 7}"#]]);
    check("{10: 1, 2: 18446744073709551615}", &expect![[r#"{"2": 18446744073709551615, "10": 1}"#]]);
    check(" {\n\t'0' :41 ,\r\n \"1\":0, } \n", &expect![[r#"{"0": 41, "1": 0}"#]]);
    check("{'us-1/0': 5}", &expect![[r#"{"us-1/0": 5}"#]]);
}

#[test]
fn all_else_is_named_by_its_byte() {
    check("", &expect!["byte 0: `{` expected, but the text ends"]);
    check("[]", &expect!["byte 0: `{` expected, not `[`"]);
    check("not a dict", &expect!["byte 0: `{` expected, not `n`"]);
    check("\u{feff}{}", &expect!["byte 0: `{` expected, not the byte 0xef"]);
    check("{,}", &expect!["byte 1: a feed's name in quotes expected, not `,`"]);
    check("{'0': 41", &expect!["byte 8: `,` or `}` expected, but the text ends"]);
    check("{'0': 41,,}", &expect!["byte 9: a feed's name in quotes expected, not `,`"]);
    check("{'0': 41} x", &expect!["byte 10: nothing more expected, not `x`"]);
    check("{'0': 41}{}", &expect!["byte 9: nothing more expected, not `{`"]);
    check("{'0' 41}", &expect!["byte 5: `:` expected, not `4`"]);
    check(
        "{'0\": 41}",
        &expect![[r#"byte 3: a letter or digit of a feed's name, or its closing quote, expected, not `"`"#]],
    );
    check(
        "{'0",
        &expect!["byte 3: a letter or digit of a feed's name, or its closing quote, expected, but the text ends"],
    );
    check(
        r"{'\x30': 41}",
        &expect![[r"byte 2: a letter or digit of a feed's name, or its closing quote, expected, not `\`"]],
    );
    check("{'': 41}", &expect!["byte 1: a feed's name is not empty"]);
    check("{'0': 1, '0': 2}", &expect!["byte 9: feed 0 is there twice"]);
    check("{'0': 1, 0: 2}", &expect!["byte 9: feed 0 is there twice"]);
    check("{-1: 2}", &expect!["byte 1: a feed's name in quotes expected, not `-`"]);
    check("{01: 2}", &expect!["byte 1: a number does not begin with a zero"]);
    let long = format!("{{'{}': 1}}", "x".repeat(MAX_FEED + 1));
    check(&long, &expect!["byte 1: a feed's name has at most 128 bytes, not 129"]);
}

#[test]
fn only_whole_numbers_are_offsets() {
    let what = "an offset, a whole number without quotes, expected, not";
    for (value, problem) in [
        ("", format!("{what} `}}`")),
        ("'41'", format!("{what} `'`")),
        ("\"41\"", format!("{what} `\"`")),
        ("-1", format!("{what} `-`")),
        ("+1", format!("{what} `+`")),
        ("None", format!("{what} `N`")),
        ("null", format!("{what} `n`")),
        ("True", format!("{what} `T`")),
        ("[4]", format!("{what} `[`")),
        ("041", "a number does not begin with a zero".to_owned()),
        ("18446744073709551616", "the number is beyond 18446744073709551615".to_owned()),
    ] {
        let error = offsets(format!("{{'0': {value}}}").as_bytes()).unwrap_err();
        assert_eq!((error.at, error.problem.to_string()), (6, problem), "{value}");
    }
    for value in ["41.0", "4e1", "1_000", "0x1f", "41L", "4 1"] {
        assert!(offsets(format!("{{'0': {value}}}").as_bytes()).is_err(), "{value}");
    }
}

#[test]
fn an_error_says_how_to_mend_it() {
    let error = offsets(b"hunter2").unwrap_err().to_string();
    assert_eq!(
        error,
        "byte 0: `{` expected, not `h`; offsets look like {\"0\": 41}. This does not count as zero: store the right \
         offsets, or {} with `offsets reset`"
    );
}

fn any_offsets() -> impl Strategy<Value = Offsets> {
    let entries = proptest::collection::btree_map("[0-9]{1,3}|[a-zA-Z0-9_.:/@+=-]{1,20}", any::<u64>(), 0..12);
    entries.prop_map(|entries| entries.into_iter().map(|(name, offset)| (Feed::new(&name).unwrap(), offset)).collect())
}

/// Writes offsets as FIG does: `str(dict)`.
fn as_python(offsets: &Offsets) -> String {
    let entries: Vec<String> = offsets.iter().map(|(feed, offset)| format!("'{feed}': {offset}")).collect();
    format!("{{{}}}", entries.join(", "))
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(wanted in any_offsets()) {
        prop_assert_eq!(offsets(wanted.to_json().as_bytes()).unwrap(), wanted.clone());
        prop_assert_eq!(offsets(as_python(&wanted).as_bytes()).unwrap(), wanted);
    }

    #[test]
    fn what_is_written_is_json(wanted in any_offsets()) {
        let json: BTreeMap<String, u64> = serde_json::from_str(&wanted.to_json()).unwrap();
        prop_assert_eq!(json.len(), wanted.len());
        for (feed, offset) in wanted.iter() {
            prop_assert_eq!(json.get(feed.as_str()), Some(&offset));
        }
    }

    /// Changes, removes or inserts a byte. The text is parsed as what it says, or refused at one of its bytes.
    #[test]
    fn a_damaged_text_is_never_read_as_something_else(
        wanted in any_offsets(), at in any::<prop::sample::Index>(), byte in any::<u8>(), kind in 0..3,
    ) {
        let mut text = as_python(&wanted).into_bytes();
        let at = at.index(text.len());
        match kind {
            0 => text[at] = byte,
            1 => { text.remove(at); }
            _ => text.insert(at, byte),
        }
        match offsets(&text) {
            Ok(read) => {
                let digits = |text: &[u8]| text.iter().filter(|byte| byte.is_ascii_digit()).count();
                prop_assert_eq!(digits(read.to_json().as_bytes()), digits(&text), "no digit is lost or made up");
                prop_assert!(read.len() <= wanted.len());
            }
            Err(error) => prop_assert!(error.at <= text.len()),
        }
    }

    #[test]
    fn a_text_cut_short_is_refused(wanted in any_offsets(), cut in any::<prop::sample::Index>()) {
        let text = wanted.to_json();
        prop_assert!(offsets(&text.as_bytes()[..cut.index(text.len())]).is_err());
    }

    #[test]
    fn any_bytes_are_read_or_refused(text in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Err(error) = offsets(&text) {
            prop_assert!(error.at <= text.len() && !error.to_string().is_empty());
        }
    }

    #[test]
    fn any_tokens_are_read_or_refused(text in r#"[{}'":, 0-9a-c\\.+-]{0,40}"#) {
        if let Ok(read) = offsets(text.as_bytes()) {
            prop_assert_eq!(offsets(read.to_json().as_bytes()).unwrap(), read);
        }
    }
}
