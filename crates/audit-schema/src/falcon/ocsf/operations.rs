//! The table of Falcon's operations.

use super::class::Class::{AccountChange, ApiActivity, Authentication, EntityManagement, UserAccess};
use super::class::{Class, OTHER};
use super::details::Detail;

/// A row: one value of `event.OperationName`, and what it becomes.
pub(super) struct Operation {
    name: &'static str,
    pub(super) class: Class,
    /// `activity_id`
    pub(super) activity: u32,
    pub(super) subject: Subject,
}

/// What an operation is about.
#[derive(Clone, Copy)]
pub(super) enum Subject {
    /// A user, whom the details name.
    Target,
    /// The acting user, unless the details name another one.
    Own,
    /// The acting user, who signs in by SAML.
    Saml,
    /// The acting user, who gives a further factor.
    Factor,
    /// An entity.
    Entity(&'static Entity),
    /// A call of an API.
    Call,
}

/// A kind of entity, and the details that describe it.
pub(super) struct Entity {
    /// `entity.type_id`
    pub(super) type_id: u32,
    /// `entity.type`
    pub(super) kind: &'static str,
    /// The details that have its name. The first that is there counts.
    pub(super) names: &'static [Detail],
    /// The details that have its id. The first that is there counts.
    pub(super) uids: &'static [Detail],
}

const API_CLIENT: Entity =
    Entity { type_id: OTHER, kind: "API Client", names: &[Detail::Name], uids: &[Detail::ApiClientId, Detail::Id] };
/// A list of IP addresses, which OCSF calls a zone.
const ALLOWLIST: Entity =
    Entity { type_id: 7, kind: "Network Zone", names: &[Detail::GroupName], uids: &[Detail::AllowlistGroupId] };
const CUSTOMER: Entity =
    Entity { type_id: 4, kind: "Organization", names: &[], uids: &[Detail::TargetCid, Detail::Cid] };
const DETECTION: Entity = Entity { type_id: OTHER, kind: "Detection", names: &[], uids: &[Detail::DetectionId] };
const HOST_GROUP: Entity = Entity { type_id: 3, kind: "Group", names: &[Detail::GroupName], uids: &[Detail::GroupId] };
const QUARANTINED_FILE: Entity =
    Entity { type_id: OTHER, kind: "Quarantined File", names: &[], uids: &[Detail::QuarantinedFileId] };

/// Every operation that public sources show. They are Elastic's ingest pipeline `auth_activity_audit.yml`, Panther's rule
/// tests and Sumo Logic's samples.
const OPERATIONS: &[Operation] = &[
    row("userAuthenticate", Authentication, 1, Subject::Own),
    row("twoFactorAuthenticate", Authentication, 1, Subject::Factor),
    row("saml2Assert", Authentication, 1, Subject::Saml),
    row("createUser", AccountChange, 1, Subject::Target),
    row("activateUser", AccountChange, 2, Subject::Target),
    row("changePassword", AccountChange, 3, Subject::Own),
    row("requestResetPassword", AccountChange, 4, Subject::Own),
    row("confirmResetPassword", AccountChange, 4, Subject::Own),
    row("deactivateUser", AccountChange, 5, Subject::Target),
    row("deleteUser", AccountChange, 6, Subject::Target),
    row("updateUser", AccountChange, OTHER, Subject::Target),
    row("selfAcceptEula", AccountChange, OTHER, Subject::Own),
    row("grantUserRoles", UserAccess, 1, Subject::Target),
    row("revokeUserRoles", UserAccess, 2, Subject::Target),
    row("updateUserRoles", UserAccess, OTHER, Subject::Target),
    row("CreateAPIClient", EntityManagement, 1, Subject::Entity(&API_CLIENT)),
    row("DeleteAPIClients", EntityManagement, 4, Subject::Entity(&API_CLIENT)),
    row("CreateAllowlistGroup", EntityManagement, 1, Subject::Entity(&ALLOWLIST)),
    row("UpdateAllowlistGroup", EntityManagement, 3, Subject::Entity(&ALLOWLIST)),
    row("DeleteAllowlistGroup", EntityManagement, 4, Subject::Entity(&ALLOWLIST)),
    row("grantCustomerSubscriptions", EntityManagement, 6, Subject::Entity(&CUSTOMER)),
    row("revokeCustomerSubscriptions", EntityManagement, 7, Subject::Entity(&CUSTOMER)),
    row("detection_update", EntityManagement, 3, Subject::Entity(&DETECTION)),
    row("quarantined_file_update", EntityManagement, 3, Subject::Entity(&QUARANTINED_FILE)),
    row("update_group", EntityManagement, 3, Subject::Entity(&HOST_GROUP)),
    row("streamStarted", ApiActivity, 2, Subject::Call),
    row("streamStopped", ApiActivity, OTHER, Subject::Call),
];

/// The HTTP methods that OCSF has, with the activity of a call.
const METHODS: &[(&str, u32)] = &[
    ("GET", 2),
    ("HEAD", 2),
    ("POST", 1),
    ("PUT", 3),
    ("PATCH", 3),
    ("DELETE", 4),
    ("OPTIONS", OTHER),
    ("TRACE", OTHER),
    ("CONNECT", OTHER),
];

const fn row(name: &'static str, class: Class, activity: u32, subject: Subject) -> Operation {
    Operation { name, class, activity, subject }
}

/// Returns the row of an operation. `None` for an operation that the table does not have.
pub(super) fn find(name: &str) -> Option<&'static Operation> {
    OPERATIONS.iter().find(|operation| operation.name == name)
}

/// Returns the activity of an HTTP method. `None` for a method that OCSF does not have.
pub(super) fn of_method(method: &str) -> Option<u32> {
    METHODS.iter().find(|(name, _)| *name == method).map(|(_, activity)| *activity)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// The operations that have been seen.
    const SEEN: &str = include_str!("../../../tests/fixtures/operations.txt");

    #[test]
    fn every_operation_that_was_seen_has_a_row() {
        let missing: Vec<&str> = SEEN.lines().filter(|name| find(name).is_none()).collect();
        assert_eq!(missing, [""; 0]);
        assert_eq!(SEEN.lines().count(), OPERATIONS.len());
        assert!(find("Createuser").is_none());
    }

    #[test]
    fn each_row_is_there_once_and_its_class_has_the_activity() {
        let names: BTreeSet<&str> = OPERATIONS.iter().map(|row| row.name).collect();
        assert_eq!(names.len(), OPERATIONS.len());
        for row in OPERATIONS {
            assert!(row.class.constants().caption(row.activity).is_some(), "{}", row.name);
        }
        for (method, activity) in METHODS {
            assert!(ApiActivity.constants().caption(*activity).is_some(), "{method}");
        }
    }
}
