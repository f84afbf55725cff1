//! What shows how far the run is.

use crate::metrics::Metrics;
use program_kit::progress::Progress;
use program_kit::sources::Sources;

/// What shows how far the run is.
pub(crate) struct Shown {
    pub(crate) sources: Sources,
    pub(crate) progress: Progress,
    pub(crate) metrics: Metrics,
}
