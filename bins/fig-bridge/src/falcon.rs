//! The Falcon API as the settings have it.

use crate::config::bundle;
use crate::config::kinds::{Backend, Region};
use crate::config::settings::{Credentials, Settings};
use falcon_stream::{Config, ConfigBuilder};
use program_kit::proxy;

/// Who and where: what every use of the API needs. Which events, and from where on, is for the caller to add.
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
        // It was looked at before; one that has gone since then is a problem of the builder's.
        builder = builder.roots_der(bundle::read(path));
    }
    // Plain http is this very machine, which no proxy can reach.
    let plain = falcon.base_url.as_ref().is_some_and(|url| url.scheme() == "http");
    match proxy::from_env() {
        Some(proxy) if !plain => builder.proxy(proxy.url, proxy.direct),
        _ => builder,
    }
}

/// None where the API is to be asked.
fn named(region: Region) -> Option<falcon_stream::Region> {
    // Every word but auto is one of the library's; the test below sees to that.
    region.as_str().parse().ok()
}

/// FIG's (fig/falcon/api.py:24), with this program's version: CrowdStrike tells its integrations apart by it.
fn user_agent(settings: &Settings) -> String {
    let backends: Vec<String> =
        settings.backends.iter().map(|backend: &Backend| format!("{backend}-Backend")).collect();
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
