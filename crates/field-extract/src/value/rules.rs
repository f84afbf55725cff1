//! How the value of each field is made: the rules that [`How`] names.

mod basics;
pub(crate) mod identity;
pub(crate) mod info;
mod instances;
mod kinds;

use super::falcon;
use super::inner;
use super::reader::Reader;
use super::text::{Text, Value};
use super::time;
use crate::table::field::{Field, How};
use basics::{elements, flag, is_management, is_named, read_only, short_source, sum, uri};

/// Returns the value of a field, of the record or of the event inside of it.
#[inline]
pub(crate) fn value<'r>(reader: &mut Reader<'_, 'r>, field: &Field, index: Option<u64>) -> Option<Value<'r>> {
    // Most fields are the text of one member, and most questions are about them.
    if let (How::Text | How::Time, [member, ..]) = (field.how, field.nodes) {
        if let Some(offset) = reader.find(member) {
            // Written out, so that the compiler builds the value in place and does not move it.
            if let Some((bytes, start)) = reader.plain_at(offset) {
                return Some(Value::Text(Text::borrowed(bytes, start)));
            }
            if let Some(text) = reader.text_at(offset) {
                return Some(Value::Text(text));
            }
        }
        if field.from.len() == 1 {
            return of_inner(reader, field, index);
        }
    }
    computed(reader, field, index)
}

/// Returns the value of a field of the event inside of the record.
#[inline(always)]
fn of_inner<'r>(reader: &mut Reader<'_, 'r>, field: &Field, index: Option<u64>) -> Option<Value<'r>> {
    if reader.may_have_inner() { find_in_inner(reader, field, index) } else { None }
}

#[inline(never)]
fn find_in_inner<'r>(reader: &mut Reader<'_, 'r>, field: &Field, index: Option<u64>) -> Option<Value<'r>> {
    if let Some(form) = reader.form() {
        return falcon::value(reader, form, field).map(Value::Text);
    }
    let (mut event, start) = reader.inner()?;
    let value = match field.how {
        How::User | How::OriginalUser => inner::user(&mut event).map(Value::Text),
        How::Info => {
            let user = inner::user(&mut event);
            Some(Value::Text(info::summary(&mut event, user.as_ref())))
        }
        _ => value(&mut event, field, index),
    };
    value.map(|value| value.shifted(start))
}

fn computed<'r>(reader: &mut Reader<'_, 'r>, field: &Field, index: Option<u64>) -> Option<Value<'r>> {
    let first = field.nodes[0];
    let text = match field.how {
        How::Sum => {
            return match sum(reader, field.members()) {
                Some(sum) => Some(Value::Number(sum)),
                None => of_inner(reader, field, index),
            };
        }
        // These are always present, also in the event inside of the record, which must answer then.
        How::OneOf(_) | How::NoneOf(_) | How::Info if reader.may_have_inner() && reader.inner().is_some() => {
            return of_inner(reader, field, index);
        }
        How::Info if reader.may_have_inner() && reader.form().is_some() => return of_inner(reader, field, index),
        How::OneOf(names) => return Some(Value::Number(u64::from(is_named(reader, names)))),
        How::NoneOf(names) => return Some(Value::Number(u64::from(!is_named(reader, names)))),
        How::Each(_) | How::ImageIds => {
            return match list(reader, field, index) {
                Some(list) => Some(Value::List(list)),
                None => of_inner(reader, field, index),
            };
        }
        How::ImageId => instances::images(reader, field, Some(0)).and_then(|images| images.into_iter().next()),
        How::Text => match field.members().find_map(|member| reader.text(member)) {
            None if first == inner::EVENT_ID => inner::uid(reader),
            text => text,
        },
        How::Filled => filled(reader, field),
        How::Json => reader.raw(first).and_then(|raw| reader.json_of(&raw)),
        How::Elements => elements(reader, first),
        How::Flag => flag(reader, first),
        How::Management => flag(reader, first).or_else(|| is_management(reader)),
        How::ReadOnly => read_only(reader),
        How::ShortSource => short_source(reader),
        How::User => identity::user(reader).text().or_else(|| inner::own_user(reader)),
        How::OriginalUser => identity::original_user(reader).or_else(|| inner::own_user(reader)),
        How::SessionName => identity::session_name(reader),
        How::Mfa => identity::mfa(reader),
        How::SamlProvider => identity::saml_provider(reader),
        How::OidcProvider => identity::oidc_provider(reader),
        How::Time => time::text(reader),
        How::Within => within(reader, field),
        How::Info => {
            let user = identity::user(reader).text().or_else(|| inner::own_user(reader));
            Some(info::summary(reader, user.as_ref()))
        }
        How::Uri => uri(reader),
        How::Subnet => reader.text(first).or_else(|| instances::subnet(reader)),
        How::InstanceName => instances::name(reader, first),
    };
    match text {
        Some(text) => Some(Value::Text(text)),
        None => of_inner(reader, field, index),
    }
}

/// Returns the images, or the texts of the first array that has any.
fn list<'r>(reader: &mut Reader<'_, 'r>, field: &Field, index: Option<u64>) -> Option<Vec<Text<'r>>> {
    let How::Each(key) = field.how else { return instances::images(reader, field, index) };
    field.members().find_map(|array| {
        let array = reader.raw(array)?;
        reader.texts_of_each(&array, key.as_bytes(), index)
    })
}

/// Returns the text of a member in a rare object.
fn within<'r>(reader: &mut Reader<'_, 'r>, field: &Field) -> Option<Text<'r>> {
    let (_, path) = field.from.first()?.split_once('.')?;
    match reader.text_within(field.nodes[0], path) {
        None if field.nodes[0] == inner::EVENT_DATA => inner::own_member(reader, path),
        text => text,
    }
}

/// Returns the first text that is not empty, or the first if all are empty (difference 6).
fn filled<'r>(reader: &mut Reader<'_, 'r>, field: &Field) -> Option<Text<'r>> {
    let mut texts = field.members().filter_map(|member| reader.text(member));
    let first = texts.next()?;
    if !first.as_bytes().is_empty() {
        return Some(first);
    }
    Some(texts.find(|text| !text.as_bytes().is_empty()).unwrap_or(first))
}

#[cfg(test)]
mod tests;
