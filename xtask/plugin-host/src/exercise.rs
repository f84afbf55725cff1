//! Makes every call that Falco makes to a plugin, for a memory checker: `cargo xtask test-valgrind`.
//!
//! It compares every answer with field-extract's own, so that every byte of it is read.

mod answers;
mod network;

use answers::{Seen, ask};
use anyhow::{Context, Result, ensure};
use field_extract::Scratch;
use network::unreachable_services;
use plugin_host::{Batch, Failure, Library, Plugin, Request, Source};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// The number of times that everything is read again while another thread asks for metrics.
const PASSES: usize = 10;
/// Initial configurations that the plugin refuses, with a part of the error.
const REFUSED: &[(&str, &str)] = &[
    ("", "config"),
    ("nonsense", "config"),
    ("[]", "must be a JSON object"),
    (r#"{"sqsDelete":1,"s3DownloadConcurrency":0,"aws":{"region":7}}"#, "aws.region"),
    (r#"{"s3Interval":"soon","s3AccountList":"1","sqsOwnerAccount":1.5}"#, "sqsOwnerAccount"),
];
/// The number of the plugin's waits, of 30 ms each, in which the first batch must come.
const MOST_WAITS: usize = 1000;
/// Open parameters that the plugin refuses.
const NOT_OPENED: &[&str] =
    &["", "-", "/no/such/file", "/dev/null", "s3://", "s3://b/../", "sqs://", "sqs://a b", "cwl://"];

/// Makes all calls once.
pub(crate) fn all(library: &Path, fixtures: &Path) -> Result<()> {
    crate::check(library)?;
    let library = Library::load(library)?;
    ensure!(!library.init_schema().is_empty() && !library.fields_json().is_empty(), "no schema, or no fields");
    refused(&library)?;
    let plugin = init(&library, "{}")?;
    ensure!(plugin.list_open_params().contains("s3://"), "no open parameters");
    for params in NOT_OPENED {
        ensure!(plugin.open(params).is_err(), "{params} is opened");
    }
    let mut seen = Seen::default();
    for folder in ["cloudtrail", "broken", "falco-rules"] {
        read(&plugin, &fixtures.join(folder), &mut seen)?;
    }
    let logs = fixtures.join("cloudtrail").display().to_string();
    two_at_once(&library, &plugin, &logs)?;
    under_load(&plugin, &logs)?;
    unreachable_services(&library)?;
    let panics = plugin.metrics().get().into_iter().find(|(name, _)| name == "n_panics");
    ensure!(panics.is_some_and(|(_, count)| count == 0), "the plugin has panicked");
    println!("{} events, {} values, {} ranges in events: all correct", seen.events, seen.values, seen.places);
    Ok(())
}

fn init<'l>(library: &'l Library, config: &str) -> Result<Plugin<'l>> {
    Plugin::init(library, config).map_err(anyhow::Error::msg).context("init")
}

/// Checks errors of init and of a new configuration. The plugin goes on after them.
fn refused(library: &Library) -> Result<()> {
    let plugin = init(library, r#"{"S3Interval":"5d","sqsOwnerAccount":111122223333.0}"#)?;
    for (config, named) in REFUSED {
        for error in [Plugin::init(library, config).err(), plugin.set_config(config).err()] {
            let error = error.with_context(|| format!("{config:?} is accepted"))?;
            ensure!(error.contains(named), "{config:?}: {error:?} does not name {named}");
        }
    }
    plugin.set_config("{}").map_err(anyhow::Error::msg)
}

/// Reads a folder to its end, and asks for all fields of each event.
fn read(plugin: &Plugin<'_>, folder: &Path, seen: &mut Seen) -> Result<()> {
    let mut source = plugin.open(&folder.display().to_string()).map_err(anyhow::Error::msg)?;
    let mut wrong = Ok(());
    let mut scratch = Scratch::new();
    loop {
        let (percent, text) = source.progress();
        ensure!(percent <= 10_000 && text.is_some_and(|text| text.ends_with("MB")), "a progress of {percent}");
        match source.next_in_place() {
            Ok(batch) => {
                for event in batch.iter() {
                    wrong = wrong.and_then(|()| ask(plugin, event, &mut scratch, seen));
                }
            }
            Err(Failure::Timeout) => {}
            Err(Failure::End) => return wrong.with_context(|| folder.display().to_string()),
            Err(Failure::Fatal(error)) => anyhow::bail!("{}: {error}", folder.display()),
        }
    }
}

/// Returns the number of events in the first batch. Under valgrind, reading starts later than the plugin's wait ends.
fn first_batch(source: &mut Source<'_>) -> Result<usize> {
    for _ in 0..MOST_WAITS {
        match source.next_batch() {
            Ok(batch) => return Ok(batch.len()),
            Err(Failure::Timeout) => {}
            Err(failure) => anyhow::bail!("no first batch: {failure:?}"),
        }
    }
    anyhow::bail!("no first batch after {MOST_WAITS} waits")
}

/// Reads two sources of a plugin and two plugins at the same time, closes them in the middle, and opens them again.
fn two_at_once(library: &Library, plugin: &Plugin<'_>, logs: &str) -> Result<()> {
    let other = init(library, "{}")?;
    let open = |plugin| Plugin::open(plugin, logs).map_err(anyhow::Error::msg);
    let [mut first, mut second, mut third] = [open(plugin)?, open(plugin)?, open(&other)?];
    let mut begun = Vec::new();
    for source in [&mut first, &mut second, &mut third] {
        begun.push(first_batch(source)?);
    }
    drop(first);
    let rest = [second, third].map(|mut source| source.drain());
    let whole = open(plugin)?.drain().map_err(anyhow::Error::msg)?.len();
    for (begun, rest) in begun.iter().skip(1).zip(&rest) {
        let count = begun + rest.as_ref().map_or(0, Vec::len);
        ensure!(count == whole, "{count} events, not {whole}");
    }
    Ok(())
}

/// Asks for metrics in another thread, while events are read and asked for fields.
fn under_load(plugin: &Plugin<'_>, logs: &str) -> Result<()> {
    let (metrics, done) = (plugin.metrics(), &AtomicBool::new(false));
    std::thread::scope(|scope| {
        let asked = scope.spawn(move || {
            let mut asked = 0;
            while !done.load(Ordering::Relaxed) {
                asked += metrics.get().len();
            }
            asked
        });
        let name = Request::of("ct.name", None).context("no field ct.name");
        let read = name.and_then(|name| {
            for _ in 0..PASSES {
                let mut source = plugin.open(logs).map_err(anyhow::Error::msg)?;
                let each = |batch: Batch<'_>| batch.iter().for_each(|event| drop(plugin.extract(event, &[name], true)));
                source.each_batch(each).map_err(anyhow::Error::msg)?;
            }
            Ok(())
        });
        done.store(true, Ordering::Relaxed);
        ensure!(asked.join().is_ok_and(|asked| asked > 0), "no metrics");
        read
    })
}
