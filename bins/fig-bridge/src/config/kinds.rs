//! The values that settings may have, as types.

mod arn;
mod names;
mod places;

pub(crate) use arn::{AccountId, ChannelArn, is_region};
pub(crate) use names::Names;
pub(crate) use places::{DeadLetterKind, OffsetStoreKind, Queue};

/// Makes an enum of words: its `ALL`, the word of each, and the way back.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$each:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum $name {
            $($(#[$each])* $variant),+
        }

        impl $name {
            /// Every one, as it is written in a configuration.
            pub(crate) const WORDS: &[&str] = &[$($word),+];

            /// As it is written in a configuration.
            pub(crate) fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }

            /// The one that is written so; case matters, as it does to FIG.
            pub(crate) fn from_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words! {
    /// Where events can be sent.
    Backend {
        /// Audit events into a channel of CloudTrail Lake.
        CloudTrailLake = "CLOUDTRAIL_LAKE",
        /// Event lines on stdout.
        Generic = "GENERIC",
        /// Event lines into an SQS queue.
        AwsSqs = "AWS_SQS",
    }
}

/// FIG's other backends, which are refused by name.
pub(crate) const OTHER_BACKENDS: &[&str] = &["AWS", "AZURE", "GCP", "WORKSPACEONE"];

words! {
    /// A Falcon cloud.
    Region {
        /// api.crowdstrike.com
        Us1 = "us-1",
        /// api.us-2.crowdstrike.com
        Us2 = "us-2",
        /// api.us-3.crowdstrike.com
        Us3 = "us-3",
        /// api.eu-1.crowdstrike.com
        Eu1 = "eu-1",
        /// api.laggar.gcw.crowdstrike.com
        UsGov1 = "us-gov-1",
        /// api.us-gov-2.crowdstrike.mil
        UsGov2 = "us-gov-2",
        /// Whichever the Falcon API names when it is asked for a token. Government clouds cannot be found so.
        Auto = "auto",
    }
}

words! {
    /// Where a host of a detection runs.
    Cloud {
        /// Amazon's.
        Aws = "AWS",
        /// Microsoft's.
        Azure = "Azure",
        /// Google's.
        Gcp = "GCP",
        /// None that the sensor knows.
        Unrecognized = "unrecognized",
    }
}

/// How many calls to a backend may be in flight: `main.worker_threads`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CallsInFlight(u8);

impl CallsInFlight {
    /// FIG takes 1 to 127, although its message says 128 (fig/config/__init__.py:145).
    pub(crate) const LEAST: u64 = 1;
    /// See [`Self::LEAST`].
    pub(crate) const MOST: u64 = 127;

    /// None where `count` is out of range.
    pub(crate) fn new(count: u64) -> Option<Self> {
        let within = (Self::LEAST..=Self::MOST).contains(&count);
        u8::try_from(count).ok().filter(|_| within).map(Self)
    }

    /// At least 1.
    pub(crate) fn get(self) -> usize {
        self.0.into()
    }
}
