//! The configuration of a stream.

mod builder;
mod problem;
mod stream;
mod timing;

pub use builder::ConfigBuilder;
pub use problem::{ConfigError, Problem, is_app_id, is_base_url, is_event_type};
pub use stream::{ApiClient, Config, Start};
pub use timing::Timing;
pub(crate) use timing::jitter;
