//! Records come from attackers: nothing in them becomes markup, or looks like what it is not.

mod common;

use common::{Given, page, parsed};
use proptest::prelude::*;
use record_report::Totals;

const RULES: &str = "
- rule: All
  desc: d
  condition: ct.name exists
  output: '%ct.user %ct.error %ct.useragent'
  priority: CRITICAL
  source: aws_cloudtrail
";
/// What attackers try. The property adds any other text.
const TRIED: &[&str] = &[
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "</td></tr></table><h1>All is well</h1>",
    "</title><svg onload=alert(1)>",
    "</style><style>*{display:none}</style>",
    "<!-- ",
    "]]><![CDATA[",
    "&lt;b&gt;&#60;",
    "javascript:alert(1)",
    "\u{202e}moc.elpmaxe\u{202c}",
    "a\u{0}\u{8}\u{1b}[31m\u{7f}\u{9b}b\u{feff}\u{200b}\u{2028}",
    "a\tb\nc\rd\\e\\t\\",
    "<\u{0}script>",
    "＜script＞",
];

fn json(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

/// A record with this text in every member that the page shows.
fn record(text: &str, number: usize) -> String {
    let text = json(text);
    format!(
        r#"{{"eventTime":"2026-01-02T03:04:{number:02}Z","eventType":"AwsApiCall","eventSource":{text},"eventName":{text},
        "awsRegion":{text},"sourceIPAddress":{text},"userAgent":{text},"errorCode":{text},"recipientAccountId":{text},
        "userIdentity":{{"type":{text},"arn":{text},"userName":{text}}},"eventID":{text}}}
        "#
    )
}

/// A console login with this text.
fn login(text: &str, number: usize) -> String {
    let text = json(text);
    format!(
        r#"{{"eventTime":"2026-01-02T03:05:{number:02}Z","eventType":"AwsConsoleSignIn","eventName":"ConsoleLogin",
        "sourceIPAddress":{text},"userIdentity":{{"type":"IAMUser","userName":{text}}},
        "responseElements":{{"ConsoleLogin":{text}}},"additionalEventData":{{"MFAUsed":{text}}}}}"#
    )
}

fn page_of(texts: &[String]) -> String {
    let both = texts.iter().enumerate().map(|(number, text)| [record(text, number), login(text, number)]);
    let records: Vec<String> = both.flatten().collect();
    let all = texts.concat();
    let given = Given {
        title: all.clone(),
        asked: vec![("Source", all.clone())],
        rules: RULES,
        problems: vec![all],
        totals: Totals { files: 1, damaged: 1, ..Totals::default() },
        ..Given::default()
    };
    page(&records, &given)
}

/// Returns the elements with their attributes, in any order: rows with equal counts are sorted by their text.
fn elements(page: &str) -> Vec<String> {
    let (mut elements, _) = parsed(page);
    elements.sort();
    elements
}

/// Checks the page of some texts against that of harmless ones that are equal where the others are.
fn check(texts: &[String]) {
    // The fields of records have no NUL.
    let texts: Vec<String> = texts.iter().map(|text| text.replace('\0', "")).collect();
    let harmless = texts.iter().map(|text| match texts.iter().position(|other| other == text) {
        Some(_) if text.is_empty() => String::new(),
        place => format!("v{}", place.unwrap_or_default()),
    });
    let harmless: Vec<String> = harmless.collect();
    let page = page_of(&texts);
    assert_eq!(elements(&page), elements(&page_of(&harmless)));
    let seen = |char: char| {
        !char.is_control()
            && !matches!(char, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    // The style sheet has line breaks.
    let odd: Vec<char> = page.chars().filter(|char| *char != '\n' && !seen(*char)).collect();
    assert_eq!(odd, [' '; 0]);
}

#[test]
fn what_attackers_try_is_text() {
    for text in TRIED {
        check(&[(*text).to_owned()]);
    }
    check(&TRIED.iter().map(ToString::to_string).collect::<Vec<_>>());
    let page = page_of(&["<b>\u{202e}x".to_owned()]);
    assert!(page.contains("&lt;b&gt;\\u{202e}x") && parsed(&page).1.contains("<b>\\u{202e}x"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_text_of_a_record_is_markup(
        texts in prop::collection::vec(
            prop_oneof![any::<String>(), "[<>\"'&=/a-z \\\\\t\n]{0,20}", prop::sample::select(TRIED).prop_map(str::to_owned)],
            1..6,
        ),
    ) {
        check(&texts);
    }
}
