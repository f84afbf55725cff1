#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

#[cfg(feature = "admin")]
pub mod admin;
#[cfg(feature = "aws")]
pub mod aws;
pub mod exit;
pub mod logging;
pub mod proxy;
pub mod stdout;
pub mod stop;

/// The commit that the program was built from, or `unknown`.
pub const COMMIT: &str = env!("TRAILBRIDGE_COMMIT");

/// What `--version` prints behind the program's name: the version, the commit it was built from, and the machine it was
/// built for. All packages of the workspace have one version.
pub const VERSION: &str =
    concat!(env!("CARGO_PKG_VERSION"), " (", env!("TRAILBRIDGE_COMMIT"), ", ", env!("TRAILBRIDGE_TARGET"), ")");
