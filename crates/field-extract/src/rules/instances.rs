//! EC2 instances and images: what stands in arrays.

use crate::field::Field;
use crate::masks::skip_blanks;
use crate::reader::{Raw, Reader};
use crate::tree::{NodeId, node};
use crate::value::Text;

const INSTANCES: NodeId = node("responseElements.instancesSet.items");

/// The images of an event (extract.go:263-310): those of its instances, else the one that the request names.
///
/// With an index the image of that instance, even if empty; without one all that are not. A request's image has index 0.
pub(crate) fn images<'r>(reader: &mut Reader<'_, 'r>, field: &Field, index: Option<u64>) -> Option<Vec<Text<'r>>> {
    if let Some(instances) = reader.raw(INSTANCES) {
        let Some(index) = index else {
            let mut images = Vec::new();
            reader.elements(&instances, |reader, instance| {
                let image = instance.and_then(|instance| reader.member_text(&instance, b"imageId"));
                images.extend(image.filter(|image| !image.as_bytes().is_empty()));
                None::<()>
            });
            return (!images.is_empty()).then_some(images);
        };
        let instance = reader.element(&instances, index)?;
        return reader.member_text(&instance, b"imageId").map(|image| vec![image]);
    }
    if index.is_some_and(|index| index != 0) {
        return None;
    }
    field.places().skip(1).find_map(|place| reader.text(place)).map(|image| vec![image])
}

/// The subnet of the first instance (difference 6).
pub(crate) fn subnet<'r>(reader: &mut Reader<'_, 'r>) -> Option<Text<'r>> {
    let instances = reader.raw(INSTANCES)?;
    let first = reader.element(&instances, 0)?;
    reader.member_text(&first, b"subnetId")
}

/// The tag `Name` that a request gives to its instances; of several specifications the last one's (extract.go:557-580).
pub(crate) fn name<'r>(reader: &mut Reader<'_, 'r>, specifications: NodeId) -> Option<Text<'r>> {
    let specifications = reader.raw(specifications)?;
    let mut name = None;
    reader.elements(&specifications, |reader, specification| {
        if let Some(specification) = specification
            && reader.member_is(&specification, b"resourceType", b"instance")
            && let Some(tags) = reader.member(&specification, b"tags")
        {
            let tag = reader.elements(&tags, |reader, tag| {
                let tag = tag.filter(|tag| reader.member_is(tag, b"key", b"Name"))?;
                let value = reader.member(&tag, b"value").filter(|value| matches!(value, Raw::String(_)));
                Some(value.and_then(|value| reader.text_of(&value)))
            });
            name = tag.or(name.take());
        }
        None::<()>
    });
    name.flatten().filter(|name| !name.as_bytes().is_empty())
}

/// Arrays, and the objects in them: small, rare and not kept for the next question.
impl<'r> Reader<'_, 'r> {
    /// The first thing that `see` makes of an element of an array. A `null` is an element without a value.
    fn elements<T>(&mut self, array: &Raw, mut see: impl FnMut(&mut Self, Option<Raw>) -> Option<T>) -> Option<T> {
        let Raw::Array(open) = *array else { return None };
        let mut at = open;
        loop {
            let (element, end) = self.value_and_end(at + 1)?;
            if let Some(seen) = see(self, element) {
                return Some(seen);
            }
            at = self.comma(end)?;
        }
    }

    fn element(&mut self, array: &Raw, index: u64) -> Option<Raw> {
        let mut number = 0;
        let found = self.elements(array, |_, element| {
            let found = number == index;
            number += 1;
            found.then_some(element)
        });
        found.flatten()
    }

    /// The first member of an object with that key.
    fn member(&mut self, object: &Raw, key: &[u8]) -> Option<Raw> {
        let Raw::Object(open) = *object else { return None };
        let mut at = open;
        loop {
            let (name, end) = self.value_and_end(at + 1)?;
            let colon = skip_blanks(self.record, end);
            if self.record.get(colon) != Some(&b':') {
                return None;
            }
            let (value, end) = self.value_and_end(colon + 1)?;
            if self.string_of(&name?)?.as_ref() == key {
                return value;
            }
            at = self.comma(end)?;
        }
    }

    fn member_text(&mut self, object: &Raw, key: &[u8]) -> Option<Text<'r>> {
        let raw = self.member(object, key)?;
        self.text_of(&raw)
    }

    fn member_is(&mut self, object: &Raw, key: &[u8], text: &[u8]) -> bool {
        self.member(object, key).and_then(|raw| self.string_of(&raw)).is_some_and(|found| *found == *text)
    }

    /// The value that begins at `at` or behind white space there, and where it ends.
    fn value_and_end(&mut self, at: usize) -> Option<(Option<Raw>, usize)> {
        if let Some(raw) = self.raw_at(at) {
            let end = self.end(&raw)?;
            return Some((Some(raw), end));
        }
        let start = skip_blanks(self.record, at);
        self.record.get(start..)?.starts_with(b"null").then_some((None, start + 4))
    }

    /// The comma that is next at `at`.
    fn comma(&self, at: usize) -> Option<usize> {
        let at = skip_blanks(self.record, at);
        (self.record.get(at) == Some(&b',')).then_some(at)
    }
}
