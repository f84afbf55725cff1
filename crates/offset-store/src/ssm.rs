//! Offsets in an SSM parameter, as the original keeps them.

use std::time::Duration;

use aws_sdk_ssm::{
    Client,
    config::{Builder, retry::RetryConfig, timeout::TimeoutConfig},
    types::ParameterType,
};

use crate::{Answer, AwsError, Changes, Offsets, ParameterName, Saved, Store, StoreError};

mod failure;

/// What a parameter of the standard tier holds, in characters (AWS: Parameter Store quotas): some two hundred feeds.
///
/// The advanced tier holds twice that and costs money; it is not asked for. A parameter that is advanced already can be
/// written, up to the same limit.
pub const MAX_VALUE: usize = 4096;
/// A call takes tens of milliseconds. Who waits longer than this waits for a connection that is dead. The end of a program
/// has a limit of its own and does not wait for this one.
const CALL_LIMIT: Duration = Duration::from_secs(10);
/// What [`Store::open`] puts where there is no parameter, as the original does.
const EMPTY: &str = "{}";
/// Somebody may delete or create the parameter between two calls. Nobody does that all the time.
const OPEN_TRIES: u32 = 3;

/// Keeps offsets in an SSM parameter of type String.
///
/// It reads what the original has written and writes what the original can read back ([`Offsets::parse`]); values over
/// [`MAX_VALUE`] characters are an error. It needs the permissions `ssm:GetParameter` and `ssm:PutParameter` on the
/// parameter, the same as the original.
///
/// Each operation is one call, or a `GetParameter` and a `PutParameter`. Neither is retried here, so that whoever
/// retries knows how many there are, and each ends after ten seconds. SSM has no way to write only if nothing
/// has changed: what another program writes between the two calls is overwritten, and [`Saved::raced`] tells by the
/// version's number that it happened.
#[derive(Clone, Debug)]
pub struct SsmStore {
    client: Client,
    parameter: ParameterName,
}

/// A parameter's value and its version.
struct Found {
    offsets: Offsets,
    version: i64,
}

impl SsmStore {
    /// A store in this parameter, which need not exist, of the client's account and region.
    #[must_use]
    pub fn new(client: Client, parameter: ParameterName) -> Self {
        Self { client, parameter }
    }

    /// `None` where there is no such parameter. Every other failure is an error.
    async fn get(&self) -> Result<Option<Found>, StoreError> {
        let call = self.client.get_parameter().name(self.parameter.as_str());
        let parameter = match call.customize().config_override(once()).send().await {
            Ok(answer) => answer.parameter,
            Err(error) if error.as_service_error().is_some_and(|error| error.is_parameter_not_found()) => {
                return Ok(None);
            }
            Err(error) => return Err(self.failed("GetParameter", &error)),
        };
        let Some(parameter) = parameter else { return Err(self.incomplete("no Parameter")) };
        match parameter.r#type {
            Some(ParameterType::String) => {}
            found => {
                let found = found.as_ref().map_or("parameter without a type", ParameterType::as_str).to_owned();
                return Err(StoreError::WrongType { parameter: self.parameter.to_string(), found });
            }
        }
        let Some(value) = parameter.value else { return Err(self.incomplete("no Value")) };
        let unreadable = |error| StoreError::Unreadable { place: self.name(), error };
        let offsets = Offsets::parse(value.as_bytes()).map_err(unreadable)?;
        Ok(Some(Found { offsets, version: parameter.version }))
    }

    /// Writes the value and returns its version.
    async fn put(&self, value: &str) -> Result<i64, StoreError> {
        if value.len() > MAX_VALUE {
            return Err(StoreError::TooLarge { place: self.name(), size: value.len(), limit: MAX_VALUE });
        }
        let call = self.client.put_parameter().name(self.parameter.as_str()).value(value);
        let call = call.r#type(ParameterType::String).overwrite(true);
        let answer = call.customize().config_override(once()).send().await;
        answer.map(|answer| answer.version).map_err(|error| self.failed("PutParameter", &error))
    }

    /// Creates the parameter; `false` where somebody else has just done so.
    async fn create(&self) -> Result<bool, StoreError> {
        let call = self.client.put_parameter().name(self.parameter.as_str()).value(EMPTY);
        let call = call.r#type(ParameterType::String).overwrite(false);
        match call.customize().config_override(once()).send().await {
            Ok(_) => Ok(true),
            Err(error) if error.as_service_error().is_some_and(|error| error.is_parameter_already_exists()) => {
                Ok(false)
            }
            Err(error) => Err(self.failed("PutParameter", &error)),
        }
    }

    async fn get_or_create(&self) -> Result<Offsets, StoreError> {
        for _ in 0..OPEN_TRIES {
            if let Some(found) = self.get().await? {
                return Ok(found.offsets);
            }
            if self.create().await? {
                return Ok(Offsets::new());
            }
        }
        let message = "it is not there, and it is there already".to_owned();
        Err(self.error("PutParameter", "ParameterAlreadyExists", message, true))
    }

    async fn merge(&self, changes: &Changes) -> Result<Saved, StoreError> {
        let found = self.get().await?;
        // Deleted while we ran: nothing to keep. A new parameter's first version is 1.
        let Found { offsets: before, version } = found.unwrap_or(Found { offsets: Offsets::new(), version: 0 });
        let after = changes.apply(&before);
        if after == before && version > 0 {
            return Ok(Saved { before, after, raced: false });
        }
        let written = self.put(&after.to_json()).await?;
        Ok(Saved { before, after, raced: written != version.saturating_add(1) })
    }

    fn incomplete(&self, what: &str) -> StoreError {
        self.error("GetParameter", "incomplete answer", format!("there is {what} in it"), true)
    }

    fn error(&self, operation: &'static str, code: &str, message: String, transient: bool) -> StoreError {
        let (parameter, code) = (self.parameter.to_string(), code.to_owned());
        StoreError::Aws(Box::new(AwsError { parameter, operation, code, message, transient }))
    }
}

/// One attempt, with a limit.
fn once() -> Builder {
    let limit = TimeoutConfig::builder().operation_timeout(CALL_LIMIT).build();
    aws_sdk_ssm::Config::builder().retry_config(RetryConfig::disabled()).timeout_config(limit)
}

impl Store for SsmStore {
    fn open(&self) -> Answer<'_, Offsets> {
        Box::pin(self.get_or_create())
    }

    fn load(&self) -> Answer<'_, Offsets> {
        Box::pin(async { Ok(self.get().await?.map(|found| found.offsets).unwrap_or_default()) })
    }

    fn save<'a>(&'a self, changes: &'a Changes) -> Answer<'a, Saved> {
        Box::pin(self.merge(changes))
    }

    fn replace<'a>(&'a self, offsets: &'a Offsets) -> Answer<'a, ()> {
        Box::pin(async { self.put(&offsets.to_json()).await.map(|_| ()) })
    }

    fn name(&self) -> String {
        format!("SSM parameter {}", self.parameter)
    }
}
