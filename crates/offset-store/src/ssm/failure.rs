//! What the SDK says of a failed call, in our words.

use std::{error::Error, iter::successors};

use aws_sdk_ssm::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};

use super::SsmStore;
use crate::StoreError;

/// These pass by themselves: throttling of the account (AWS: Common Errors), another update at the same time
/// (`PutParameter`, Errors), and failures of AWS's own.
const TRANSIENT_CODES: &[&str] = &[
    "ThrottlingException",
    "Throttling",
    "ThrottledException",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestLimitExceeded",
    "TooManyRequestsException",
    "TooManyUpdates",
    "InternalServerError",
    "InternalFailure",
    "ServiceUnavailable",
];
/// From here on the status says that the failure is AWS's own, whatever the code.
const FIRST_SERVER_STATUS: u16 = 500;
/// A message is for one line of a log. AWS's own are shorter.
const MAX_MESSAGE: usize = 500;

impl SsmStore {
    pub(super) fn failed<E>(&self, operation: &'static str, error: &SdkError<E, HttpResponse>) -> StoreError
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let context = || cut(&causes(error));
        match error {
            SdkError::ServiceError(answer) => {
                let status = answer.raw().status().as_u16();
                let code = answer.err().code().map_or_else(|| format!("status {status}"), str::to_owned);
                let transient = status >= FIRST_SERVER_STATUS || TRANSIENT_CODES.contains(&code.as_str());
                self.error(operation, &code, cut(answer.err().message().unwrap_or_default()), transient)
            }
            SdkError::ResponseError(answer) => {
                let status = answer.raw().status().as_u16();
                self.error(operation, &format!("status {status}, not readable"), context(), true)
            }
            SdkError::TimeoutError(_) => self.error(operation, "timeout", String::new(), true),
            SdkError::DispatchFailure(failure) if failure.is_timeout() => {
                self.error(operation, "timeout", context(), true)
            }
            SdkError::DispatchFailure(failure) if failure.is_io() => {
                self.error(operation, "no connection", context(), true)
            }
            // No credentials, for one. They may come, but mostly the configuration is wrong.
            SdkError::DispatchFailure(_) => self.error(operation, "not sent", context(), false),
            _ => self.error(operation, "not sent", context(), false),
        }
    }
}

/// The error and what is behind it. (The SDK's `DisplayErrorContext` says all of it twice, the second time for
/// programmers.)
fn causes(error: &(dyn Error + 'static)) -> String {
    let texts: Vec<_> = successors(Some(error), |error| (*error).source()).map(ToString::to_string).collect();
    texts.join(": ")
}

fn cut(message: &str) -> String {
    message.chars().take(MAX_MESSAGE).collect()
}
