use super::*;
use expect_test::{Expect, expect};
use proptest::prelude::*;

#[track_caller]
fn check(json: &str, budget: usize, expected: Expect) {
    let shrunk = shrink(json, budget);
    assert!(shrunk.as_ref().is_none_or(|shrunk| shrunk.len() <= budget));
    expected.assert_eq(shrunk.as_deref().unwrap_or("nothing"));
}

#[test]
fn what_fits_stays_as_it_is() {
    check(r#"{ "a" : 1.50 }"#, 14, expect![[r#"{ "a" : 1.50 }"#]]);
}

#[test]
fn small_members_are_kept_in_their_order() {
    check(
        r#"{"big":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx","z":1,"m":{"k":2},"a":[3]}"#,
        44,
        expect![[r#"{"big":"xxxxx…","z":1,"m":{"k":2},"a":[3]}"#]],
    );
}

#[test]
fn one_large_element_of_a_list_is_cut() {
    check(
        r#"[{"Key":"a","ValueString":"1"},{"Key":"b","ValueString":"xxxxxxxxxxxxxxxxxxxxxxxxxx"},{"Key":"c"}]"#,
        88,
        expect![[r#"[{"Key":"a","ValueString":"1"},{"Key":"b","ValueString":"xxxxxxxxxxxxx…"},{"Key":"c"}]"#]],
    );
}

#[test]
fn members_of_the_same_name_are_both_kept() {
    check(r#"{"a":1,"a":2,"b":"xxxxxxxxxxxxxxxxx"}"#, 27, expect![[r#"{"a":1,"a":2,"b":"xxxx…"}"#]]);
}

#[test]
fn strings_are_cut_between_characters() {
    check(r#""ééééééééé""#, 11, expect![[r#""ééé…""#]]);
    check(r#""\n\n\n\n\n\n\n\n""#, 10, expect![[r#""\n\n…""#]]);
    check(r#""a\u00e9\u00e9\u00e9""#, 16, expect![[r#""a\u00e9…""#]]);
    check(r#""a\ud83d\ude00b\ud83d\ude00""#, 26, expect![[r#""a\ud83d\ude00b…""#]]);
    check(r#""a\ud83d\ude00b""#, 15, expect![[r#""a…""#]]);
    check(r#""\ud83dxxxxxxxxx""#, 13, expect![[r#""\ud83dxx…""#]]);
}

#[test]
fn where_nothing_fits_there_is_nothing() {
    check("123456789012", 11, expect!["nothing"]);
    check(r#""abcdefgh""#, 7, expect!["nothing"]);
    check(r#"[123456789012]"#, 10, expect!["[]"]);
}

#[test]
fn what_is_too_deep_is_left_out() {
    let depth = 200_000;
    let json = "[".repeat(depth) + &"]".repeat(depth);
    check(&json, 100, expect!["[[[[[[[[]]]]]]]]"]);
}

#[test]
fn of_very_many_members_the_first_are_looked_at() {
    let json = format!("[{}]", vec!["1"; 100_000].join(","));
    assert_eq!(shrink(&json, 28_000).map(|shrunk| shrunk.len()), Some(2 * MAX_MEMBERS + 1));
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
        ".{0,300}".prop_map(Into::into),
    ];
    leaf.prop_recursive(6, 100, 10, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..10).prop_map(Into::into),
            prop::collection::btree_map(any::<String>(), inner, 0..10)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_left_is_json_and_fits(value in json(), budget in 0_usize..2_000) {
        let text = value.to_string();
        if let Some(shrunk) = shrink(&text, budget) {
            prop_assert!(shrunk.len() <= budget);
            prop_assert!(serde_json::from_str::<&RawValue>(&shrunk).is_ok(), "{}", shrunk);
            prop_assert!(shrunk == text || text.len() > budget);
        } else {
            prop_assert!(text.len() > budget);
        }
    }
}
