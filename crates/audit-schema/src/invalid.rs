//! The reasons for which AWS would refuse an event.

/// Why AWS would refuse an event. The error does not repeat the content of the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Invalid {
    /// A required field is empty.
    #[error("{field} is required and empty")]
    Empty {
        /// The path of the field.
        field: &'static str,
    },
    /// A field is longer than its limit.
    #[error("{field} has {size} bytes, at most {limit} are allowed")]
    TooLong {
        /// The path of the field.
        field: &'static str,
        /// The limit, in bytes.
        limit: usize,
        /// The size of the field, in bytes.
        size: usize,
    },
    /// `sourceIPAddress` is neither an IPv4 nor an IPv6 address.
    #[error("sourceIPAddress is not an IP address")]
    NotAnIp,
    /// `recipientAccountId` is not an account.
    #[error("recipientAccountId is not an account ID of twelve digits")]
    NotAnAccount,
}
