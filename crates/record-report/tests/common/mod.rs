//! Makes pages of records, and reads them with an HTML parser.
#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails where its set-up does")]

use cloudtrail_rules::RulesFiles;
use html5gum::{Token, Tokenizer};
use record_queries::{Collector, Formatter, Query, TimeRange};
use record_report::{About, Report, Totals, format};

/// Elements without an end tag.
const VOID: [&str; 1] = ["meta"];

/// The parts of a page that are not records.
#[derive(Clone, Default)]
pub(crate) struct Given {
    pub(crate) title: String,
    pub(crate) asked: Vec<(&'static str, String)>,
    pub(crate) rules: &'static str,
    pub(crate) dedupe: bool,
    pub(crate) every: Option<&'static str>,
    pub(crate) totals: Totals,
    pub(crate) problems: Vec<String>,
}

/// Returns the page of some records.
pub(crate) fn page<T: AsRef<str>>(records: &[T], given: &Given) -> String {
    let ruleset = RulesFiles::from_texts([("rules.yaml", given.rules.to_owned())]).load(&[]).ruleset;
    let query = Query::new(format(&ruleset), TimeRange::default(), given.dedupe);
    let about = About::new(&given.title, given.asked.clone(), &query, "ct-ingest 0.0");
    let mut report = Report::new(about, &query, given.every.map(|it| it.parse().unwrap()));
    let (mut collector, mut formatter) = (Collector::new(&query), Formatter::new(&query));
    for record in records {
        let full = formatter.add(record.as_ref().as_bytes().to_vec().into());
        let output = full.and_then(|chunk| collector.add(chunk).unwrap());
        output.iter().for_each(|output| report.add(output));
    }
    let output = formatter.take().and_then(|chunk| collector.add(chunk).unwrap());
    output.iter().for_each(|output| report.add(output));
    collector.add_left_out(formatter.left_out());
    given.problems.iter().for_each(|text| report.add_problem(true, text.clone()));
    report.page(&collector.summary(), &given.totals)
}

/// The elements of a page, each with its attributes, and its text. The tags must be balanced.
pub(crate) fn parsed(page: &str) -> (Vec<String>, String) {
    let (mut elements, mut text, mut open) = (Vec::new(), String::new(), Vec::new());
    for token in Tokenizer::new(page) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) => {
                let name = String::from_utf8_lossy(&tag.name).into_owned();
                let attributes = tag.attributes.iter();
                let attributes = attributes.map(|(name, value)| {
                    format!(" {}={:?}", String::from_utf8_lossy(name), String::from_utf8_lossy(value))
                });
                elements.push(name.clone() + &attributes.collect::<String>());
                if !VOID.contains(&name.as_str()) {
                    open.push(name);
                }
            }
            Token::EndTag(tag) => {
                assert_eq!(open.pop().as_deref(), Some(&*String::from_utf8_lossy(&tag.name)), "an end tag");
            }
            Token::String(part) => text.push_str(&String::from_utf8_lossy(&part)),
            Token::Comment(_) => panic!("a comment"),
            Token::Doctype(_) => assert!(elements.is_empty()),
            Token::Error(error) => panic!("{error:?}"),
        }
    }
    assert_eq!(open, [""; 0], "elements without an end");
    (elements, text)
}

/// Returns the page without the style sheet, and with a line for each part, for people.
pub(crate) fn lines(page: &str) -> String {
    let (head, rest) = page.split_once("<style>").unwrap();
    let (_, body) = rest.split_once("</style>").unwrap();
    let mut text = format!("{head}{body}\n");
    for part in [
        "<body", "<dl", "<dt", "<div", "<ul", "<li", "<nav", "<section", "<h2", "<h3", "<tr", "<g>", "<text", "<line",
        "<p", "<svg", "</svg", "<figc", "<footer",
    ] {
        text = text.replace(part, &format!("\n{part}"));
    }
    text
}

/// Returns the cells of the rows of the table that follows a heading.
pub(crate) fn table(page: &str, heading: &str) -> Vec<Vec<String>> {
    let after = page.split_once(&format!(">{heading}</h")).expect("the heading").1;
    let body = after.split_once("<tbody>").expect("a table").1.split_once("</tbody>").expect("its end").0;
    let cell = |text: &str| parsed_text(text.split_once('>').map_or("", |(_, text)| text));
    body.split("<tr>").skip(1).map(|row| row.split("<td").skip(1).map(cell).collect()).collect()
}

fn parsed_text(html: &str) -> String {
    let mut text = String::new();
    for Ok(token) in Tokenizer::new(html) {
        if let Token::String(part) = token {
            text.push_str(&String::from_utf8_lossy(&part));
        }
    }
    text
}
