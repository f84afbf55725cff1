use super::*;
use expect_test::{Expect, expect};
use serde_json::Value;

fn written(event: &str) -> String {
    let kind = if event.contains("api_request") { "APIActivityAuditEvent" } else { "AuthActivityAuditEvent" };
    let metadata =
        r#"{"offset":41,"eventType":"KIND","eventCreationTime":1766724718104,"version":"1.0"}"#.replace("KIND", kind);
    let line = format!(r#"{{"metadata":{metadata},"event":{event}}}"#);
    to_ocsf(&FalconEvent::parse(line.as_bytes()).unwrap(), "0", 41, 0)
}

/// Checks the text before the raw data, a member on each line.
#[track_caller]
fn check(event: &str, expected: &Expect) {
    let text = written(event);
    let (text, _) = text.split_once(r#","raw_data""#).unwrap();
    expected.assert_eq(&text.replace(",\"", ",\n\"").replace(r#"},{"name"#, "},\n{\"name"));
}

#[test]
fn a_grant_of_roles() {
    check(
        r#"{"UserId":"ada@example.com","UserIp":"203.0.113.7","OperationName":"grantUserRoles","ServiceName":
            "Crowdstrike Authentication","Success":true,"UTCTimestamp":1766724718,"AuditKeyValues":[{"Key":"target_name",
            "ValueString":"grace@example.com"},{"Key":"roles","ValueString":"auditor, admin"}]}"#,
        &expect![[r#"
            {"class_uid":3005,
            "class_name":"User Access Management",
            "category_uid":3,
            "category_name":"Identity & Access Management",
            "activity_id":1,
            "activity_name":"Assign Privileges",
            "type_uid":300501,
            "type_name":"User Access Management: Assign Privileges",
            "time":1766724718104,
            "severity_id":1,
            "severity":"Informational",
            "status_id":1,
            "status":"Success",
            "metadata":{"version":"1.6.0",
            "product":{"name":"Falcon",
            "vendor_name":"CrowdStrike",
            "feature":{"name":"Crowdstrike Authentication"}},
            "uid":"0_41",
            "event_code":"grantUserRoles",
            "log_name":"AuthActivityAuditEvent",
            "log_version":"1.0",
            "original_time":"1766724718104"},
            "actor":{"user":{"name":"ada@example.com",
            "type_id":1,
            "type":"User",
            "email_addr":"ada@example.com"}},
            "user":{"name":"grace@example.com",
            "type_id":1,
            "type":"User",
            "email_addr":"grace@example.com"},
            "privileges":["auditor",
            "admin"],
            "src_endpoint":{"ip":"203.0.113.7"},
            "observables":[{"name":"actor.user.name",
            "type_id":4,
            "type":"User Name",
            "value":"ada@example.com"},
            {"name":"actor.user.email_addr",
            "type_id":5,
            "type":"Email Address",
            "value":"ada@example.com"},
            {"name":"user.name",
            "type_id":4,
            "type":"User Name",
            "value":"grace@example.com"},
            {"name":"user.email_addr",
            "type_id":5,
            "type":"Email Address",
            "value":"grace@example.com"},
            {"name":"src_endpoint.ip",
            "type_id":2,
            "type":"IP Address",
            "value":"203.0.113.7"}],
            "unmapped":{"metadata":{"offset":41},
            "event":{"UTCTimestamp":1766724718,
            "AuditKeyValues":[{"Key":"target_name",
                        "ValueString":"grace@example.com"},{"Key":"roles",
            "ValueString":"auditor, admin"}]}}"#]],
    );
}

#[test]
fn an_api_call() {
    check(
        r#"{"UserId":"","SourceIp":"203.0.113.7","OperationName":"logged","ServiceName":"api_request","Message":"a call",
            "Attributes":{"APIClientID":"0f0f","request_method":"DELETE","request_path":"/a/b","request_host":"a.example",
            "status_code":"404","user_agent":"curl/8","trace_id":"3b1f"}}"#,
        &expect![[r#"
            {"class_uid":6003,
            "class_name":"API Activity",
            "category_uid":6,
            "category_name":"Application Activity",
            "activity_id":4,
            "activity_name":"Delete",
            "type_uid":600304,
            "type_name":"API Activity: Delete",
            "time":1766724718104,
            "severity_id":1,
            "severity":"Informational",
            "status_id":2,
            "status":"Failure",
            "status_code":"404",
            "message":"a call",
            "metadata":{"version":"1.6.0",
            "product":{"name":"Falcon",
            "vendor_name":"CrowdStrike",
            "feature":{"name":"api_request"}},
            "uid":"0_41",
            "event_code":"logged",
            "correlation_uid":"3b1f",
            "log_name":"APIActivityAuditEvent",
            "log_version":"1.0",
            "original_time":"1766724718104"},
            "actor":{"app_uid":"0f0f"},
            "api":{"operation":"DELETE /a/b",
            "service":{"name":"api_request"}},
            "http_request":{"http_method":"DELETE",
            "url":{"hostname":"a.example",
            "path":"/a/b"},
            "user_agent":"curl/8"},
            "http_response":{"code":404},
            "src_endpoint":{"ip":"203.0.113.7"},
            "dst_endpoint":{"hostname":"a.example",
            "svc_name":"api_request"},
            "observables":[{"name":"http_request.user_agent",
            "type_id":16,
            "type":"HTTP User-Agent",
            "value":"curl/8"},
            {"name":"src_endpoint.ip",
            "type_id":2,
            "type":"IP Address",
            "value":"203.0.113.7"}],
            "unmapped":{"metadata":{"offset":41},
            "event":{"UserId":"",
                        "Attributes":{"APIClientID":"0f0f",
            "request_method":"DELETE",
            "request_path":"/a/b",
            "request_host":"a.example",
                        "status_code":"404",
            "user_agent":"curl/8",
            "trace_id":"3b1f"}}}"#]],
    );
}

#[test]
fn an_event_of_an_unknown_operation() {
    check(
        r#"{"UserId":"ada","UserIp":"203.0.113.7","OperationName":"soarUp","SeverityName":"LOW","New":{"a":[1]}}"#,
        &expect![[r#"
            {"class_uid":0,
            "class_name":"Base Event",
            "category_uid":0,
            "category_name":"Uncategorized",
            "activity_id":99,
            "activity_name":"soarUp",
            "type_uid":99,
            "type_name":"Base Event: Other",
            "time":1766724718104,
            "severity_id":2,
            "severity":"Low",
            "status_id":0,
            "status":"Unknown",
            "metadata":{"version":"1.6.0",
            "product":{"name":"Falcon",
            "vendor_name":"CrowdStrike"},
            "profiles":["host"],
            "uid":"0_41",
            "event_code":"soarUp",
            "log_name":"AuthActivityAuditEvent",
            "log_version":"1.0",
            "original_time":"1766724718104"},
            "actor":{"user":{"name":"ada",
            "type_id":0,
            "type":"Unknown"}},
            "observables":[{"name":"actor.user.name",
            "type_id":4,
            "type":"User Name",
            "value":"ada"},
            {"name":"unmapped.event.UserIp",
            "type_id":2,
            "type":"IP Address",
            "value":"203.0.113.7"}],
            "unmapped":{"metadata":{"offset":41},
            "event":{"UserIp":"203.0.113.7",
            "SeverityName":"LOW",
            "New":{"a":[1]}}}"#]],
    );
}

/// Each operation that has been seen, with its type.
#[test]
fn operations_have_their_classes() {
    for (operation, type_name) in [
        ("userAuthenticate", "Authentication: Logon"),
        ("twoFactorAuthenticate", "Authentication: Logon"),
        ("saml2Assert", "Authentication: Logon"),
        ("createUser", "Account Change: Create"),
        ("activateUser", "Account Change: Enable"),
        ("changePassword", "Account Change: Password Change"),
        ("requestResetPassword", "Account Change: Password Reset"),
        ("confirmResetPassword", "Account Change: Password Reset"),
        ("deactivateUser", "Account Change: Disable"),
        ("deleteUser", "Account Change: Delete"),
        ("updateUser", "Account Change: Other"),
        ("selfAcceptEula", "Account Change: Other"),
        ("grantUserRoles", "User Access Management: Assign Privileges"),
        ("revokeUserRoles", "User Access Management: Revoke Privileges"),
        ("updateUserRoles", "User Access Management: Other"),
        ("CreateAPIClient", "Entity Management: Create"),
        ("DeleteAPIClients", "Entity Management: Delete"),
        ("UpdateAllowlistGroup", "Entity Management: Update"),
        ("grantCustomerSubscriptions", "Entity Management: Enroll"),
        ("revokeCustomerSubscriptions", "Entity Management: Unenroll"),
        ("streamStarted", "API Activity: Read"),
        ("streamStopped", "API Activity: Other"),
        ("soarUp", "Base Event: Other"),
    ] {
        let event: Value = serde_json::from_str(&written(&format!(r#"{{"OperationName":"{operation}"}}"#))).unwrap();
        assert_eq!(event.pointer("/type_name").unwrap(), type_name, "{operation}");
        assert_eq!(event.pointer("/metadata/event_code").unwrap(), operation);
    }
}

/// Users do some operations to themselves, and others to others.
#[test]
fn the_actor_is_the_user_only_of_own_operations() {
    for (operation, name) in
        [("userAuthenticate", "ada@example.com"), ("changePassword", "ada@example.com"), ("createUser", "unknown")]
    {
        let text = written(&format!(r#"{{"OperationName":"{operation}","UserId":"ada@example.com"}}"#));
        let event: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(event.pointer("/user/name").unwrap(), name, "{operation}");
        assert_eq!(event.pointer("/actor/user/name").unwrap(), "ada@example.com");
    }
}

/// In a finding, `UserName` is the user of a process.
#[test]
fn the_actor_of_a_session_is_its_user() {
    for (kind, name) in [
        ("RemoteResponseSessionStartEvent", Some("ada@example.com")),
        ("RemoteResponseSessionEndEvent", Some("ada@example.com")),
        ("EppDetectionSummaryEvent", None),
    ] {
        let line =
            format!(r#"{{"metadata":{{"eventType":"{kind}"}},"event":{{"UserId":"","UserName":"ada@example.com"}}}}"#);
        let text = to_ocsf(&FalconEvent::parse(line.as_bytes()).unwrap(), "0", 41, 0);
        let event: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(event.pointer("/actor/user/name").and_then(Value::as_str), name, "{kind}");
        assert_eq!(event.pointer("/unmapped/event/UserName").is_none(), name.is_some(), "{kind}");
    }
}

#[test]
fn an_event_without_a_time_gets_that_of_its_receipt() {
    for (line, time) in [
        (r#"{"event":{"UTCTimestamp":"soon"}}"#, 1_766_725_000_999_i64),
        (r#"{"event":{"UTCTimestamp":1766724718}}"#, 1_766_724_718_000),
        (r#"{"metadata":{"eventCreationTime":1766724718104},"event":{"UTCTimestamp":1766724718}}"#, 1_766_724_718_104),
    ] {
        let text = to_ocsf(&FalconEvent::parse(line.as_bytes()).unwrap(), "0", 41, 1_766_725_000_999);
        let event: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(event.pointer("/time").unwrap(), time, "{line}");
    }
}

#[test]
fn what_changes_on_the_way_stays_unmapped() {
    let text = written(
        r#"{"UserId":"\ud800","UserIp":" 203.0.113.7","OperationName":"createUser","ServiceName":7,"Success":"TRUE",
            "SeverityName":"high","UserId":"\ud801"}"#,
    );
    let unmapped = r#""unmapped":{"metadata":{"offset":41},"event":{"UserId":"\ud800","UserIp":" 203.0.113.7","ServiceName":7,"Success":"TRUE",
            "SeverityName":"high","UserId":"\ud801"}}"#;
    assert!(text.contains(unmapped), "{text}");
    for attribute in [r#""ip":"203.0.113.7""#, r#""status":"Success""#, r#""severity":"High""#] {
        assert!(text.contains(attribute), "{attribute}");
    }
}
