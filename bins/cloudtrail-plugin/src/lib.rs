#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod config;
mod extract;
mod guard;
mod logging;
mod metrics;
mod plugin;
mod source;

pub use plugin::Cloudtrail;

/// The symbols that Falco looks up (`plugin_init` and the others), as `falco_plugin` writes them.
mod symbols {
    use super::Cloudtrail;
    use falco_plugin::{extract_plugin, plugin, source_plugin};

    plugin!(Cloudtrail);
    source_plugin!(Cloudtrail);
    extract_plugin!(Cloudtrail);
}
