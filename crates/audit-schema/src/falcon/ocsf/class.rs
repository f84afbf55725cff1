//! The OCSF classes that Falcon's events become, with their activities.
//!
//! Source: OCSF 1.6.0, `https://schema.ocsf.io/1.6.0/classes/NAME` with the name that each row gives.

/// A class of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// `account_change`
    AccountChange,
    /// `api_activity`
    ApiActivity,
    /// `authentication`
    Authentication,
    /// `base_event`: the class of events that no other class fits.
    BaseEvent,
    /// `entity_management`
    EntityManagement,
    /// `user_access`
    UserAccess,
}

/// The constants of a class.
pub(super) struct Constants {
    pub(super) class_uid: u32,
    pub(super) class_name: &'static str,
    /// The members of the class and its category.
    pub(super) head: &'static str,
    /// The activities that the mapping uses, with their captions. [`UNKNOWN`] and [`OTHER`] are in every class.
    activities: &'static [(u32, &'static str)],
}

/// The activity of an event that names none.
pub(super) const UNKNOWN: u32 = 0;
/// An activity that the class does not have. `activity_name` has Falcon's name.
pub(super) const OTHER: u32 = 99;

/// Writes the constants of a class.
macro_rules! class {
    ($class_uid:literal, $class_name:literal, $category_uid:literal, $category_name:literal, $activities:expr) => {
        Constants {
            class_uid: $class_uid,
            class_name: $class_name,
            head: concat!(
                r#""class_uid":"#,
                $class_uid,
                r#","class_name":""#,
                $class_name,
                r#"","category_uid":"#,
                $category_uid,
                r#","category_name":""#,
                $category_name,
                "\""
            ),
            activities: $activities,
        }
    };
}

const ACCOUNT_CHANGE: Constants = class!(
    3001,
    "Account Change",
    3,
    "Identity & Access Management",
    &[(1, "Create"), (2, "Enable"), (3, "Password Change"), (4, "Password Reset"), (5, "Disable"), (6, "Delete")]
);
const API_ACTIVITY: Constants = class!(
    6003,
    "API Activity",
    6,
    "Application Activity",
    &[(1, "Create"), (2, "Read"), (3, "Update"), (4, "Delete")]
);
const AUTHENTICATION: Constants = class!(3002, "Authentication", 3, "Identity & Access Management", &[(1, "Logon")]);
const BASE_EVENT: Constants = class!(0, "Base Event", 0, "Uncategorized", &[]);
const ENTITY_MANAGEMENT: Constants = class!(
    3004,
    "Entity Management",
    3,
    "Identity & Access Management",
    &[(1, "Create"), (3, "Update"), (4, "Delete"), (6, "Enroll"), (7, "Unenroll")]
);
const USER_ACCESS: Constants = class!(
    3005,
    "User Access Management",
    3,
    "Identity & Access Management",
    &[(1, "Assign Privileges"), (2, "Revoke Privileges")]
);

impl Class {
    /// Returns the constants of the class.
    pub(super) fn constants(self) -> &'static Constants {
        match self {
            Self::AccountChange => &ACCOUNT_CHANGE,
            Self::ApiActivity => &API_ACTIVITY,
            Self::Authentication => &AUTHENTICATION,
            Self::BaseEvent => &BASE_EVENT,
            Self::EntityManagement => &ENTITY_MANAGEMENT,
            Self::UserAccess => &USER_ACCESS,
        }
    }
}

impl Constants {
    /// Returns the caption of an activity. `None` if the table does not have it.
    pub(super) fn caption(&self, activity: u32) -> Option<&'static str> {
        match activity {
            UNKNOWN => Some("Unknown"),
            OTHER => Some("Other"),
            _ => self.activities.iter().find(|(id, _)| *id == activity).map(|(_, caption)| *caption),
        }
    }
}
