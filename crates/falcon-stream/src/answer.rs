//! What an answer that is not the right one says of itself.

use reqwest::header::{CONTENT_TYPE, HeaderMap, LOCATION};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

/// Longest part of what others wrote that is repeated, in characters: a message is one line of a log.
const LONGEST: usize = 160;
/// How documents begin that are no JSON, in lower case. `<?xml` is how S3 and some gateways refuse.
const PAGES: [&str; 6] = ["<!doctype", "<html", "<head", "<body", "<?xml", "<!--"];

/// Whether the headers say that it is a web page.
pub(crate) fn is_page(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    matches!(kind.as_str(), "text/html" | "application/xhtml+xml")
}

/// Whether a text begins as a web page does.
pub(crate) fn looks_like_page(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text).trim_ascii_start();
    PAGES.iter().any(|page| text.get(..page.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(page.as_bytes())))
}

/// A page's title.
pub(crate) fn title(page: &[u8]) -> Option<String> {
    let page = String::from_utf8_lossy(page);
    // ASCII letters keep their length.
    let small = page.to_ascii_lowercase();
    let begin = small.find("<title")?;
    let begin = begin + small.get(begin..)?.find('>')? + 1;
    let end = begin + small.get(begin..)?.find("</title")?;
    let title = shortened(page.get(begin..end)?);
    (!title.is_empty()).then_some(title)
}

/// Scheme and host that a redirection leads to. The rest of the address may hold what is nobody's business.
pub(crate) fn destination(headers: &HeaderMap) -> Option<String> {
    let url = Url::parse(headers.get(LOCATION)?.to_str().ok()?).ok()?;
    Some(format!("{}://{}", url.scheme(), url.host_str()?))
}

#[derive(Deserialize)]
struct Errors {
    errors: Vec<One>,
}

#[derive(Deserialize)]
struct One {
    code: Option<Value>,
    message: Option<String>,
}

/// Code and message of the first of the service's own errors.
pub(crate) fn message(body: &[u8]) -> Option<(Option<u16>, String)> {
    let Errors { errors } = serde_json::from_slice(body).ok()?;
    let One { code, message } = errors.into_iter().next()?;
    let code = match code? {
        Value::Number(code) => code.as_u64().and_then(|code| code.try_into().ok()),
        Value::String(code) => code.parse().ok(),
        _ => None,
    };
    Some((code, shortened(&message.unwrap_or_default())))
}

/// One line of printable characters, with an end.
pub(crate) fn shortened(text: &str) -> String {
    let plain: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_told_from_json() {
        for page in ["<!DOCTYPE html>", "\u{feff}\n <HTML lang=en>", "<?xml version=\"1.0\"?><Error>", "<head>"] {
            assert!(looks_like_page(page.as_bytes()), "{page}");
        }
        for other in ["", "{\"a\":\"<html>\"}", "<", "<x>", "[<html>]", "html"] {
            assert!(!looks_like_page(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn titles_are_short_and_on_one_line() {
        let found = |page: &str| title(page.as_bytes());
        assert_eq!(found("<html><Title lang=x>\n Log  in\n</TITLE>"), Some("Log in".to_owned()));
        assert_eq!(found("<title>İ</title>").as_deref(), Some("İ"));
        for none in ["", "<title>", "<title></title>", "<title", "<title>x", "</title><title>"] {
            assert_eq!(found(none), None, "{none}");
        }
        let long = format!("<title>{}</title>", "ä".repeat(500));
        assert_eq!(found(&long).unwrap().chars().count(), LONGEST + 3);
    }

    #[test]
    fn the_services_own_message_is_the_first() {
        let found = |body: &str| message(body.as_bytes());
        let pretty = "{\n  \"errors\": [\n {\"code\": 403, \"message\": \"access denied\"}, {}]\n}";
        assert_eq!(found(pretty), Some((Some(403), "access denied".to_owned())));
        assert_eq!(
            found(r#"{"errors":[{"code":"429","message":"slow\ndown"}]}"#),
            Some((Some(429), "slow down".into()))
        );
        for none in ["", "{}", r#"{"errors":[]}"#, r#"{"errors":null}"#, "<html>", "[1]"] {
            assert_eq!(found(none), None, "{none}");
        }
    }
}
