//! Sources that are read over the network, from a port without a listener.

use anyhow::{Result, ensure};
use plugin_host::{Failure, Library, Plugin};
use std::net::TcpListener;
use std::path::Path;

/// A bucket and a queue on a port without a listener: the network's threads start, try again and end.
pub(super) fn unreachable_services(library: &Library) -> Result<()> {
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
    let plugin = Plugin::init(library, &serde_json::json!({ "aws": aws }).to_string()).map_err(anyhow::Error::msg)?;
    for params in ["s3://bucket/prefix", "sqs://queue"] {
        let mut source = plugin.open(params).map_err(anyhow::Error::msg)?;
        ensure!(matches!(source.next_batch(), Err(Failure::Timeout)), "{params} has events");
    }
    Ok(())
}
