//! What went wrong with a call to AWS, in a line, and whether it may go away by itself.

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::error::Error;
use std::fmt;

/// Codes with which AWS says that it is being asked too often, or by too many at once.
const BUSY: &[&str] = &[
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottled",
    "RequestThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "TooManyUpdates",
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "InternalServiceError",
    "ServiceUnavailable",
];

/// Why a call to AWS failed. It holds neither what was sent nor what would have been answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsFailure {
    /// AWS's code, like `AccessDeniedException`; none where there was no answer.
    pub code: Option<String>,
    /// AWS's message, or what happened instead of an answer.
    pub message: String,
    /// Whether the same call may succeed in a while.
    pub transient: bool,
    /// Whether it failed because there are no credentials, or because something is wrong with how they are set.
    pub no_credentials: bool,
}

impl AwsFailure {
    /// Reads the SDK's error.
    #[must_use]
    pub fn of<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        if let SdkError::ServiceError(answer) = error {
            let code = answer.err().code().map(str::to_owned);
            let status = answer.raw().status().as_u16();
            let busy = code.as_deref().is_some_and(|code| BUSY.contains(&code));
            let message = answer.err().message().unwrap_or_default();
            let message = if message.is_empty() { format!("status {status}") } else { message.to_owned() };
            return Self { code, message, transient: busy || status >= 500 || status == 429, no_credentials: false };
        }
        let mut chain = causes(error);
        let credentials = of_credentials(error);
        let no_credentials = matches!(
            credentials,
            Some(CredentialsError::CredentialsNotLoaded(_) | CredentialsError::InvalidConfiguration(_))
        );
        let is_built = credentials.is_some() || !matches!(error, SdkError::ConstructionFailure(_));
        let transient = is_built && !no_credentials;
        // What is wrong with credentials, the chain of their providers says at the end.
        let message = match (credentials, chain.pop()) {
            (Some(_), Some(last)) => last,
            (None, Some(last)) => {
                chain.push(last);
                chain.join(": ")
            }
            (_, None) => String::new(),
        };
        Self { code: None, message, transient, no_credentials }
    }
}

impl fmt::Display for AwsFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(code) = &self.code {
            write!(f, "{code}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl Error for AwsFailure {}

/// What is said of the credentials, if the call failed for their sake.
fn of_credentials<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e CredentialsError> {
    std::iter::successors(Some(error), |error| (*error).source()).find_map(|error| error.downcast_ref())
}

/// The texts of an error and of what is behind it, each once.
fn causes(error: &(dyn Error + 'static)) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(cause) = next {
        let text = cause.to_string();
        if !texts.iter().any(|known| known.contains(&text)) {
            texts.push(text);
        }
        next = cause.source();
    }
    texts
}
