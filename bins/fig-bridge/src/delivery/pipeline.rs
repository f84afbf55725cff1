//! The tasks: begun together, ended in the order of the events' way.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::Context as _;
use falcon_stream::{EventStream, Monitor};
use offset_store::{CloseError, Offsets, State, Writer};
use program_kit::exit::Exit;
use program_kit::stop::GRACE;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::backend::Backend;
use super::dead_letter::{self, Letters};
use super::falcon::{self, Client, Places};
use super::lane::{Lane, Surroundings};
use super::ledger::Ledger;
use super::offsets::{self, Again, FirstOffsets, Telling};
use super::orders::Orders;
use super::reading::{self, Outlet, Reading};
use super::room::Room;
use super::{Running, idle, watching};

/// Until when after a stop what is begun may take. The offsets are yet to be written then.
const FINISH_WITHIN: Duration = Duration::from_secs(5);
/// How long all of a stop may take. The process is ended at [`GRACE`], and before that the admin endpoint has a second for
/// its last answers. What is left after the last delivery is for the offsets: SSM lets through as little as one write a
/// second of the whole account.
const STOP_WITHIN: Duration = GRACE.saturating_sub(Duration::from_millis(1250));
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
    /// Gives back the stream, which is closed last.
    reading: JoinHandle<EventStream>,
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
    again: Again,
    stop: CancellationToken,
) -> anyhow::Result<Exit> {
    let until_idle = running.settings.until_idle;
    let mut tasks = begin(running, loaded, writer, again).await?;
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
async fn begin(running: Running, loaded: &Offsets, writer: Writer, again: Again) -> anyhow::Result<Tasks> {
    let Running { settings, credentials, read_again, aws, readiness } = running;
    let (stop_reading, give_up) = (CancellationToken::new(), CancellationToken::new());
    let (finish, closed) = (CancellationToken::new(), CancellationToken::new());
    let stored = offsets::positions(loaded);
    let places = Places { stored, at_least: settings.events.offset, newest: settings.events.start_from_newest };
    tell_passed_over(&places);
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
        starts_from_newest: places.newest,
        shown: BTreeSet::new(),
        ledger: ledger.clone(),
        reporter: writer.reporter(),
        state: writer.state(),
        health: readiness.part("offsets", "their store"),
    };
    let first = FirstOffsets::new(&places, &writer);
    let release = CancellationToken::new();
    let client = Client { credentials, read_again, aws };
    let stream = falcon::open(&settings, client, places, again, &release)?;
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
        let asked = Instant::now();
        self.stop_reading.cancel();
        let in_order = async {
            let stream = joined("reading", reading.await);
            // All events are with the lanes, and nobody sends more: they end when all is confirmed.
            while let Some(ended) = lanes.join_next().await {
                joined("a backend's task", ended.map(drop));
            }
            joined("dead letter", letters.await);
            stream
        };
        tokio::pin!(in_order);
        let stream = match tokio::time::timeout(FINISH_WITHIN, &mut in_order).await {
            Ok(stream) => stream,
            Err(_) => {
                self.give_up.cancel();
                in_order.await
            }
        };
        self.finish.cancel();
        joined("offsets", telling.await);
        joined("watching", watching.await);
        let counts = ledger.counts();
        let state = writer.state();
        let stored = writer.close(STOP_WITHIN.saturating_sub(asked.elapsed())).await;
        // Only now: as long as the feeds are held, an instance that waits for them waits for their offsets, too.
        if let Some(stream) = stream {
            stream.close().await;
        }
        if reason != Reason::Closed {
            let (received, delivered) = (counts.received, counts.delivered);
            let (filtered, dead_lettered, repeated) = (counts.filtered, counts.dead_lettered, counts.repeated);
            let unfinished = counts.in_flight;
            tracing::info!(?reason, received, delivered, filtered, dead_lettered, repeated, unfinished, "stopped");
        }
        match stored {
            Err(error) => {
                tell_missing(&error, &state.borrow());
                Ok(Exit::Failed)
            }
            Ok(_) if reason == Reason::Idle && counts.dead_lettered > 0 => Ok(Exit::Incomplete),
            Ok(_) => Ok(Exit::Done),
        }
    }
}

/// Names each feed of which `EVENTS_OFFSET` passes over events that are not delivered.
fn tell_passed_over(places: &Places) {
    for (feed, stored) in places.stored.iter().filter(|(_, stored)| **stored < places.at_least) {
        let given = places.at_least;
        tracing::warn!(
            feed,
            stored,
            given,
            "EVENTS_OFFSET is higher than the stored offset of this feed, and wins: the events behind {stored} up to {given} \
             are not read. Take it out of the configuration to go on behind the stored offset; where the feed's offsets have \
             started again, EVENTS_OFFSET is of the old ones"
        );
    }
}

/// Names each offset that is not stored, and what comes of it.
fn tell_missing(error: &CloseError, state: &State) {
    let why = error.last_error.as_ref().map_or_else(|| "there was no time left".to_owned(), ToString::to_string);
    for (feed, offset) in error.missing.iter() {
        let stored = state.stored.get(feed);
        tracing::error!(
            %feed, offset, stored, why,
            "the last offset is not stored: the events behind the stored one are published again after the next start"
        );
    }
    for feed in &error.not_removed {
        let stored = state.stored.get(feed);
        tracing::error!(
            %feed, stored, why,
            "the feed's offsets have started again, and its old offset could not be removed from the store: the next start \
             would pass over its events up to there; before it, run `fig-bridge offsets show`, and store the others again \
             after `fig-bridge offsets reset`"
        );
    }
}

/// A task that has panicked has left its events unconfirmed: they come again.
fn joined<T>(task: &str, ended: Result<T, tokio::task::JoinError>) -> Option<T> {
    ended.inspect_err(|error| tracing::error!(task, %error, "a task has failed")).ok()
}
