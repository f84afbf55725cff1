//! Turns the SDK's errors into [`StoreError`]s.

use std::error::Error;

use aws_sdk_ssm::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};
use common_aws::failure::{FailureKind, causes, without_request};

use super::SsmStore;
use crate::{
    StoreError,
    error::{NO_ANSWER, NO_CONNECTION},
};

/// The longest message, in characters, so that it fits one log line. AWS's messages are shorter.
const MAX_MESSAGE: usize = 500;

impl SsmStore {
    pub(super) fn failed<E>(&self, operation: &'static str, error: &SdkError<E, HttpResponse>) -> StoreError
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let status = || error.raw_response().map_or(0, |answer| answer.status().as_u16());
        let context = || cut(&causes(error));
        let (code, message) = match error {
            SdkError::ServiceError(answer) => (
                answer.err().code().map_or_else(|| format!("status {}", status()), str::to_owned),
                cut(answer.err().message().unwrap_or_default()),
            ),
            SdkError::ResponseError(_) => (format!("status {}, not readable", status()), context()),
            SdkError::TimeoutError(_) => (NO_ANSWER.to_owned(), String::new()),
            SdkError::DispatchFailure(failure) if failure.is_timeout() => (NO_ANSWER.to_owned(), context()),
            SdkError::DispatchFailure(failure) if failure.is_io() => (NO_CONNECTION.to_owned(), context()),
            // For example, missing credentials.
            _ => ("not sent".to_owned(), context()),
        };
        self.error(operation, &code, message, FailureKind::of_call(error).is_transient())
    }
}

fn cut(message: &str) -> String {
    without_request(message).chars().take(MAX_MESSAGE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_is_repeated_is_left_out() {
        let message = "The signature does not match.\n\nThe Canonical String should have been\n'x-amz-security-token:T";
        assert_eq!(cut(message), "The signature does not match.");
        assert_eq!(cut(&"x".repeat(2 * MAX_MESSAGE)).len(), MAX_MESSAGE);
    }
}
