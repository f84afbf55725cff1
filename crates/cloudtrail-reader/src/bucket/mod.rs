//! The content of CloudTrail's buckets and its selection: keys, intervals, accounts, and the plan of a listing. Nothing
//! here calls AWS, and the present time is always a parameter.

mod accounts;
mod interval;
mod key;
mod plan;
mod siblings;
mod uri;

#[cfg(feature = "aws")]
pub(crate) use accounts::lost_zeros;
pub use accounts::{Accounts, AccountsError};
pub use interval::{Interval, IntervalError};
#[cfg(feature = "aws")]
pub(crate) use key::is_of_cloudtrail;
pub use key::{KeyKind, LogKey};
pub use plan::{Filter, Folder, Lane, Level, Node};
pub use siblings::Siblings;
pub use uri::{BucketUri, UriError};
