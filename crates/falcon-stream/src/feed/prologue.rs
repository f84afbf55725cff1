//! Recognises a web page or an error at the beginning of a connection.
//!
//! A proxy's page and the service's own errors may come with status 200, over many lines. Until the first event, lines
//! that may belong to one of these are held back. An event proves that the connection is a feed: then the lines are
//! unreadable lines like any other. If the connection ends without an event, they are the reason for its failure.

use crate::api::answer;
use crate::api::error::{Call, Error, ErrorKind};
use crate::api::secrets::Secrets;
use crate::feed::lines::{Line, Lines};
use crate::feed::position::position;
use bytes::Bytes;
use std::collections::VecDeque;

/// The most that is held back, in bytes. The service's errors have some hundred. A larger page is still recognised by
/// its beginning.
const MOST: usize = 64 << 10;

/// The lines at a connection's beginning that are held back.
#[derive(Default)]
pub(crate) struct Prologue {
    held: Vec<Bytes>,
    bytes: usize,
    /// An event has come, or a line that is not part of a page or an error.
    is_over: bool,
    /// Lines that were held back and can now be handed out.
    released: VecDeque<Line>,
}

impl Prologue {
    /// Returns the next line that is not held back.
    pub(crate) fn next_line(&mut self, lines: &mut Lines) -> Option<Line> {
        loop {
            if let Some(line) = self.released.pop_front() {
                return Some(line);
            }
            let line = lines.next_line()?;
            if self.is_over || line == Line::Blank {
                return Some(line);
            }
            self.look_at(line);
        }
    }

    fn look_at(&mut self, line: Line) {
        match line {
            Line::Text(text) if position(&text).is_err() && (!self.held.is_empty() || may_be_error(&text)) => {
                self.bytes += text.len();
                self.held.push(text);
                if self.bytes > MOST && !answer::looks_like_page(&self.text()) {
                    self.release();
                }
            }
            line => {
                self.release();
                self.released.push_back(line);
            }
        }
    }

    fn release(&mut self) {
        self.is_over = true;
        self.released.extend(self.held.drain(..).map(Line::Text));
    }

    /// Takes the text after the last line break if it may belong to a page or an error, and returns it otherwise.
    pub(crate) fn end(&mut self, rest: Option<Line>) -> Option<Line> {
        match rest {
            Some(Line::Text(text)) if !self.is_over && position(&text).is_err() => {
                if self.held.is_empty() && !may_be_error(&text) {
                    return Some(Line::Text(text));
                }
                self.held.push(text);
                None
            }
            rest => rest,
        }
    }

    /// Returns why the connection failed, once it has ended, or `None` if the lines held back are not a page or an
    /// error.
    pub(crate) fn error(&mut self, call: Call, secrets: &Secrets) -> Option<Error> {
        if self.held.is_empty() {
            return None;
        }
        let text = self.text();
        let error = if answer::looks_like_page(&text) {
            Some(Error::new(call, ErrorKind::Page { status: 200, title: answer::title(&text, secrets) }))
        } else if let Some((code, said)) = answer::message(&text, secrets) {
            Some(Error::inside(call, code, said))
        } else {
            status(&text).map(|status| Error::new(call, ErrorKind::of_status(status, None)))
        };
        if error.is_some() {
            self.held.clear();
        } else {
            self.release();
        }
        error
    }

    fn text(&self) -> Vec<u8> {
        self.held.join(&b"\n"[..])
    }
}

/// Returns whether a page or an error may begin with this line.
fn may_be_error(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    answer::looks_like_page(line) || status(line).is_some() || begins_as_error(line)
}

/// Returns the status if the text is a bare one, as some gateways send.
fn status(text: &[u8]) -> Option<u16> {
    let text = std::str::from_utf8(text.trim_ascii()).ok()?;
    text.parse().ok().filter(|status| text.len() == 3 && (400..600).contains(status))
}

/// Member names with which the service's errors begin.
const ERROR_MEMBERS: [&str; 6] = ["\"errors\"", "\"error\"", "\"meta\"", "\"resources\"", "\"code\"", "\"message\""];

/// Returns whether the line is a single `{`, as in JSON over several lines, or an object that begins like the service's
/// errors.
fn begins_as_error(line: &[u8]) -> bool {
    let Some(inner) = line.strip_prefix(b"{") else { return false };
    let inner = inner.trim_ascii_start();
    inner.is_empty() || ERROR_MEMBERS.iter().any(|member| inner.starts_with(member.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partition::Partition;

    const CALL: Call = Call::Feed(Partition(0));
    const EVENT: &str = r#"{"metadata":{"offset":7}}"#;

    /// Returns the lines that come through, and the error at the end of the connection.
    fn read(text: &str) -> (Vec<String>, Option<Error>) {
        let (mut lines, mut prologue, mut found) = (Lines::default(), Prologue::default(), Vec::new());
        lines.push(Bytes::copy_from_slice(text.as_bytes()));
        let mut take = |prologue: &mut Prologue, lines: &mut Lines| {
            while let Some(line) = prologue.next_line(lines) {
                found.push(match line {
                    Line::Text(text) => String::from_utf8(text.to_vec()).unwrap(),
                    other => format!("{other:?}"),
                });
            }
        };
        take(&mut prologue, &mut lines);
        let rest = prologue.end(std::mem::take(&mut lines).rest());
        let error = prologue.error(CALL, &Secrets::default());
        take(&mut prologue, &mut lines);
        if let Some(Line::Text(text)) = rest {
            found.push(format!("rest {}", String::from_utf8_lossy(&text)));
        }
        (found, error)
    }

    #[test]
    fn pages_and_errors_are_why_a_connection_failed() {
        let pretty = "{\n  \"errors\": [\n    {\n \"code\": 403,\n \"message\": \"access denied\"\n    }\n  ]\n}\n";
        let page = "<!DOCTYPE html>\n<html>\n<title>Log in</title>\n</html>";
        let forbidden = || ErrorKind::Forbidden;
        for (text, kind, said) in [
            (pretty, forbidden(), Some("access denied")),
            (r#"{"errors":[{"code":403,"message":"no"}]}"#, forbidden(), Some("no")),
            ("{\"meta\":{},\"errors\":[{\"code\":401,\"message\":\"no\"}]}\n", ErrorKind::Unauthorized, Some("no")),
            (page, ErrorKind::Page { status: 200, title: Some("Log in".into()) }, None),
            ("400\n", ErrorKind::Refused(400), None),
            ("\n502", ErrorKind::Server(502), None),
        ] {
            let (lines, error) = read(text);
            let lines: Vec<&String> = lines.iter().filter(|line| *line != "Blank").collect();
            let error = error.unwrap_or_else(|| panic!("{text}"));
            assert_eq!((lines.len(), error.kind, error.said.as_deref()), (0, kind, said), "{text}");
        }
        let long = format!("<html>\n{}", "x".repeat(1000).repeat(200)) + "\n";
        assert!(read(&long).1.is_some());
    }

    #[test]
    fn an_event_shows_that_it_is_a_feed_and_nothing_is_lost() {
        for garbage in ["<html>502 Bad Gateway</html>", "{", "400", "{\"errors\":[]}", "{\"metadata\":", "garbage", "7"]
        {
            let (lines, error) = read(&format!("{garbage}\n{EVENT}\n<html>\n"));
            assert_eq!((lines, error), (vec![garbage.to_owned(), EVENT.to_owned(), "<html>".to_owned()], None));
        }
    }

    #[test]
    fn what_is_neither_comes_through_at_once() {
        for garbage in ["{\"metadata\":", "garbage", "7", "[1]", "{\"event\":{}}"] {
            assert_eq!(read(&format!("{garbage}\n")), (vec![garbage.to_owned()], None));
        }
        assert_eq!(read("{\"errors\":[]}\n"), (vec!["{\"errors\":[]}".to_owned()], None));
        assert_eq!(read("{\n"), (vec!["{".to_owned()], None));
        assert_eq!(read("garb").0, ["rest garb"]);
        let long = format!("{{\n{}\n", "x".repeat(MOST));
        assert_eq!(read(&long).0.len(), 2, "no more than that is held back");
    }
}
