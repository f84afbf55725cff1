//! Deals with ten numbered events, several at a time, and remembers in a file how far it has come; run it twice.
//!
//! ```console
//! $ cargo run -p examples --example keep_offsets -- offsets.json
//! events 1 to 10 are done
//! $ cargo run -p examples --example keep_offsets -- offsets.json
//! events 11 to 20 are done
//! ```
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a program for the command line")]

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use offset_store::{Begun, Confirmed, Feed, FileStore, Store as _, Watermark, Writer};
use tokio::task::JoinSet;

/// How many events a run deals with.
const EVENTS: u64 = 10;
/// How long the last write may take.
const CLOSE: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("name a file for the offsets")?;
    let feed = Feed::new("example")?;
    let store = Arc::new(FileStore::new(path));
    // An unreadable offset is an error here, and never counts as zero.
    let loaded = store.open().await?;
    let first = loaded.get(&feed).map_or(1, |offset| offset + 1);
    let mut watermark = Watermark::new(loaded.get(&feed));
    // The writer saves the newest position about once a second, even if it is set more often.
    let writer = Writer::spawn(store, loaded);
    let reporter = writer.reporter();

    let mut work = JoinSet::new();
    for offset in first..first + EVENTS {
        // Taken in the order of the stream ...
        if matches!(watermark.begin(offset), Begun::New | Begun::Again) {
            work.spawn(async move {
                deal_with(offset).await;
                offset
            });
        }
    }
    while let Some(offset) = work.join_next().await {
        // ... and confirmed in any: the position moves only over what is done without a gap.
        if let Confirmed::Moved(position) = watermark.confirm(offset?) {
            reporter.report(&feed, position);
        }
    }
    let state = writer.close(CLOSE).await?;
    let last = state.stored.get(&feed).ok_or("nothing was stored")?;
    println!("events {first} to {last} are done");
    Ok(())
}

/// Stands for whatever a program does with an event. Odd ones take longer, so that they are overtaken.
async fn deal_with(offset: u64) {
    tokio::time::sleep(Duration::from_millis(offset % 2 * 20)).await;
}
