//! Text that is not JSON, recognized by the start of its first line.

use super::kind::Kind;

const fn pages(name: &'static str) -> Kind {
    Kind::new(name, "see what answered in place of the log file")
}

const fn logs(name: &'static str) -> Kind {
    Kind::new(name, "CloudTrail's own log files are JSON")
}

const TABLE: Kind =
    Kind::new("a table (CSV or TSV) of CloudTrail events", "read the trail's own log files, or export JSON");

/// The start of the first line of each kind of text. Leading blanks are skipped.
const LINES: &[(&[u8], Kind)] = &[
    (b"<!doctype html", pages("an HTML page")),
    (b"<html", pages("an HTML page")),
    (b"<?xml", pages("an XML document, as S3's error messages are")),
    (b"<error>", pages("an error message of S3")),
    (b"#version: 1", logs("an access log of CloudFront")),
    (b"version account-id interface-id", logs("VPC flow logs")),
];

/// Returns the kind of the text that begins with `head`.
pub(super) fn line_kind(head: &[u8]) -> Option<Kind> {
    let line = blanks_removed(head);
    let begins = |start: &[u8]| line.get(..start.len()).is_some_and(|it| it.eq_ignore_ascii_case(start));
    let row = LINES.iter().find(|(start, _)| begins(start)).map(|(_, kind)| *kind);
    row.or_else(|| columns_kind(line))
}

/// Returns the kind of a text that the columns of its first line identify.
fn columns_kind(line: &[u8]) -> Option<Kind> {
    // An export task of CloudWatch Logs writes the time before each line.
    let mut columns = line.split(|byte| *byte == b' ').skip_while(|column| is_time(column) && column.ends_with(b"Z"));
    let [first, second, third] = [columns.next()?, columns.next()?, columns.next()?];
    let account = |text: &[u8]| text.len() == 12 && text.iter().all(u8::is_ascii_digit);
    match first {
        // AWS, "Flow log records": version, account, interface.
        [b'2'..=b'9'] if account(second) && third.starts_with(b"eni-") => Some(logs("VPC flow logs")),
        // AWS, "Access logs for your Application Load Balancer": type, time, load balancer.
        b"http" | b"https" | b"h2" | b"grpcs" | b"ws" | b"wss" if is_time(second) && third.starts_with(b"app/") => {
            Some(logs("an access log of a load balancer"))
        }
        b"tls" if second == b"1.0" || second == b"2.0" => Some(logs("an access log of a load balancer")),
        _ => None,
    }
}

fn is_time(text: &[u8]) -> bool {
    matches!(text, [b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', b'-', ..])
}

/// Returns whether JSON, or possibly a comment, follows the leading blanks and padding.
pub(super) fn is_led_in(head: &[u8]) -> bool {
    let head = blanks_removed(head);
    matches!(head, [] | [b'{' | b'[' | b'#' | b'/' | b',', ..]) || (is_time(head) && is_json_behind_word(head))
}

/// Returns whether an object follows the first word, as in export tasks of CloudWatch Logs: `TIME {…}`.
fn is_json_behind_word(line: &[u8]) -> bool {
    let word = line.iter().position(|byte| *byte == b' ');
    word.is_some_and(|blank| line.get(blank..).is_some_and(|rest| rest.trim_ascii_start().starts_with(b"{")))
}

/// Returns the text after blanks, padding and invisible characters.
fn blanks_removed(mut head: &[u8]) -> &[u8] {
    loop {
        let blanks = head.iter().take_while(|byte| matches!(byte, 0..=b' ' | 0x7F)).count();
        head = head.get(blanks..).unwrap_or_default();
        let Some((_, rest)) = first_character(head).filter(|(character, _)| is_invisible(*character)) else {
            return head;
        };
        head = rest;
    }
}

/// Returns the first character and the text after it, unless that is not UTF-8.
fn first_character(text: &[u8]) -> Option<(char, &[u8])> {
    let start = text.get(..char::MAX.len_utf8()).unwrap_or(text);
    let character = start.utf8_chunks().next()?.valid().chars().next()?;
    Some((character, text.get(character.len_utf8()..)?))
}

/// Returns whether a character beyond ASCII shows nothing, so that people and programs leave it around a text unseen:
/// control and format characters, byte order marks, and blanks of any width.
pub(crate) fn is_invisible(character: char) -> bool {
    // Unicode, the categories Cc, Cf and Z*, and what it calls "default ignorable".
    matches!(
        character,
        '\u{80}'..='\u{A0}'
            | '\u{AD}'
            | '\u{34F}'
            | '\u{61C}'
            | '\u{115F}'..='\u{1160}'
            | '\u{1680}'
            | '\u{17B4}'..='\u{17B5}'
            | '\u{180B}'..='\u{180F}'
            | '\u{2000}'..='\u{200F}'
            | '\u{2028}'..='\u{202F}'
            | '\u{205F}'..='\u{206F}'
            | '\u{3000}'
            | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}'
            | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E0FFF}'
    )
}

/// Returns the kind of a text that needs more than a few bytes of its first line.
pub(super) fn table_kind(head: &[u8]) -> Option<Kind> {
    let line = head.split(|byte| *byte == b'\n').next()?;
    // AWS, "Amazon S3 server access log format": the owner's canonical id, bucket, time in brackets.
    let has_owner = line.first_chunk::<64>().is_some_and(|owner| owner.iter().all(u8::is_ascii_hexdigit));
    if has_owner && memchr::memmem::find(line, b" [").is_some() {
        return Some(logs("an access log of S3"));
    }
    let lower = line.to_ascii_lowercase();
    let names = [&b"eventname"[..], b"eventtime", b"eventsource"];
    // JSON that has lost its start has members.
    let is_json = lower.contains(&b'{') || memchr::memmem::find(&lower, b"\":").is_some();
    let is_table = !is_json && names.iter().all(|name| memchr::memmem::find(&lower, name).is_some());
    if is_table {
        return Some(TABLE);
    }
    // AWS, "Access logs for your Classic Load Balancer": time, name, client, back end, three durations, two codes.
    let columns: Vec<_> = line.split(|byte| *byte == b' ').collect();
    match columns.get(..9)? {
        [time, _, client, ..]
            if is_time(time)
                && !lower.contains(&b'{')
                && client.contains(&b':')
                && memchr::memmem::find(line, b" \"").is_some() =>
        {
            Some(logs("an access log of a load balancer"))
        }
        _ => None,
    }
}
