//! What a bucket of CloudTrail's holds and what of it is wanted: keys, intervals, accounts, and the plan of a listing.
//! Nothing here talks to AWS, and the present time is always given.

mod accounts;
mod interval;
mod key;
mod plan;
mod siblings;
mod uri;

pub(crate) use accounts::is_account;
pub use accounts::{Accounts, AccountsError};
pub use interval::{Interval, IntervalError};
#[cfg(feature = "aws")]
pub(crate) use key::is_region;
pub use key::{KeyKind, LogKey};
pub use plan::{Beyond, Filter, Folder, Lane, Level, Node};
pub use siblings::Siblings;
pub use uri::{BucketUri, UriError};
