//! `CrowdStrike`'s clouds.

use std::fmt;
use std::str::FromStr;

/// A cloud that a tenant lives in.
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

/// The clouds and where their API is (gofalcon's `cloud.go`, falconpy's `_constant`).
const REGIONS: [(Region, &str, &str); 6] = [
    (Region::Us1, "us-1", "https://api.crowdstrike.com"),
    (Region::Us2, "us-2", "https://api.us-2.crowdstrike.com"),
    (Region::Us3, "us-3", "https://api.us-3.crowdstrike.com"),
    (Region::Eu1, "eu-1", "https://api.eu-1.crowdstrike.com"),
    (Region::UsGov1, "us-gov-1", "https://api.laggar.gcw.crowdstrike.com"),
    (Region::UsGov2, "us-gov-2", "https://api.us-gov-2.crowdstrike.mil"),
];

impl Region {
    /// Every region.
    #[must_use]
    pub fn all() -> [Self; 6] {
        REGIONS.map(|(region, ..)| region)
    }

    /// Its name, such as `us-1`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// The base URL of its API.
    #[must_use]
    pub fn base_url(self) -> &'static str {
        self.row().2
    }

    /// Whether it is one of the commercial clouds, which send a tenant's clients to one another. The government's do not.
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

/// There is no such region.
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
    fn names_lead_to_regions_and_back() {
        for region in Region::all() {
            assert_eq!(region.name().parse(), Ok(region));
            assert!(url::Url::parse(region.base_url()).is_ok_and(|url| url.scheme() == "https"));
        }
        assert_eq!("EU-1".parse(), Ok(Region::Eu1));
        assert!("auto".parse::<Region>().is_err());
    }
}
