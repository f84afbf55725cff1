//! Who did it: the userIdentity of each type, where it came from, and with which client.

/// One kind of caller.
#[derive(Debug)]
pub(crate) struct Caller {
    /// How many of a hundred records without a caller of their own.
    pub(crate) percent: usize,
    /// The value of `userIdentity`.
    pub(crate) identity: &'static str,
    /// The value of `sourceIPAddress`.
    pub(crate) address: &'static str,
    /// The value of `userAgent`.
    pub(crate) agent: &'static str,
    /// A call over TLS from outside has `tlsDetails`.
    pub(crate) tls: bool,
}

/// Everyone but the services that call for themselves.
pub(crate) const CALLERS: &[Caller] = &[
    // A role of an instance, a function or a task: most of a real trail.
    Caller {
        percent: 43,
        identity: r#"{"type":"AssumedRole","principalId":"${roleid}:${session}","arn":"arn:aws:sts::${account}:assumed-role/${role}/${session}","accountId":"${account}","accessKeyId":"${sessionkey}","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"${roleid}","arn":"arn:aws:iam::${account}:role/${role}","accountId":"${account}","userName":"${role}"},"attributes":{"creationDate":"2024-03-10T0${int:10}:${int:6}${int:10}:${int:6}${int:10}Z","mfaAuthenticated":"false"}}}"#,
        address: "${address}",
        agent: "${agent}",
        tls: true,
    },
    // A service that uses its linked role.
    Caller {
        percent: 12,
        identity: r#"{"type":"AssumedRole","principalId":"${roleid}:${one:AutoScaling|configLambdaExecution|ecs-service-scheduler}","arn":"arn:aws:sts::${account}:assumed-role/${servicerole}/${one:AutoScaling|configLambdaExecution|ecs-service-scheduler}","accountId":"${account}","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"${roleid}","arn":"arn:aws:iam::${account}:role/aws-service-role/${service}/${servicerole}","accountId":"${account}","userName":"${servicerole}"},"webIdFederationData":{},"attributes":{"creationDate":"${time}","mfaAuthenticated":"false"}},"invokedBy":"${service}"}"#,
        address: "${service}",
        agent: "${service}",
        tls: false,
    },
    // A pod's role: web identity.
    Caller {
        percent: 8,
        identity: r#"{"type":"AssumedRole","principalId":"${roleid}:${session}","arn":"arn:aws:sts::${account}:assumed-role/${role}/${session}","accountId":"${account}","accessKeyId":"${sessionkey}","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"${roleid}","arn":"arn:aws:iam::${account}:role/${role}","accountId":"${account}","userName":"${role}"},"webIdFederationData":{"federatedProvider":"arn:aws:iam::${account}:oidc-provider/oidc.eks.${region}.amazonaws.com/id/5C54DDF35ER19312844C7333374CC09D","attributes":{}},"attributes":{"creationDate":"2024-03-10T0${int:10}:${int:6}${int:10}:${int:6}${int:10}Z","mfaAuthenticated":"false"}}}"#,
        address: "${address}",
        agent: "${agent}",
        tls: true,
    },
    Caller {
        percent: 27,
        identity: r#"{"type":"IAMUser","principalId":"${userid}","arn":"arn:aws:iam::${account}:user/${user}","accountId":"${account}","accessKeyId":"${permanentkey}","userName":"${user}"}"#,
        address: "${address}",
        agent: "${agent}",
        tls: true,
    },
    // A person at the console, with a second factor.
    Caller {
        percent: 4,
        identity: r#"{"type":"IAMUser","principalId":"${userid}","arn":"arn:aws:iam::${account}:user/${user}","accountId":"${account}","accessKeyId":"${sessionkey}","userName":"${user}","sessionContext":{"sessionIssuer":{},"webIdFederationData":{},"attributes":{"creationDate":"${time}","mfaAuthenticated":"true"}}}"#,
        address: "${address}",
        agent: "${agent}",
        tls: true,
    },
    Caller {
        percent: 3,
        identity: r#"{"type":"AWSAccount","principalId":"${roleid}:${session}","accountId":"999${int:9}88887777"}"#,
        address: "${address}",
        agent: "${agent}",
        tls: true,
    },
    Caller {
        percent: 1,
        identity: r#"{"type":"Root","principalId":"${account}","arn":"arn:aws:iam::${account}:root","accountId":"${account}","accessKeyId":"${sessionkey}","sessionContext":{"sessionIssuer":{},"webIdFederationData":{},"attributes":{"creationDate":"${time}","mfaAuthenticated":"true"}}}"#,
        address: "${address}",
        agent: "${agent}",
        tls: true,
    },
    Caller {
        percent: 1,
        identity: r#"{"type":"WebIdentityUser","principalId":"arn:aws:iam::${account}:oidc-provider/oidc.eks.${region}.amazonaws.com/id/5C54DDF35ER19312844C7333374CC09D:sts.amazonaws.com:system:serviceaccount:${word}:${word}","userName":"system:serviceaccount:${word}:${word}","identityProvider":"arn:aws:iam::${account}:oidc-provider/oidc.eks.${region}.amazonaws.com/id/5C54DDF35ER19312844C7333374CC09D"}"#,
        address: "${address}",
        agent: "${agent}",
        tls: true,
    },
    Caller {
        percent: 1,
        identity: r#"{"type":"IdentityCenterUser","accountId":"${account}","onBehalfOf":{"userId":"544894e8-80c1-707f-60e3-3ba6510dfac1","identityStoreArn":"arn:aws:identitystore::${account}:identitystore/d-9067642ac7"},"credentialId":"${base64:86}"}"#,
        address: "${address}",
        agent: "${agent}",
        tls: true,
    },
];

/// A service that calls for itself.
pub(crate) const SERVICE: Caller = Caller {
    percent: 0,
    identity: r#"{"type":"AWSService","invokedBy":"${service}"}"#,
    address: "${service}",
    agent: "${service}",
    tls: false,
};
