//! Failed AWS calls, in one line.

use crate::proxy;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use common_aws::failure::{FailureKind, PROXY_UNREACHABLE, causes, credentials_error, texts, without_request};
use common_aws::names::coded;
use std::error::Error;
use std::fmt;

/// Why an AWS call failed. It holds nothing of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsFailure {
    /// AWS's code, such as `AccessDeniedException`. `None` without an answer.
    pub code: Option<String>,
    /// AWS's message, or the reason why no answer came.
    pub message: String,
    /// The kind, which says whether a retry may succeed.
    pub kind: FailureKind,
}

impl AwsFailure {
    /// Converts the SDK's error.
    #[must_use]
    pub fn of<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let kind = FailureKind::of_call(error);
        let (code, message) = match error {
            SdkError::ServiceError(answer) => {
                let said = without_request(answer.err().message().unwrap_or_default());
                let status = answer.raw().status().as_u16();
                let message = if said.is_empty() { format!("status {status}") } else { said.to_owned() };
                (answer.err().code().map(str::to_owned), message)
            }
            // The last text is the provider's, which says what is wrong with the credentials.
            _ if credentials_error(error).is_some() => (None, texts(error).pop().unwrap_or_default()),
            _ => (None, causes(error)),
        };
        Self { code, message: with_proxy(message), kind }
    }
}

/// Returns a failure's text with the name of the proxy, if the proxy cannot be reached.
#[must_use]
pub fn with_proxy(text: String) -> String {
    match proxy::from_env() {
        Some(proxy) if text.contains(PROXY_UNREACHABLE) => {
            format!("{text}; the proxy that HTTPS_PROXY names is {}", proxy.name())
        }
        _ => text,
    }
}

impl fmt::Display for AwsFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&coded(self.code.as_deref().unwrap_or_default(), &self.message))
    }
}

impl Error for AwsFailure {}
