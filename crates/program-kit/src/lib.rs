#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

#[cfg(feature = "admin")]
pub mod admin;
#[cfg(feature = "alerts")]
pub mod alerts;
#[cfg(feature = "aws")]
pub mod aws;
#[cfg(feature = "certificates")]
pub mod certificates;
pub mod check;
#[cfg(feature = "admin")]
pub mod endpoint;
pub mod environment;
pub mod exit;
#[cfg(feature = "folders")]
pub mod folders;
mod line_end;
#[cfg(feature = "progress")]
pub mod listing;
pub mod logging;
pub mod man;
#[cfg(feature = "admin")]
pub mod metric;
#[cfg(feature = "output-file")]
pub mod output_file;
#[cfg(feature = "progress")]
pub mod progress;
pub mod proxy;
pub mod reference;
#[cfg(feature = "async")]
pub mod runtime;
pub mod sources;
pub mod stdout;
pub mod stop;
pub mod text;

/// The commit of the build, or `unknown`.
pub const COMMIT: &str = env!("TRAILBRIDGE_COMMIT");

/// The target of the build, as Rust names it.
pub const TARGET: &str = env!("TRAILBRIDGE_TARGET");

/// The text of `--version` after the program's name: the version, the commit and the target of the build. All packages
/// of the workspace have one version.
pub const VERSION: &str =
    concat!(env!("CARGO_PKG_VERSION"), " (", env!("TRAILBRIDGE_COMMIT"), ", ", env!("TRAILBRIDGE_TARGET"), ")");
