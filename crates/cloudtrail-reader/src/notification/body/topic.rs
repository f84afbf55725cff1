//! Messages that come through SNS topics: SNS's envelope, `CloudTrail`'s notification, and those of AWS Config.

use super::super::parts::{Ignored, NamedObject, Notification, NotificationError};
use super::record::Understood;
use serde_json::{Map, Value};

/// The messages of AWS Config to its topic: AWS Config Developer Guide, "Notifications that AWS Config sends to an
/// Amazon SNS topic". If one of these names an object, the object counts, and not this list.
const CONFIG_MESSAGES: [&str; 10] = [
    "ConfigurationItemChangeNotification",
    "OversizedConfigurationItemChangeNotification",
    "OversizedConfigurationItemChangeDeliveryFailed",
    "ConfigurationSnapshotDeliveryStarted",
    "ConfigurationSnapshotDeliveryCompleted",
    "ConfigurationSnapshotDeliveryFailed",
    "ConfigurationHistoryDeliveryCompleted",
    "ConfigurationHistoryDeliveryFailed",
    "ComplianceChangeNotification",
    "ConfigRulesEvaluationStarted",
];
/// The kind of an SNS message that wraps another one.
const NOTIFICATION: &str = "Notification";
/// The kinds of messages from SNS, as `Type` names them.
pub(super) const SNS_TYPES: [&str; 3] = [NOTIFICATION, "SubscriptionConfirmation", "UnsubscribeConfirmation"];

/// Returns the message in an SNS envelope: Amazon SNS Developer Guide, "Parsing message formats". `None` for an envelope
/// about a subscription, which is ignored.
pub(super) fn message<'m>(
    kind: &str,
    members: &'m Map<String, Value>,
    found: &mut Notification,
) -> Result<Option<&'m str>, NotificationError> {
    let message = members.get("Message").and_then(Value::as_str);
    let kind = SNS_TYPES.into_iter().find(|known| *known == kind).unwrap_or(NOTIFICATION);
    // Here, SNS's message is a sentence.
    if kind != NOTIFICATION && !message.is_some_and(|it| it.contains('{')) {
        found.ignored.push(Ignored::Subscription(kind));
        return Ok(None);
    }
    let missing = NotificationError::Incomplete { form: "an SNS notification", missing: "a text as Message" };
    message.map(Some).ok_or(missing)
}

/// Parses `{"s3Bucket":"b","s3ObjectKey":["k",…]}`: CloudTrail User Guide, "Configuring Amazon SNS notifications". AWS
/// Config's deliveries have the same two members, with one key as a text.
pub(super) fn cloudtrail(members: &Map<String, Value>, found: &mut Notification) -> Understood {
    let missing = |missing| NotificationError::Incomplete { form: "CloudTrail's notification", missing };
    let bucket =
        members.get("s3Bucket").and_then(Value::as_str).filter(|it| !it.is_empty()).ok_or(missing("s3Bucket"))?;
    let keys = match members.get("s3ObjectKey") {
        Some(Value::Array(keys)) => keys.as_slice(),
        Some(key) => std::slice::from_ref(key),
        None => &[],
    };
    if keys.is_empty() {
        return Err(missing("a key in s3ObjectKey"));
    }
    for key in keys {
        match key.as_str().filter(|key| !key.is_empty()) {
            Some(key) => {
                found.objects.push(NamedObject { bucket: bucket.into(), key: key.into(), ..NamedObject::default() })
            }
            None => found.unknown.push(missing("texts in s3ObjectKey")),
        }
    }
    Ok(())
}

/// Returns whether a message is certainly one of AWS Config: a known kind, and a member that all of them have.
pub(super) fn is_config(members: &Map<String, Value>) -> bool {
    let kind = members.get("messageType").and_then(Value::as_str);
    let dated = members.contains_key("notificationCreationTime") || members.contains_key("recordVersion");
    dated && kind.is_some_and(|kind| CONFIG_MESSAGES.contains(&kind))
}
