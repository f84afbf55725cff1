//! Delivers the lines of stdin to a backend that refuses lines with the word "bad", and prints the counts. Then lists the
//! dead letters, and sends them again to a backend that refuses nothing.
//!
//! ```sh
//! printf 'good\nbad\ngood\n' | cargo run --example send_lines -- letters.jsonl
//! ```

use std::error::Error;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use event_delivery::{
    Backend, BatchPolicy, CancellationToken, DeadLetterStore, Delivery, DeliveryOptions, Failure, LetterFilter,
    LetterSource, Outcome, Partition, PendingEvent, ReceivedLine, Replay, ReplayOptions, Route, Sending, StartOffsets,
    Verdict,
};
use tokio::io::{AsyncBufReadExt as _, BufReader};

/// A destination that takes ten lines a call.
struct Picky {
    /// Whether it takes lines with the word "bad", too.
    takes_all: bool,
}

impl Backend for Picky {
    fn name(&self) -> &'static str {
        "PICKY"
    }

    fn policy(&self) -> BatchPolicy {
        BatchPolicy::new(10, 1 << 20, 2)
    }

    fn send<'a>(&'a self, batch: &'a [Arc<PendingEvent>]) -> Sending<'a> {
        let outcome = |event| if self.takes_all { Outcome::Confirmed } else { outcome(event) };
        Box::pin(async move { Ok(batch.iter().map(|event| outcome(event)).collect()) })
    }
}

fn outcome(event: &PendingEvent) -> Outcome {
    if event.line.windows(3).any(|word| word == b"bad") {
        return Outcome::Failed(Failure::of_entry(Verdict::Permanent, "BadWord", "the line has the word \"bad\""));
    }
    Outcome::Confirmed
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let path = PathBuf::from(std::env::args_os().nth(1).ok_or("name a file for dead letters")?);
    let (mut delivery, mut intake) = Delivery::start(DeliveryOptions {
        start: StartOffsets::default(),
        backends: vec![(Arc::new(Picky { takes_all: false }), Arc::new(()))],
        dead_letter: DeadLetterStore::file(&path)?,
        dead_letter_health: Arc::new(()),
        how_to_list: "`cat`",
        observer: Arc::new(()),
    });
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let mut offset = 0;
    while let Some(line) = lines.next_line().await? {
        offset += 1;
        let received_ms = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?;
        let line = ReceivedLine { partition: Partition(0), offset, line: line.into(), received_ms };
        let share = intake.reserve(line.line.len()).await;
        intake.take(line, share, |_| Route::Backends(vec![true])).await;
    }
    drop(intake);
    let panics = delivery.finish().await;
    assert!(panics.is_empty(), "{panics:?}");
    print(&format!("{:?}", delivery.ledger().counts()))?;

    let letters = LetterSource::File(path);
    letters.list(&LetterFilter::default(), |letter| print(&letter.to_columns())).await?;
    let mut replay = Replay::new(ReplayOptions {
        filter: LetterFilter::default(),
        names: vec!["PICKY"],
        backends: vec![Arc::new(Picky { takes_all: true })],
        how_to_select: "the field `filter`",
        stop: CancellationToken::new(),
    });
    replay.run(&letters, |replayed| print(&replayed.to_columns())).await?;
    print(&format!("{:?}", replay.counts()))
}

fn print(line: &str) -> Result<(), Box<dyn Error>> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}
