//! The media types that a client asks for.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;

/// Returns whether `Accept` asks for a media type that has this in its name.
pub(super) fn accepts(headers: &HeaderMap, kind: &str) -> bool {
    headers.get(ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|value| value.contains(kind))
}
