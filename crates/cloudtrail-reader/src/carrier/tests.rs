use super::*;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const RECORD: &str = r#"{"eventVersion":"1.11","eventName":"ListUsers"}"#;

fn escaped() -> String {
    serde_json::to_string(RECORD).unwrap()
}

fn texts(object: &str) -> Vec<String> {
    let text = |value| match value {
        Carried::Json(range) => format!("json {}", object.get(range).unwrap()),
        Carried::Text(text, range) => {
            assert!(object.get(range).unwrap().starts_with('"'));
            format!("text {}", String::from_utf8(text).unwrap())
        }
        Carried::Unfinished(why, at) => format!("{why:?} at {at}"),
        Carried::Control => "control".to_owned(),
        Carried::NotJson(at) => format!("not JSON at {at}"),
        Carried::NotPacked(at) => format!("not packed at {at}"),
        Carried::NotRecord(at) => format!("no record at {at}"),
        Carried::Missed(at) => format!("missed at {at}"),
    };
    carried(object.as_bytes()).into_iter().map(text).collect()
}

#[test]
fn known_members_carry_objects_arrays_and_texts() {
    let (text, json) = (format!("text {RECORD}"), format!("json {RECORD}"));
    let packed = STANDARD.encode(RECORD);
    let lines = packed.split_at(16);
    assert!(packed.ends_with('='));
    for (object, expected) in [
        (format!(r#"{{"message":{}}}"#, escaped()), vec![text.clone()]),
        (format!(r#"{{"id":"1","message": {} ,"n":2}}"#, escaped()), vec![text.clone()]),
        (format!(r#"{{"_source":{RECORD}}}"#), vec![json.clone()]),
        (format!(r#"{{"data":"{packed}"}}"#), vec![text.clone()]),
        (format!(r#"{{"data":"{}"}}"#, packed.trim_end_matches('=')), vec![text.clone()]),
        (format!(r#"{{"data":"{}\n{}\r\n"}}"#, lines.0, lines.1), vec![text.clone()]),
        // Only data may be packed.
        (format!(r#"{{"message":"{packed}"}}"#), vec![]),
        // Members that a tool parsed from the text, and copies of the text, are not read again.
        (format!(r#"{{"aws":{{"a":1}},"message":{0},"event.original":{0}}}"#, escaped()), vec![text.clone()]),
        (
            format!(r#"{{"results":[[{{"field":"@ptr","value":"x"}},{{"field":"@message","value":{}}}]]}}"#, escaped()),
            vec![text.clone()],
        ),
        (format!(r#"{{"results":[{RECORD}]}}"#), vec![json]),
        (r#"{"results":[[{"field":"@ptr","value":"x"}]]}"#.to_owned(), vec![]),
        (
            r#"{"message":"CWL CONTROL MESSAGE: Checking health of destination Firehose."}"#.to_owned(),
            vec!["control".to_owned()],
        ),
        (r#"{"message":"START RequestId"}"#.to_owned(), vec![]),
        (r#"{"message":7,"other":{}}"#.to_owned(), vec![]),
        (r#"{"message":"{\x}"}"#.to_owned(), vec!["not JSON at 13".to_owned()]),
        (format!(r#"{{"message":{},}}x"#, escaped()), vec![text]),
        ("{}".to_owned(), vec![]),
    ] {
        assert_eq!(texts(&object), expected, "{object}");
    }
}

#[test]
fn an_object_that_is_not_json_to_its_end_is_reported() {
    let object = format!(r#"{{"message":{},b}}"#, escaped());
    assert_eq!(texts(&object).last().map(String::as_str), Some(format!("not JSON at {}", object.len() - 3).as_str()));
}

#[test]
fn a_cell_of_logs_insights_is_read_to_its_end() {
    let (text, other) = (format!("text {RECORD}"), RECORD.replace("ListUsers", "ListRoles"));
    let quoted = serde_json::to_string(&other).unwrap();
    let row = |cell: &str| format!(r#"{{"results":[[{{{cell}}}]]}}"#);
    for (cell, second) in [
        (format!(r#""field":"@message","value":{},"value":{quoted}"#, escaped()), format!("text {other}")),
        (
            format!(r#""value":{},"field":"@ptr","field":"@message","value":{quoted}"#, escaped()),
            format!("text {other}"),
        ),
        (format!(r#""field":"@message","value":{},"more":{quoted}"#, escaped()), "missed at 106".to_owned()),
        (format!(r#""field":"@message","value":{},b"#, escaped()), "not JSON at 98".to_owned()),
    ] {
        let object = row(&cell);
        assert_eq!(texts(&object), [text.clone(), second], "{object}");
    }
    let object = row(&format!(r#""field":"@message","more":{quoted}"#));
    assert_eq!(texts(&object), Vec::<String>::new(), "{object}");
}

/// A control message has a sentence. Anything else may be a record.
#[test]
fn a_control_message_with_a_record_is_not_passed_over() {
    let message = |rest: &str| {
        let text = serde_json::to_string(&format!("CWL CONTROL MESSAGE: {rest}")).unwrap();
        texts(&format!(r#"{{"message":{text}}}"#))
    };
    assert_eq!(message(RECORD), [format!("text CWL CONTROL MESSAGE: {RECORD}")]);
    assert_eq!(message("Checking health of destination Firehose."), ["control"]);
    assert_eq!(message(r#"{"s3Bucket":"b","s3ObjectKey":["k"]}"#), Vec::<String>::new());
}

/// Members beside a text in an inner object.
#[test]
fn what_an_inner_object_holds_besides_is_missed() {
    let other = RECORD.replace("ListUsers", "ListRoles");
    for (object, at) in [
        (format!(r#"{{"event":{{"original":{},"x":{other}}}}}"#, escaped()), 83),
        (format!(r#"{{"kinesis":{{"x":{other},"data":"{}"}}}}"#, STANDARD.encode(RECORD)), 16),
    ] {
        assert_eq!(texts(&object), [format!("text {RECORD}"), format!("missed at {at}")], "{object}");
    }
}

/// Only the first of two equal members would be read, so none is passed over in silence.
#[test]
fn a_doubled_member_around_a_text_is_missed() {
    let packed = STANDARD.encode(RECORD);
    for (name, inner, text) in
        [("kinesis", "data", packed.clone()), ("awslogs", "data", packed), ("event", "original", "{}".to_owned())]
    {
        let object = format!(r#"{{"{name}":{{"{inner}":"{text}","{inner}":"{text}"}}}}"#);
        let second = object.rfind(&format!("\"{text}\"")).unwrap();
        assert_eq!(texts(&object), [format!("missed at {second}")], "{object}");
    }
}
