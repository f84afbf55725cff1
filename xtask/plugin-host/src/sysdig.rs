//! Compares the plugin in sysdig with ct-ingest: the same events and the same answers.

use anyhow::{Context, Result, bail, ensure};
use field_extract::fields;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Debian's name of the architecture and its loader, in the unpacked tree.
const LOADERS: [(&str, &str); 2] =
    [("x86_64-linux-gnu", "usr/lib64/ld-linux-x86-64.so.2"), ("aarch64-linux-gnu", "usr/lib/ld-linux-aarch64.so.1")];
/// The plugin's configuration, with which it emits all records that ct-ingest prints.
const INIT: &str = r#"{"emitInsights":true}"#;

/// An event's fields by name. Absent ones are missing or null.
type Event = Map<String, Value>;

/// The unpacked sysdig, with the plugin.
pub(crate) struct Sysdig {
    root: PathBuf,
    plugin: PathBuf,
}

impl Sysdig {
    pub(crate) fn new(root: &Path, plugin: &Path) -> Self {
        Self { root: root.to_owned(), plugin: plugin.to_owned() }
    }

    /// Returns these fields of the events in `source` that the filter passes, one object for each event.
    pub(crate) fn events(&self, source: &Path, fields: &[&str], filter: &str) -> Result<Vec<Event>> {
        let (machine, loader) = LOADERS
            .into_iter()
            .find(|(_, loader)| self.root.join(loader).exists())
            .context("sysdig's tree has no known loader")?;
        let mut command = Command::new(self.root.join(loader));
        command
            .arg("--library-path")
            .arg(self.root.join("usr/lib").join(machine))
            .arg(self.root.join("usr/bin/sysdig"));
        // With the star, sysdig prints events that lack a field as well.
        let format: Vec<String> = fields.iter().map(|field| format!("%{field}")).collect();
        command
            .arg("-H")
            .arg(format!("{}:{INIT}", self.plugin.display()))
            .arg("-I")
            .arg(format!("cloudtrail:{}", source.display()));
        command.args(["-j", "-p", &format!("*{}", format.join(" ")), filter]);
        lines(&mut command).with_context(|| format!("sysdig, filter {filter:?}"))
    }

    /// Returns the ids of the events that the filter passes.
    pub(crate) fn ids(&self, source: &Path, filter: &str) -> Result<Vec<String>> {
        self.events(source, &["ct.id"], filter)?.iter().map(|event| text(event, "ct.id").context("no ct.id")).collect()
    }
}

/// Runs a command that prints JSON objects, one per line.
fn lines(command: &mut Command) -> Result<Vec<Event>> {
    let output = command.output()?;
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "{}: {complaint}", output.status);
    let mut events = Vec::new();
    for line in output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let event = serde_json::from_slice(line);
        events.push(event.with_context(|| format!("{}\n{complaint}", String::from_utf8_lossy(line)))?);
    }
    Ok(events)
}

fn text(event: &Event, field: &str) -> Option<String> {
    event.get(field)?.as_str().map(str::to_owned)
}

/// Filters, each with the same condition in ct-ingest's fields.
type Meaning = (&'static str, fn(&Event) -> bool);

const FILTERS: &[Meaning] = &[
    ("ct.name=ConsoleLogin and not ct.error exists", |it| {
        is(it, "ct.name", "ConsoleLogin") && !it.contains_key("ct.error")
    }),
    ("ct.error exists", |it| it.contains_key("ct.error")),
    ("ct.shortsrc=s3 and ct.readonly=false", |it| is(it, "ct.shortsrc", "s3") && is(it, "ct.readonly", "false")),
    ("ct.user in (alice, bob)", |it| is(it, "ct.user", "alice") || is(it, "ct.user", "bob")),
    ("ct.useragent contains aws", |it| text(it, "ct.useragent").is_some_and(|it| it.contains("aws"))),
    ("s3.uri startswith s3://reports", |it| text(it, "s3.uri").is_some_and(|it| it.starts_with("s3://reports"))),
    ("s3.bytes > 2000", |it| it.get("s3.bytes").and_then(Value::as_u64).is_some_and(|it| it > 2000)),
    ("s3.cnt.other=1", |it| it.get("s3.cnt.other") == Some(&1.into())),
    ("ec2.imageids[0] in (ami-0aaa)", |it| images(it).next().is_some_and(|it| it == "ami-0aaa")),
    ("ec2.imageids[1] in (ami-0bbb)", |it| images(it).nth(1).is_some_and(|it| it == "ami-0bbb")),
    ("ec2.imageids intersects (ami-0bbb, ami-0ccc)", |it| images(it).any(|it| it == "ami-0bbb" || it == "ami-0ccc")),
    ("evt.pluginname=cloudtrail", |_| true),
];

fn is(event: &Event, field: &str, value: &str) -> bool {
    event.get(field).and_then(Value::as_str) == Some(value)
}

fn images(event: &Event) -> impl Iterator<Item = &str> {
    event.get("ec2.imageids").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// Compares the answers for everything in a folder.
pub(crate) fn compare(sysdig: &Sysdig, ct_ingest: &Path, folder: &Path) -> Result<()> {
    let mut ours = lines(Command::new(ct_ingest).args(["--quiet", "--fields", "all"]).arg(folder))?;
    let info = Command::new(ct_ingest).args(["--quiet", "--format", "info"]).arg(folder).output()?;
    let info = String::from_utf8(info.stdout)?;
    ensure!(info.lines().count() == ours.len(), "{} lines of info, {} records", info.lines().count(), ours.len());
    for (event, line) in ours.iter_mut().zip(info.lines()) {
        // The time comes before what Falco shows.
        let (_, line) = line.split_once(' ').unwrap_or_default();
        event.insert("evt.plugininfo".to_owned(), line.into());
    }
    ours.retain(|event| event.contains_key("ct.time"));

    let mut names: Vec<&str> = fields().iter().map(|field| field.name).collect();
    names.extend(["ec2.imageids[0]", "evt.plugininfo"]);
    let theirs = sysdig.events(folder, &names, "")?;
    ensure!(theirs.len() == ours.len() && !ours.is_empty(), "{} events, not {}", theirs.len(), ours.len());
    let mut values = 0;
    for (number, (event, expected)) in theirs.iter().zip(&ours).enumerate() {
        for name in &names {
            let expected = expected_value(expected, name);
            let value = event.get(*name).filter(|value| !value.is_null());
            ensure!(value == expected.as_ref(), "event {number}: {name} is {value:?}, not {expected:?}");
            values += usize::from(value.is_some());
        }
    }
    println!("sysdig: {} events and {values} values as ct-ingest's", theirs.len());
    for (filter, meaning) in FILTERS {
        let expected: Vec<String> = ours.iter().filter(|it| meaning(it)).filter_map(|it| text(it, "ct.id")).collect();
        let found = sysdig.ids(folder, filter)?;
        if expected.is_empty() {
            bail!("{filter}: it passes no event of {}", folder.display());
        }
        ensure!(found == expected, "{filter}: {found:?}, not {expected:?}");
        println!("sysdig: {} events are {filter}", found.len());
    }
    Ok(())
}

/// Returns ct-ingest's answer for a field as sysdig names it. sysdig gives a field with an index as a list of one.
fn expected_value(event: &Event, name: &str) -> Option<Value> {
    if name == "ec2.imageids[0]" {
        return images(event).next().map(|image| vec![image].into());
    }
    event.get(name).cloned()
}
