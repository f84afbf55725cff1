//! The place of objects.

/// Where objects are, and how S3 encrypts them.
#[derive(Clone, Debug)]
pub struct S3Place {
    /// The bucket.
    pub bucket: String,
    /// The beginning of all keys: empty, or without a slash at its end.
    pub prefix: String,
    /// The region of the bucket, in keys.
    pub region: String,
    /// The account in keys.
    pub account: String,
    /// The key of KMS that encrypts objects. `None` for the bucket's own encryption.
    pub kms_key: Option<String>,
}

impl S3Place {
    /// Returns the key of an object of this day and name.
    #[must_use]
    pub fn key(&self, day: &str, name: &str) -> String {
        let Self { prefix, region, account, .. } = self;
        let slash = if prefix.is_empty() { "" } else { "/" };
        format!("{prefix}{slash}region={region}/accountId={account}/eventDay={day}/{name}")
    }
}
