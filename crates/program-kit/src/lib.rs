#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

#[cfg(feature = "admin")]
pub mod admin;
#[cfg(feature = "aws")]
pub mod aws;
#[cfg(feature = "certificates")]
pub mod certificates;
pub mod environment;
pub mod exit;
pub mod logging;
pub mod man;
#[cfg(feature = "admin")]
pub mod metric;
pub mod proxy;
pub mod reference;
pub mod stdout;
pub mod stop;
pub mod text;

/// The commit that the program was built from, or `unknown`.
pub const COMMIT: &str = env!("TRAILBRIDGE_COMMIT");

/// The machine that the program was built for, as Rust calls it.
pub const TARGET: &str = env!("TRAILBRIDGE_TARGET");

/// What `--version` prints behind the program's name: the version, the commit it was built from, and the machine it was
/// built for. All packages of the workspace have one version.
pub const VERSION: &str =
    concat!(env!("CARGO_PKG_VERSION"), " (", env!("TRAILBRIDGE_COMMIT"), ", ", env!("TRAILBRIDGE_TARGET"), ")");
