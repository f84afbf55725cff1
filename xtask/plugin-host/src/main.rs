//! `plugin-host check PLUGIN`: loads the plugin and checks the properties that Falco, rules and saved captures rely on.
//! `plugin-host sysdig PLUGIN ROOT CT-INGEST FIXTURES EXAMPLE`: runs the plugin in Falco's libraries; see [`sysdig`].
//! `plugin-host exercise PLUGIN FIXTURES`: makes every call that Falco makes; see [`exercise`].
//! `plugin-host measure PLUGIN SOURCE WORK` and `plugin-host idle PLUGIN SOURCE`: measures the plugin; see [`measure`].
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a command for people")]

mod exercise;
mod measure;
mod rules;
mod sysdig;

use anyhow::{Context, Result, bail, ensure};
use plugin_host::{Library, Plugin};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The plugin's name and number, with which rules and captures of the original go on working.
const NAME: &str = "cloudtrail";
const ID: u32 = 2;
const SOURCE: &str = "aws_cloudtrail";
/// The oldest API version, which is also the original's: Falco 0.41.
const API: &str = "3.11.0";
/// The number of fields of the original 0.17.1. New ones come after them.
const ORIGINAL_FIELDS: usize = 73;

const USAGE: &str = "plugin-host check PLUGIN | sysdig PLUGIN ROOT CT-INGEST FIXTURES EXAMPLE | exercise PLUGIN FIXTURES | \
                     measure PLUGIN SOURCE WORK | idle PLUGIN SOURCE";

fn main() -> Result<()> {
    let mut args = std::env::args_os().skip(1).map(PathBuf::from);
    let command = args.next().unwrap_or_default();
    let rest: Vec<PathBuf> = args.collect();
    match (command.to_str(), rest.as_slice()) {
        (Some("check"), [plugin]) => check(plugin),
        (Some("sysdig"), [plugin, root, ct_ingest, fixtures, example]) => {
            let sysdig = sysdig::Sysdig::new(root, plugin);
            sysdig::compare(&sysdig, ct_ingest, &fixtures.join("cloudtrail"))?;
            rules::try_all(&sysdig, &example.join("trailbridge_rules.yaml"), &fixtures.join("falco-rules"))
        }
        (Some("exercise"), [plugin, fixtures]) => exercise::all(plugin, fixtures),
        (Some("measure"), [plugin, source, work]) => measure::read(plugin, text(source)?, text(work)?),
        (Some("idle"), [plugin, source]) => measure::idle(plugin, text(source)?),
        _ => bail!("usage: {USAGE}"),
    }
}

/// Returns an argument that is not a path.
fn text(argument: &Path) -> Result<&str> {
    argument.to_str().context("an argument is not UTF-8")
}

fn check(path: &Path) -> Result<()> {
    let library = Library::load(path)?;
    ensure!(library.name() == NAME, "the name is {}, not {NAME}", library.name());
    ensure!(library.id() == ID, "the id is {}, not {ID}", library.id());
    ensure!(library.source() == SOURCE, "the source is {}, not {SOURCE}", library.source());
    let api = library.required_api_version();
    ensure!(api == API, "it needs API {api}, not {API}");
    let version = library.version();
    let numbers: Option<Vec<u64>> = version.split('.').map(|number| number.parse().ok()).collect();
    ensure!(numbers.is_some_and(|it| it.len() == 3 && it >= vec![0, 17, 1]), "version {version}: 0.17.1 or newer");
    let fields = fields(&library.fields_json())?;
    let schema: Value = serde_json::from_str(&library.init_schema()).context("the init schema")?;
    ensure!(schema.get("properties").is_some_and(Value::is_object), "the init schema names no keys");
    let plugin = Plugin::init(&library, "{}").map_err(anyhow::Error::msg).context("init")?;
    ensure!(plugin.open("/nonexistent").is_err(), "it opens a missing file");
    println!("{NAME} {version}, id {ID}, source {SOURCE}, API {API}, {fields} fields");
    Ok(())
}

/// Compares the fields with field-extract's table, which `cargo test` compares with the original's, and returns their
/// number.
fn fields(json: &str) -> Result<usize> {
    let fields: Vec<Value> = serde_json::from_str(json).context("get_fields")?;
    let table: Vec<Value> = serde_json::from_str(&field_extract::fields_json()).context("the table")?;
    ensure!(fields.len() >= ORIGINAL_FIELDS, "{} fields, {ORIGINAL_FIELDS} at least", fields.len());
    for (field, row) in fields.iter().zip(&table) {
        ensure!(field == row, "the field {field} is not the table's {row}");
    }
    ensure!(fields.len() == table.len(), "{} fields, not {}", fields.len(), table.len());
    Ok(fields.len())
}
