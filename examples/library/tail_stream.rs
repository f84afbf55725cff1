//! Prints the events of a Falcon tenant, one a line, as they come.
//!
//! ```console
//! $ export FALCON_CLIENT_ID=... FALCON_CLIENT_SECRET=...
//! $ cargo run -p examples --example tail_stream        # until Ctrl-C
//! $ cargo run -p examples --example tail_stream -- 10  # ten events
//! ```
//!
//! `FALCON_BASE_URL` names another cloud than us-1, such as `https://api.eu-1.crowdstrike.com`.
#![forbid(unsafe_code)]
#![expect(clippy::print_stderr, reason = "a program for the command line")]

use std::error::Error;
use std::io::Write as _;

use falcon_stream::{CancellationToken, Config, Start, StreamItem, connect};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let most = std::env::args().nth(1).map_or(Ok(usize::MAX), |count| count.parse())?;
    let mut config = Config::builder(std::env::var("FALCON_CLIENT_ID")?, std::env::var("FALCON_CLIENT_SECRET")?)
        // Falcon gives a tenant's feeds to one connection for each application id: one that nobody else uses.
        .app_id("tail-stream")
        // A program that stores offsets says `Start::After(offset)` here, and misses nothing between two runs.
        .start(|_partition| async { Start::Beginning });
    if let Ok(url) = std::env::var("FALCON_BASE_URL") {
        config = config.base_url(&url);
    }
    // The stream never ends by itself: what fails is tried again for ever.
    let stop = CancellationToken::new();
    let stopper = stop.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            stopper.cancel();
        }
    });
    let mut stream = connect(config.build()?, &stop)?;
    let mut stdout = std::io::stdout();
    let mut events = 0;
    while events < most {
        match stream.next().await {
            Some(StreamItem::Event(event)) => {
                stdout.write_all(&event.line)?;
                stdout.write_all(b"\n")?;
                events += 1;
            }
            // The feed has gone on behind it; a program that must lose nothing puts the line aside.
            Some(StreamItem::Unreadable(line)) => eprintln!("partition {}: {:?}", line.partition, line.reason),
            None => break,
        }
    }
    // Lets go of the feeds, so that the next program can have them at once.
    stream.close().await;
    Ok(())
}
