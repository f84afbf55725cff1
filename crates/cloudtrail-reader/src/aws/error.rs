//! Errors of S3, SQS and CloudWatch Logs, with advice.

mod advice;
mod kind;

pub(super) use advice::Operation;
pub use kind::AccessErrorKind;

use advice::Facts;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use common_aws::failure::{self, FailureKind};
use common_aws::names::coded;
use std::error::Error;

/// Why AWS refused or failed a request. The text says what is missing and what AWS answered. It holds nothing of the
/// request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct AccessError {
    pub(super) kind: AccessErrorKind,
    text: String,
    /// The region of the bucket, if S3 has named it.
    pub(super) region: Option<String>,
}

impl AccessError {
    /// Returns the kind of failure.
    #[must_use]
    pub fn kind(&self) -> AccessErrorKind {
        self.kind
    }

    pub(super) fn new(kind: AccessErrorKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into(), region: None }
    }

    /// Converts the SDK's error.
    pub(super) fn of<E>(error: &SdkError<E, HttpResponse>, operation: Operation) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let response = error.raw_response();
        let status = response.map_or(0, |it| it.status().as_u16());
        let region = response.and_then(|it| it.headers().get("x-amz-bucket-region"));
        let code = error.as_service_error().and_then(ProvideErrorMetadata::code).unwrap_or_default();
        let said = error.as_service_error().and_then(ProvideErrorMetadata::message).unwrap_or_default();
        let said = failure::without_request(said);
        let causes = failure::texts(error);
        // With wrong credentials, the last text is the provider's, which says what is wrong.
        let said = match (said, failure::credentials_error(error)) {
            ("", Some(_)) => causes.last().cloned().unwrap_or_default(),
            ("", None) => causes.join(": "),
            (said, _) => said.to_owned(),
        };
        let region = region.or_else(|| kind::expected_region(code, &said)).map(str::to_owned);
        let is_web_page = response.is_some_and(|it| kind::is_web_page(code, it));
        let answered = matches!(error, SdkError::ServiceError(_));
        let kind = match answered {
            _ if is_web_page => AccessErrorKind::NoAnswer,
            true => kind::of_answer(code, status, &said),
            false => kind::of_failure(FailureKind::of_call(error)),
        };
        let advice = advice::advice(Facts { kind, operation, code, said: &said, causes: &causes, is_web_page });
        let seen = match (code, status) {
            ("", _) if is_web_page => format!("status {status}"),
            ("", 0) => said,
            ("", status) => format!("status {status}: {said}"),
            (code, _) => coded(code, &said),
        };
        let text = if advice.is_empty() { seen } else { format!("{advice} ({seen})") };
        Self { kind, text, region }
    }

    pub(super) fn is_transient(&self) -> bool {
        matches!(
            self.kind,
            AccessErrorKind::Expired
                | AccessErrorKind::Throttled
                | AccessErrorKind::NoAnswer
                | AccessErrorKind::Transient
        )
    }
}
