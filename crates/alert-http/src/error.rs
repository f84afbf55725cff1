//! Mistakes in options.

/// A mistake in [`Options`](crate::Options) or a [`Header`](crate::Header). Its text has no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OptionError {
    /// The URL cannot be used.
    #[error("is not a URL like https://host/path: {0}")]
    Url(String),
    /// The proxy's URL cannot be used.
    #[error("the proxy's URL cannot be used; it must be like http://HOST:PORT")]
    Proxy,
    /// A header has no colon after its name.
    #[error("must be NAME: VALUE")]
    NoColon,
    /// A header's name or value has characters that HTTP does not allow.
    #[error("the header {0:?} has characters that HTTP does not allow")]
    Header(String),
    /// A header belongs to the connection.
    #[error("the header {0} is set by the connection itself")]
    Reserved(String),
    /// The value of a header cannot be found.
    #[error("the header {name}: {reason}")]
    Value {
        /// The name.
        name: String,
        /// The reason.
        reason: String,
    },
    /// The client's certificate or its key cannot be used.
    #[error("{0}")]
    Identity(String),
    /// The HTTP client cannot be made.
    #[error("the HTTP client cannot be made: {0}")]
    Client(String),
}
