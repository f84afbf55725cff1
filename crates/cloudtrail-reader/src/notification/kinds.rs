//! The events that S3 sends, and what each means for the object that it names.

/// What an event means for its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// There is something new to read.
    Created,
    /// The object is gone.
    Removed,
    /// Its tags, its storage class or the like have changed; its content has not.
    Changed,
}

/// Amazon S3 User Guide, "Event notification types and destinations": every event but those of `ObjectCreated`, which are
/// read whatever their kind. `ObjectRestore:Completed` makes an archived object readable, so it is read like a new one.
const EVENTS: [(&str, Meaning); 18] = [
    ("ObjectRemoved:Delete", Meaning::Removed),
    ("ObjectRemoved:DeleteMarkerCreated", Meaning::Removed),
    ("LifecycleExpiration:Delete", Meaning::Removed),
    ("LifecycleExpiration:DeleteMarkerCreated", Meaning::Removed),
    ("ReducedRedundancyLostObject", Meaning::Removed),
    ("ObjectRestore:Delete", Meaning::Removed),
    ("ObjectRestore:Post", Meaning::Changed),
    ("ObjectRestore:Completed", Meaning::Created),
    ("LifecycleTransition", Meaning::Changed),
    ("IntelligentTiering", Meaning::Changed),
    ("ObjectTagging:Put", Meaning::Changed),
    ("ObjectTagging:Delete", Meaning::Changed),
    ("ObjectAcl:Put", Meaning::Changed),
    // They tell of the object that is copied, which is not new; the copy is announced by its own bucket.
    ("Replication:OperationFailedReplication", Meaning::Changed),
    ("Replication:OperationNotTracked", Meaning::Changed),
    ("Replication:OperationMissedThreshold", Meaning::Changed),
    ("Replication:OperationReplicatedAfterThreshold", Meaning::Changed),
    ("ObjectCreated", Meaning::Created),
];

/// Amazon S3 User Guide, "Using `EventBridge`": every `detail-type`.
const DETAIL_TYPES: [(&str, Meaning); 10] = [
    ("Object Created", Meaning::Created),
    ("Object Deleted", Meaning::Removed),
    ("Object Restore Initiated", Meaning::Changed),
    ("Object Restore Completed", Meaning::Created),
    ("Object Restore Expired", Meaning::Removed),
    ("Object Storage Class Changed", Meaning::Changed),
    ("Object Access Tier Changed", Meaning::Changed),
    ("Object ACL Updated", Meaning::Changed),
    ("Object Tags Added", Meaning::Changed),
    ("Object Tags Deleted", Meaning::Changed),
];

/// The calls of S3's API that write a whole object: how objects were announced before 2021, when S3 could not tell
/// `EventBridge` itself. `UploadPart` writes none.
const WRITES: [&str; 4] = ["PutObject", "CopyObject", "CompleteMultipartUpload", "PostObject"];

/// Returns what the event of an S3 notification means; none where the event is not known.
pub(super) fn of_event(name: &str) -> Option<Meaning> {
    let plain = match name.split_at_checked(3) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("s3:") => rest,
        _ => name,
    };
    let created = "ObjectCreated:";
    if plain.get(..created.len()).is_some_and(|start| start.eq_ignore_ascii_case(created)) {
        return Some(Meaning::Created);
    }
    meaning(&EVENTS, plain)
}

/// Returns what an event of `EventBridge` means, by its `detail-type`; none where that is not known.
pub(super) fn of_detail_type(name: &str) -> Option<Meaning> {
    meaning(&DETAIL_TYPES, name)
}

/// Returns whether this call of S3's API writes a whole object.
pub(super) fn is_write(call: &str) -> bool {
    WRITES.contains(&call)
}

fn meaning(table: &[(&str, Meaning)], name: &str) -> Option<Meaning> {
    table.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, meaning)| *meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_go_by_the_table_in_any_case_and_others_are_not_known() {
        for (name, expected) in [
            ("ObjectCreated:Put", Some(Meaning::Created)),
            ("s3:ObjectCreated:*", Some(Meaning::Created)),
            ("S3:objectcreated:COPY", Some(Meaning::Created)),
            ("ObjectCreated:SomethingNew", Some(Meaning::Created)),
            ("ObjectRestore:Completed", Some(Meaning::Created)),
            ("s3:ObjectRestore:Post", Some(Meaning::Changed)),
            ("objectremoved:delete", Some(Meaning::Removed)),
            ("ObjectRemoved:SomethingNew", None),
            ("LifecycleExpiration:Delete", Some(Meaning::Removed)),
            ("Replication:OperationMissedThreshold", Some(Meaning::Changed)),
            ("ObjectAcl:Put", Some(Meaning::Changed)),
            ("ObjectAnnotation:Put", None),
            ("", None),
        ] {
            assert_eq!(of_event(name), expected, "{name}");
        }
        assert_eq!(of_detail_type("object created"), Some(Meaning::Created));
        assert_eq!(of_detail_type("Object Restore Completed"), Some(Meaning::Created));
        assert_eq!(of_detail_type("AWS API Call via CloudTrail"), None);
        assert!(is_write("CopyObject") && !is_write("UploadPart") && !is_write("DeleteObject"));
    }
}
