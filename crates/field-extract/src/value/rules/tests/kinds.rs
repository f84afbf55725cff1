//! Records that are not about one call of an API, and who is behind a session.

use super::{ask, check, check_user, line};
use crate::locate::scratch::Scratch;
use crate::value::time::Skip;
use json_scan::Depth;

/// An aggregated event: AWS, "CloudTrail record contents for aggregated events".
const AGGREGATED: &str = r#"{"eventVersion":"1.0","accountId":"111122223333","eventId":"e-1","eventCategory":"Aggregated","eventType":"AwsAggregatedEvent","awsRegion":"us-east-1","eventSource":"s3.amazonaws.com","timeWindow":{"windowStart":"2026-03-04T05:00:00Z","windowEnd":"2026-03-04T05:05:00Z","windowSize":"PT5M"},"summary":{"primaryDimension":{"dimension":"resourceARN","statistics":[{"name":"arn:aws:s3:::b","value":9}]},"details":[]}}"#;

const INSIGHT: &str = r#"{"eventVersion":"1.09","eventTime":"2026-03-04T05:06:07Z","awsRegion":"us-east-1","eventID":"i-1","eventType":"AwsCloudTrailInsight","recipientAccountId":"111122223333","sharedEventID":"s-1","insightDetails":{"state":"Start","eventSource":"iam.amazonaws.com","eventName":"CreateUser","insightType":"ApiCallRateInsight","insightContext":{"statistics":{"baseline":{"average":0.1},"insight":{"average":9},"insightDuration":1},"attributions":[]}},"eventCategory":"Insight"}"#;

/// What fig-bridge writes into CloudTrail Lake, as Lake gives it back.
const ACTIVITY: &str = r#"{"eventVersion":"0.01","eventCategory":"ActivityAuditLog","eventType":"AwsActivityAuditLog","eventID":"l-1","eventTime":"2026-03-04T05:06:07Z","awsRegion":"us-east-1","recipientAccountId":"111122223333","addendum":null,"metadata":{"ingestionTime":"2026-03-04 05:06:09","channelARN":"arn:aws:cloudtrail:us-east-1:111122223333:channel/c"},"eventData":{"version":"1.0","userIdentity":{"type":"CrowdStrike","principalId":"pat@example.com","details":{"a":1}},"userAgent":null,"eventSource":"CrowdStrike","eventName":"userAuthenticate","eventTime":"2026-03-04T05:06:08Z","UID":"u-1","requestParameters":null,"responseElements":null,"sourceIPAddress":"192.0.2.7","errorCode":"Failed","recipientAccountId":"444455556666","additionalEventData":{"raw":"\u007b}"}}}"#;

#[track_caller]
fn check_all(record: &str, expected: &[(&str, &str)]) {
    for (name, value) in expected {
        let expected = (!value.is_empty()).then_some(*value);
        assert_eq!(ask(record, name).as_deref(), expected, "{name}");
    }
}

#[test]
fn aggregated_events() {
    check_all(
        AGGREGATED,
        &[
            ("ct.id", "e-1"),
            ("ct.time", "2026-03-04T05:00:00Z"),
            ("ct.user.accountid", "111122223333"),
            ("ct.recipientaccountid", "111122223333"),
            ("ct.eventcategory", "Aggregated"),
            ("ct.name", ""),
            ("ct.window.start", "2026-03-04T05:00:00Z"),
            ("ct.window.end", "2026-03-04T05:05:00Z"),
            ("ct.window.size", "PT5M"),
            ("ct.summary.dimension", "resourceARN"),
            ("ct.info", "PT5M resourceARN: arn:aws:s3:::b=9"),
        ],
    );
    assert!(ask(AGGREGATED, "ct.summary").is_some_and(|summary| summary.starts_with(r#"{"primaryDimension":"#)));
    assert_eq!(line(AGGREGATED), "us-east-1 s3 PT5M resourceARN: arn:aws:s3:::b=9");
    let no_source = AGGREGATED.replace(r#""eventSource":"s3.amazonaws.com","#, "");
    assert_eq!(line(&no_source), "us-east-1 PT5M resourceARN: arn:aws:s3:::b=9");
    let time = Scratch::new().record(AGGREGATED.as_bytes(), None).time_if_emitted();
    assert_eq!(time, Ok(1_772_600_400_000_000_000));
    let count = r#"{"name":"arn:aws:s3:::b","value":9}"#;
    let many = AGGREGATED.replace(count, &[count; 5].join(","));
    assert!(line(&many).ends_with("b=9 arn:aws:s3:::b=9 and 2 more"), "{}", line(&many));
    for (window, expected) in [(r#""windowStart":"x""#, Skip::BadTime), (r#""windowStart":5"#, Skip::NoTime)] {
        let record = AGGREGATED.replace(r#""windowStart":"2026-03-04T05:00:00Z""#, window);
        assert_eq!(Scratch::new().record(record.as_bytes(), None).time_if_emitted(), Err(expected), "{window}");
    }
}

#[test]
fn insights() {
    check_all(
        INSIGHT,
        &[
            ("ct.insight.state", "Start"),
            ("ct.insight.type", "ApiCallRateInsight"),
            ("ct.insight.src", "iam.amazonaws.com"),
            ("ct.insight.name", "CreateUser"),
            ("ct.insight.error", ""),
            ("ct.insight.average", "9"),
            ("ct.insight.baseline", "0.1"),
            ("ct.insight.duration", "1"),
            ("ct.insight.attributions", "[]"),
            // A rule on the call must not fire on an insight about it.
            ("ct.name", ""),
            ("ct.src", ""),
            ("ct.info", "CreateUser ApiCallRateInsight Start: 9 a minute, usually 0.1"),
        ],
    );
    assert_eq!(line(INSIGHT), "us-east-1 iam CreateUser ApiCallRateInsight Start: 9 a minute, usually 0.1");
    let error = INSIGHT.replace("\"state\"", "\"errorCode\":\"AccessDenied\",\"state\"");
    assert_eq!(ask(&error, "ct.insight.error").as_deref(), Some("AccessDenied"));
    assert!(line(&error).starts_with("us-east-1 iam CreateUser AccessDenied ApiCallRateInsight Start: "));
}

#[test]
fn activity_is_read_from_its_event() {
    check_all(
        ACTIVITY,
        &[
            // The record's own members come first.
            ("ct.id", "l-1"),
            ("ct.time", "2026-03-04T05:06:07Z"),
            ("ct.recipientaccountid", "111122223333"),
            ("ct.eventtype", "AwsActivityAuditLog"),
            ("ct.name", "userAuthenticate"),
            ("ct.src", "CrowdStrike"),
            ("ct.shortsrc", "CrowdStrike"),
            ("ct.user", "pat@example.com"),
            ("ct.originaluser", "pat@example.com"),
            ("ct.user.identitytype", "CrowdStrike"),
            ("ct.user.principalid", "pat@example.com"),
            ("ct.srcip", "192.0.2.7"),
            ("ct.error", "Failed"),
            ("ct.useragent", ""),
            ("ct.request", ""),
            ("ct.additionaleventdata", r#"{"raw":"\u007b}"}"#),
            ("ct.readonly", "true"),
            ("ct.managementevent", "false"),
            ("ct.activity.uid", "u-1"),
            ("ct.activity.userdetails", r#"{"a":1}"#),
            ("ct.activity.channelarn", "arn:aws:cloudtrail:us-east-1:111122223333:channel/c"),
            ("ct.activity.ingestiontime", "2026-03-04 05:06:09"),
            ("s3.cnt.get", "0"),
            ("s3.cnt.other", "1"),
            ("ct.info", "pat@example.com via 192.0.2.7 !← userAuthenticate"),
        ],
    );
    let expected =
        "us-east-1 pat@example.com CrowdStrike userAuthenticate pat@example.com via 192.0.2.7 !← userAuthenticate";
    assert_eq!(line(ACTIVITY), expected);
    let get = ACTIVITY.replace("userAuthenticate", "GetObject");
    check_all(&get, &[("s3.cnt.get", "1"), ("s3.cnt.other", "0")]);
}

/// The event of [`ACTIVITY`] alone, as fig-bridge writes it into S3 and CloudWatch Logs.
#[test]
fn activity_may_be_a_record_of_its_own() {
    let (_, event) = ACTIVITY.split_once(r#""eventData":"#).unwrap();
    let event = event.strip_suffix('}').unwrap();
    let expected = [
        ("ct.id", "u-1"),
        ("ct.time", "2026-03-04T05:06:08Z"),
        ("ct.name", "userAuthenticate"),
        ("ct.src", "CrowdStrike"),
        ("ct.user", "pat@example.com"),
        ("ct.originaluser", "pat@example.com"),
        ("ct.user.identitytype", "CrowdStrike"),
        ("ct.user.principalid", "pat@example.com"),
        ("ct.user.accountid", "444455556666"),
        ("ct.recipientaccountid", "444455556666"),
        ("ct.srcip", "192.0.2.7"),
        ("ct.error", "Failed"),
        ("ct.region", ""),
        ("ct.eventtype", ""),
        ("ct.readonly", "true"),
        ("ct.additionaleventdata", r#"{"raw":"\u007b}"}"#),
        ("ct.activity.uid", "u-1"),
        ("ct.activity.userdetails", r#"{"a":1}"#),
        ("ct.activity.channelarn", ""),
        ("ct.info", "pat@example.com via 192.0.2.7 !← userAuthenticate"),
    ];
    check_all(event, &expected);
    check_all(&event.replace("\\u007b", "{"), &expected[..3]);
    check_all(&format!("\0{event}"), &expected[..5]);
    let info = "pat@example.com CrowdStrike userAuthenticate pat@example.com via 192.0.2.7 !← userAuthenticate";
    assert_eq!(line(event), info);
    // The plugin emits it, although it has no type.
    let emitted = |record: &str| Scratch::new().record(record.as_bytes(), None).time_if_emitted();
    assert_eq!(emitted(event), Ok(1_772_600_768_000_000_000));
    assert_eq!(emitted(&event.replace("\"UID\"", "\"eventID\"")), Err(Skip::NoType));
    let mut scratch = Scratch::new();
    let mut record = scratch.first_record(event.as_bytes(), Depth::Own).unwrap();
    for (name, value) in expected.iter().filter(|(_, value)| !value.is_empty()) {
        let found = record.get(crate::field(name).unwrap(), None).unwrap();
        assert!(matches!(&found, crate::Value::Text(text) if text.as_bytes() == value.as_bytes()), "{name}");
    }
    // A record of AWS has an eventID, whatever else it has.
    let user = r#""UID":"u-1","userIdentity":{"type":"X","principalId":"p","details":1}"#;
    let of_aws = format!(r#"{user},"eventID":"e-1""#);
    for (name, expected) in
        [("ct.id", Some("e-1")), ("ct.user", None), ("ct.activity.uid", None), ("ct.activity.userdetails", None)]
    {
        check(&of_aws, name, expected);
    }
    check(user, "ct.user", "p");
    check(r#""userIdentity":{"type":"X","principalId":"p"}"#, "ct.user", None);
    check(r#""userIdentity":{"UID":"u-1"}"#, "ct.id", None);
}

/// What fig-bridge writes with the formats `falcon` and `ocsf`.
#[test]
fn events_of_falcon_have_the_main_fields() {
    let falcon = r#"{"metadata":{"customerIDString":"c","offset":41,"eventType":"AuthActivityAuditEvent","eventCreationTime":1766724718104,"version":"1.0"},"event":{"UserId":"ada@example.com","UserIp":"203.0.113.7","OperationName":"grantUserRoles","ServiceName":"S","Success":false}}"#;
    let ocsf = r#"{"class_uid":3005,"time":1766724718104,"status":"Failure","metadata":{"version":"1.6.0","product":{"name":"Falcon","vendor_name":"CrowdStrike"},"uid":"0_41","event_code":"grantUserRoles","log_name":"AuthActivityAuditEvent"},"actor":{"user":{"name":"ada@example.com"}},"user":{"name":"grace@example.com"},"src_endpoint":{"ip":"203.0.113.7"}}"#;
    for (record, id) in [(falcon, ""), (ocsf, "0_41")] {
        let expected = [
            ("ct.id", id),
            ("ct.time", "2025-12-26T04:51:58Z"),
            ("ct.name", "grantUserRoles"),
            ("ct.src", "crowdstrike"),
            ("ct.shortsrc", "crowdstrike"),
            ("ct.user", "ada@example.com"),
            ("ct.originaluser", "ada@example.com"),
            ("ct.user.principalid", "ada@example.com"),
            ("ct.srcip", "203.0.113.7"),
            ("ct.error", "Failed"),
            ("ct.region", ""),
            ("ct.request", ""),
            ("ct.readonly", ""),
            ("s3.cnt.other", "1"),
            ("ct.info", "ada@example.com via 203.0.113.7 grantUserRoles"),
        ];
        check_all(record, &expected);
        assert_eq!(line(record), "crowdstrike ada@example.com via 203.0.113.7 grantUserRoles");
        let mut scratch = Scratch::new();
        let mut read = scratch.first_record(record.as_bytes(), Depth::Nested).unwrap();
        assert_eq!(read.event_time(), Some(1_766_724_718_104_000_000));
        assert_eq!(read.time_if_emitted(), Ok(1_766_724_718_104_000_000));
        let (name, user) = (crate::field("ct.name").unwrap(), crate::field("ct.user").unwrap());
        assert!(read.get(name, None).is_some() && read.get(user, None).is_some());
    }
    for (written, time) in [
        ("1766724718", "2025-12-26T04:51:58Z"),
        ("1766724718104.9", "2025-12-26T04:51:58Z"),
        (r#""2024-07-22 21:32:49.531000000""#, "2024-07-22T21:32:49Z"),
        (r#""2024-07-22T21:32:49Z""#, "2024-07-22T21:32:49Z"),
        (r#""no time","UTCTimestamp":1"#, ""),
    ] {
        check_all(&falcon.replace("1766724718104", written), &[("ct.time", time)]);
    }
    let at = falcon.replace("1766724718104", "0").replace("\"Success\"", "\"UTCTimestamp\":1766724719,\"Success\"");
    check_all(&at, &[("ct.time", "2025-12-26T04:51:59Z")]);
    // Other events of this kind are not.
    check_all(&ocsf.replace("CrowdStrike", "AWS"), &[("ct.name", ""), ("ct.time", "")]);
    check_all(&falcon.replace("eventCreationTime", "x"), &[("ct.name", ""), ("ct.time", "")]);
}

#[test]
fn only_a_record_without_a_source_holds_another_event() {
    check(r#""eventSource":"s3","eventData":{"eventName":"A"}"#, "ct.name", None);
    check(r#""eventData":{"eventName":"A","eventID":"2"},"eventID":"1""#, "ct.id", "1");
    check(r#""eventData":"{\"eventName\":\"A\"}""#, "ct.name", None);
    check(r#""eventData":{"eventData":{"eventName":"A"}}"#, "ct.name", None);
    check(r#""eventData":{"userIdentity":{"type":"AssumedRole"}}"#, "ct.user", "AssumedRole");
    assert_eq!(line(r#"{"eventData":{}}"#), "<invalid JSON: event did not contain a source>");
    // However it is known that the record has no source; without escapes, the layout is used.
    let (mut scratch, plain) = (Scratch::new(), ACTIVITY.replace("\\u007b", "{"));
    for names in [["ct.src", "ct.name"], ["ct.name", "ct.src"], ["ct.id", "ct.src"], ["ct.src", "ct.src"]] {
        for depth in [Depth::Own, Depth::Nested] {
            let mut record = scratch.first_record(plain.as_bytes(), depth).unwrap();
            assert!(names.iter().all(|name| record.get(crate::field(name).unwrap(), None).is_some()), "{names:?}");
        }
        let mut record = scratch.record(plain.as_bytes(), None);
        assert!(names.iter().all(|name| record.get(crate::field(name).unwrap(), None).is_some()), "{names:?}");
    }
    // Another record, read with the same memory.
    let (mut scratch, name) = (Scratch::new(), crate::field("ct.name").unwrap());
    for (record, has) in [(ACTIVITY, true), (INSIGHT, false), (r#"{"eventData":{"eventName":"B"}}"#, true)] {
        assert_eq!(scratch.record(record.as_bytes(), None).get(name, None).is_some(), has, "{record}");
    }
}

#[test]
fn mfa_only_where_aws_knows_it() {
    let session = |more: &str, mfa: &str| {
        format!(r#""type":"{more},"sessionContext":{{"attributes":{{"mfaAuthenticated":"{mfa}"}}}}"#)
    };
    for mfa in ["true", "false"] {
        check_user(&session("Root\"", mfa), "ct.user.mfa", mfa);
        check_user(&session("IAMUser\"", mfa), "ct.user.mfa", mfa);
        check_user(&session("AssumedRole\"", mfa), "ct.user.mfa", None);
        check_user(&session("AssumedRole\"", mfa), "ct.user.sessionmfa", mfa);
    }
    for root in ["true", "\"true\""] {
        let session = format!(
            r#""type":"Root","sessionContext":{{"assumedRoot":{root},"attributes":{{"mfaAuthenticated":"false"}}}}"#
        );
        check_user(&session, "ct.user.mfa", None);
    }
    let sign_in = |kind: &str, used: &str| {
        format!(r#""userIdentity":{{"type":"{kind}"}},"additionalEventData":{{"MFAUsed":"{used}"}}"#)
    };
    check(&sign_in("IAMUser", "Yes"), "ct.user.mfa", "true");
    check(&sign_in("Root", "No"), "ct.user.mfa", "false");
    check(&sign_in("Root", ""), "ct.user.mfa", None);
    // A sign-in in a session that was made otherwise.
    let both = |used: &str, session: &str| {
        format!(
            r#""userIdentity":{{"type":"IAMUser","sessionContext":{{"attributes":{{"mfaAuthenticated":"{session}"}}}}}},"additionalEventData":{{"MFAUsed":"{used}"}}"#
        )
    };
    check(&both("Yes", "false"), "ct.user.mfa", "true");
    check(&both("No", "true"), "ct.user.mfa", "false");
    for neither in ["TRUE", "1", ""] {
        check(&both("", neither), "ct.user.mfa", None);
    }
    // Long-term access keys have no session.
    check_user(r#""type":"Root","accessKeyId":"AKIA1""#, "ct.user.mfa", "false");
    check_user(r#""type":"IAMUser","accessKeyId":"AKIA1","sessionContext":{}"#, "ct.user.mfa", "false");
    check_user(r#""type":"Root","accessKeyId":"ASIA1""#, "ct.user.mfa", None);
    check_user(r#""type":"Root""#, "ct.user.mfa", None);
    for federated in ["SAMLUser", "FederatedUser", "WebIdentityUser", "IdentityCenterUser"] {
        check(&sign_in(federated, "No"), "ct.user.mfa", None);
    }
}

#[test]
fn who_is_behind_a_session() {
    let session = r#""accessKeyId":"ASIA1","credentialId":"c","onBehalfOf":{"userId":"u","identityStoreArn":"arn:i"},"sessionContext":{"sourceIdentity":"pat","sessionIssuer":{"type":"Role","arn":"arn:r","userName":"r"},"webIdFederationData":{"federatedProvider":"arn:o"},"attributes":{"creationDate":"2026"}}"#;
    for (field, value) in [
        ("ct.user.accesskeyid", "ASIA1"),
        ("ct.user.sourceidentity", "pat"),
        ("ct.user.sessionissuer.arn", "arn:r"),
        ("ct.user.sessionissuer.type", "Role"),
        ("ct.user.sessionissuer.username", "r"),
        ("ct.user.sessioncreated", "2026"),
        ("ct.user.oidcprovider", "arn:o"),
        ("ct.user.onbehalfof", "u"),
        ("ct.user.identitystorearn", "arn:i"),
        ("ct.user.credentialid", "c"),
    ] {
        check_user(session, field, value);
        check_user("", field, None);
    }
    let saml = r#""userIdentity":{"type":"SAMLUser","identityProvider":"hash="}"#;
    check(saml, "ct.user.samlprovider", "hash=");
    check(saml, "ct.user.oidcprovider", None);
    let request = r#""requestParameters":{"principalArn":"arn:p"}"#;
    check(&format!("{saml},{request}"), "ct.user.samlprovider", "arn:p");
    check(request, "ct.user.samlprovider", None);
    check(r#""additionalEventData":{"SamlProviderArn":"arn:s"}"#, "ct.user.samlprovider", "arn:s");
    let web = r#""type":"WebIdentityUser","identityProvider":"arn:o""#;
    check_user(web, "ct.user.oidcprovider", "arn:o");
    check_user(web, "ct.user.samlprovider", None);
}

#[test]
fn resources_instances_and_tags() {
    let resources = r#""resources":[{"accountId":"1","type":"AWS::S3::Object","ARN":"arn:k"},null,{"type":"AWS::S3::Bucket","ARN":"arn:b"},{"ARN":""}]"#;
    check(resources, "ct.resources.arns", "arn:k|arn:b");
    check(resources, "ct.resources.types", "AWS::S3::Object|AWS::S3::Bucket");
    check(resources, "ct.resources.arns[2]", "arn:b");
    check(resources, "ct.resources.arns[1]", None);
    check(r#""resources":"x""#, "ct.resources.arns", None);
    let items = |ids: &str| format!(r#"{{"instancesSet":{{"items":[{ids}]}}}}"#);
    let request = format!(r#""requestParameters":{}"#, items(r#"{"instanceId":"i-1"}"#));
    check(&request, "ec2.instanceids", "i-1");
    let response = format!(r#""responseElements":{}"#, items(r#"{"instanceId":"i-2"},{"instanceId":"i-3"}"#));
    check(&format!("{request},{response}"), "ec2.instanceids", "i-2|i-3");
    let context = r#""eventContext":{"requestContext":{"aws:SourceVpc":"v"},"tagContext":{"principalTags":{"team":"a"},"resourceTags":[{"arn":"arn:b","tags":{"x":"y"}}]}}"#;
    check(context, "ct.eventcontext.request", r#"{"aws:SourceVpc":"v"}"#);
    check(context, "ct.eventcontext.principaltags", r#"{"team":"a"}"#);
    check(context, "ct.eventcontext.resourcetags", r#"[{"arn":"arn:b","tags":{"x":"y"}}]"#);
    check(r#""eventContext":null"#, "ct.eventcontext", None);
}
