//! Reads answers of the API, and finds out what an unexpected answer is.

use crate::api::entities::decoded;
use crate::api::secrets::Secrets;
use reqwest::header::{CONTENT_TYPE, HeaderMap, LOCATION};
use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;

/// The longest text from outside that an error repeats, in characters. An error is one line of a log.
const LONGEST: usize = 160;
/// The first characters of documents that are not JSON, in lower case. S3 and some gateways send errors as `<?xml`.
const PAGES: [&str; 6] = ["<!doctype", "<html", "<head", "<body", "<?xml", "<!--"];

/// Returns whether the headers announce a web page.
pub(crate) fn is_page(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    matches!(kind.as_str(), "text/html" | "application/xhtml+xml")
}

/// Returns whether a text begins like a web page.
pub(crate) fn looks_like_page(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text).trim_ascii_start();
    PAGES.iter().any(|page| text.get(..page.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(page.as_bytes())))
}

/// Returns a page's title.
pub(crate) fn title(page: &[u8], secrets: &Secrets) -> Option<String> {
    let page = String::from_utf8_lossy(page);
    // ASCII letters keep their length.
    let small = page.to_ascii_lowercase();
    let begin = small.find("<title")?;
    let begin = begin + small.get(begin..)?.find('>')? + 1;
    let end = begin + small.get(begin..)?.find("</title")?;
    let title = shortened(&decoded(page.get(begin..end)?), secrets);
    (!title.is_empty()).then_some(title)
}

/// Returns the scheme and host of a redirection. The rest of the address may hold private data.
pub(crate) fn destination(headers: &HeaderMap, secrets: &Secrets) -> Option<String> {
    let url = Url::parse(headers.get(LOCATION)?.to_str().ok()?).ok()?;
    Some(shortened(&format!("{}://{}", url.scheme(), url.host_str()?), secrets))
}

#[derive(Deserialize)]
struct Errors {
    errors: Vec<Value>,
}

/// Returns the code and message of the first error that the service reports in a body.
pub(crate) fn message(body: &[u8], secrets: &Secrets) -> Option<(Option<u16>, String)> {
    let Errors { errors } = serde_json::from_slice(body).ok()?;
    let first = errors.first()?;
    let code = match first.get("code") {
        Some(Value::Number(code)) => code.as_u64().and_then(|code| code.try_into().ok()),
        Some(Value::String(code)) => code.parse().ok(),
        _ => None,
    };
    let said = first.get("message").unwrap_or(first).as_str().unwrap_or_default();
    Some((code, shortened(said, secrets)))
}

/// Parses the answer as a JSON object.
///
/// # Errors
/// Returns what the answer is instead, as words that follow "the answer".
pub(crate) fn object(body: &[u8]) -> Result<Map<String, Value>, String> {
    if body.trim_ascii().is_empty() {
        return Err("is empty".to_owned());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(other) => Err(format!("is {}, not a JSON object", kind(&other))),
        Err(error) if error.is_eof() => Err(format!("is incomplete JSON ({} bytes)", body.len())),
        Err(_) => Err(format!("is not JSON ({} bytes)", body.len())),
    }
}

/// Returns a member that is a string.
///
/// # Errors
/// Returns what is wrong with the member, as words that follow "the answer".
pub(crate) fn text(object: &Map<String, Value>, name: &str) -> Result<String, String> {
    match object.get(name) {
        Some(Value::String(text)) if text.is_empty() => Err(format!("has an empty {name}")),
        Some(Value::String(text)) => Ok(text.clone()),
        None | Some(Value::Null) => Err(format!("has no {name}")),
        Some(other) => Err(format!("has {} as {name}, not a text", kind(other))),
    }
}

/// Returns a member that is a number of seconds. The number may be in quotes or have a fraction.
///
/// # Errors
/// Returns what is wrong with the member, as words that follow "the answer".
pub(crate) fn seconds(object: &Map<String, Value>, name: &str) -> Result<u64, String> {
    let found = match object.get(name) {
        None | Some(Value::Null) => return Err(format!("has no {name}")),
        Some(found) => found,
    };
    let seconds = match found {
        Value::String(text) => text.trim().parse().ok(),
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is not below 0, and the cast ends at the most"
        )]
        other => other.as_u64().or_else(|| other.as_f64().filter(|it| *it >= 0.0).map(|it| it as u64)),
    };
    seconds.ok_or_else(|| format!("has {} as {name}, not a number of seconds", kind(found)))
}

/// Returns the kind of a value, in words.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(number) if number.as_f64().is_some_and(|it| it < 0.0) => "a number below 0",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// Returns the text as one short line of printable characters, without our secrets.
pub(crate) fn shortened(text: &str, secrets: &Secrets) -> String {
    let plain: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    let line = words.join(" ");
    // Hide secrets before the text is cut: half a secret would not be found.
    let line = secrets.hide(&line);
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", line.get(..end).unwrap_or_default()),
        None => line.into_owned(),
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
        let found = |page: &str| title(page.as_bytes(), &Secrets::default());
        assert_eq!(found("<html><Title lang=x>\n Log  in\n</TITLE>"), Some("Log in".to_owned()));
        assert_eq!(found("<title>İ</title>").as_deref(), Some("İ"));
        assert_eq!(found("<title>Wi-Fi &amp; more&#10;&#8211; x</title>").as_deref(), Some("Wi-Fi & more – x"));
        for none in ["", "<title>", "<title></title>", "<title", "<title>x", "</title><title>"] {
            assert_eq!(found(none), None, "{none}");
        }
        let long = format!("<title>{}</title>", "ä".repeat(500));
        assert_eq!(found(&long).unwrap().chars().count(), LONGEST + 3);
    }

    #[test]
    fn the_services_own_message_is_the_first() {
        let found = |body: &str| message(body.as_bytes(), &Secrets::default());
        let pretty = "{\n  \"errors\": [\n {\"code\": 403, \"message\": \"access denied\"}, {}]\n}";
        assert_eq!(found(pretty), Some((Some(403), "access denied".to_owned())));
        assert_eq!(
            found(r#"{"errors":[{"code":"429","message":"slow\ndown"}]}"#),
            Some((Some(429), "slow down".into()))
        );
        assert_eq!(found(r#"{"errors":["no access",5]}"#), Some((None, "no access".to_owned())));
        assert_eq!(found(r#"{"errors":[{"message":"no code"}]}"#), Some((None, "no code".to_owned())));
        assert_eq!(found(r#"{"errors":[{"code":[],"message":7}]}"#), Some((None, String::new())));
        for none in ["", "{}", r#"{"errors":[]}"#, r#"{"errors":null}"#, "<html>", "[1]"] {
            assert_eq!(found(none), None, "{none}");
        }
    }

    #[test]
    fn a_secret_is_hidden_before_the_text_is_cut() {
        let secrets = Secrets::default();
        secrets.add(&"hunter2-hunter2".into());
        let text = format!("{} hunter2-hunter2 is wrong", "x".repeat(LONGEST - 8));
        let line = shortened(&text, &secrets);
        assert!(!line.contains("hunter2") && line.contains("[hidden"), "{line}");
        let page = b"<title>no hunter2&#45;hunter2</title>";
        assert_eq!(title(page, &secrets).as_deref(), Some("no [hidden]"));
    }

    #[test]
    fn what_is_wrong_with_an_answer_has_words() {
        for (body, wrong) in [
            (&b" \n"[..], "is empty"),
            (b"[1]", "is an array, not a JSON object"),
            (b"\"t\"", "is a text, not a JSON object"),
            (b"null", "is null, not a JSON object"),
            (b"{\"a\":", "is incomplete JSON (5 bytes)"),
            (b"hello", "is not JSON (5 bytes)"),
        ] {
            assert_eq!(object(body).unwrap_err(), wrong);
        }
        let members = object(br#"{"a":"","b":7,"c":"7","d":-1,"e":1.9,"f":null,"g":"x"}"#).unwrap();
        for (name, wrong) in
            [("a", "has an empty a"), ("b", "has a number as b, not a text"), ("f", "has no f"), ("z", "has no z")]
        {
            assert_eq!(text(&members, name).unwrap_err(), wrong);
        }
        let numbers = ["b", "c", "e"].map(|name| seconds(&members, name));
        assert_eq!(numbers, [Ok(7), Ok(7), Ok(1)]);
        for (name, wrong) in [
            ("d", "has a number below 0 as d, not a number of seconds"),
            ("g", "has a text as g, not a number of seconds"),
            ("f", "has no f"),
        ] {
            assert_eq!(seconds(&members, name).unwrap_err(), wrong);
        }
    }
}
