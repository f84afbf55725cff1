//! What to do about an error.

use super::{Doing, Trouble};

/// What to look at where a name has no address. It is tried again all the same: networks come and go.
const NO_ADDRESS: &str = "no host has this name: see whether the region is right, the endpoint, and the network";

/// What is missing, or what to look at; empty where there is nothing to say beyond what AWS says. `causes` are the texts
/// of the error.
pub(super) fn advice(trouble: Trouble, doing: Doing, causes: &[String]) -> &'static str {
    if has_no_address(trouble, causes) { NO_ADDRESS } else { of_trouble(trouble, doing) }
}

fn has_no_address(trouble: Trouble, causes: &[String]) -> bool {
    trouble == Trouble::Broken && causes.iter().any(|cause| cause.contains("dns error"))
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

    #[test]
    fn a_name_without_an_address_is_told_from_other_breaks() {
        let causes = |text: &str| ["dispatch failure".to_owned(), text.to_owned()];
        assert!(has_no_address(Trouble::Broken, &causes("dns error")));
        assert!(!has_no_address(Trouble::Broken, &causes("tcp connect error")));
    }
}
