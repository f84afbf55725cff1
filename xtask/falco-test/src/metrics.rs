//! Compares the plugin's metrics in Falco's own rule, for Prometheus and in the documentation.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;
use serde_json::Value;

use crate::case::Folder;
use crate::falco::{Falco, NO_SYSCALLS, PATIENCE};
use crate::services::Services;
use crate::world::World;

/// The page for users. It has a line for each metric, which begins with its names: in the rule, and for Prometheus.
const PAGE: &str = "bins/cloudtrail-plugin/docs/metrics.md";
const RULE_PREFIX: &str = "plugins.cloudtrail.";
const PROMETHEUS_PREFIX: &str = "falcosecurity_plugins_cloudtrail_";
/// A file whose records fire a rule.
const FIRES: &str = "fixtures/falco-rules/mfa-deactivated.fires.json";
/// The interval of the metrics in Falco's own rule: the shortest possible.
const INTERVAL: Duration = Duration::from_millis(100);
const MORE: &str = "\
metrics: {enabled: true, interval: 100ms, output_rule: true, plugins_metrics_enabled: true, include_empty_values: true}
webserver: {enabled: true, listen_address: 127.0.0.1, listen_port: {port}, prometheus_metrics_enabled: true}";

pub(crate) async fn run(world: Arc<World>, folder: Folder) -> Result<()> {
    let services = Services::start().await?;
    let fires = fs::read(world.root.join(FIRES)).context(FIRES)?;
    let key = services.put("logs", "111122223333", fires)?;
    services.queue("logs", "logs", vec![key.clone()]);
    let port = free_port()?;
    let config = folder.config(&world, "open_params: sqs://logs", &MORE.replace("{port}", &port.to_string()))?;
    let mut falco = Falco::start(&world, &config, NO_SYSCALLS, &services.environment())?;
    services.deleted("logs", 1).await?;
    // Falco collects metrics when an event comes, and not while a source is idle.
    tokio::time::sleep(INTERVAL * 3).await;
    services.queue("logs", "logs", vec![key]);
    let counted = format!("\"{RULE_PREFIX}n_messages_deleted\":1");
    falco.prints("the metrics of a deleted message", |output| output.contains(&counted)).await?;
    let text = tokio::task::spawn_blocking(move || page(port)).await??;
    falco.signal(Signal::TERM)?;
    let output = falco.ends_well().await?;

    let documented = fs::read_to_string(world.root.join(PAGE)).context(PAGE)?;
    let column = |number| column(&documented, number);
    let (in_rule, for_prometheus) = (in_rule(&output)?, for_prometheus(&text));
    ensure!(in_rule == column(0), "{PAGE}, in the rule: {in_rule:?} are not {:?}", column(0));
    ensure!(for_prometheus == column(1), "{PAGE}, for Prometheus: {for_prometheus:?} are not {:?}", column(1));
    Ok(())
}

/// Returns the names in one column of the page's table.
fn column(page: &str, number: usize) -> BTreeSet<String> {
    let lines = page.lines().filter(|line| line.starts_with("- `"));
    // Between names there is text, and before the first one, too.
    lines.filter_map(|line| line.split('`').nth(2 * number + 1)).map(str::to_owned).collect()
}

/// Returns the names in the latest of Falco's own alerts.
fn in_rule(output: &str) -> Result<BTreeSet<String>> {
    let alert = output.lines().rev().find(|line| line.starts_with('{') && line.contains(RULE_PREFIX));
    let alert: Value = serde_json::from_str(alert.context("no alert has the metrics")?)?;
    let fields = alert.get("output_fields").and_then(Value::as_object).context("an alert without output_fields")?;
    Ok(fields.keys().filter(|name| name.starts_with(RULE_PREFIX)).cloned().collect())
}

/// Returns the names on the page for Prometheus, and checks that each is a counter.
fn for_prometheus(text: &str) -> BTreeSet<String> {
    let names = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter"));
    names.filter(|name| name.starts_with(PROMETHEUS_PREFIX)).map(str::to_owned).collect()
}

/// Returns an answer of Falco's web server.
fn page(port: u16) -> Result<String> {
    let mut server = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).context("Falco's web server")?;
    server.set_read_timeout(Some(PATIENCE.min(Duration::from_secs(30))))?;
    server.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut text = String::new();
    server.read_to_string(&mut text).context("Falco's web server")?;
    Ok(text)
}

/// Returns a free port.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
