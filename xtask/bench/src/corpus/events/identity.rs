//! STS, IAM, KMS, sign-in: who may do what.

use super::{Event, Kind, NOTHING};

pub(super) const EVENTS: &[Event] = &[
    Event {
        weight: 65,
        service: "sts",
        name: "AssumeRole",
        kind: Kind::ByService,
        request: r#"{"roleArn":"arn:aws:iam::${account}:role/${role}","roleSessionName":"${session}"}"#,
        response: r#"{"credentials":{"accessKeyId":"${sessionkey}","sessionToken":"IQoJb3JpZ2luX2VjE${base64:440}==","expiration":"${date}"},"assumedRoleUser":{"assumedRoleId":"${roleid}:${session}","arn":"arn:aws:sts::${account}:assumed-role/${role}/${session}"}}"#,
        resources: "${roleresource}",
        ..NOTHING
    },
    Event {
        weight: 30,
        service: "sts",
        name: "AssumeRole",
        request: r#"{"roleArn":"arn:aws:iam::${account}:role/${role}","roleSessionName":"${session}","durationSeconds":3600,"externalId":"${hex:16}"}"#,
        response: r#"{"credentials":{"accessKeyId":"${sessionkey}","sessionToken":"IQoJb3JpZ2luX2VjE${base64:440}==","expiration":"${date}"},"assumedRoleUser":{"assumedRoleId":"${roleid}:${session}","arn":"arn:aws:sts::${account}:assumed-role/${role}/${session}"}}"#,
        resources: "${roleresource}",
        ..NOTHING
    },
    Event { weight: 15, service: "sts", name: "GetCallerIdentity", response: "null", ..NOTHING },
    Event {
        weight: 100,
        service: "kms",
        name: "Decrypt",
        request: r#"{"encryptionContext":{"aws:s3:arn":"arn:aws:s3:::${bucket}/${object}"},"encryptionAlgorithm":"SYMMETRIC_DEFAULT"}"#,
        extra: r#"{"keyMaterialId":"${hex:64}"}"#,
        resources: "${keyresource}",
        ..NOTHING
    },
    Event {
        weight: 40,
        service: "kms",
        name: "GenerateDataKey",
        request: r#"{"keyId":"arn:aws:kms:${region}:${account}:key/${key}","encryptionContext":{"aws:s3:arn":"arn:aws:s3:::${bucket}/${object}"},"keySpec":"AES_256"}"#,
        resources: "${keyresource}",
        ..NOTHING
    },
    Event { weight: 12, service: "iam", name: "GetRole", request: r#"{"roleName":"${role}"}"#, ..NOTHING },
    Event {
        weight: 12,
        service: "iam",
        name: "ListAttachedRolePolicies",
        request: r#"{"roleName":"${role}"}"#,
        ..NOTHING
    },
    Event {
        weight: 18,
        service: "iam",
        name: "PutRolePolicy",
        read_only: false,
        request: r#"{"roleName":"${role}","policyName":"${word}-inline","policyDocument":"${policy}"}"#,
        ..NOTHING
    },
    Event {
        weight: 12,
        service: "iam",
        name: "CreatePolicyVersion",
        read_only: false,
        request: r#"{"policyArn":"arn:aws:iam::${account}:policy/${role}","policyDocument":"${policy}","setAsDefault":true}"#,
        response: r#"{"policyVersion":{"versionId":"v${int:9}","isDefaultVersion":true,"createDate":"${date}"}}"#,
        ..NOTHING
    },
    Event {
        weight: 3,
        service: "iam",
        name: "CreateUser",
        read_only: false,
        request: r#"{"userName":"${user}","tags":[${many:tag:2}]}"#,
        response: r#"{"user":{"path":"/","userName":"${user}","userId":"${userid}","arn":"arn:aws:iam::${account}:user/${user}","createDate":"${date}"}}"#,
        ..NOTHING
    },
    Event {
        weight: 3,
        service: "iam",
        name: "CreateAccessKey",
        read_only: false,
        request: r#"{"userName":"${user}"}"#,
        response: r#"{"accessKey":{"userName":"${user}","accessKeyId":"${permanentkey}","status":"Active","createDate":"${date}"}}"#,
        ..NOTHING
    },
    Event {
        weight: 6,
        service: "signin",
        name: "ConsoleLogin",
        read_only: false,
        kind: Kind::SignIn,
        response: r#"{"ConsoleLogin":"${one:Success|Success|Success|Failure}"}"#,
        extra: r#"{"LoginTo":"https://console.aws.amazon.com/console/home?hashArgs=%23&isauthcode=true&nc2=h_ct&src=header-signin&state=hashArgsFromTB_${region}_${hex:16}","MobileVersion":"No","MFAIdentifier":"arn:aws:iam::${account}:mfa/${user}","MFAUsed":"${one:Yes|No}"}"#,
        ..NOTHING
    },
    Event {
        weight: 6,
        service: "kms",
        name: "RotateKey",
        read_only: false,
        kind: Kind::Service,
        resources: "${keyresource}",
        ..NOTHING
    },
];
