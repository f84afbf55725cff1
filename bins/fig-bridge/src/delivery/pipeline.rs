//! Starts the tasks together, and ends them in the order of the events' way.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use falcon_stream::{EventStream, Monitor};
use offset_store::Offsets;
use program_kit::exit::Exit;
use program_kit::stop::GRACE;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use event_delivery::{
    Counts, Delivery, DeliveryOptions, Idle, OffsetWriter, Stalled, StartOffsets, log_panic, positions, wait_until_idle,
};

use super::backends::Destinations;
use super::falcon::{self, Client};
use super::observer::Metrics;
use super::reading::{self, Lags, Reading};
use super::{Running, UNTIL_IDLE, backends, unless_stalled, watching};

/// The command in log lines about dead letters.
const LIST_LETTERS: &str = "`fig-bridge dead-letter list`";
/// What to do about an old offset that could not be removed.
const HOW_TO_REMOVE: &str = "before it, run `fig-bridge offsets show`, and store the others again after `fig-bridge \
    offsets reset`";
/// Why the program fails if stdout is closed beside other destinations.
const STDOUT_CLOSED: &str = "stdout is closed, so GENERIC can write no event, and the other destinations have stopped \
    with it; what GENERIC lacks is read again at the next start, and sent to all again: start with a stdout that is \
    read, or take GENERIC out of main.backends";
/// How long calls in flight may take after a stop. The offsets are written after that.
const FINISH_WITHIN: Duration = Duration::from_secs(5);
/// How long a whole stop may take. The process ends at [`GRACE`], and the admin endpoint has a second before that for
/// its last answers. The time after the last delivery is for the offsets: SSM may let only one write a second of the
/// whole account through.
const STOP_WITHIN: Duration = GRACE.saturating_sub(Duration::from_millis(1250));
/// Why the pipeline ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StopReason {
    /// A signal.
    Stop,
    /// Nothing has happened for long enough.
    Idle,
    /// The program should end when it is idle, but something fails for too long.
    Stalled,
    /// The reader of stdout has closed it.
    Closed,
    /// A task has failed.
    Failure,
}

/// The tasks, from the partitions to the store.
struct Tasks {
    delivery: Delivery,
    /// Returns the stream, which is closed last.
    reading: JoinHandle<EventStream>,
    /// Tasks that show the state of the stream and of the offsets.
    watching: [(&'static str, JoinHandle<()>); 2],
    writer: OffsetWriter,
    monitor: Monitor,
    /// Ends the reading, and the opening of feeds. Open ones keep other instances away until the offsets are stored.
    stop_reading: CancellationToken,
    /// Ends the tasks that only report.
    finish: CancellationToken,
}

pub(super) async fn run(
    running: Running,
    loaded: &Offsets,
    writer: OffsetWriter,
    stop: CancellationToken,
) -> anyhow::Result<Exit> {
    let (until_idle, readiness) = (running.settings.until_idle, running.readiness.clone());
    let has_others = running.settings.backends.len() > 1;
    let stored = writer.state();
    let opening = backends::open_all(&running.settings, &running.aws, &readiness, &stored, &stop);
    let Some(destinations) = unless_stalled(until_idle, &readiness, opening).await?? else { return Ok(Exit::Done) };
    let mut tasks = begin(running, loaded, writer, destinations, &stop)?;
    let mut failure = None;
    let (state, status) = (tasks.writer.state(), tasks.monitor.status());
    let is_reading = || status.borrow().is_streaming();
    let (ledger, closed) = (tasks.delivery.ledger().clone(), tasks.delivery.closed());
    let mut reason = tokio::select! {
        () = stop.cancelled() => StopReason::Stop,
        () = closed.cancelled() => StopReason::Closed,
        ended = wait_until_idle(until_idle, &ledger, &state, is_reading, || readiness.is_ready()) => match ended {
            Idle::Done => StopReason::Idle,
            Idle::Stalled => {
                let late = Stalled::new(until_idle.unwrap_or_default(), readiness.reasons());
                failure = Some(anyhow::Error::from(late).context(UNTIL_IDLE));
                StopReason::Stalled
            }
        },
        ended = tasks.delivery.failed() => {
            // A lane that ends without a failure has cancelled `closed` before.
            failure = ended.context("a backend's task").and_then(|ended| ended.map_err(Into::into)).err();
            if failure.is_some() { StopReason::Failure } else { StopReason::Closed }
        }
    };
    if reason == StopReason::Closed && has_others {
        (reason, failure) = (StopReason::Failure, Some(anyhow::anyhow!(STDOUT_CLOSED)));
    }
    let exit = tasks.end(reason).await;
    failure.map_or(exit, Err)
}

/// Starts the tasks, and opens the Falcon API: no event is read before all destinations are open.
fn begin(
    running: Running,
    loaded: &Offsets,
    mut writer: OffsetWriter,
    destinations: Destinations,
    stop: &CancellationToken,
) -> anyhow::Result<Tasks> {
    let Running { settings, credentials, read_again, aws, readiness } = running;
    let finish = CancellationToken::new();
    let start = StartOffsets { stored: positions(loaded), at_least: settings.events.offset };
    start.warn_of_skipped("EVENTS_OFFSET");

    let first = writer.first_offsets(&start);
    let Destinations { backends, dead_letter, dead_letter_health } = destinations;
    let observer = Arc::new(Metrics::new(backends.iter().map(|(backend, _)| backend.name())));
    let (delivery, intake) = Delivery::start(DeliveryOptions {
        start,
        backends,
        dead_letter,
        dead_letter_health,
        how_to_list: LIST_LETTERS,
        observer,
    });
    let ledger = delivery.ledger().clone();
    writer.watch(&ledger);
    let offsets = watching::show_offsets(writer.state(), readiness.part("offsets", "their store"), finish.clone());
    let release = CancellationToken::new();
    let client = Client { credentials, read_again, aws };
    let stream = falcon::open(&settings, client, writer.reopen(stop.clone()), &release)?;
    let (monitor, stop_reading) = (stream.monitor(), stream.quiet());
    let filters = settings.backends.iter().map(|enabled| reading::filter(&settings, enabled.kind())).collect();
    let watching = watching::run(monitor.clone(), ledger, readiness.part("falcon", "a token"), finish.clone());
    let parsing = settings.backends.iter().map(|enabled| enabled.kind().is_for_audit()).collect();
    let reading = Reading { intake, filters, parsing, first, lags: Lags::default() };
    Ok(Tasks {
        reading: tokio::spawn(reading.run(stream, stop_reading.clone())),
        watching: [("watching", tokio::spawn(watching)), ("offsets", tokio::spawn(offsets))],
        delivery,
        writer,
        monitor,
        stop_reading,
        finish,
    })
}

impl Tasks {
    /// Ends each task after those that give it events.
    async fn end(self, reason: StopReason) -> anyhow::Result<Exit> {
        let Self { mut delivery, reading, watching, mut writer, .. } = self;
        let ledger = delivery.ledger().clone();
        let asked = Instant::now();
        self.stop_reading.cancel();
        let stream = delivery.finish_within(reading, FINISH_WITHIN).await;
        self.finish.cancel();
        log_panic("offsets", writer.finish().await);
        for (task, watching) in watching {
            log_panic(task, watching.await);
        }
        let counts = ledger.counts();
        let stored = writer.close(STOP_WITHIN.saturating_sub(asked.elapsed()), HOW_TO_REMOVE).await;
        // The stream is closed after the last write: an instance that waits for its partitions reads their final
        // offsets.
        if let Some(stream) = stream {
            stream.close().await;
        }
        if reason != StopReason::Closed {
            let Counts { received, delivered, filtered, dead_lettered, repeated, in_flight: unfinished } = counts;
            tracing::info!(?reason, received, delivered, filtered, dead_lettered, repeated, unfinished, "stopped");
        }
        match stored {
            Err(_) => Ok(Exit::Failed),
            Ok(_) if reason == StopReason::Idle && counts.dead_lettered > 0 => Ok(Exit::Incomplete),
            Ok(_) => Ok(Exit::Done),
        }
    }
}
