//! What every class has: the classification, the severity, the status and `metadata`.

use std::borrow::Cow;

use super::class::{Class, OTHER};
use super::details::Detail;
use super::source::Source;
use crate::json::Members;

/// The version of OCSF.
const VERSION: &str = r#""version":"1.6.0""#;
const PRODUCT: &str = r#""name":"Falcon","vendor_name":"CrowdStrike""#;

/// Falcon's names of severities, which are OCSF's captions, with `severity_id`.
const SEVERITIES: &[(&str, u32)] = &[("Informational", 1), ("Low", 2), ("Medium", 3), ("High", 4), ("Critical", 5)];

/// Writes the class, the activity and the time.
pub(super) fn classification(members: &mut Members<'_>, source: &Source<'_>) {
    let class = source.class.constants();
    let caption = class.caption(source.activity).unwrap_or_default();
    let falcons = source.operation.as_deref().or(source.event_type.as_deref());
    let name = if source.activity == OTHER { falcons.unwrap_or(caption) } else { caption };
    members.members(class.head);
    members.number("activity_id", source.activity);
    members.text("activity_name", name);
    members.number("type_uid", class.class_uid * 100 + source.activity);
    let out = members.member("type_name");
    ["\"", class.class_name, ": ", caption, "\""].into_iter().for_each(|text| out.push_str(text));
    members.number("time", source.time);
}

/// Writes the severity. Returns whether `severity` is Falcon's text unchanged.
pub(super) fn severity(members: &mut Members<'_>, source: &Source<'_>) -> bool {
    let text = source.severity.as_deref().filter(|text| !text.trim().is_empty());
    let known = |text: &str| SEVERITIES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text.trim())).copied();
    let (id, caption) = match text {
        Some(text) => match known(text) {
            Some((caption, id)) => (id, caption),
            None => (OTHER, text),
        },
        // Activity of a user is information.
        None if source.class != Class::BaseEvent => (1, "Informational"),
        None => (0, "Unknown"),
    };
    members.number("severity_id", id);
    members.text("severity", caption);
    text == Some(caption) && !caption.contains(char::REPLACEMENT_CHARACTER)
}

/// Writes the status.
pub(super) fn status(members: &mut Members<'_>, source: &Source<'_>) {
    let code = status_code(source);
    let is_success = source.is_success.or_else(|| Some(code.as_deref()?.parse::<u16>().ok()? < 400));
    members.members(match is_success {
        Some(true) => r#""status_id":1,"status":"Success""#,
        Some(false) => r#""status_id":2,"status":"Failure""#,
        None => r#""status_id":0,"status":"Unknown""#,
    });
    members.text_if("status_code", code.as_deref());
}

/// Returns the HTTP status of an API call.
pub(super) fn status_code<'a>(source: &Source<'a>) -> Option<Cow<'a, str>> {
    source.details.get(Detail::StatusCode)
}

/// Writes `metadata`.
pub(super) fn metadata(members: &mut Members<'_>, source: &Source<'_>, uid: &str) {
    let mut metadata = members.object("metadata");
    metadata.members(VERSION);
    let mut product = metadata.object("product");
    product.members(PRODUCT);
    if let Some(service) = &source.service {
        let mut feature = product.object("feature");
        feature.text("name", service);
        feature.end();
    }
    product.end();
    if source.class == Class::BaseEvent && source.user.is_some() {
        // The class has `actor` in this profile only.
        metadata.json("profiles", r#"["host"]"#);
    }
    metadata.text("uid", uid);
    metadata.text_if("event_code", source.operation.as_deref());
    metadata.text_if("correlation_uid", source.details.get(Detail::TraceId).as_deref());
    metadata.text_if("log_name", source.event_type.as_deref());
    metadata.text_if("log_version", source.log_version.as_deref());
    metadata.text_if("original_time", source.original_time.as_deref());
    metadata.text_if("tenant_uid", source.tenant.as_deref());
    metadata.end();
}
