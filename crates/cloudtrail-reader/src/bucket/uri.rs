//! `s3://bucket[/prefix]`, and the other forms of a bucket's name.

use crate::typed::{after_scheme, trimmed};
use common_aws::names::{Arn, bucket_mistake, is_account_id, is_arn, is_region};

/// The schemes of S3. Those of Hadoop are in many configurations.
const SCHEMES: [&str; 3] = ["s3", "s3a", "s3n"];
/// The end of access point aliases on Outposts (S3 on Outposts User Guide, "Using a bucket-style alias").
const OUTPOSTS_ALIAS: &str = "--op-s3";

/// A bucket and a prefix of keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketUri {
    /// The bucket's name, an access point's alias, or an access point's ARN.
    pub bucket: String,
    /// The prefix of the keys; empty for the whole bucket.
    pub prefix: String,
}

/// Why a text does not name a bucket.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UriError {
    /// The text does not begin with `s3://`.
    #[error("must begin with s3://")]
    Scheme,
    /// The bucket is missing.
    #[error("names no bucket; use s3://bucket or s3://bucket/prefix")]
    NoBucket,
    /// The text cannot be a bucket's name.
    #[error("\"{name}\" is not a bucket name: {rule}")]
    Bucket {
        /// The text.
        name: String,
        /// The rule that it breaks.
        rule: &'static str,
    },
    /// The ARN is not one of a bucket or an access point.
    #[error(
        "\"{0}\" is not the ARN of a bucket or an access point, such as arn:aws:s3:::bucket/prefix or \
         arn:aws:s3:eu-west-1:123456789012:accesspoint/name/prefix"
    )]
    Arn(String),
    /// The bucket is on an Outpost.
    #[error("\"{0}\" is on S3 on Outposts, which this program does not read: name a bucket in a region")]
    Outposts(String),
    /// The access point is one of S3 Object Lambda.
    #[error("\"{0}\" is an S3 Object Lambda access point, which changes what it gives: name the bucket behind it")]
    ObjectLambda(String),
}

impl BucketUri {
    /// Returns the region of the address. Only the ARN of an access point has one.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        Arn::parse(&self.bucket).map(|arn| arn.region).filter(|region| !region.is_empty())
    }

    /// Returns whether the prefix has a `*` or `?`, which a shell would expand. S3 does not.
    #[must_use]
    pub fn has_wildcard(&self) -> bool {
        self.prefix.contains(['*', '?'])
    }
}

impl std::fmt::Display for BucketUri {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.prefix)
    }
}

impl std::str::FromStr for BucketUri {
    type Err = UriError;

    /// Parses `s3://bucket[/prefix]`, the same with `s3a://` or `s3n://` and in capitals, and the ARN of a bucket or an
    /// access point, with or without `s3://` before it. Keys are not decoded: `%20` is not a blank.
    fn from_str(text: &str) -> Result<Self, UriError> {
        let text = trimmed(text);
        if is_arn(text) {
            return of_arn(text, true);
        }
        let rest = SCHEMES.iter().find_map(|scheme| after_scheme(text, scheme)).ok_or(UriError::Scheme)?;
        if is_arn(rest) { of_arn(rest, false) } else { of_path(rest) }
    }
}

/// Parses `bucket[/prefix]`.
fn of_path(text: &str) -> Result<BucketUri, UriError> {
    let (bucket, prefix) = text.split_once('/').unwrap_or((text, ""));
    if bucket.is_empty() {
        return Err(UriError::NoBucket);
    }
    if bucket.ends_with(OUTPOSTS_ALIAS) {
        return Err(UriError::Outposts(bucket.to_owned()));
    }
    if let Some(rule) = bucket_mistake(bucket) {
        return Err(UriError::Bucket { name: bucket.to_owned(), rule });
    }
    Ok(BucketUri { bucket: bucket.to_owned(), prefix: prefix.to_owned() })
}

/// Parses an ARN. `is_bare` means that it has no scheme: then it has the form of IAM policies, with `/object/` between
/// an access point and a key.
fn of_arn(text: &str, is_bare: bool) -> Result<BucketUri, UriError> {
    let wrong = || UriError::Arn(text.to_owned());
    let arn = Arn::parse(text).ok_or_else(wrong)?;
    // In a policy, a star at the end means all that follows, as a prefix does.
    let resource = arn.resource.strip_suffix('*').unwrap_or(arn.resource);
    match arn.service {
        "s3" if arn.region.is_empty() && arn.account.is_empty() => of_path(resource),
        "s3" if arn.region.is_empty() || is_region(arn.region) => {
            let point = resource.strip_prefix("accesspoint").and_then(|it| it.strip_prefix(['/', ':']));
            let (name, prefix) = point.map(|it| it.split_once('/').unwrap_or((it, ""))).ok_or_else(wrong)?;
            if name.is_empty() || !is_account_id(arn.account) {
                return Err(wrong());
            }
            let prefix = prefix.strip_prefix("object/").filter(|_| is_bare).unwrap_or(prefix);
            let Arn { partition, region, account, .. } = arn;
            let bucket = format!("arn:{partition}:s3:{region}:{account}:accesspoint/{name}");
            Ok(BucketUri { bucket, prefix: prefix.to_owned() })
        }
        "s3-outposts" => Err(UriError::Outposts(text.to_owned())),
        "s3-object-lambda" => Err(UriError::ObjectLambda(text.to_owned())),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<(&str, &str), &str>) {
        let found = text.parse::<BucketUri>().map(|it| (it.bucket, it.prefix)).map_err(|error| error.to_string());
        assert_eq!(found, expected.map(|(a, b)| (a.to_owned(), b.to_owned())).map_err(str::to_owned), "{text}");
    }

    #[test]
    fn buckets_and_prefixes() {
        for scheme in ["s3", "S3", "s3a", "s3n", "S3A"] {
            check(&format!("{scheme}://my-logs/AWSLogs"), Ok(("my-logs", "AWSLogs")));
        }
        check("s3://my-logs", Ok(("my-logs", "")));
        check(" s3://my-logs/ \r\n", Ok(("my-logs", "")));
        check("s3://my-logs/a b/AWSLogs/", Ok(("my-logs", "a b/AWSLogs/")));
        check("s3://my-logs/a%20b+c", Ok(("my-logs", "a%20b+c")));
        check("s3://my-logs//x", Ok(("my-logs", "/x")));
        check("s3://my-ap-abcdefghijkmnopq-s3alias/x/", Ok(("my-ap-abcdefghijkmnopq-s3alias", "x/")));
        check("s3:/my-logs", Err("must begin with s3://"));
        check("s3://", Err("names no bucket; use s3://bucket or s3://bucket/prefix"));
        for old in ["Old_Logs", "MY.LOGS", &"x".repeat(255), "-old_", "a.b-c.d", "123"] {
            check(&format!("s3://{old}/x"), Ok((old, "x")));
        }
        let letters = "it has only lower-case letters, digits, dots and hyphens, and old ones capitals and underscores";
        let length = "it has 3 to 63 characters, and old ones up to 255";
        let edges = "it begins and ends with a letter or a digit";
        for (wrong, rule) in [
            ("my logs", letters),
            ("UPPER_case!", letters),
            ("löschen", letters),
            ("ab", length),
            (&*"x".repeat(256), length),
            ("-logs", edges),
            ("logs-", edges),
            ("logs.", edges),
            ("my..logs", "it has no two dots in a row"),
            ("192.168.5.4", "it does not look like an IP address"),
        ] {
            check(&format!("s3://{wrong}/x"), Err(&format!("\"{wrong}\" is not a bucket name: {rule}")));
        }
    }

    #[test]
    fn arns_with_and_without_a_scheme() {
        for scheme in ["", "s3://", "S3a://"] {
            check(&format!("{scheme}arn:aws:s3:::my-logs"), Ok(("my-logs", "")));
            check(&format!("{scheme}arn:aws-cn:s3:::my-logs/a/b"), Ok(("my-logs", "a/b")));
            check(&format!("{scheme}arn:aws:s3:::my-logs/*"), Ok(("my-logs", "")));
            let arn = "arn:aws:s3:eu-west-1:123456789012:accesspoint/logs";
            check(&format!("{scheme}{arn}"), Ok((arn, "")));
            check(&format!("{scheme}{arn}/AWSLogs/"), Ok((arn, "AWSLogs/")));
            check(&format!("{scheme}arn:aws:s3:eu-west-1:123456789012:accesspoint:logs/a"), Ok((arn, "a")));
            let many = "arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap";
            check(&format!("{scheme}{many}/a"), Ok((many, "a")));
        }
        let point = "arn:aws:s3:eu-west-1:123456789012:accesspoint/logs";
        check(&format!("{point}/object/a/b"), Ok((point, "a/b")));
        check(&format!("s3://{point}/object/a/b"), Ok((point, "object/a/b")));
    }

    #[test]
    fn arns_of_other_things_are_refused_by_name() {
        let refused = |text: &str| text.parse::<BucketUri>().unwrap_err().to_string();
        let outpost = "arn:aws:s3-outposts:us-west-2:123456789012:outpost/op-01ac5d28a6a232904/accesspoint/logs";
        assert!(refused(outpost).contains("S3 on Outposts"), "{}", refused(outpost));
        assert!(refused("s3://logs-o01ac5d28a6a232904e8xz5w8ijx1qzlbp3i3kuse10--op-s3").contains("S3 on Outposts"));
        assert!(
            refused("s3://arn:aws:s3-object-lambda:eu-west-1:123456789012:accesspoint/x").contains("Object Lambda")
        );
        for wrong in [
            "arn:aws:s3:eu-west-1:123456789012:job/x",
            "arn:aws:s3:eu-west-1:12:accesspoint/x",
            "arn:aws:s3:eu-west-1:123456789012:accesspoint/",
            "arn:aws:iam::123456789012:user/x",
            "s3://arn:aws",
        ] {
            assert!(refused(wrong).contains("is not the ARN of a bucket or an access point"), "{}", refused(wrong));
        }
        assert_eq!(refused("arn:aws:s3:::"), "names no bucket; use s3://bucket or s3://bucket/prefix");
    }

    #[test]
    fn the_region_of_an_access_point_is_known() {
        let region = |text: &str| text.parse::<BucketUri>().unwrap().region().map(str::to_owned);
        assert_eq!(region("arn:aws:s3:eu-west-1:123456789012:accesspoint/logs/a").as_deref(), Some("eu-west-1"));
        assert_eq!(region("arn:aws:s3::123456789012:accesspoint/x.mrap"), None);
        assert_eq!(region("s3://my-logs"), None);
    }
}
