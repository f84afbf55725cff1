//! Answers from a layout that was found before, and from text searches, are those of the record alone, with every kernel.

use field_extract::{Depth, Kernel, Layouts, Scratch, field, fields};

/// Records of usual form, with escapes, white space, text that is not ASCII, deep nesting, many bytes, and keys with the
/// same end.
fn records() -> Vec<String> {
    let user = r#""userIdentity":{"type":"AssumedRole","arn":"a/b/c","sessionContext":{"sessionIssuer":{"type":"Role","userName":"admin"},"attributes":{"mfaAuthenticated":"true"}},"invokedBy":"x"}"#;
    let rest = r#""eventTime":"2026-01-02T03:04:05Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","awsRegion":"eu-west-1","requestParameters":{"bucketName":"b","key":"k","a":[{"key":"no"}]},"additionalEventData":{"bytesTransferredIn":5},"vpcEndpointAccountId":"1","recipientAccountId":"2","eventType":"AwsApiCall""#;
    let usual = format!("{{{user},{rest}}}");
    let long =
        format!(r#"{{"userAgent":"{}",{user},"b":[{}],{rest}}}"#, "-".repeat(3000), r#"{"c":{"d":1}},"#.repeat(99));
    vec![
        usual.clone(),
        usual.replace("admin", "ad\\u006din"),
        usual.replace("admin", "ädmin"),
        usual.replace("\"sessionIssuer\":", "\"sessionIssuer\" : "),
        usual.replace("\"eventName\":", "\"eventName\"\t:"),
        usual.replace("\"eventName\"", "\"event\\u004eame\""),
        usual.replace("\"type\":\"AssumedRole\"", "\"a\":{\"type\":1},\"type\":\"AssumedRole\""),
        long.replace(",]", "]"),
        "{}".to_owned(),
        r#"{"a":1}"#.to_owned(),
    ]
}

#[test]
fn every_kernel_answers_from_a_kept_layout_as_from_the_record() {
    for kernel in Kernel::all() {
        let mut scratch = Scratch::with_kernel(kernel);
        let (records, mut layouts) = (records(), Layouts::default());
        for record in &records {
            let found = scratch.first_record(record.as_bytes(), Depth::Nested).expect("a record");
            assert_eq!(found.bytes(), record.as_bytes(), "{kernel:?}");
            layouts.push(found.layout());
        }
        for (number, record) in records.iter().enumerate() {
            let record = record.as_bytes();
            let (mut line, mut alone) = (Vec::new(), Vec::new());
            let mut kept = scratch.record(record, layouts.get(number));
            assert_eq!(kept.info(&mut line), Scratch::new().record(record, None).info(&mut alone));
            assert_eq!(line, alone, "{kernel:?}");
            for field in fields() {
                let expected = Scratch::new().record(record, None).get(field, None);
                assert_eq!(kept.get(field, None), expected, "{kernel:?} {} of {number}", field.name);
            }
            let mut kept = scratch.record(record, layouts.get(number));
            for field in fields().iter().rev() {
                let expected = Scratch::new().record(record, None).get(field, None);
                assert_eq!(kept.get(field, None), expected, "{kernel:?} {} of {number}", field.name);
            }
        }
    }
}

/// A layout of another record is refused, even if both have the same length and the same members.
#[test]
fn the_layout_of_another_record_is_refused() {
    let texts = [
        r#"{"userAgent":"aws-cli","userIdentity":{"type":"Root"},"eventName":"A"}"#,
        r#"{"userAgent":"aws","userIdentity":{"type":"IAMUser12"},"eventName":"B"}"#,
        r#"{"userAgent":"aws-cli/2","userIdentity":{"type":"Root"},"eventName":""}"#,
        r#"{"userAgent":"aws-cli","userIdentity":[{"type":"AB"}],"eventName":"A"}"#,
        r#"{"userAgent":"aws-cli","userIdentity":"{type Root 123}","eventName":""}"#,
    ];
    for first in texts {
        let mut layouts = Layouts::default();
        layouts.push(Scratch::new().first_record(first.as_bytes(), Depth::Nested).unwrap().layout());
        for second in texts {
            let (mut scratch, second) = (Scratch::new(), second.as_bytes());
            for field in fields() {
                let expected = Scratch::new().record(second, None).get(field, None);
                assert_eq!(scratch.record(second, layouts.get(0)).get(field, None), expected, "{}", field.name);
            }
        }
    }
}

/// A finder that a reader has used gives its layout to the very bytes that it has found, and to no others.
#[test]
fn a_lent_finder_serves_only_the_record_that_it_has_found() {
    let text = br#"{"eventName":"A","errorCode":"x"}{"eventName":"B","errorCode":"y"}"#;
    let [name, error] = ["ct.name", "ct.error"].map(|name| field(name).expect("a field"));
    for kernel in Kernel::all() {
        let mut scratch = Scratch::with_kernel(kernel);
        let length = scratch.finder().find(text, Depth::Own).expect("a record");
        let (first, second) = text.split_at(length);
        let copies = [first.to_vec(), second.to_vec()];
        for bytes in [first, second, copies[0].as_slice(), copies[1].as_slice(), text, b"{}", b""] {
            for resume in [false, true] {
                scratch.finder().find(text, Depth::Own);
                let mut record = if resume { scratch.resume(bytes) } else { scratch.found_record(bytes) };
                let has_layout = record.layout().is_some();
                let is_found = bytes.as_ptr() == first.as_ptr() && bytes.len() == length;
                assert_eq!(has_layout, is_found && !resume, "{kernel:?}");
                for field in [name, error] {
                    assert_eq!(record.get(field, None), Scratch::new().record(bytes, None).get(field, None));
                }
            }
        }
    }
}

/// A member that is expected to be absent and is there, wherever the walk has stopped before it.
#[test]
fn a_member_is_found_at_every_place_however_it_is_written() {
    let [name, error] = ["ct.name", "ct.error"].map(|name| field(name).expect("a field"));
    let mut scratch = Scratch::new();
    for pad in 0..140 {
        let far = format!(r#""errorCode"{}"#, " ".repeat(300));
        for key in [r#""errorCode""#, r#""error\u0043ode""#, &far, r#""\u0065rrorCode" "#] {
            let without =
                format!(r#"{{"v":1,"eventName":"A","userAgent":"{}","x":{{"errorCod":1}}}}"#, "-".repeat(pad));
            let pad = "-".repeat(pad);
            let with = format!(r#"{{"v":1,"eventName":"A","userAgent":"{pad}",{key}:"Denied","requestID":"1"}}"#);
            // Twice, so that the scratch has learned it.
            for text in [&without, &without] {
                let mut record = scratch.record(text.as_bytes(), None);
                assert!(record.get(name, None).is_some());
                assert_eq!(record.get(error, None), None, "{text}");
            }
            let mut record = scratch.record(with.as_bytes(), None);
            assert!(record.get(name, None).is_some());
            assert!(record.get(error, None).is_some(), "{with}");
        }
    }
}
