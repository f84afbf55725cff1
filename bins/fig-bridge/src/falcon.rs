//! The Falcon API client's configuration.

use crate::config::kinds::Region;
use crate::config::settings::{Credentials, Settings};
use falcon_stream::{Config, ConfigBuilder};
use program_kit::{certificates, proxy};

/// Returns the parts that every use of the API needs. The caller adds event types and offsets.
pub(crate) fn config(settings: &Settings, credentials: &Credentials) -> ConfigBuilder {
    let falcon = &settings.falcon;
    let mut builder = Config::builder(credentials.client_id.clone(), credentials.client_secret.clone())
        .app_id(falcon.application_id.clone())
        .user_agent(&user_agent(settings));
    builder = match named(falcon.region) {
        Some(region) => builder.region(region),
        None => builder.discover_region(),
    };
    if let Some(url) = &falcon.base_url {
        builder = builder.base_url(url.as_str());
    }
    if let Some(path) = &falcon.ca_bundle {
        // The settings were checked earlier. If the file is gone since then, the builder reports it.
        builder = builder.roots_der(certificates::bundle("the root certificates", path).unwrap_or_default());
    }
    // Plain http is allowed only for loopback addresses, which a proxy cannot reach.
    let plain = falcon.base_url.as_ref().is_some_and(|url| url.scheme() == "http");
    match proxy::from_env() {
        Some(proxy) if !plain => builder.proxy(proxy.url, proxy.direct),
        _ => builder,
    }
}

/// Returns the library's region; `None` for auto, which asks the API.
fn named(region: Region) -> Option<falcon_stream::Region> {
    // Every word except auto is one of the library's; a test below checks it.
    region.as_str().parse().ok()
}

/// Returns FIG's user agent (fig/falcon/api.py:24) with this program's version. CrowdStrike identifies its integrations
/// by it.
fn user_agent(settings: &Settings) -> String {
    let backends: Vec<String> = settings.backends.iter().map(|backend| format!("{}-Backend", backend.kind())).collect();
    format!("falcon-integration-gateway/{} {}", env!("CARGO_PKG_VERSION"), backends.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_librarys_regions_are_all_there_and_auto_besides() {
        let known: Vec<&str> = falcon_stream::Region::all().iter().map(|region| region.name()).collect();
        let (auto, words) = Region::WORDS.split_last().unwrap();
        assert_eq!((words, *auto), (&known[..], "auto"));
        assert!(named(Region::Auto).is_none() && named(Region::UsGov2).is_some());
    }
}
