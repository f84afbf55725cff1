//! Advice for errors.

use super::kind::AccessErrorKind;
use common_aws::failure::{PROXY_UNREACHABLE, endpoint_conflict};

/// The operation that failed, to name the missing permission.
#[derive(Clone, Copy, Debug)]
pub(in crate::aws) enum Operation {
    List,
    Get,
    /// Get a version that is not the newest one.
    GetVersion,
    FindQueue,
    Receive,
    Delete,
    Extend,
    FilterLogEvents,
}

/// Advice for a host name without an address. It is retried all the same: networks come and go.
const NO_ADDRESS: &str = "no host has this name: see whether the region is right, the endpoint, and the network";
/// Parts of a failed connection's texts, and what to do about each. rustls and hyper have no public types for them.
const CONNECTIONS: [(&str, &str); 8] = [
    // Before the entry for DNS, since the texts of an unreachable proxy contain its failure too.
    (
        PROXY_UNREACHABLE,
        "the proxy (HTTPS_PROXY) cannot be reached: see that its host and port are right and that it runs; unset \
         HTTPS_PROXY, or name the host in NO_PROXY, where none is needed",
    ),
    ("dns error", NO_ADDRESS),
    (
        "UnknownIssuer",
        "the server's certificate is signed by an authority that is not trusted here, as a proxy's that looks into TLS: \
         name its root certificate (PEM) in AWS_CA_BUNDLE",
    ),
    (
        "CaUsedAsEndEntity",
        "the server's certificate is self-signed: name a root certificate (PEM) that signed it in AWS_CA_BUNDLE",
    ),
    ("NotValidForName", "the server's certificate is for another host: something else answers at this address"),
    ("certificate expired", "the server's certificate has expired, or the clock of this machine is wrong"),
    (
        "proxy authorization required",
        "the proxy (HTTPS_PROXY) wants a user name and a password (407): http://USER:PASSWORD@HOST:PORT",
    ),
    (
        "tunnel error: unsuccessful",
        "the proxy (HTTPS_PROXY) refused the connection: let it allow the host, or name the host in NO_PROXY",
    ),
];
/// Advice for a web page that arrived instead of AWS's answer.
const WEB_PAGE: &str = "a web page answered, not AWS: a proxy's or a captive portal's, or the endpoint is wrong";

/// The facts about a failure.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts<'s> {
    pub(super) kind: AccessErrorKind,
    pub(super) operation: Operation,
    /// AWS's code, or empty.
    pub(super) code: &'s str,
    /// AWS's message.
    pub(super) said: &'s str,
    /// The texts of the error and its sources.
    pub(super) causes: &'s [String],
    pub(super) is_web_page: bool,
}

/// Returns what is missing or what to check. Empty if AWS's message says it all.
pub(super) fn advice(facts: Facts<'_>) -> &'static str {
    let says = |part: &str| facts.causes.iter().any(|cause| cause.contains(part));
    if facts.is_web_page {
        return WEB_PAGE;
    }
    if let Some(advice) = endpoint_conflict(facts.causes) {
        return advice;
    }
    let of_connection = CONNECTIONS.iter().find(|(part, _)| facts.kind == AccessErrorKind::NoAnswer && says(part));
    let more = of_connection.map(|(_, advice)| *advice).or_else(|| of_code(facts.code)).or_else(|| of_denial(facts));
    more.unwrap_or_else(|| of_trouble(facts.kind, facts.operation))
}

/// Codes that say more than that the credentials are wrong.
fn of_code(code: &str) -> Option<&'static str> {
    Some(match code {
        "RequestTimeTooSkewed" | "RequestExpired" | "RequestInTheFuture" => {
            "the clock of this machine is more than 15 minutes off: set it, by NTP for example"
        }
        "InvalidAccessKeyId" | "InvalidClientTokenId" | "UnrecognizedClientException" => {
            "no valid credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or a role; AWS does not know \
             this access key, which may be mistyped, deleted, of another partition (China, GovCloud), or a temporary one \
             without its AWS_SESSION_TOKEN"
        }
        "SignatureDoesNotMatch" => {
            "no valid credentials: the secret key does not belong to the access key, or the clock of this machine is off"
        }
        "InvalidToken" => "no valid credentials: the session token does not belong to the access key, or is cut off",
        _ => return None,
    })
}

/// Returns advice for a policy that denies, if AWS names its kind: a further permission does not help against these.
fn of_denial(facts: Facts<'_>) -> Option<&'static str> {
    let denied = matches!(facts.kind, AccessErrorKind::Denied | AccessErrorKind::EncryptionKey);
    let policies = [
        ("service control policy", "not allowed: a service control policy of the AWS organization denies it"),
        ("resource control policy", "not allowed: a resource control policy of the AWS organization denies it"),
        ("permissions boundary", "not allowed: the permissions boundary of the role or user denies it"),
        ("VPC endpoint policy", "not allowed: the policy of the VPC endpoint denies it"),
        ("session policy", "not allowed: the policy of the role's session denies it"),
        ("explicit deny in a resource-based policy", "not allowed: the policy of the bucket, queue or key denies it"),
    ];
    policies.iter().find(|(part, _)| denied && facts.said.contains(part)).map(|(_, advice)| *advice)
}

fn of_trouble(kind: AccessErrorKind, operation: Operation) -> &'static str {
    match (kind, operation) {
        (AccessErrorKind::Denied, Operation::List) => "not allowed: s3:ListBucket on the bucket is needed",
        (AccessErrorKind::Denied, Operation::Get) => {
            "not allowed: s3:GetObject on the object is needed, and kms:Decrypt where it is encrypted with a key; without \
             s3:ListBucket S3 says the same of objects that are not there"
        }
        (AccessErrorKind::Denied, Operation::GetVersion) => {
            "not allowed: the object was overwritten or deleted since it was announced, and s3:GetObjectVersion is needed \
             to read the version that was"
        }
        (AccessErrorKind::Denied, Operation::FindQueue) => {
            "not allowed: sqs:GetQueueUrl is needed; or give the queue's URL or ARN"
        }
        (AccessErrorKind::Denied, Operation::Receive) => "not allowed: sqs:ReceiveMessage on the queue is needed",
        (AccessErrorKind::Denied, Operation::Delete) => "not allowed: sqs:DeleteMessage on the queue is needed",
        (AccessErrorKind::Denied, Operation::Extend) => {
            "not allowed: sqs:ChangeMessageVisibility on the queue is needed"
        }
        (AccessErrorKind::Denied, Operation::FilterLogEvents) => {
            "not allowed: logs:FilterLogEvents on the log group is needed, which policies name as \
             arn:aws:logs:REGION:ACCOUNT:log-group:NAME:*"
        }
        (AccessErrorKind::EncryptionKey, Operation::FilterLogEvents) => {
            "not allowed: kms:Decrypt on the key that the log group is encrypted with is needed, and the key must be \
             enabled"
        }
        (
            AccessErrorKind::EncryptionKey,
            Operation::FindQueue | Operation::Receive | Operation::Delete | Operation::Extend,
        ) => {
            "not allowed: kms:Decrypt on the key that the queue is encrypted with is needed, and the key must be enabled"
        }
        (AccessErrorKind::EncryptionKey, _) => {
            "not allowed: kms:Decrypt on the key that the object is encrypted with is needed, and the key must be enabled"
        }
        (AccessErrorKind::Archived, _) => "the object is archived (S3 Glacier): restore it first",
        (AccessErrorKind::NoSuchSource, Operation::List | Operation::Get | Operation::GetVersion) => {
            "there is no such bucket: see whether its name is spelled right, and whether the region and the account are of \
             the same partition (China and GovCloud have buckets of their own)"
        }
        (AccessErrorKind::NoSuchSource, Operation::FilterLogEvents) => {
            "there is no such log group in this region and account: see whether its name is spelled right, since a slash at \
             its beginning is part of it, and whether the region is right"
        }
        (AccessErrorKind::PageToken, _) => "the token of a page has expired or is not valid; read a shorter time",
        (AccessErrorKind::NoSuchSource, _) => {
            "there is no such queue in this region and account; see the options for region and owner account"
        }
        (AccessErrorKind::NoSuchObject, _) => "there is no such object; it may have been deleted",
        (AccessErrorKind::OtherRegion, _) => {
            "the bucket is in another region, and S3 does not say in which: set the region"
        }
        (AccessErrorKind::NoRegion, _) => {
            "no region is set: set AWS_REGION, the option for the region, or a profile that has one"
        }
        (AccessErrorKind::NoHost, _) => {
            "the endpoint that is set (AWS_ENDPOINT_URL, or the profile's), or the region, is none"
        }
        (AccessErrorKind::Credentials, _) => {
            "no valid credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or a role"
        }
        (AccessErrorKind::NoAnswer, _) => {
            "no answer came: check the network, the proxy (HTTPS_PROXY, NO_PROXY), the endpoint and the region"
        }
        (AccessErrorKind::ReceiptHandle, _) => "the message's visibility has ended",
        (AccessErrorKind::Replaced, _) => "the object was replaced while it was read",
        (AccessErrorKind::Unchanged, _) => {
            "304 says that the object is known, which was not asked: see the proxy, or the service that takes S3's place"
        }
        (AccessErrorKind::Expired, _) => {
            "the credentials have expired: renew them, or use a role, whose credentials renew themselves"
        }
        (AccessErrorKind::Throttled | AccessErrorKind::Transient | AccessErrorKind::Other, _) => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: AccessErrorKind, code: &str, said: &str, cause: &str) -> &'static str {
        let causes: Vec<_> = std::iter::once("dispatch failure").chain(cause.split('|')).map(str::to_owned).collect();
        advice(Facts { kind, operation: Operation::Get, code, said, causes: &causes, is_web_page: false })
    }

    #[test]
    fn the_advice_matches_the_cause() {
        for (kind, code, said, cause, expected) in [
            (AccessErrorKind::NoAnswer, "", "", "dns error", "no host has this name"),
            (AccessErrorKind::NoAnswer, "", "", "invalid peer certificate: UnknownIssuer", "AWS_CA_BUNDLE"),
            (AccessErrorKind::NoAnswer, "", "", "invalid peer certificate: Other(CaUsedAsEndEntity)", "self-signed"),
            (AccessErrorKind::NoAnswer, "", "", "certificate expired: verification time", "clock"),
            (AccessErrorKind::NoAnswer, "", "", "tunnel error: proxy authorization required", "407"),
            (AccessErrorKind::NoAnswer, "", "", "tunnel error: unsuccessful", "NO_PROXY"),
            (
                AccessErrorKind::NoAnswer,
                "",
                "",
                "dns error|tunnel error: failed to create underlying connection",
                "cannot be reached",
            ),
            (AccessErrorKind::NoAnswer, "", "", "tcp connect error", "HTTPS_PROXY"),
            (
                AccessErrorKind::NoHost,
                "",
                "",
                "A custom endpoint cannot be combined with FIPS",
                "AWS_USE_FIPS_ENDPOINT",
            ),
            (AccessErrorKind::NoHost, "", "", "FIPS and custom endpoint are not supported", "AWS_USE_FIPS_ENDPOINT"),
            (AccessErrorKind::Transient, "RequestTimeTooSkewed", "", "", "15 minutes"),
            (AccessErrorKind::Credentials, "SignatureDoesNotMatch", "", "", "secret key"),
            (AccessErrorKind::Credentials, "InvalidAccessKeyId", "", "", "AWS_SESSION_TOKEN"),
            (
                AccessErrorKind::Denied,
                "AccessDenied",
                "with an explicit deny in a service control policy",
                "",
                "organization",
            ),
            (AccessErrorKind::Denied, "AccessDenied", "no VPC endpoint policy allows it", "", "VPC endpoint"),
            (AccessErrorKind::Denied, "AccessDenied", "Access Denied", "", "s3:GetObject"),
            (AccessErrorKind::EncryptionKey, "AccessDenied", "kms:Decrypt", "", "kms:Decrypt"),
        ] {
            let advice = of(kind, code, said, cause);
            assert!(advice.contains(expected) && advice.is_empty() == expected.is_empty(), "{code}{cause}: {advice}");
        }
    }
}
