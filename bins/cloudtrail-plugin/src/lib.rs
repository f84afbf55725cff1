#![doc = include_str!("../README.md")]

mod config;
mod extract;
mod guard;
mod in_place;
mod logging;
mod metrics;
mod parsed;
mod plugin;
mod source;

pub use plugin::Cloudtrail;

/// The symbols that Falco looks up (`plugin_init` and the others), as `falco_plugin` writes them. Those of a source are in
/// [`in_place`].
mod symbols {
    use super::Cloudtrail;
    use falco_plugin::{extract_plugin, plugin};

    plugin!(Cloudtrail);
    extract_plugin!(Cloudtrail);
}
