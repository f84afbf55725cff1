//! Queues: their names, the hosts that they are at, and clients for them.

mod client;
mod host;
mod name;

pub use client::queue_client;
pub(super) use host::is_host_of_sqs;
pub use name::{QueueName, QueueNameError};
