//! `CrowdStrike`'s clouds.

use std::fmt;
use std::str::FromStr;

/// The cloud of a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Region {
    /// us-1.
    Us1,
    /// us-2.
    Us2,
    /// us-3.
    Us3,
    /// eu-1.
    Eu1,
    /// us-gov-1.
    UsGov1,
    /// us-gov-2.
    UsGov2,
}

/// The clouds and their API's base URLs (gofalcon's `cloud.go`, falconpy's `_constant`).
const REGIONS: [(Region, &str, &str); 6] = [
    (Region::Us1, "us-1", "https://api.crowdstrike.com"),
    (Region::Us2, "us-2", "https://api.us-2.crowdstrike.com"),
    (Region::Us3, "us-3", "https://api.us-3.crowdstrike.com"),
    (Region::Eu1, "eu-1", "https://api.eu-1.crowdstrike.com"),
    (Region::UsGov1, "us-gov-1", "https://api.laggar.gcw.crowdstrike.com"),
    (Region::UsGov2, "us-gov-2", "https://api.us-gov-2.crowdstrike.mil"),
];

impl Region {
    /// Returns all regions.
    #[must_use]
    pub fn all() -> [Self; 6] {
        REGIONS.map(|(region, ..)| region)
    }

    /// Returns the name, such as `us-1`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// Returns the base URL of the region's API.
    #[must_use]
    pub fn base_url(self) -> &'static str {
        self.row().2
    }

    /// Returns the region that a text probably means: the address of an API or a console, or a name in other letters,
    /// such as `EU1`.
    ///
    /// ```
    /// use falcon_stream::Region;
    ///
    /// assert_eq!(Region::guess("https://falcon.us-2.crowdstrike.com/login"), Some(Region::Us2));
    /// assert_eq!(Region::guess("EU1"), Some(Region::Eu1));
    /// assert_eq!(Region::guess("us-9"), None);
    /// ```
    #[must_use]
    pub fn guess(text: &str) -> Option<Self> {
        let small = text.to_lowercase();
        let host = small.split("://").last().and_then(|rest| rest.split('/').next()).unwrap_or_default();
        let is_at = |(_, _, url): &&(Self, &str, &str)| {
            let tail = url.strip_prefix("https://api.");
            tail.is_some_and(|tail| host.strip_suffix(tail).is_some_and(|rest| !rest.contains('-')))
        };
        let plain = |text: &str| text.replace(['-', '_', ' '], "");
        let by_address = REGIONS.iter().filter(is_at).max_by_key(|(_, name, _)| name.len());
        let found = by_address.or_else(|| REGIONS.iter().find(|(_, name, _)| plain(name) == plain(&small)));
        found.map(|(region, ..)| *region)
    }

    /// Returns whether it is a commercial cloud. These redirect clients to one another; government clouds do not.
    pub(crate) fn is_commercial(self) -> bool {
        !matches!(self, Self::UsGov1 | Self::UsGov2)
    }

    fn row(self) -> &'static (Self, &'static str, &'static str) {
        let [first, others @ ..] = &REGIONS;
        others.iter().find(|(region, ..)| *region == self).unwrap_or(first)
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The name is not that of a region.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such Falcon region: {0:?}; there are us-1, us-2, us-3, eu-1, us-gov-1, us-gov-2")]
pub struct UnknownRegion(pub String);

impl FromStr for Region {
    type Err = UnknownRegion;

    fn from_str(name: &str) -> Result<Self, UnknownRegion> {
        let row = REGIONS.iter().find(|(_, known, _)| known.eq_ignore_ascii_case(name.trim()));
        row.map(|(region, ..)| *region).ok_or_else(|| UnknownRegion(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_other_spellings_are_recognised() {
        for (text, expected) in [
            ("https://api.eu-1.crowdstrike.com", Some(Region::Eu1)),
            ("https://falcon.us-2.crowdstrike.com/login", Some(Region::Us2)),
            ("api.crowdstrike.com", Some(Region::Us1)),
            ("https://api.laggar.gcw.crowdstrike.com", Some(Region::UsGov1)),
            ("api.us-gov-2.crowdstrike.mil", Some(Region::UsGov2)),
            ("US-1", Some(Region::Us1)),
            ("eu1", Some(Region::Eu1)),
            ("usgov1", Some(Region::UsGov1)),
            ("us-9", None),
            ("api.us-9.crowdstrike.com", None),
            ("auto", None),
            ("", None),
        ] {
            assert_eq!(Region::guess(text), expected, "{text}");
        }
    }

    #[test]
    fn names_lead_to_regions_and_back() {
        for region in Region::all() {
            assert_eq!(region.name().parse(), Ok(region));
            assert!(url::Url::parse(region.base_url()).is_ok_and(|url| url.scheme() == "https"));
        }
        assert_eq!("EU-1".parse(), Ok(Region::Eu1));
        assert!("auto".parse::<Region>().is_err());
    }
}
