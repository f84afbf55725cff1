//! A pass over a bucket or a log group, and the state of what has been read.

use crate::state::ReadState;
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc;

/// The read state, shared by the source and the receipts.
pub(super) type SharedState = Arc<Mutex<ReadState>>;

/// Keeps a pass over a bucket or a log group from ending: its receiver ends once all clones are dropped. Nothing is ever sent.
pub(super) type Pass = mpsc::Sender<std::convert::Infallible>;
