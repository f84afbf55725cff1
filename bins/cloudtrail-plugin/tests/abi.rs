//! The built shared object through its C ABI, as Falco uses it.

mod common;

use common::{ask, events, events_of, fixture, library, one, plugin, record, request};
use field_extract::{fields, fields_json};
use plugin_host::{Answer, Event, Failure, Plugin};
use std::time::{Duration, Instant};

#[test]
fn it_says_who_it_is() {
    let library = library();
    assert_eq!((library.name().as_str(), library.id(), library.source().as_str()), ("cloudtrail", 2, "aws_cloudtrail"));
    assert_eq!(library.required_api_version(), "3.11.0");
    assert_eq!(library.version(), env!("CARGO_PKG_VERSION"));
    assert!(library.about().iter().all(|text| !text.is_empty()));
    assert_eq!(library.fields_json(), fields_json());
    assert!(library.init_schema().contains("s3DownloadConcurrency"));
    assert!(plugin().list_open_params().contains("s3://bucket/prefix/"));
}

#[test]
fn a_configuration_is_taken_or_refused_by_name() {
    for good in ["{}", r#"{"SQSDelete":false,"aws":{"Region":"eu-west-1"},"useAsync":true,"s3Interval":"5d"}"#] {
        Plugin::init(library(), good).unwrap().set_config(good).unwrap();
    }
    for (bad, name) in [
        (r#"{"SQSDELETE":1}"#, "sqsDelete"),
        (r#"{"s3DownloadConcurrency":0}"#, "s3DownloadConcurrency"),
        (r#"{"s3AccountList":"1"}"#, "s3AccountList"),
        (r#"{"aws":{"profile":[]}}"#, "aws.profile"),
        ("nonsense", "Failed to parse config"),
    ] {
        let error = Plugin::init(library(), bad).unwrap_err();
        assert!(error.contains(name), "{bad}: {error}");
        let error = plugin().set_config(bad).unwrap_err();
        assert!(error.contains(name), "{bad}: {error}");
    }
}

#[test]
fn what_cannot_be_opened_is_named() {
    let plugin = plugin();
    for (params, why) in [("", "is empty"), ("-", "standard input"), ("/no/such", "/no/such"), ("/dev/null", "neither")]
    {
        let error = plugin.open(params).unwrap_err();
        assert!(error.contains(why), "{params}: {error}");
    }
    assert!(!events(&plugin, &fixture("cloudtrail")).is_empty(), "and the plugin lives on");
}

#[test]
fn two_sources_at_once_and_one_after_the_other() {
    let (plugin, folder) = (plugin(), fixture("cloudtrail/AWSLogs"));
    let all: Vec<Vec<u8>> = events(&plugin, &folder).iter().map(|event| event.payload().to_vec()).collect();
    assert!(all.len() > 10);
    let (mut a, mut b) =
        (plugin.open(folder.to_str().unwrap()).unwrap(), plugin.open(folder.to_str().unwrap()).unwrap());
    let first = (0..1_000).find_map(|_| a.next_batch().ok()).unwrap();
    let other: Vec<Vec<u8>> = b.drain().unwrap().iter().map(|event| event.payload().to_vec()).collect();
    assert_eq!(other, all);
    drop(b);
    let rest = a.drain().unwrap();
    let both: Vec<Vec<u8>> = first.iter().chain(&rest).map(|event| event.payload().to_vec()).collect();
    assert_eq!(both, all);
    let second = Plugin::init(library(), "{}").unwrap();
    assert_eq!(events(&second, &folder).len(), all.len());
}

#[test]
fn the_end_comes_after_the_last_batch_and_stays() {
    let plugin = plugin();
    let mut source = plugin.open(fixture("cloudtrail/forms").to_str().unwrap()).unwrap();
    assert!(!source.drain().unwrap().is_empty());
    assert_eq!(source.next_batch().unwrap_err(), Failure::End);
    assert_eq!(source.next_batch().unwrap_err(), Failure::End);
    let (value, text) = source.progress();
    assert!(value == 10_000 && text.as_deref().unwrap().starts_with("100.00% - 5/5 files, "), "{text:?}");
}

#[test]
fn closing_is_prompt_and_does_not_read_on() {
    let folder = tempfile::tempdir().unwrap();
    let records = vec![record(r#""eventName":"GetObject""#); 20_000].join(",");
    for number in 0..40 {
        std::fs::write(folder.path().join(format!("{number}.json")), format!(r#"{{"Records":[{records}]}}"#)).unwrap();
    }
    let plugin = plugin();
    let mut source = plugin.open(folder.path().to_str().unwrap()).unwrap();
    // On a busy machine the first calls may return no events.
    assert!((0..1_000).any(|_| source.next_batch().is_ok()), "no batch within half a minute");
    let started = Instant::now();
    drop(source);
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
}

#[test]
fn metrics_while_events_flow() {
    let folder = tempfile::tempdir().unwrap();
    let insight = r#"{"eventTime":"2026-01-02T03:04:05Z","eventType":"AwsCloudTrailInsight"}"#;
    let no_time = r#"{"eventType":"AwsApiCall"}"#;
    let records = [vec![record(""); 5_000].join(","), insight.to_owned(), no_time.to_owned()].join(",");
    std::fs::write(folder.path().join("a.json"), format!(r#"{{"Records":[{records}]}}"#)).unwrap();
    std::fs::write(folder.path().join("b.json"), "").unwrap();
    let plugin = plugin();
    let metrics = plugin.metrics();
    let mut source = plugin.open(folder.path().to_str().unwrap()).unwrap();
    std::thread::scope(|scope| {
        let asked = scope.spawn(move || {
            for _ in 0..2_000 {
                assert_eq!(metrics.get().len(), 23);
            }
        });
        assert_eq!(source.drain().unwrap().len(), 5_000);
        asked.join().unwrap();
    });
    let values = plugin.metrics().get();
    let of = |name: &str| values.iter().find(|(it, _)| it == name).unwrap().1;
    // The second file is empty, so nothing is missing.
    assert_eq!((of("n_events"), of("n_files"), of("n_damages"), of("n_warnings")), (5_000, 2, 0, 1));
    assert_eq!((of("n_skipped_insights"), of("n_skipped_incomplete"), of("n_panics")), (1, 1, 0));
    assert_eq!(of("n_bytes"), 5_000 * record("").len() as u64);
}

#[test]
fn every_value_stands_where_its_offsets_say() {
    let plugin = plugin();
    let mut seen = 0;
    for event in events(&plugin, &fixture("cloudtrail")) {
        for field in fields() {
            let request = request(field.name, None);
            let (answer, offsets) = plugin.extract(&event, &[request], true).remove(0);
            assert_eq!(answer, plugin.extract(&event, &[request], false)[0].0, "{}", field.name);
            let Some((start, length)) = offsets else { continue };
            let Answer::Strings(strings) = answer else { panic!("{} is no string", field.name) };
            assert_eq!(strings.len(), 1, "libs would read an offset for each");
            assert_eq!(&event.bytes()[start as usize..][..length as usize], strings[0], "{}", field.name);
            seen += 1;
        }
    }
    assert!(seen > 100, "{seen}");
}

#[test]
fn no_offsets_for_what_stands_nowhere() {
    let plugin = plugin();
    let text = record(
        r#""eventSource":"s3.amazonaws.com","eventName":"a\u0062c","requestParameters":{"bucketName":"b","key":"k"},
        "responseElements":{"instancesSet":{"items":[{"imageId":"ami-1"},{"imageId":"ami-2"}]}}"#,
    );
    let event = Event::new(2, 0, text.as_bytes(), 1);
    for name in ["ct.name", "s3.uri", "s3.cnt.get", "ec2.imageids", "ct.request.host"] {
        assert_eq!(plugin.extract(&event, &[request(name, None)], true)[0].1, None, "{name}");
    }
    let place = |name, index| plugin.extract(&event, &[request(name, index)], true)[0].1.unwrap();
    let (start, length) = place("ec2.imageids", Some(1));
    assert_eq!(&event.bytes()[start as usize..][..length as usize], b"ami-2");
    let (start, length) = place("ct.shortsrc", None);
    assert_eq!(&event.bytes()[start as usize..][..length as usize], b"s3");
    // Several fields in a call: the field without a value has an invalid range.
    let both = plugin.extract(&event, &[request("s3.uri", None), request("s3.key", None)], true);
    assert_eq!(both[0], (one("s3://b/k"), Some((1, u32::MAX))));
    assert_eq!((both[1].0.clone(), both[1].1.unwrap().1), (one("k"), 1));
}

#[test]
fn the_same_answers_however_one_asks() {
    let plugin = plugin();
    let all: Vec<_> = fields().iter().map(|field| request(field.name, None)).collect();
    for event in events(&plugin, &fixture("cloudtrail")) {
        let together = plugin.extract(&event, &all, false);
        let other = Event::new(2, 0, record(r#""eventName":"Other""#).as_bytes(), event.number);
        for (request, (answer, _)) in all.iter().zip(&together).rev() {
            // Another event in between, with the same number; the summary of a third.
            assert_eq!(ask(&plugin, &other, "ct.name"), one("Other"));
            assert!(plugin.event_to_string(&other).unwrap().starts_with("<invalid JSON"));
            assert_eq!(&plugin.extract(&event, &[*request], false)[0].0, answer);
        }
    }
    let ids = r#""responseElements":{"instancesSet":{"items":[{"imageId":"ami-1"},{"imageId":"ami-2"}]}}"#;
    let event = Event::new(2, 0, record(ids).as_bytes(), 1);
    let twice = [request("ec2.imageids", Some(0)), request("ec2.imageids", Some(1)), request("ec2.imageids", None)];
    let answers: Vec<Answer> = plugin.extract(&event, &twice, false).into_iter().map(|(answer, _)| answer).collect();
    let both = Answer::Strings(vec![b"ami-1".to_vec(), b"ami-2".to_vec()]);
    assert_eq!(answers, [one("ami-1"), one("ami-2"), both]);
    assert_eq!(plugin.extract(&event, &[request("ec2.imageids", Some(2))], false)[0].0, Answer::None);
}

#[test]
fn a_second_capture_counts_from_one_again() {
    let plugin = plugin();
    let names = ["aaaa", "bbbb", "cccc"];
    for name in names {
        // The same number, the same length, and maybe the same place in memory.
        let event = Event::new(2, 0, record(&format!(r#""eventName":"{name}""#)).as_bytes(), 1);
        assert_eq!(ask(&plugin, &event, "ct.name"), one(name));
        assert_eq!(ask(&plugin, &event, "ct.id"), Answer::None);
    }
}

#[test]
fn what_is_no_record_has_no_values() {
    let plugin = plugin();
    for payload in ["", "{", "nonsense", "[]", "null", "{}", "{\"eventName\":", "\0\0"] {
        let event = Event::new(2, 0, payload.as_bytes(), 1);
        for field in fields() {
            let answer = ask(&plugin, &event, field.name);
            let counted = field.name.starts_with("s3.cnt.") || field.name == "ct.info" || field.name == "ct.readonly";
            let derived = counted || field.name == "ct.managementevent";
            assert!(derived || answer == Answer::None, "{payload} {}: {answer:?}", field.name);
        }
        assert!(plugin.event_to_string(&event).unwrap().starts_with("<invalid JSON"), "{payload}");
    }
    assert_eq!(plugin.metrics().get().iter().find(|(name, _)| name == "n_panics").unwrap().1, 0);
}

#[test]
fn times_and_payloads_are_the_records_own() {
    let spelled = r#"{ "eventTime" : "2026-01-02T05:04:05.25+02:00", "eventType":"", "n":1.50e3,"u":"\u00e4\/" }"#;
    let events = events_of("a.json", format!(r#"{{"Records":[{spelled}]}}"#).as_bytes());
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].payload(), spelled.as_bytes());
    assert_eq!(events[0].time(), 1_767_323_045_250_000_000);
}
