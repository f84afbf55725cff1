//! One record as one line.

use crate::selection::Selection;
use field_extract::{Field, Record, Value, is_hidden, visible};
use std::io::Write;

/// How a text is written into a cell of a line.
pub(crate) type Cell = fn(&mut Vec<u8>, Option<&[u8]>);

/// Writes the selected fields as a JSON object. Fields that the record does not have are left out.
pub(crate) fn json(line: &mut Vec<u8>, record: &mut Record<'_, '_>, selection: &Selection) {
    line.push(b'{');
    let mut first = true;
    for one in selection.iter() {
        let Some(value) = record.get(one.field, one.index) else { continue };
        if !std::mem::replace(&mut first, false) {
            line.push(b',');
        }
        line.extend_from_slice(one.key.as_bytes());
        match value {
            Value::Text(text) => json_string(line, text.as_bytes()),
            other => plain(line, &other),
        }
    }
    line.extend_from_slice(b"}\n");
}

/// Writes the selected fields as cells with `separator` between them.
pub(crate) fn cells(line: &mut Vec<u8>, record: &mut Record<'_, '_>, selection: &Selection, separator: u8, cell: Cell) {
    let mut text = Vec::new();
    for (place, one) in selection.iter().enumerate() {
        if place > 0 {
            line.push(separator);
        }
        match record.get(one.field, one.index) {
            None => cell(line, None),
            Some(Value::Text(text)) => cell(line, Some(text.as_bytes())),
            Some(other) => {
                text.clear();
                plain(&mut text, &other);
                cell(line, Some(&text));
            }
        }
    }
    line.push(b'\n');
}

/// Writes the names of the fields as cells.
pub(crate) fn heading(selection: &Selection, separator: u8, cell: Cell) -> Vec<u8> {
    let mut line = Vec::new();
    for (place, name) in selection.names().iter().enumerate() {
        if place > 0 {
            line.push(separator);
        }
        cell(&mut line, Some(name.as_bytes()));
    }
    line.push(b'\n');
    line
}

/// Writes a text as it is, a number in digits, and a list as a JSON array.
fn plain(line: &mut Vec<u8>, value: &Value<'_>) {
    match value {
        Value::Text(text) => line.extend_from_slice(text.as_bytes()),
        Value::Number(number) => {
            // Writing to memory does not fail.
            let _ = write!(line, "{number}");
        }
        Value::List(texts) => {
            let mut before = b'[';
            for text in texts {
                line.push(before);
                json_string(line, text.as_bytes());
                before = b',';
            }
            line.push(b']');
        }
    }
}

/// Writes a JSON string. Bytes that are not UTF-8 become U+FFFD. Characters that are not seen, or control how others are
/// seen, are written as escapes.
fn json_string(line: &mut Vec<u8>, text: &[u8]) {
    if is_plain(text) {
        line.push(b'"');
        line.extend_from_slice(text);
        line.push(b'"');
        return;
    }
    // Writing to memory does not fail, and every string can be written as JSON.
    let text = serde_json::to_string(&String::from_utf8_lossy(text)).unwrap_or_default();
    for char in text.chars() {
        if is_hidden(char) {
            char.encode_utf16(&mut [0; 2]).iter().for_each(|unit| drop(write!(line, "\\u{unit:04x}")));
        } else {
            line.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
}

/// Returns whether a JSON string shows these bytes as they are: printable ASCII without quotes and backslashes. It has no
/// branch for each byte, so the compiler makes vector instructions of it.
fn is_plain(text: &[u8]) -> bool {
    let is_other = |byte: u8| !(0x20..0x7F).contains(&byte) || byte == b'"' || byte == b'\\';
    !text.iter().fold(false, |found, byte| found | is_other(*byte))
}

/// Writes a cell of comma-separated values (RFC 4180). A missing value is empty, an empty text is `""`.
pub(crate) fn csv_cell(line: &mut Vec<u8>, text: Option<&[u8]>) {
    let Some(text) = text else { return };
    let text = String::from_utf8_lossy(text);
    let is_plain = !text.is_empty() && !text.starts_with(' ') && !text.ends_with(' ');
    if is_plain && !text.contains(['"', ',', '\r', '\n']) {
        line.extend_from_slice(text.as_bytes());
        return;
    }
    line.push(b'"');
    line.extend_from_slice(text.replace('"', "\"\"").as_bytes());
    line.push(b'"');
}

/// Writes a cell of tab-separated values. Tabs, line breaks and backslashes become `\t`, `\n`, `\r` and `\\`.
pub(crate) fn tsv_cell(line: &mut Vec<u8>, text: Option<&[u8]>) {
    let text = String::from_utf8_lossy(text.unwrap_or_default());
    if !text.contains(['\t', '\n', '\r', '\\']) {
        line.extend_from_slice(text.as_bytes());
        return;
    }
    for byte in text.bytes() {
        match byte {
            b'\t' => line.extend_from_slice(b"\\t"),
            b'\n' => line.extend_from_slice(b"\\n"),
            b'\r' => line.extend_from_slice(b"\\r"),
            b'\\' => line.extend_from_slice(b"\\\\"),
            other => line.push(other),
        }
    }
}

/// Writes a cell of a table for people: a missing value is `-`, and hidden characters are escaped.
pub(crate) fn table_cell(line: &mut Vec<u8>, text: Option<&[u8]>) {
    let text = text.map_or_else(|| "-".into(), String::from_utf8_lossy);
    line.extend_from_slice(visible(&text).as_bytes());
}

/// Writes the time and the summary line, or an error if the record lacks a part of it. Hidden characters are escaped: each
/// record is one line for any content, and cannot control a terminal.
pub(crate) fn info(line: &mut Vec<u8>, record: &mut Record<'_, '_>, time: Option<&Field>) {
    let start = line.len();
    match time.and_then(|field| record.get(field, None)) {
        Some(Value::Text(text)) => line.extend_from_slice(text.as_bytes()),
        _ => line.push(b'-'),
    }
    line.push(b' ');
    let after = line.len();
    if let Err(error) = record.info(line) {
        line.truncate(after);
        // Writing to memory does not fail.
        let _ = write!(line, "<no summary: {error}>");
    }
    let text = String::from_utf8_lossy(line.get(start..).unwrap_or_default());
    if text.contains(is_hidden) {
        let shown = visible(&text).into_owned();
        line.truncate(start);
        line.extend_from_slice(shown.as_bytes());
    }
    line.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use field_extract::{Scratch, field};
    use proptest::prelude::*;

    const RECORD: &str = r#"{"eventTime":"2026-01-02T03:04:05Z","eventName":"a,\"b\"\n","errorCode":"","awsRegion":" x\t\\",
        "responseElements":{"instancesSet":{"items":[{"imageId":"i1"},{"imageId":"i,2"}]}}}"#;

    #[track_caller]
    fn check(cell: Cell, separator: u8, expected: &str) {
        let selection = Selection::parse("ct.name,ct.error,ct.srcip,ct.region,s3.bytes").unwrap();
        let mut line = Vec::new();
        cells(&mut line, &mut Scratch::new().record(RECORD.as_bytes(), None), &selection, separator, cell);
        assert_eq!(String::from_utf8(line).unwrap(), expected);
    }

    #[test]
    fn cells_are_quoted_or_escaped() {
        check(csv_cell, b',', "\"a,\"\"b\"\"\n\",\"\",,\" x\t\\\",\n");
        check(tsv_cell, b'\t', "a,\"b\"\\n\t\t\t x\\t\\\\\t\n");
        check(table_cell, b'\t', "a,\"b\"\\n\t\t-\t x\\t\\\t-\n");
    }

    #[test]
    fn a_summary_begins_with_the_time() {
        let line = |record: &str| {
            let mut line = Vec::new();
            info(&mut line, &mut Scratch::new().record(record.as_bytes(), None), field("ct.time"));
            String::from_utf8(line).unwrap()
        };
        assert!(line(RECORD).starts_with("2026-01-02T03:04:05Z <no summary: "), "{}", line(RECORD));
        assert!(line("{}").starts_with("- <no summary: "));
        assert_eq!(line(r#"{"eventTime":"a\nb"}"#).lines().count(), 1);
        let hostile = line(r#"{"eventTime":"a\nb\u202e\u001b[31m"}"#);
        assert!(hostile.starts_with("a\\nb\\u{202e}\\u{1b}[31m <no summary: "), "{hostile}");
    }

    #[test]
    fn hidden_characters_are_escaped_in_json_and_for_people_and_data_stays_as_it_is() {
        let record = r#"{"eventName":"a\u202eb\udb40\udc41\u007f é"}"#;
        let written = |write: &dyn Fn(&mut Vec<u8>, &mut Record<'_, '_>, &Selection)| {
            let (mut line, selection) = (Vec::new(), Selection::parse("ct.name").unwrap());
            write(&mut line, &mut Scratch::new().record(record.as_bytes(), None), &selection);
            String::from_utf8(line).unwrap()
        };
        let of_cell = |cell: Cell| written(&|line, record, selection| cells(line, record, selection, b'\t', cell));
        let as_json = written(&json);
        assert_eq!(as_json, "{\"ct.name\":\"a\\u202eb\\udb40\\udc41\\u007f é\"}\n");
        let value: serde_json::Value = serde_json::from_str(&as_json).unwrap();
        assert_eq!(value["ct.name"], "a\u{202e}b\u{e0041}\u{7f} é");
        assert_eq!(of_cell(table_cell), "a\\u{202e}b\\u{e0041}\\u{7f} é\n");
        for cell in [csv_cell as Cell, tsv_cell] {
            assert_eq!(of_cell(cell), "a\u{202e}b\u{e0041}\u{7f} é\n");
        }
    }

    #[test]
    fn every_byte_at_every_place_is_seen() {
        for byte in 0..=u8::MAX {
            for place in 0..17 {
                let mut text = [b'a'; 17];
                text[place] = byte;
                let expected = matches!(byte, 0x20..=0x7E) && byte != b'"' && byte != b'\\';
                assert_eq!(is_plain(&text), expected, "{byte:#x} at {place}");
            }
        }
        assert!(is_plain(b""));
    }

    /// Reads a line of comma-separated values as RFC 4180 says.
    fn read_csv(line: &str) -> Vec<String> {
        let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
        let mut chars = line.chars().peekable();
        while let Some(char) = chars.next() {
            match char {
                '"' if quoted && chars.peek() == Some(&'"') => cell.extend(chars.next()),
                '"' => quoted = !quoted,
                ',' if !quoted => cells.push(std::mem::take(&mut cell)),
                other => cell.push(other),
            }
        }
        cells.push(cell);
        cells
    }

    proptest! {
        #[test]
        fn every_text_comes_back_from_csv(texts in prop::collection::vec("\\PC{0,4}[,\"\r\n\t ]{0,3}\\PC{0,4}", 1..5)) {
            let mut line = Vec::new();
            for (place, text) in texts.iter().enumerate() {
                if place > 0 {
                    line.push(b',');
                }
                csv_cell(&mut line, Some(text.as_bytes()));
            }
            prop_assert_eq!(read_csv(std::str::from_utf8(&line).unwrap()), texts);
        }

        #[test]
        fn every_text_is_one_cell_of_tsv_and_of_a_table(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            for cell in [tsv_cell as Cell, table_cell] {
                let mut line = Vec::new();
                cell(&mut line, Some(&bytes));
                let text = String::from_utf8(line).unwrap();
                prop_assert!(!text.contains(['\t', '\n', '\r']));
            }
        }
    }
}
