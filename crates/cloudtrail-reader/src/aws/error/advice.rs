//! What to do about an error.

use super::{Doing, Trouble};

/// What to look at where a name has no address. It is tried again all the same: networks come and go.
const NO_ADDRESS: &str = "no host has this name: see whether the region is right, the endpoint, and the network";
/// Where the texts of a failed connection say what is wrong, and what to do about it. rustls and hyper have no public types
/// for them.
const CONNECTIONS: [(&str, &str); 8] = [
    // In front of what keeps the proxy from being reached, which would be taken for AWS's.
    (
        "tunnel error: failed to create underlying connection",
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
/// What to look at where a web page came instead of AWS's answer.
const WEB_PAGE: &str = "a web page answered, not AWS: a proxy's or a captive portal's, or the endpoint is wrong";

/// What is known of a failure.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen<'s> {
    pub(super) trouble: Trouble,
    pub(super) doing: Doing,
    /// AWS's code; often empty.
    pub(super) code: &'s str,
    /// What AWS says.
    pub(super) said: &'s str,
    /// The texts of the error.
    pub(super) causes: &'s [String],
    pub(super) is_web_page: bool,
}

/// What is missing, or what to look at; empty where there is nothing to say beyond what AWS says.
pub(super) fn advice(seen: Seen<'_>) -> &'static str {
    let says = |part: &str| seen.causes.iter().any(|cause| cause.contains(part));
    if seen.is_web_page {
        return WEB_PAGE;
    }
    let of_connection = CONNECTIONS.iter().find(|(part, _)| seen.trouble == Trouble::Broken && says(part));
    let more = of_connection.map(|(_, advice)| *advice).or_else(|| of_code(seen.code)).or_else(|| of_denial(seen));
    more.unwrap_or_else(|| of_trouble(seen.trouble, seen.doing))
}

/// Codes that say more than that something is wrong with the credentials.
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

/// Which policy denies, where AWS says so: a permission of ours does not help against these.
fn of_denial(seen: Seen<'_>) -> Option<&'static str> {
    let denied = matches!(seen.trouble, Trouble::Denied | Trouble::Key);
    let policies = [
        ("service control policy", "not allowed: a service control policy of the AWS organization denies it"),
        ("resource control policy", "not allowed: a resource control policy of the AWS organization denies it"),
        ("permissions boundary", "not allowed: the permissions boundary of the role or user denies it"),
        ("VPC endpoint policy", "not allowed: the policy of the VPC endpoint denies it"),
        ("session policy", "not allowed: the policy of the role's session denies it"),
        ("explicit deny in a resource-based policy", "not allowed: the policy of the bucket, queue or key denies it"),
    ];
    policies.iter().find(|(part, _)| denied && seen.said.contains(part)).map(|(_, advice)| *advice)
}

fn of_trouble(trouble: Trouble, doing: Doing) -> &'static str {
    match (trouble, doing) {
        (Trouble::Denied, Doing::List) => "not allowed: s3:ListBucket on the bucket is needed",
        (Trouble::Denied, Doing::Get) => {
            "not allowed: s3:GetObject on the object is needed, and kms:Decrypt where it is encrypted with a key; without \
             s3:ListBucket S3 says the same of objects that are not there"
        }
        (Trouble::Denied, Doing::GetVersion) => {
            "not allowed: the object was overwritten or deleted since it was announced, and s3:GetObjectVersion is needed \
             to read the version that was"
        }
        (Trouble::Denied, Doing::FindQueue) => "not allowed: sqs:GetQueueUrl is needed; or give the queue's URL or ARN",
        (Trouble::Denied, Doing::Receive) => "not allowed: sqs:ReceiveMessage on the queue is needed",
        (Trouble::Denied, Doing::Delete) => "not allowed: sqs:DeleteMessage on the queue is needed",
        (Trouble::Denied, Doing::Extend) => "not allowed: sqs:ChangeMessageVisibility on the queue is needed",
        (Trouble::Key, Doing::FindQueue | Doing::Receive | Doing::Delete | Doing::Extend) => {
            "not allowed: kms:Decrypt on the key that the queue is encrypted with is needed, and the key must be enabled"
        }
        (Trouble::Key, _) => {
            "not allowed: kms:Decrypt on the key that the object is encrypted with is needed, and the key must be enabled"
        }
        (Trouble::Archived, _) => "the object is archived (S3 Glacier): restore it first",
        (Trouble::NoSuchPlace, Doing::List | Doing::Get | Doing::GetVersion) => "there is no such bucket",
        (Trouble::NoSuchPlace, _) => {
            "there is no such queue in this region and account; see the options for region and owner account"
        }
        (Trouble::NoSuchObject, _) => "there is no such object; it may have been deleted",
        (Trouble::Region, _) => "the bucket is in another region, and S3 does not say in which: set the region",
        (Trouble::NoRegion, _) => {
            "no region is set: set AWS_REGION, the option for the region, or a profile that has one"
        }
        (Trouble::NoHost, _) => "the endpoint that is set (AWS_ENDPOINT_URL, or the profile's), or the region, is none",
        (Trouble::Credentials, _) => {
            "no valid credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or a role"
        }
        (Trouble::Receipt, _) => "the message's visibility has ended",
        (Trouble::Replaced, _) => "the object was replaced while it was read",
        (Trouble::Unchanged, _) => "the object has not changed",
        (Trouble::Expired, _) => {
            "the credentials have expired: renew them, or use a role, whose credentials renew themselves"
        }
        (Trouble::Throttled | Trouble::Broken | Trouble::Transient | Trouble::Other, _) => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(trouble: Trouble, code: &str, said: &str, cause: &str) -> &'static str {
        let causes: Vec<_> = std::iter::once("dispatch failure").chain(cause.split('|')).map(str::to_owned).collect();
        advice(Seen { trouble, doing: Doing::Get, code, said, causes: &causes, is_web_page: false })
    }

    #[test]
    fn the_advice_matches_the_cause() {
        for (trouble, code, said, cause, expected) in [
            (Trouble::Broken, "", "", "dns error", "no host has this name"),
            (Trouble::Broken, "", "", "invalid peer certificate: UnknownIssuer", "AWS_CA_BUNDLE"),
            (Trouble::Broken, "", "", "invalid peer certificate: Other(CaUsedAsEndEntity)", "self-signed"),
            (Trouble::Broken, "", "", "certificate expired: verification time", "clock"),
            (Trouble::Broken, "", "", "tunnel error: proxy authorization required", "407"),
            (Trouble::Broken, "", "", "tunnel error: unsuccessful", "NO_PROXY"),
            (
                Trouble::Broken,
                "",
                "",
                "dns error|tunnel error: failed to create underlying connection",
                "cannot be reached",
            ),
            (Trouble::Broken, "", "", "tcp connect error", ""),
            (Trouble::Transient, "RequestTimeTooSkewed", "", "", "15 minutes"),
            (Trouble::Credentials, "SignatureDoesNotMatch", "", "", "secret key"),
            (Trouble::Credentials, "InvalidAccessKeyId", "", "", "AWS_SESSION_TOKEN"),
            (Trouble::Denied, "AccessDenied", "with an explicit deny in a service control policy", "", "organization"),
            (Trouble::Denied, "AccessDenied", "no VPC endpoint policy allows it", "", "VPC endpoint"),
            (Trouble::Denied, "AccessDenied", "Access Denied", "", "s3:GetObject"),
            (Trouble::Key, "AccessDenied", "kms:Decrypt", "", "kms:Decrypt"),
        ] {
            let advice = of(trouble, code, said, cause);
            assert!(advice.contains(expected) && advice.is_empty() == expected.is_empty(), "{code}{cause}: {advice}");
        }
    }
}
