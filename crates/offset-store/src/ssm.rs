//! Offsets in an SSM parameter, as FIG keeps them.

use std::time::Duration;

use aws_sdk_ssm::{
    Client,
    config::{Builder, retry::RetryConfig, timeout::TimeoutConfig},
    types::ParameterType,
};

use crate::{Answer, AwsError, Changes, Offsets, ParameterName, Saved, Store, StoreError};

mod failure;

/// The size of a parameter of the standard tier, in characters (AWS: Parameter Store quotas): about two hundred feeds.
///
/// The advanced tier has twice that and costs money, so it is not requested. An existing advanced parameter can be
/// written, up to the same limit.
pub const MAX_VALUE: usize = 4096;
/// A call takes tens of milliseconds. After this time the connection is dead. The end of a program has its own limit
/// and does not wait for this one.
const CALL_LIMIT: Duration = Duration::from_secs(10);
/// The value of a parameter that [`Store::open`] creates, as in FIG.
const EMPTY: &str = "{}";
/// Another program may delete or create the parameter between two calls, but not all the time.
const OPEN_TRIES: u32 = 3;

/// Keeps offsets in an SSM parameter of type String.
///
/// It reads FIG's values and writes values that FIG can read ([`Offsets::parse`]). A value over [`MAX_VALUE`]
/// characters is an error. It needs the permissions `ssm:GetParameter` and `ssm:PutParameter` on the parameter, as FIG
/// does.
///
/// Each operation is one call, or a `GetParameter` and a `PutParameter`. They are not retried here, so that the caller
/// controls the number of calls. Each ends after ten seconds. SSM has no conditional write: a value that another
/// program writes between the two calls is overwritten. [`Saved::raced`] reports that, by the version number.
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
    /// Creates a store for this parameter, which need not exist, in the client's account and region.
    #[must_use]
    pub fn new(client: Client, parameter: ParameterName) -> Self {
        Self { client, parameter }
    }

    /// Reads the parameter; `None` if it does not exist. Every other failure is an error.
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

    /// Creates the parameter. Returns `false` if another program has just created it.
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
        // The parameter was deleted meanwhile: no entry needs to be kept. A new parameter starts with version 1.
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

/// Configures a single attempt with a time limit.
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
