//! The forms in which an event can be delivered.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use super::{FalconEvent, Mapping, map, to_ocsf};

/// The form in which a destination gets events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// Falcon's own line.
    #[default]
    Falcon,
    /// The audit event of CloudTrail Lake, as [`map`] makes it.
    Lake,
    /// OCSF, as [`to_ocsf`] makes it.
    Ocsf,
}

/// An event in a format.
#[derive(Clone, PartialEq, Eq)]
#[must_use]
pub struct Formatted<'a> {
    /// The event as JSON text. It is one line if Falcon's was.
    pub text: Cow<'a, str>,
    /// Whether the text has everything that Falcon sent. If not, the original must also go to the dead letter. Only
    /// [`Format::Lake`] has limits and cuts values.
    pub is_whole: bool,
}

/// The name is not that of a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a format; falcon, lake and ocsf are")]
pub struct NotAFormat;

impl Format {
    /// All formats.
    pub const ALL: [Self; 3] = [Self::Falcon, Self::Lake, Self::Ocsf];

    /// Returns the name in settings.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Falcon => "falcon",
            Self::Lake => "lake",
            Self::Ocsf => "ocsf",
        }
    }

    /// Writes an event of a feed, at an offset. The same arguments always give the same text.
    ///
    /// ```
    /// use audit_schema::falcon::{FalconEvent, Format, Mapping};
    ///
    /// let line = br#"{"metadata":{"offset":41},"event":{"OperationName":"deleteUser","UserId":"ada@example.com"}}"#;
    /// let account = "123456789012".parse()?; // that of the destination, for the format `lake`
    /// let format: Format = "ocsf".parse()?;
    /// let event = FalconEvent::parse(line)?;
    /// let written = format.write(&event, "0", 41, &Mapping { account: &account, received_ms: 1_766_724_719_000 });
    /// assert!(written.text.starts_with(r#"{"class_uid":3001,"class_name":"Account Change","#));
    /// assert!(written.is_whole);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn write<'a>(self, event: &FalconEvent<'a>, feed: &str, offset: u64, mapping: &Mapping<'_>) -> Formatted<'a> {
        match self {
            Self::Falcon => Formatted { text: Cow::Borrowed(event.json()), is_whole: true },
            Self::Lake => {
                let mapped = map(event, feed, offset, mapping);
                let is_whole = mapped.has_everything();
                Formatted { text: Cow::Owned(mapped.event.to_json()), is_whole }
            }
            Self::Ocsf => {
                Formatted { text: Cow::Owned(to_ocsf(event, feed, offset, mapping.received_ms)), is_whole: true }
            }
        }
    }
}

impl FromStr for Format {
    type Err = NotAFormat;

    /// Parses a name. Case does not matter.
    fn from_str(name: &str) -> Result<Self, NotAFormat> {
        Self::ALL.into_iter().find(|format| format.as_str().eq_ignore_ascii_case(name.trim())).ok_or(NotAFormat)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Shows only the length, so that no event reaches a log.
impl fmt::Debug for Formatted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Formatted").field("bytes", &self.text.len()).field("is_whole", &self.is_whole).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read() {
        for format in Format::ALL {
            assert_eq!((format.to_string().parse(), format.as_str().to_uppercase().parse()), (Ok(format), Ok(format)));
        }
        assert_eq!("json".parse::<Format>(), Err(NotAFormat));
    }

    #[test]
    fn each_format_has_the_original() {
        let account = "123456789012".parse().unwrap();
        let mapping = Mapping { account: &account, received_ms: 0 };
        let line = format!(r#"{{"event":{{"UserId":"{}"}}}}"#, "x".repeat(1_025));
        let event = FalconEvent::parse(line.as_bytes()).unwrap();
        let write = |format: Format| format.write(&event, "0", 41, &mapping);
        assert_eq!(write(Format::Falcon).text, line);
        assert!(matches!(write(Format::Falcon).text, Cow::Borrowed(_)));
        assert_eq!(write(Format::Lake).text, map(&event, "0", 41, &mapping).event.to_json());
        assert_eq!(write(Format::Ocsf).text, to_ocsf(&event, "0", 41, 0));
        assert_eq!(Format::ALL.map(|format| write(format).is_whole), [true, false, true]);
        assert_eq!(format!("{:?}", write(Format::Falcon)), "Formatted { bytes: 1048, is_whole: true }");
    }
}
