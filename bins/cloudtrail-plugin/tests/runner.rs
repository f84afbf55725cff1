//! The plugin in the SDK's own runner, in this process, dropped again and again in the middle of its work: events are
//! handed out again until Falco has asked for the next batch.
//!
//! `PLUGIN_DROPS=100` runs the long form.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails where its set-up does")]
#![allow(missing_docs, reason = "the runner's macro makes a public item")]

mod common;
#[path = "common/world.rs"]
mod world;

use anyhow::{Error, Result};
use cloudtrail::Cloudtrail;
use falco_plugin::api::{ss_plugin_extract_field, ss_plugin_extract_value_offsets};
use falco_plugin::base::Plugin;
use falco_plugin::event::PluginEvent;
use falco_plugin::event::events::Event;
use falco_plugin::extract::{EventInput, ExtractFieldInfo, ExtractPlugin};
use falco_plugin::source::{EventBatch, SourcePlugin, SourcePluginInstance};
use falco_plugin::static_plugin;
use falco_plugin::tables::{LazyTableReader, TablesInput};
use falco_plugin_runner::{CapturingPluginRunner, ExtractedField, PluginRunner, ScapStatus};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{CStr, CString};
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;
use world::{RECORDS, World, ids, wait_for};

/// Messages for each drop.
const MESSAGES: usize = 8;
/// The source to open, because the runner passes no parameters.
static PARAMS: Mutex<String> = Mutex::new(String::new());
/// The number of calls for a batch.
static ASKED: AtomicUsize = AtomicUsize::new(0);

/// The plugin, with the parameters of the test.
struct Opened(Cloudtrail);

/// The plugin's source, which counts the calls.
struct Counted(<Cloudtrail as SourcePlugin>::Instance);

static_plugin!(OPENED_PLUGIN = Opened);

impl Plugin for Opened {
    const NAME: &'static CStr = Cloudtrail::NAME;
    const PLUGIN_VERSION: &'static CStr = Cloudtrail::PLUGIN_VERSION;
    const DESCRIPTION: &'static CStr = Cloudtrail::DESCRIPTION;
    const CONTACT: &'static CStr = Cloudtrail::CONTACT;
    type ConfigType = <Cloudtrail as Plugin>::ConfigType;

    fn new(tables: Option<&TablesInput<'_>>, config: Self::ConfigType) -> Result<Self> {
        Cloudtrail::new(tables, config).map(Self)
    }
}

impl SourcePlugin for Opened {
    type Instance = Counted;
    const EVENT_SOURCE: &'static CStr = Cloudtrail::EVENT_SOURCE;
    const PLUGIN_ID: u32 = Cloudtrail::PLUGIN_ID;
    type Event<'a> = Event<PluginEvent<&'a [u8]>>;

    fn open(&mut self, _params: Option<&str>) -> Result<Counted> {
        self.0.open(Some(PARAMS.lock().unwrap().as_str())).map(Counted)
    }

    fn close(&mut self, source: &mut Counted) {
        self.0.close(&mut source.0);
    }

    fn event_to_string(&mut self, event: &EventInput<'_, Self::Event<'_>>) -> Result<CString> {
        self.0.event_to_string(event)
    }
}

impl SourcePluginInstance for Counted {
    type Plugin = Opened;

    fn next_batch(&mut self, plugin: &mut Opened, batch: &mut EventBatch<'_>) -> Result<(), Error> {
        ASKED.fetch_add(1, SeqCst);
        self.0.next_batch(&mut plugin.0, batch)
    }
}

impl ExtractPlugin for Opened {
    type Event<'a> = Event<PluginEvent<&'a [u8]>>;
    type ExtractContext = ();
    const EXTRACT_FIELDS: &'static [ExtractFieldInfo<Self>] = &[];

    fn get_fields() -> &'static CStr {
        Cloudtrail::get_fields()
    }

    fn extract_fields<'a>(
        &'a mut self,
        event: &EventInput<'a, <Self as ExtractPlugin>::Event<'a>>,
        tables: &LazyTableReader<'_>,
        fields: &mut [ss_plugin_extract_field],
        offsets: Option<&mut ss_plugin_extract_value_offsets>,
        storage: &'a bumpalo::Bump,
    ) -> Result<(), Error> {
        self.0.extract_fields(event, tables, fields, offsets, storage)
    }
}

fn start(init: &str) -> CapturingPluginRunner {
    let mut runner = PluginRunner::new();
    runner.register_plugin(&OPENED_PLUGIN, &CString::new(init).unwrap()).unwrap();
    runner.start_capture().unwrap()
}

/// Returns the next event's id and the call that returned it.
fn next(runner: &mut CapturingPluginRunner) -> Option<(String, usize)> {
    match runner.next_event() {
        Ok(event) => {
            let call = ASKED.load(SeqCst);
            let Some(Ok(ExtractedField::String(id))) = runner.extract_field(&event, "ct.id") else {
                unreachable!("every record has an id")
            };
            Some((id.into_string().unwrap(), call))
        }
        Err(error) if error.downcast_ref() == Some(&ScapStatus::Timeout) => None,
        Err(error) => unreachable!("{error}"),
    }
}

/// Returns the messages whose records all came with calls before the last one.
fn complete(taken: &[(String, usize)]) -> impl Iterator<Item = String> {
    let last = ASKED.load(SeqCst);
    let mut of_message = BTreeMap::<String, BTreeSet<&str>>::new();
    for (id, _) in taken.iter().filter(|(_, call)| *call < last) {
        of_message.entry(id.split_once('-').unwrap().0.to_owned()).or_default().insert(id);
    }
    of_message.into_iter().filter(|(_, ids)| ids.len() == RECORDS).map(|(message, _)| message)
}

#[test]
fn nothing_is_lost_however_often_it_is_dropped() {
    let rounds = std::env::var("PLUGIN_DROPS").map_or(10, |text| text.parse().unwrap());
    let world = World::with_queue("plugin-dropped", 2);
    "sqs://plugin-dropped".clone_into(&mut PARAMS.lock().unwrap());
    let init = world.init(json!({"s3DownloadConcurrency": 4}));
    let (mut seen, mut may_be_deleted) = (BTreeSet::new(), BTreeSet::new());
    // Send all first: moto may lose a message that is sent while another is being deleted.
    (0..rounds * MESSAGES).for_each(|number| world.log_and_message(number));
    for _ in 0..rounds {
        let mut runner = start(&init);
        let mut taken = Vec::new();
        // From nothing to more than all events, spread over the rounds.
        let (wanted, mut empty) = (fastrand::usize(0..MESSAGES * RECORDS * 3 / 2), 0);
        while taken.len() < wanted && empty < 20 {
            match next(&mut runner) {
                Some(event) => taken.push(event),
                None => empty += 1,
            }
        }
        drop(runner);
        may_be_deleted.extend(complete(&taken));
        seen.extend(taken.into_iter().map(|(id, _)| id));
        // While messages become visible, moto counts too few for a moment, or some twice. Deleted messages do not come
        // back.
        let least = rounds * MESSAGES - may_be_deleted.len();
        wait_for("no more deleted than may be", || world.messages() >= least);
    }
    let expected: BTreeSet<String> = (0..rounds * MESSAGES).flat_map(ids).collect();
    let mut runner = start(&init);
    wait_for("all events", || {
        // Receive all visible messages; the wait is for messages that are still hidden.
        seen.extend(std::iter::from_fn(|| next(&mut runner)).map(|(id, _)| id));
        seen.len() == expected.len()
    });
    assert_eq!(seen, expected);
    wait_for("an empty queue", || std::iter::from_fn(|| next(&mut runner)).count() == 0 && world.messages() == 0);
    std::thread::sleep(Duration::from_millis(10));
    assert!(next(&mut runner).is_none());
}
