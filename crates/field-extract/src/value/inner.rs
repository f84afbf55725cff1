//! Activity from outside of AWS, such as fig-bridge's events.
//!
//! CloudTrail Lake keeps it in records of the category `ActivityAuditLog`. The event is their member `eventData`, and has
//! the members of a record. A field that the record does not have is read from there. fig-bridge writes the same event as
//! a record of its own into S3 and CloudWatch Logs (format `lake`). It has a `UID` instead of an `eventID`.

use super::falcon;
use super::reader::{Raw, Reader};
use super::rules::identity;
use super::text::Text;
use crate::locate::inner::{Form, Inner};
use crate::locate::scratch::Scratch;
use crate::table::node::NodeId;
use crate::table::tree::node;

/// The record's own events all have a source; AWS, "CloudTrail record contents".
const EVENT_SOURCE: NodeId = node("eventSource");
pub(crate) const EVENT_DATA: NodeId = node("eventData");
pub(crate) const EVENT_ID: NodeId = node("eventID");
const USER_IDENTITY: NodeId = node("userIdentity");

impl<'r> Reader<'_, 'r> {
    /// Whether the record may hold another event. Most records are known not to after the first absent member.
    #[inline(always)]
    pub(crate) fn may_have_inner(&self) -> bool {
        self.scratch.inner != Inner::None
    }

    /// Returns a reader of the event inside of the record, and the event's offset.
    pub(crate) fn inner(&mut self) -> Option<(Reader<'_, 'r>, usize)> {
        if self.scratch.inner == Inner::Unknown {
            self.scratch.inner = self.look_for_inner();
        }
        let Inner::At(start, end) = self.scratch.inner else { return None };
        let record = self.record.get(start..end)?;
        Some((Reader { scratch: self.scratch.for_inner.as_deref_mut()?, record }, start))
    }

    /// Returns the form of the record, if it is an event of Falcon's in another form than CloudTrail's.
    pub(crate) fn form(&mut self) -> Option<Form> {
        if self.scratch.inner == Inner::Unknown {
            self.scratch.inner = self.look_for_inner();
        }
        match self.scratch.inner {
            Inner::Other(form) => Some(form),
            _ => None,
        }
    }

    #[inline(never)]
    fn look_for_inner(&mut self) -> Inner {
        // Nearly every record has a source, and early, so that this costs almost nothing.
        // An offset behind the record stands for a member that was asked for before and is absent.
        let length = self.record.len();
        if self.find(EVENT_SOURCE).is_some_and(|offset| offset < length) {
            return Inner::None;
        }
        let Some(object @ Raw::Object(start)) = self.raw(EVENT_DATA) else {
            return falcon::form(self).map_or(Inner::None, Inner::Other);
        };
        let Some(event) = self.end(&object).and_then(|end| self.record.get(start..end)) else { return Inner::None };
        let kernel = self.scratch.finder.blocks.kernel();
        let scratch = self.scratch.for_inner.get_or_insert_with(|| Box::new(Scratch::with_kernel(kernel)));
        scratch.record(event, None);
        // An event holds no other event.
        scratch.inner = Inner::None;
        Inner::At(start, start + event.len())
    }
}

/// Returns the `UID` of a record that is an event from outside of AWS. It is not in the tree, so that records of AWS cost
/// no more.
#[cold]
pub(crate) fn uid<'r>(reader: &mut Reader<'_, 'r>) -> Option<Text<'r>> {
    let length = reader.record.len();
    if reader.find(EVENT_ID).is_some_and(|offset| offset < length) {
        return None;
    }
    let record = reader.root()?;
    let uid = reader.member(&record, b"UID").filter(|uid| matches!(uid, Raw::String(_)))?;
    reader.text_of(&uid)
}

/// Returns the user of a record that is an event from outside of AWS.
#[cold]
pub(crate) fn own_user<'r>(reader: &mut Reader<'_, 'r>) -> Option<Text<'r>> {
    uid(reader).and_then(|_| user(reader))
}

/// Returns what a record that is an event from outside of AWS has at this path of the event.
#[cold]
pub(crate) fn own_member<'r>(reader: &mut Reader<'_, 'r>, path: &str) -> Option<Text<'r>> {
    let uid = uid(reader)?;
    match path.split_once('.') {
        None if path == "UID" => Some(uid),
        Some(("userIdentity", rest)) => reader.text_within(USER_IDENTITY, rest),
        _ => None,
    }
}

/// Returns the user of an activity: sources outside of AWS give only an id.
pub(crate) fn user<'r>(event: &mut Reader<'_, 'r>) -> Option<Text<'r>> {
    identity::user(event).text().or_else(|| event.text(const { node("userIdentity.principalId") }))
}
