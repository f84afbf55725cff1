//! What AWS refuses, and what to do about it.

mod advice;
mod kind;

use advice::Seen;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::error::Error;

/// Why AWS does not give something. The text says what is missing, and what AWS says; it holds nothing of what was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct AccessError {
    pub(super) trouble: Trouble,
    text: String,
    /// The region that the bucket is in, where S3 has said so.
    pub(super) region: Option<String>,
}

/// What kind of trouble it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trouble {
    /// A permission is missing.
    Denied,
    /// The key that the object is encrypted with may not be used.
    Key,
    /// The object is archived (Glacier) and must be restored first.
    Archived,
    /// There is no such bucket or queue.
    NoSuchPlace,
    /// There is no such object.
    NoSuchObject,
    /// The bucket is in another region.
    Region,
    /// No region is set.
    NoRegion,
    /// There is no host to ask: the endpoint that is set, or the region, is none.
    NoHost,
    /// There are no credentials, or AWS does not know them.
    Credentials,
    /// The queue does not know the receipt any more.
    Receipt,
    /// The object was replaced while it was read.
    Replaced,
    /// The object is what it was when it was last read.
    Unchanged,
    /// The credentials have expired. The SDK's chain fetches new ones where it can, so that waiting may help.
    Expired,
    /// Too many requests. It works later.
    Throttled,
    /// No answer came, or not all of it: a broken connection, a time limit. It may work later.
    Broken,
    /// A fault of AWS's, which may pass.
    Transient,
    /// Anything else.
    Other,
}

/// What was asked for, to say what permission is missing.
#[derive(Clone, Copy, Debug)]
pub(super) enum Doing {
    List,
    Get,
    /// A version that is not the newest one.
    GetVersion,
    FindQueue,
    Receive,
    Delete,
    Extend,
}

impl AccessError {
    /// What kind of trouble it is.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        self.trouble
    }

    pub(super) fn new(trouble: Trouble, text: impl Into<String>) -> Self {
        Self { trouble, text: text.into(), region: None }
    }

    /// Reads the SDK's error.
    pub(super) fn of<E>(error: &SdkError<E, HttpResponse>, doing: Doing) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let response = error.raw_response();
        let status = response.map_or(0, |it| it.status().as_u16());
        let region = response.and_then(|it| it.headers().get("x-amz-bucket-region"));
        let code = error.as_service_error().and_then(ProvideErrorMetadata::code).unwrap_or_default();
        let said = error.as_service_error().and_then(ProvideErrorMetadata::message).unwrap_or_default();
        let causes = causes(error);
        // What is wrong with credentials, their provider says at the end.
        let said = match (said, kind::of_credentials(error)) {
            ("", Some(_)) => causes.last().cloned().unwrap_or_default(),
            ("", None) => causes.join(": "),
            (said, _) => said.to_owned(),
        };
        let region = region.or_else(|| kind::expected_region(code, &said)).map(str::to_owned);
        let is_web_page = response.is_some_and(|it| kind::is_web_page(code, it));
        let answered = matches!(error, SdkError::ServiceError(_));
        let trouble = match answered {
            _ if is_web_page => Trouble::Broken,
            true => kind::of_answer(code, status, &said),
            false => kind::of_failure(error, &causes),
        };
        let advice = advice::advice(Seen { trouble, doing, code, said: &said, causes: &causes, is_web_page });
        let seen = match (code, status) {
            ("", _) if is_web_page => format!("status {status}"),
            ("", 0) => said,
            ("", status) => format!("status {status}: {said}"),
            (code, _) => format!("{code}: {said}"),
        };
        let text = if advice.is_empty() { seen } else { format!("{advice} ({seen})") };
        Self { trouble, text, region }
    }

    pub(super) fn is_transient(&self) -> bool {
        matches!(self.trouble, Trouble::Expired | Trouble::Throttled | Trouble::Broken | Trouble::Transient)
    }
}

/// The texts of an error and of what is behind it, each once.
fn causes(error: &(dyn Error + 'static)) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(cause) = next {
        // Where an endpoint is none, the SDK says for what request, with all that was to be sent.
        let text = cause.to_string().split(" to request `").next().unwrap_or_default().to_owned();
        if !texts.iter().any(|known| known.contains(&text)) {
            texts.push(text);
        }
        next = cause.source();
    }
    texts
}
