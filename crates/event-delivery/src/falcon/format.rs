//! The format in which a backend gets Falcon's events.

use audit_schema::AccountId;
use audit_schema::falcon::{FalconEvent, FalconSpans, Format, Mapping};
use bytes::Bytes;

use crate::backend::Unfit;
use crate::backend::format::{FormatEvent, Formatted};
use crate::event::PendingEvent;

/// About what the audit event adds to a line, with escapes.
pub(super) const AROUND_LAKE: usize = 900;
/// The same for OCSF.
const AROUND_OCSF: usize = 2_500;
/// The account of formats that do not show it.
const NO_ACCOUNT: &str = "000000000000";

/// A format, and the account that it shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventFormat {
    /// The format.
    pub format: Format,
    /// The account. [`Format::Lake`] needs it.
    pub account: Option<AccountId>,
}

impl EventFormat {
    /// Returns about how many bytes the format adds to a line.
    #[must_use]
    pub fn overhead(&self) -> usize {
        match self.format {
            Format::Falcon => 0,
            Format::Lake => AROUND_LAKE,
            Format::Ocsf => AROUND_OCSF,
        }
    }

    /// Returns the function that makes the text of an event.
    #[must_use]
    pub fn into_function(self) -> FormatEvent {
        let Self { format, account } = self;
        let account = account.or_else(|| NO_ACCOUNT.parse().ok());
        Box::new(move |event| {
            let parsed = parse(event)?;
            let time_ms = parsed.time_ms();
            let (text, is_whole) = match (format, &account) {
                (Format::Falcon, _) | (_, None) => (event.line.clone(), true),
                (_, Some(account)) => {
                    let mapping = Mapping { account, received_ms: event.received_ms };
                    let written = format.write(&parsed, &event.partition.to_string(), event.offset, &mapping);
                    (Bytes::from(written.text.into_owned()), written.is_whole)
                }
            };
            Ok(Formatted { time_ms, text, is_whole })
        })
    }
}

/// Returns the event of a line. The reader may have parsed it already; a replay has not.
///
/// # Errors
/// If the line is not an event.
pub fn parse(event: &PendingEvent) -> Result<FalconEvent<'_>, Unfit> {
    let known = event.parsed::<FalconSpans>().and_then(|spans| spans.event(&event.line));
    known.map_or_else(
        || FalconEvent::parse(&event.line).map_err(|error| Unfit { code: "NotAnEvent", reason: error.to_string() }),
        Ok,
    )
}
