//! The events of S3, and their meaning for the object.

/// The meaning of an event for its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// There is new content to read.
    Created,
    /// The object was removed.
    Removed,
    /// The tags, the storage class or the like have changed, and the content has not.
    Changed,
}

/// Amazon S3 User Guide, "Event notification types and destinations": all events except those of `ObjectCreated`, which
/// are read whatever their kind. `ObjectRestore:Completed` makes an archived object readable, so it is read like a new
/// one.
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
    // These are about the source object, which is not new; the destination bucket reports the copy.
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

/// The API calls of S3 that write a whole object: objects were reported this way before 2021, when S3 could not send
/// events to `EventBridge` itself. `UploadPart` does not write an object.
const WRITES: [&str; 4] = ["PutObject", "CopyObject", "CompleteMultipartUpload", "PostObject"];

/// Returns the meaning of an S3 event. `None` if the event is not known.
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

/// Returns the meaning of an event of `EventBridge`, by its `detail-type`. `None` if it is not known.
pub(super) fn of_detail_type(name: &str) -> Option<Meaning> {
    meaning(&DETAIL_TYPES, name)
}

/// Returns whether this API call of S3 writes a whole object.
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
