//! EC2 instances and images, which are in arrays.

use crate::table::field::Field;
use crate::table::node::NodeId;
use crate::table::tree::node;
use crate::value::reader::{Raw, Reader};
use crate::value::text::Text;

const INSTANCES: NodeId = node("responseElements.instancesSet.items");

/// Returns the images of an event (extract.go:263-310): those of its instances, or the one that the request names.
///
/// With an index, returns the image of that instance, even if it is empty; without one, all that are not empty. The image
/// of a request has index 0.
pub(crate) fn images<'r>(reader: &mut Reader<'_, 'r>, field: &Field, index: Option<u64>) -> Option<Vec<Text<'r>>> {
    if let Some(instances) = reader.raw(INSTANCES) {
        return reader.texts_of_each(&instances, b"imageId", index);
    }
    if index.is_some_and(|index| index != 0) {
        return None;
    }
    field.members().skip(1).find_map(|member| reader.text(member)).map(|image| vec![image])
}

/// Returns the subnet of the first instance (difference 6).
pub(crate) fn subnet<'r>(reader: &mut Reader<'_, 'r>) -> Option<Text<'r>> {
    let instances = reader.raw(INSTANCES)?;
    let first = reader.element(&instances, 0)?;
    reader.member_text(&first, b"subnetId")
}

/// Returns the tag `Name` that a request gives to its instances. The last of several specifications counts
/// (extract.go:557-580).
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
