//! Text that is certainly not JSON: told by how its first line begins.

use super::Kind;

const fn pages(name: &'static str) -> Kind {
    Kind::new(name, "see what answered in place of the log file")
}

const fn logs(name: &'static str) -> Kind {
    Kind::new(name, "CloudTrail's own log files are JSON")
}

const TABLE: Kind =
    Kind::new("a table (CSV or TSV) of CloudTrail events", "read the trail's own log files, or export JSON");

/// How the first line begins, and what the text is then. Blanks in front are passed over.
const LINES: &[(&[u8], Kind)] = &[
    (b"<!doctype html", pages("an HTML page")),
    (b"<html", pages("an HTML page")),
    (b"<?xml", pages("an XML document, as S3's error messages are")),
    (b"<error>", pages("an error message of S3")),
    (b"#version: 1", logs("an access log of CloudFront")),
    (b"version account-id interface-id", logs("VPC flow logs")),
];

/// The text of which `head` is the beginning.
pub(super) fn line_kind(head: &[u8]) -> Option<Kind> {
    let line = blanks_removed(head);
    let begins = |start: &[u8]| line.get(..start.len()).is_some_and(|it| it.eq_ignore_ascii_case(start));
    let row = LINES.iter().find(|(start, _)| begins(start)).map(|(_, kind)| *kind);
    row.or_else(|| columns_kind(line))
}

/// Lines whose columns tell them.
fn columns_kind(line: &[u8]) -> Option<Kind> {
    let mut columns = line.split(|byte| *byte == b' ');
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

/// Whether JSON follows the blanks and padding in front of it, or a comment may, as far as can be seen.
pub(super) fn is_led_in(head: &[u8]) -> bool {
    matches!(blanks_removed(head), [] | [b'{' | b'[' | b'#' | b'/' | b',', ..])
}

/// The text behind blanks, padding and byte order marks.
fn blanks_removed(head: &[u8]) -> &[u8] {
    let blank = |byte: &&u8| matches!(byte, 0..=b' ' | 0x7F | 0xEF | 0xBB | 0xBF);
    let blanks = head.iter().take_while(blank).count();
    head.get(blanks..).unwrap_or_default()
}

/// Text whose first line takes more than a few bytes to tell.
pub(super) fn table_kind(head: &[u8]) -> Option<Kind> {
    let line = head.split(|byte| *byte == b'\n').next()?;
    // AWS, "Amazon S3 server access log format": the owner's canonical id, bucket, time in brackets.
    let has_owner = line.first_chunk::<64>().is_some_and(|owner| owner.iter().all(u8::is_ascii_hexdigit));
    if has_owner && memchr::memmem::find(line, b" [").is_some() {
        return Some(logs("an access log of S3"));
    }
    let lower = line.to_ascii_lowercase();
    let names = [&b"eventname"[..], b"eventtime", b"eventsource"];
    let is_table = !lower.contains(&b'{') && names.iter().all(|name| memchr::memmem::find(&lower, name).is_some());
    if is_table {
        return Some(TABLE);
    }
    // AWS, "Access logs for your Classic Load Balancer": time, name, client, back end, three durations, two codes.
    let columns: Vec<_> = line.split(|byte| *byte == b' ').collect();
    match columns.get(..9)? {
        [time, _, client, ..]
            if is_time(time) && client.contains(&b':') && memchr::memmem::find(line, b" \"").is_some() =>
        {
            Some(logs("an access log of a load balancer"))
        }
        _ => None,
    }
}
