//! `s3://bucket[/prefix]`.

/// A bucket, and what the keys in it that are wanted begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketUri {
    /// The bucket's name (or the ARN of an access point).
    pub bucket: String,
    /// What keys begin with; empty for all of the bucket.
    pub prefix: String,
}

/// Why a text is not `s3://bucket[/prefix]`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UriError {
    /// It begins otherwise.
    #[error("must begin with s3://")]
    Scheme,
    /// There is no bucket.
    #[error("names no bucket; use s3://bucket or s3://bucket/prefix")]
    NoBucket,
    /// No bucket can be called that.
    #[error("{0:?} is no bucket's name: 3 to 63 lower-case letters, digits, dots and hyphens")]
    Bucket(String),
}

/// Bucket names: 3 to 63 characters (Amazon S3 User Guide, "General purpose bucket naming rules"); those of before 2018
/// in us-east-1 have up to 255, capitals and underscores, and still exist.
const NAME_LENGTH: std::ops::RangeInclusive<usize> = 3..=255;

impl std::str::FromStr for BucketUri {
    type Err = UriError;

    fn from_str(text: &str) -> Result<Self, UriError> {
        let rest = text.strip_prefix("s3://").ok_or(UriError::Scheme)?;
        // The ARN of an access point has a slash of its own: arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME.
        let (bucket, prefix) = match rest.split_once(":accesspoint/") {
            Some((arn, behind)) if arn.starts_with("arn:") => {
                let name = behind.split('/').next().unwrap_or_default();
                let length = arn.len() + ":accesspoint/".len() + name.len();
                (rest.get(..length).unwrap_or(rest), rest.get(length..).unwrap_or_default().trim_start_matches('/'))
            }
            _ => rest.split_once('/').unwrap_or((rest, "")),
        };
        if bucket.is_empty() {
            return Err(UriError::NoBucket);
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        let is_name = NAME_LENGTH.contains(&bucket.len()) && bucket.bytes().all(plain);
        if !(is_name || bucket.starts_with("arn:")) {
            return Err(UriError::Bucket(bucket.to_owned()));
        }
        Ok(Self { bucket: bucket.to_owned(), prefix: prefix.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<(&str, &str), &str>) {
        let found = text.parse::<BucketUri>().map(|it| (it.bucket, it.prefix)).map_err(|error| error.to_string());
        assert_eq!(found, expected.map(|(a, b)| (a.to_owned(), b.to_owned())).map_err(str::to_owned));
    }

    #[test]
    fn buckets_and_prefixes() {
        check("s3://my-logs", Ok(("my-logs", "")));
        check("s3://my-logs/", Ok(("my-logs", "")));
        check("s3://my-logs/a b/AWSLogs/", Ok(("my-logs", "a b/AWSLogs/")));
        check("s3://my-logs//x", Ok(("my-logs", "/x")));
        let arn = "arn:aws:s3:eu-west-1:123456789012:accesspoint/logs";
        check(&format!("s3://{arn}"), Ok((arn, "")));
        check(&format!("s3://{arn}/AWSLogs/"), Ok((arn, "AWSLogs/")));
        check("s3:/my-logs", Err("must begin with s3://"));
        check("s3://", Err("names no bucket; use s3://bucket or s3://bucket/prefix"));
        let wrong = "\"my logs\" is no bucket's name: 3 to 63 lower-case letters, digits, dots and hyphens";
        check("s3://my logs/x", Err(wrong));
    }
}
