//! The tasks: begun together, ended in the order of the events' way.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context as _;
use falcon_stream::Monitor;
use offset_store::{Offsets, State, Writer};
use program_kit::exit::Exit;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use super::backend::Backend;
use super::dead_letter::{self, Letters};
use super::falcon::{self, Places};
use super::lane::{Lane, Surroundings};
use super::ledger::Ledger;
use super::offsets::{self, FirstOffsets, Telling};
use super::orders::Orders;
use super::reading::{self, Outlet, Reading};
use super::room::Room;
use super::{Running, idle, watching};

/// How long what is begun may take after a stop. The process is ended 8 s after a signal, and the offsets are yet to be
/// written then.
const FINISH_WITHIN: Duration = Duration::from_secs(6);
/// How long the offsets may take after that.
const STORE_WITHIN: Duration = Duration::from_millis(1500);
/// Events that wait for a lane to take them up. It takes them up at once; this is only so that the reading does not
/// have to wait for it each time.
const HANDED_OVER: usize = 256;

/// Why the pipeline ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    /// A signal.
    Stop,
    /// There is nothing to do.
    Idle,
    /// Nobody reads stdout any more.
    Closed,
    /// A task has failed.
    Failure,
}

/// What runs, from the feeds to the store.
struct Tasks {
    ledger: Ledger,
    reading: JoinHandle<()>,
    lanes: JoinSet<anyhow::Result<()>>,
    letters: JoinHandle<()>,
    /// Tells the writer.
    telling: JoinHandle<()>,
    watching: JoinHandle<()>,
    writer: Writer,
    monitor: Monitor,
    /// Ends the reading.
    stop_reading: CancellationToken,
    /// Ends the waiting for what is begun.
    give_up: CancellationToken,
    /// Ends what only looks on.
    finish: CancellationToken,
    closed: CancellationToken,
}

pub(super) async fn run(
    running: Running,
    loaded: &Offsets,
    writer: Writer,
    stop: CancellationToken,
) -> anyhow::Result<Exit> {
    let until_idle = running.settings.until_idle;
    let mut tasks = begin(running, loaded, writer).await?;
    let mut failure = None;
    let state = tasks.writer.state();
    let reason = tokio::select! {
        () = stop.cancelled() => Reason::Stop,
        () = tasks.closed.cancelled() => Reason::Closed,
        () = until(until_idle, &tasks.ledger, &tasks.monitor, &state) => Reason::Idle,
        Some(ended) = tasks.lanes.join_next() => {
            // A lane that ends in order has said before that it is closed.
            failure = ended.context("a backend's task").and_then(|ended| ended).err();
            if failure.is_some() { Reason::Failure } else { Reason::Closed }
        }
    };
    let exit = tasks.end(reason).await;
    failure.map_or(exit, Err)
}

async fn until(enough: Option<Duration>, ledger: &Ledger, monitor: &Monitor, state: &watch::Receiver<State>) {
    match enough {
        Some(enough) => idle::wait(enough, ledger, monitor, state).await,
        None => std::future::pending().await,
    }
}

/// Opens everything, the Falcon API last: nothing is read that cannot be delivered or put aside.
async fn begin(running: Running, loaded: &Offsets, writer: Writer) -> anyhow::Result<Tasks> {
    let Running { settings, credentials, aws, readiness } = running;
    let (stop_reading, give_up) = (CancellationToken::new(), CancellationToken::new());
    let (finish, closed) = (CancellationToken::new(), CancellationToken::new());
    let stored = offsets::positions(loaded);
    let places = Places { stored, at_least: settings.events.offset, newest: settings.events.start_from_newest };
    let ledger = Ledger::new(places.clone());

    let health = readiness.part("dead letter", "its opening");
    let (letters, letter_task) =
        dead_letter::open(&settings.dead_letter, &aws, ledger.clone(), health, give_up.clone()).await?;
    let mut lanes = JoinSet::new();
    let mut outlets = Vec::new();
    for kind in &settings.backends {
        let (calls, lake, sqs) = (settings.calls_in_flight.get(), &settings.cloudtrail_lake, &settings.aws_sqs);
        let backend = Backend::open(*kind, calls, (lake.as_ref(), sqs.as_ref()), &aws).await;
        let backend = backend.with_context(|| format!("backend {kind}"))?;
        let (sender, receiver) = mpsc::channel(HANDED_OVER);
        let surroundings = Surroundings {
            ledger: ledger.clone(),
            letters: letters.clone(),
            closed: closed.clone(),
            give_up: give_up.clone(),
        };
        let health = readiness.part(format!("backend {kind}"), "its start");
        lanes.spawn(Lane::new(kind.as_str(), backend, surroundings, health).run(receiver));
        outlets.push(Outlet { filter: reading::filter(&settings, *kind), events: sender });
    }
    let telling = Telling {
        told: ledger.positions().borrow().clone(),
        ledger: ledger.clone(),
        reporter: writer.reporter(),
        state: writer.state(),
        health: readiness.part("offsets", "their store"),
    };
    let first = FirstOffsets::new(&places, &writer);
    let stream = falcon::open(&settings, &credentials, places, &stop_reading)?;
    let monitor = stream.monitor();
    let reading = reading(ledger.clone(), letters, outlets, first);
    Ok(Tasks {
        reading: tokio::spawn(reading.run(stream, stop_reading.clone())),
        lanes,
        letters: letter_task,
        telling: tokio::spawn(telling.run(finish.clone())),
        watching: tokio::spawn(watching::run(
            monitor.clone(),
            ledger.clone(),
            readiness.part("falcon", "a token"),
            finish.clone(),
        )),
        ledger,
        writer,
        monitor,
        stop_reading,
        give_up,
        finish,
        closed,
    })
}

fn reading(ledger: Ledger, letters: Letters, outlets: Vec<Outlet>, first: FirstOffsets) -> Reading {
    Reading { ledger, room: Room::new(), letters, outlets, first, lags: BTreeMap::new(), orders: Orders::default() }
}

impl Tasks {
    /// Ends each task after those that it takes from.
    async fn end(self, reason: Reason) -> anyhow::Result<Exit> {
        let Self { ledger, reading, mut lanes, letters, telling, watching, writer, .. } = self;
        self.stop_reading.cancel();
        let in_order = async {
            joined("reading", reading.await);
            // All events are with the lanes, and nobody sends more: they end when all is confirmed.
            while let Some(ended) = lanes.join_next().await {
                joined("a backend's task", ended.map(drop));
            }
            joined("dead letter", letters.await);
        };
        tokio::pin!(in_order);
        if tokio::time::timeout(FINISH_WITHIN, &mut in_order).await.is_err() {
            self.give_up.cancel();
            in_order.await;
        }
        self.finish.cancel();
        joined("offsets", telling.await);
        joined("watching", watching.await);
        let counts = ledger.counts();
        let stored = writer.close(STORE_WITHIN).await;
        if reason != Reason::Closed {
            let (received, delivered) = (counts.received, counts.delivered);
            let (filtered, dead_lettered, repeated) = (counts.filtered, counts.dead_lettered, counts.repeated);
            let unfinished = counts.in_flight;
            tracing::info!(?reason, received, delivered, filtered, dead_lettered, repeated, unfinished, "stopped");
        }
        match stored {
            Err(error) if reason == Reason::Idle => Err(error.into()),
            Err(error) => {
                tracing::warn!(%error, "events since then come again after the next start");
                Ok(Exit::Done)
            }
            Ok(_) if reason == Reason::Idle && counts.dead_lettered > 0 => Ok(Exit::Incomplete),
            Ok(_) => Ok(Exit::Done),
        }
    }
}

/// A task that has panicked has left its events unconfirmed: they come again.
fn joined(task: &str, ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(task, %error, "a task has failed");
    }
}
