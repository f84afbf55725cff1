//! Lists a bucket: many folders and lanes concurrently, handed out in the order of their keys.

mod pages;
mod pass;
mod walk;

pub(super) use pass::{Found, Listed, Listing};

use tokio::sync::mpsc;
use walk::Walk;

impl Listing {
    /// Lists everything under the prefix, until the end or until the receiver is dropped.
    pub(super) async fn run(self, prefix: String, out: mpsc::Sender<Listed>) {
        let only = (!self.followed).then(|| self.fetcher.monitor.clone());
        let mut walk = Walk::new(self, &prefix, out);
        while walk.step().await.is_some() {}
        if let Some(monitor) = only {
            monitor.note_listed();
        }
    }
}
