//! Names of SSM parameters.

use std::{fmt, str::FromStr};

/// FIG's parameter (`fig/backends/cloudtrail_lake/cloudtrail_offset.py:20`). The name is the same for all CIDs of an
/// account and region, so programs for different CIDs need other names.
pub const DEFAULT_PARAMETER: &str = "last_seen_offsets";
/// AWS allows 1,011 characters, including the ARN before the name (API reference, `PutParameter`, Name). That ARN,
/// `arn:aws:ssm:us-east-1:111122223333:parameter/`, has at least 40 characters in each partition. AWS itself refuses a
/// name between the two limits.
const MAX_NAME: usize = 1011 - 40;
/// The depth of a hierarchy (same page).
const MAX_LEVELS: usize = 15;

/// The name of an SSM parameter, checked by AWS's rules as far as that is possible without AWS.
///
/// Examples are `last_seen_offsets` and `/fig/prod/offsets`. A name has ASCII letters, digits and `_ . -`, and up to 15
/// levels, each after a slash. It does not begin with `aws` or `ssm`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ParameterName(Box<str>);

/// Why a text cannot name a parameter that can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParameterNameError {
    /// The name, or one of its levels, is empty.
    #[error("a level of the name is empty")]
    Empty,
    /// The name is too long; its length in bytes.
    #[error("the name has {0} characters, at most {MAX_NAME} are allowed")]
    Long(usize),
    /// A character that is not allowed.
    #[error("the name has `{found}` at byte {at}, but may have only letters, digits, _ . - and /")]
    Character {
        /// The first such character.
        found: char,
        /// Its position, from 0.
        at: usize,
    },
    /// The name has levels, but no slash before the first.
    #[error("a name with levels begins with /")]
    Relative,
    /// The name has too many levels.
    #[error("the name has {0} levels, at most {MAX_LEVELS} are allowed")]
    Deep(usize),
    /// AWS reserves these names.
    #[error("a name does not begin with aws or ssm")]
    Reserved,
}

impl ParameterName {
    /// Creates the name of a parameter.
    ///
    /// # Errors
    ///
    /// If the name breaks one of AWS's rules.
    pub fn new(name: &str) -> Result<Self, ParameterNameError> {
        let allowed = |found: char| found.is_ascii_alphanumeric() || matches!(found, '_' | '.' | '-' | '/');
        if let Some((at, found)) = name.char_indices().find(|(_, found)| !allowed(*found)) {
            return Err(ParameterNameError::Character { found, at });
        }
        if name.len() > MAX_NAME {
            return Err(ParameterNameError::Long(name.len()));
        }
        let levels: Vec<&str> = name.strip_prefix('/').unwrap_or(name).split('/').collect();
        if levels.iter().any(|level| level.is_empty()) {
            return Err(ParameterNameError::Empty);
        }
        if levels.len() > 1 && !name.starts_with('/') {
            return Err(ParameterNameError::Relative);
        }
        if levels.len() > MAX_LEVELS {
            return Err(ParameterNameError::Deep(levels.len()));
        }
        let first = levels.first().copied().unwrap_or_default().to_ascii_lowercase();
        if first.starts_with("aws") || first.starts_with("ssm") {
            return Err(ParameterNameError::Reserved);
        }
        Ok(Self(name.into()))
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Returns [`DEFAULT_PARAMETER`].
impl Default for ParameterName {
    fn default() -> Self {
        Self(DEFAULT_PARAMETER.into())
    }
}

impl fmt::Display for ParameterName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ParameterName {
    type Err = ParameterNameError;

    fn from_str(name: &str) -> Result<Self, ParameterNameError> {
        Self::new(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aws_rules() {
        use ParameterNameError::{Character, Deep, Empty, Long, Relative, Reserved};
        let deep = "/x".repeat(15);
        let long = "x".repeat(MAX_NAME);
        for good in [DEFAULT_PARAMETER, "/fig/prod/offsets", "a.b-c_D9", "/one", "/my/aws", deep.as_str(), &long] {
            assert_eq!(ParameterName::new(good).unwrap().as_str(), good);
        }
        for (bad, why) in [
            ("", Empty),
            ("/", Empty),
            ("/a/", Empty),
            ("/a//b", Empty),
            ("a b", Character { found: ' ', at: 1 }),
            ("a:b", Character { found: ':', at: 1 }),
            ("/ä", Character { found: 'ä', at: 1 }),
            ("a/b", Relative),
            ("awsome", Reserved),
            ("/AWS/x", Reserved),
            ("SsmParameter", Reserved),
            (&format!("{deep}/x"), Deep(16)),
            (&format!("{long}x"), Long(MAX_NAME + 1)),
        ] {
            assert_eq!(ParameterName::new(bad), Err(why), "{bad}");
        }
        assert_eq!(ParameterName::new(DEFAULT_PARAMETER).unwrap(), ParameterName::default());
    }
}
