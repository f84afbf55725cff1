use super::{Findings, NAMED, NAMED_WARNINGS, Origin, Verdict};
use crate::damage::{Damage, Filler, Found, GzipError, PackedError, Reason};
use crate::looks::object_reason;
use crate::split::Content;

fn findings(records: u64, reasons: &[Reason]) -> Findings {
    let mut findings = Findings { records, ..Findings::default() };
    for reason in reasons {
        findings.add(Damage { record: None, byte: 0, reason: reason.clone() });
    }
    findings
}

/// Every reason, whether a record may be missing for it, and whether the message of an object of which records came out is
/// acknowledged.
fn all() -> Vec<(Reason, bool, bool)> {
    let syntax = Reason::Syntax { expected: "a record", found: Found::String };
    let loss = |reason| (reason, true, false);
    let harmless = |reason| (reason, false, true);
    vec![
        loss(GzipError::Truncated { at: 1 }.into()),
        loss(GzipError::Header { at: 1 }.into()),
        loss(GzipError::Corrupt { at: 1 }.into()),
        loss(GzipError::Checksum { at: 1 }.into()),
        loss(GzipError::Trailing { at: 1 }.into()),
        loss(PackedError::Truncated { format: "zstd", at: 1 }.into()),
        loss(PackedError::Corrupt { format: "zstd", at: 1, detail: "x" }.into()),
        loss(PackedError::TooDeep { most: 1 }.into()),
        loss(Reason::Io("reset".to_owned())),
        loss(syntax),
        loss(Reason::CommentedRecord),
        loss(Reason::CutRecord { start: 1 }),
        loss(Reason::CutFile("object")),
        loss(Reason::RecordsNotArray(Found::Object)),
        loss(Reason::RecordsNotArray(Found::String)),
        loss(Reason::NotAnObject(Found::Null)),
        loss(Reason::NotCloudTrail),
        loss(object_reason(br#"{"QueryResultRows":[]}"#)),
        loss(Reason::NotJson("a value")),
        loss(Reason::Hole { length: 512 }),
        loss(Reason::RecordTooLarge),
        loss(Reason::FileTooLarge),
        harmless(Reason::Empty),
        harmless(Reason::NotUtf8),
        harmless(Reason::Announcement),
        harmless(Reason::RecordsNotArray(Found::Null)),
        harmless(Reason::Filler(Filler::Comma)),
        harmless(Reason::Filler(Filler::NoComma)),
        harmless(Reason::Filler(Filler::Padding(0x1E))),
        harmless(Reason::Filler(Filler::Comment)),
        harmless(Reason::Filler(Filler::BehindPacked { at: 1 })),
        harmless(Reason::Filler(Filler::Unclosed)),
    ]
}

#[test]
fn a_message_is_left_only_where_a_record_may_be_missing() {
    for (reason, may_hide, acknowledged) in all() {
        let found = findings(3, std::slice::from_ref(&reason));
        let broken_off = matches!(reason, Reason::Io(_));
        assert_eq!(reason.may_hide_a_record(), may_hide, "{reason}");
        assert_eq!((found.lost(), found.warnings()), (u64::from(may_hide), u64::from(!may_hide)), "{reason}");
        assert_eq!(found.is_read(Content::Log, Origin::Announced), acknowledged, "{reason}");
        assert_eq!(found.is_read(Content::Log, Origin::Listed), !broken_off, "{reason}");
        let expected = if may_hide { Verdict::Incomplete } else { Verdict::Complete };
        assert_eq!(found.verdict(Content::Log), expected, "{reason}");
        assert!(!reason.kind().contains(' '), "{reason}");
        // The text says so, too.
        assert_eq!(reason.to_string().contains("no record is missing"), !may_hide && reason != Reason::NotUtf8);
    }
    assert!(findings(0, &[Reason::Empty]).is_read(Content::Unknown, Origin::Announced));
    assert!(findings(0, &[]).is_read(Content::Digest, Origin::Announced));
}

#[test]
fn what_is_not_cloudtrails_is_told_by_its_content() {
    let text = Reason::Syntax { expected: "a JSON object or array", found: Found::Byte(b'N') };
    let cut = Reason::CutFile("object");
    let lake = object_reason(br#"{"QueryResultRows":[]}"#);
    let gzip = Reason::from(GzipError::Truncated { at: 9 });
    for (records, content, reasons, expected) in [
        (0, Content::Unknown, &[Reason::NotCloudTrail][..], Verdict::SomethingElse),
        (1, Content::Log, &[Reason::NotCloudTrail], Verdict::Incomplete),
        (0, Content::Unknown, std::slice::from_ref(&text), Verdict::SomethingElse),
        (0, Content::Unknown, &[text.clone(), cut.clone()], Verdict::SomethingElse),
        (0, Content::Unknown, std::slice::from_ref(&cut), Verdict::Incomplete),
        (0, Content::Log, std::slice::from_ref(&text), Verdict::Incomplete),
        (0, Content::Log, &[lake.clone(), Reason::Filler(Filler::Comma)], Verdict::SomethingElse),
        (0, Content::Unknown, &[Reason::Empty], Verdict::Complete),
        (0, Content::Unknown, std::slice::from_ref(&gzip), Verdict::Incomplete),
        // Noise that was packed, and cut.
        (0, Content::Unknown, &[text.clone(), gzip.clone()], Verdict::SomethingElse),
        (0, Content::Log, &[text.clone(), gzip.clone()], Verdict::Incomplete),
        (1, Content::Unknown, &[text.clone(), gzip.clone()], Verdict::Incomplete),
        (0, Content::Unknown, &[text.clone(), GzipError::Corrupt { at: 9 }.into()], Verdict::Incomplete),
        (0, Content::Unknown, &[gzip.clone(), text.clone()], Verdict::Incomplete),
        (0, Content::Unknown, &[Reason::RecordTooLarge], Verdict::Incomplete),
        (0, Content::Unknown, &[Reason::Hole { length: 1 }], Verdict::Incomplete),
        (0, Content::Unknown, &[], Verdict::Complete),
    ] {
        let found = findings(records, reasons);
        assert_eq!(found.verdict(content), expected, "{reasons:?}");
        let acknowledged = expected == Verdict::Complete;
        assert_eq!(found.is_read(content, Origin::Announced), acknowledged, "{reasons:?}");
        assert!(found.is_read(content, Origin::Listed), "{reasons:?}");
    }
}

#[test]
fn warnings_do_not_bury_what_is_missing() {
    let mut reasons = vec![Reason::Filler(Filler::Padding(0)); 100];
    reasons.extend(vec![Reason::CommentedRecord; 100]);
    let found = findings(1, &reasons);
    assert_eq!((found.named().len(), found.damaged()), (NAMED, 200));
    let warnings = found.named().iter().filter(|it| !it.reason.may_hide_a_record()).count();
    assert_eq!(warnings, NAMED_WARNINGS);
}
