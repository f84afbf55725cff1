//! The places of an event's members in its line, to keep a parsed event without its line.

use std::ops::Range;

use super::FalconEvent;
use super::members::{Body, Metadata};

/// The places of an event's members in its line: [`FalconEvent::spans`] returns them, and [`FalconSpans::event`] returns
/// the event again without parsing the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FalconSpans {
    length: usize,
    json: Span,
    metadata: Metadata<Span>,
    event: Body<Span>,
}

/// Bytes of a line. Lines have at most some MiB.
type Span = (u32, u32);

impl FalconSpans {
    /// Returns the event of the line that was parsed. `None` if it cannot be that line.
    #[must_use]
    pub fn event<'a>(&self, line: &'a [u8]) -> Option<FalconEvent<'a>> {
        if line.len() != self.length {
            return None;
        }
        let (json_from, json_to) = self.json;
        let json = std::str::from_utf8(line.get(range((json_from, json_to)))?).ok()?;
        let text = |(from, to): &Span| json.get(range((from.checked_sub(json_from)?, to.checked_sub(json_from)?)));
        let (metadata, event) = (self.metadata.change(text)?, self.event.change(text)?);
        Some(FalconEvent { line, json, metadata, event })
    }
}

impl FalconEvent<'_> {
    /// Returns the places of the members in the line. `None` if the line is too long for them: over 4 GiB.
    #[must_use]
    pub fn spans(&self) -> Option<FalconSpans> {
        let start = self.line.as_ptr().addr();
        let span = |text: &&str| {
            let from = text.as_ptr().addr().checked_sub(start)?;
            Some((u32::try_from(from).ok()?, u32::try_from(from.checked_add(text.len())?).ok()?))
        };
        Some(FalconSpans {
            length: self.line.len(),
            json: span(&self.json)?,
            metadata: self.metadata.change(span)?,
            event: self.event.change(span)?,
        })
    }
}

fn range((from, to): Span) -> Range<usize> {
    from as usize..to as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_comes_back_from_its_spans() {
        for line in [
            r#"{"metadata":{"offset":1,"eventType":"AuthActivityAuditEvent","version":"1.0"},"event":{"UserId":"a\u00e9","UserIp":"192.0.2.1","Success":true,"AuditKeyValues":[{"Key":"k"}]}}"#,
            " \t{\"event\":{\"OperationName\":\"o\",\"ServiceName\":null,\"SeverityName\":\"Low\",\"UTCTimestamp\":1},\"metadata\":{\"eventCreationTime\":5}}\r\n",
            r#"{"metadata":7,"event":{"UserId":"é"}}"#,
            "{}",
        ] {
            let parsed = FalconEvent::parse(line.as_bytes()).unwrap();
            let spans = parsed.spans().unwrap();
            // The line may be elsewhere in memory.
            let copy = line.as_bytes().to_vec();
            assert!(spans.event(&copy).unwrap() == parsed, "{line}");
            assert!(spans.event(&copy[1..]).is_none());
        }
    }
}
