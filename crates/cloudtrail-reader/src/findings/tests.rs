use super::{Completeness, Findings, NAMED, NAMED_WARNINGS, Origin};
use crate::damage::{Damage, DamageReason, Filler, Found, GzipError, PackedError};
use crate::looks::{First, first_of, object_reason};
use crate::split::Content;

fn findings(records: u64, reasons: &[DamageReason]) -> Findings {
    let mut findings = Findings { records, ..Findings::default() };
    for reason in reasons {
        findings.add(Damage { record: None, byte: 0, reason: reason.clone() });
    }
    findings
}

/// Returns every reason, whether a record may be missing because of it, and whether the message of an object with records
/// is acknowledged.
fn all() -> Vec<(DamageReason, bool, bool)> {
    let syntax = DamageReason::Syntax { expected: "a record", found: Found::String };
    let loss = |reason| (reason, true, false);
    let harmless = |reason| (reason, false, true);
    vec![
        loss(GzipError::Truncated { at: 1 }.into()),
        loss(GzipError::Header { at: 1 }.into()),
        loss(GzipError::Corrupt { at: 1 }.into()),
        loss(GzipError::Checksum { at: 1 }.into()),
        loss(GzipError::Trailing { at: 1 }.into()),
        loss(PackedError::Gap { at: 1, next: 2 }.into()),
        loss(PackedError::Truncated { format: "zstd", at: 1 }.into()),
        loss(PackedError::Corrupt { format: "zstd", at: 1, detail: "x" }.into()),
        loss(PackedError::TooDeep { most: 1 }.into()),
        loss(PackedError::Hole { at: 1, length: 512 }.into()),
        loss(DamageReason::Io("reset".to_owned())),
        loss(syntax),
        loss(DamageReason::CommentedRecord),
        loss(DamageReason::CutRecord { start: 1, length: 2 }),
        loss(DamageReason::CutFile("object")),
        loss(DamageReason::HiddenRecords),
        loss(DamageReason::RecordsNotArray(Found::Object)),
        loss(DamageReason::RecordsNotArray(Found::String)),
        loss(DamageReason::NotAnObject(Found::Null)),
        loss(DamageReason::NotCloudTrail),
        loss(object_reason(br#"{"QueryResultRows":[]}"#)),
        loss(DamageReason::NotJson("a value")),
        loss(DamageReason::Hole { length: 512 }),
        loss(DamageReason::RecordTooLarge),
        loss(DamageReason::FileTooLarge),
        harmless(DamageReason::Empty),
        harmless(DamageReason::NotUtf8),
        harmless(DamageReason::Announcement),
        harmless(DamageReason::RecordsNotArray(Found::Null)),
        harmless(DamageReason::Filler(Filler::Comma)),
        harmless(DamageReason::Filler(Filler::NoComma)),
        harmless(DamageReason::Filler(Filler::Padding(0x1E))),
        harmless(DamageReason::Filler(Filler::Comment)),
        harmless(DamageReason::Filler(Filler::BehindPacked { at: 1 })),
        harmless(DamageReason::Filler(Filler::Unclosed)),
    ]
}

#[test]
fn a_message_stays_only_if_a_record_may_be_missing() {
    for (reason, may_hide, acknowledged) in all() {
        let found = findings(3, std::slice::from_ref(&reason));
        let broken_off = matches!(reason, DamageReason::Io(_));
        assert_eq!(reason.may_hide_a_record(), may_hide, "{reason}");
        assert_eq!((found.lost(), found.warnings()), (u64::from(may_hide), u64::from(!may_hide)), "{reason}");
        assert_eq!(found.is_read(Content::Log, Origin::Announced), acknowledged, "{reason}");
        assert_eq!(found.is_read(Content::Log, Origin::Listed), !may_hide, "{reason}");
        assert_eq!(found.is_settled(), !broken_off, "{reason}");
        let expected = if may_hide { Completeness::Incomplete } else { Completeness::Complete };
        assert_eq!(found.completeness(Content::Log), expected, "{reason}");
        assert!(!reason.kind().contains(' '), "{reason}");
        // The error text says the same.
        assert_eq!(reason.to_string().contains("no record is missing"), !may_hide && reason != DamageReason::NotUtf8);
    }
    assert!(findings(0, &[DamageReason::Empty]).is_read(Content::Unknown, Origin::Announced));
    assert!(findings(0, &[]).is_read(Content::Digest, Origin::Announced));
}

#[test]
fn the_content_shows_whether_a_file_is_cloudtrails() {
    let text = DamageReason::Syntax { expected: "a JSON object or array", found: Found::Byte(b'N') };
    let cut = DamageReason::CutFile("object");
    let lake = object_reason(br#"{"QueryResultRows":[]}"#);
    let gzip = DamageReason::from(GzipError::Truncated { at: 9 });
    let First::NotRead(kind) = first_of(b"H4sIAAAA") else { panic!("it is known") };
    let base64 = DamageReason::NotRead(kind);
    for (records, content, reasons, expected) in [
        (0, Content::Unknown, &[DamageReason::NotCloudTrail][..], Completeness::SomethingElse),
        (1, Content::Log, &[DamageReason::NotCloudTrail], Completeness::Incomplete),
        (0, Content::Unknown, std::slice::from_ref(&text), Completeness::SomethingElse),
        (0, Content::Unknown, &[text.clone(), cut.clone()], Completeness::SomethingElse),
        (0, Content::Unknown, std::slice::from_ref(&cut), Completeness::Incomplete),
        (0, Content::Log, std::slice::from_ref(&text), Completeness::Incomplete),
        (0, Content::Log, &[lake.clone(), DamageReason::Filler(Filler::Comma)], Completeness::SomethingElse),
        (0, Content::Unknown, &[DamageReason::Empty], Completeness::Complete),
        (0, Content::Unknown, std::slice::from_ref(&gzip), Completeness::Incomplete),
        // Random bytes that were packed, and cut.
        (0, Content::Unknown, &[text.clone(), gzip.clone()], Completeness::SomethingElse),
        (0, Content::Log, &[text.clone(), gzip.clone()], Completeness::Incomplete),
        (1, Content::Unknown, &[text.clone(), gzip.clone()], Completeness::Incomplete),
        (0, Content::Unknown, &[text.clone(), GzipError::Corrupt { at: 9 }.into()], Completeness::Incomplete),
        (0, Content::Unknown, &[gzip.clone(), text.clone()], Completeness::Incomplete),
        (0, Content::Unknown, &[DamageReason::RecordTooLarge], Completeness::Incomplete),
        (0, Content::Unknown, &[DamageReason::Hole { length: 1 }], Completeness::Incomplete),
        // The beginning of the file is lost.
        (0, Content::Unknown, &[DamageReason::Hole { length: 512 }, text.clone()], Completeness::Incomplete),
        (0, Content::Unknown, &[cut.clone(), DamageReason::NotCloudTrail], Completeness::Incomplete),
        (0, Content::Unknown, &[text.clone(), DamageReason::HiddenRecords], Completeness::Incomplete),
        (0, Content::Unknown, &[base64], Completeness::Incomplete),
        (0, Content::Unknown, &[], Completeness::Complete),
    ] {
        let found = findings(records, reasons);
        assert_eq!(found.completeness(content), expected, "{reasons:?}");
        let acknowledged = expected == Completeness::Complete;
        assert_eq!(found.is_read(content, Origin::Announced), acknowledged, "{reasons:?}");
        assert_eq!(found.is_read(content, Origin::Listed), expected != Completeness::Incomplete, "{reasons:?}");
    }
}

#[test]
fn warnings_do_not_displace_losses() {
    let mut reasons = vec![DamageReason::Filler(Filler::Padding(0)); 100];
    reasons.extend(vec![DamageReason::CommentedRecord; 100]);
    let found = findings(1, &reasons);
    assert_eq!((found.named().len(), found.damaged()), (NAMED, 200));
    let warnings = found.named().iter().filter(|it| !it.reason.may_hide_a_record()).count();
    assert_eq!(warnings, NAMED_WARNINGS);
}

/// A folder may hold anything, but not a carrier with a record that is not read.
#[test]
fn a_file_that_may_hold_a_record_elsewhere_is_not_something_else() {
    for reason in [DamageReason::NotJson("a member"), DamageReason::OtherMember(None), DamageReason::CommentedRecord] {
        let found = findings(0, &[DamageReason::NotCloudTrail, reason.clone()]);
        for content in [Content::Unknown, Content::Log] {
            assert_eq!(found.completeness(content), Completeness::Incomplete, "{reason:?}");
            assert!(!found.is_read(content, Origin::Listed), "{reason:?}");
        }
    }
}

/// CloudTrail writes nothing else under the name of a log.
#[test]
fn a_log_by_its_name_is_nothing_else() {
    let text = DamageReason::Syntax { expected: "a JSON object or array", found: Found::Byte(b'N') };
    for (records, content, reasons, is_damaged) in [
        (0, Content::Unknown, &[text.clone()][..], true),
        (0, Content::Unknown, &[DamageReason::NotCloudTrail], true),
        (0, Content::Log, &[object_reason(br#"{"QueryResultRows":[]}"#)], true),
        (0, Content::Unknown, &[DamageReason::Filler(Filler::Comment)], true),
        (0, Content::Unknown, &[DamageReason::Announcement], true),
        (0, Content::Unknown, &[DamageReason::Empty], false),
        (0, Content::Unknown, &[], false),
        (0, Content::Log, &[], false),
        (0, Content::Log, &[DamageReason::RecordsNotArray(Found::Null)], false),
        (0, Content::Digest, &[], false),
        (1, Content::Log, &[DamageReason::Filler(Filler::Comment)], false),
    ] {
        let found = Findings { is_expected: true, ..findings(records, reasons) };
        for origin in [Origin::Listed, Origin::Announced] {
            assert_eq!(found.is_read(content, origin), !is_damaged, "{reasons:?}");
        }
        let expected = if is_damaged { Completeness::SomethingElse } else { Completeness::Complete };
        assert_eq!(found.completeness(content), expected, "{reasons:?}");
    }
}
