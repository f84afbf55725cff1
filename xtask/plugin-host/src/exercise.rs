//! Everything that Falco does with a plugin, for a checker of memory to watch: `cargo xtask test-valgrind`.
//!
//! Every answer is compared with field-extract's own, so that every byte of it is looked at.

use anyhow::{Context, Result, ensure};
use field_extract::{Index, Value, fields};
use plugin_host::{Answer, Batch, Failure, InPlace, Library, Offsets, Plugin, Request, Source};
use std::net::TcpListener;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// How often everything is read again while another thread asks for metrics.
const PASSES: usize = 10;
/// Initial configurations that are refused, and what the error names.
const REFUSED: &[(&str, &str)] = &[
    ("", "config"),
    ("nonsense", "config"),
    ("[]", "must be a JSON object"),
    (r#"{"sqsDelete":1,"s3DownloadConcurrency":0,"aws":{"region":7}}"#, "aws.region"),
    (r#"{"s3Interval":"soon","s3AccountList":"1","sqsOwnerAccount":1.5}"#, "sqsOwnerAccount"),
];
/// How many of the plugin's waits, of 30 ms each, a first batch may take.
const MOST_WAITS: usize = 1000;
/// Open parameters that are refused.
const NOT_OPENED: &[&str] = &["", "-", "/no/such/file", "/dev/null", "s3://", "s3://b/../", "sqs://", "sqs://a b"];

/// What was looked at.
#[derive(Default)]
struct Seen {
    events: usize,
    values: usize,
    places: usize,
}

/// Does everything once.
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
    println!("{} events, {} values, {} places in events: all as they should be", seen.events, seen.values, seen.places);
    Ok(())
}

fn init<'l>(library: &'l Library, config: &str) -> Result<Plugin<'l>> {
    Plugin::init(library, config).map_err(anyhow::Error::msg).context("init")
}

/// Errors of init and of a new configuration, after which the plugin goes on.
fn refused(library: &Library) -> Result<()> {
    let plugin = init(library, r#"{"S3Interval":"5d","sqsOwnerAccount":111122223333.0}"#)?;
    for (config, named) in REFUSED {
        for error in [Plugin::init(library, config).err(), plugin.set_config(config).err()] {
            let error = error.with_context(|| format!("{config:?} is taken"))?;
            ensure!(error.contains(named), "{config:?}: {error:?} does not name {named}");
        }
    }
    plugin.set_config("{}").map_err(anyhow::Error::msg)
}

/// Reads a folder to its end, and asks for everything of each event.
fn read(plugin: &Plugin<'_>, folder: &Path, seen: &mut Seen) -> Result<()> {
    let mut source = plugin.open(&folder.display().to_string()).map_err(anyhow::Error::msg)?;
    let mut wrong = Ok(());
    let mut index = Index::new();
    loop {
        let (percent, text) = source.progress();
        ensure!(percent <= 10_000 && text.is_some_and(|text| text.ends_with("MB")), "a progress of {percent}");
        match source.next_in_place() {
            Ok(batch) => {
                for event in batch.iter() {
                    index.reset();
                    wrong = wrong.and_then(|()| ask(plugin, event, &mut index, seen));
                }
            }
            Err(Failure::Timeout) => {}
            Err(Failure::End) => return wrong.with_context(|| folder.display().to_string()),
            Err(Failure::Fatal(error)) => anyhow::bail!("{}: {error}", folder.display()),
        }
    }
}

/// Asks for the summary, and for every field: each in a call of its own, with and without its place, and all at once.
fn ask(plugin: &Plugin<'_>, event: InPlace<'_>, index: &mut Index, seen: &mut Seen) -> Result<()> {
    let record = event.payload();
    seen.events += 1;
    ensure!(index.time_if_emitted(record).ok() == Some(event.time()), "the time is {}", event.time());
    let mut line = Vec::new();
    let line = index.info(record, &mut line).map_or_else(|error| error.to_string().into_bytes(), |()| line);
    let summary = plugin.event_to_string(event).context("no summary")?;
    ensure!(summary.as_bytes() == String::from_utf8_lossy(&line).as_bytes(), "the summary is {summary}");
    let requests: Vec<Request> = fields().iter().filter_map(|field| Request::of(field.name, None)).collect();
    let together = plugin.extract(event, &requests, true);
    for ((field, request), (answer, _)) in fields().iter().zip(&requests).zip(&together) {
        let expected = index.get(record, field, None);
        let one = |offsets| plugin.extract(event, std::slice::from_ref(request), offsets).pop();
        let (bare, with_place) = (one(false).context("no answer")?, one(true).context("no answer")?);
        let same = [answer, &bare.0, &with_place.0].iter().all(|it| is(it, expected.as_ref()));
        ensure!(same, "{}: {answer:?}, {bare:?}, {with_place:?}", field.name);
        ensure!(stands(event, &with_place), "{}: stands elsewhere", field.name);
        seen.values += usize::from(*answer != Answer::None);
        seen.places += usize::from(with_place.1.is_some());
    }
    Ok(())
}

fn is(answer: &Answer, expected: Option<&Value<'_>>) -> bool {
    match (answer, expected) {
        (Answer::None, None) => true,
        (Answer::Number(found), Some(Value::Number(number))) => found == number,
        (Answer::Strings(found), Some(Value::Text(text))) => found.iter().eq([text.as_bytes()]),
        (Answer::Strings(found), Some(Value::List(list))) => found.iter().eq(list.iter().map(|text| text.as_bytes())),
        _ => false,
    }
}

/// Whether the value stands where it is said to.
fn stands(event: InPlace<'_>, (answer, place): &(Answer, Offsets)) -> bool {
    let Some((start, length)) = *place else { return true };
    let end = u64::from(start) + u64::from(length);
    let text = event.bytes().get(start as usize..usize::try_from(end).unwrap_or(usize::MAX));
    matches!(answer, Answer::Strings(found) if text.is_some_and(|text| found.iter().eq([text])))
}

/// How many events the first batch has. Under valgrind, reading begins later than the plugin's wait ends.
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

/// Two sources of a plugin and two plugins at the same time; closed in the middle, and opened again.
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

/// Metrics from another thread, while events are read and asked.
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

/// A bucket and a queue behind a port where nobody is: the network's threads start, try again and end.
fn unreachable_services(library: &Library) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let endpoint = format!("http://{}", listener.local_addr()?);
    drop(listener);
    let folder = std::env::temp_dir().join(format!("plugin-host-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let done = at_nobody(library, &folder, &endpoint);
    std::fs::remove_dir_all(&folder)?;
    done
}

fn at_nobody(library: &Library, folder: &Path, endpoint: &str) -> Result<()> {
    let [config, credentials] = ["config", "credentials"].map(|name| folder.join(name));
    std::fs::write(&config, format!("[profile none]\nendpoint_url = {endpoint}\n"))?;
    std::fs::write(&credentials, "[none]\naws_access_key_id = none\naws_secret_access_key = none\n")?;
    let aws =
        serde_json::json!({"profile": "none", "region": "us-east-1", "config": config, "credentials": credentials});
    let plugin = init(library, &serde_json::json!({ "aws": aws }).to_string())?;
    for params in ["s3://bucket/prefix", "sqs://queue"] {
        let mut source = plugin.open(params).map_err(anyhow::Error::msg)?;
        ensure!(matches!(source.next_batch(), Err(Failure::Timeout)), "{params} gives something");
    }
    Ok(())
}
