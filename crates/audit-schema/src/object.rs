//! A JSON object inside an event.

use std::borrow::Cow;
use std::fmt;

use serde_json::value::RawValue;

use crate::json;

/// A JSON object as text. It keeps the order of members, duplicate names, and numbers of any size.
#[derive(Clone, PartialEq, Eq)]
pub struct JsonObject<'a>(Form<'a>);

#[derive(Clone, PartialEq, Eq)]
enum Form<'a> {
    /// The whole text.
    Text(Cow<'a, str>),
    /// An object with one member, whose value is borrowed.
    Member(&'static str, Cow<'a, str>),
}

/// The text is not a JSON object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the text is not a JSON object")]
pub struct NotAnObject;

impl<'a> JsonObject<'a> {
    /// Parses `text` as an object. White space around it is dropped.
    ///
    /// # Errors
    /// If the text is not a JSON object.
    pub fn parse(text: &'a str) -> Result<Self, NotAnObject> {
        let value: &RawValue = serde_json::from_str(text).map_err(|_| NotAnObject)?;
        if !value.get().starts_with('{') {
            return Err(NotAnObject);
        }
        Ok(Self::trusted(value.get()))
    }

    /// Serialises `value` to an object.
    ///
    /// # Errors
    /// If the value does not serialise to an object.
    pub fn from_serialize(value: &impl serde::Serialize) -> Result<JsonObject<'static>, NotAnObject> {
        let text = serde_json::to_string(value).map_err(|_| NotAnObject)?;
        if !text.starts_with('{') {
            return Err(NotAnObject);
        }
        Ok(JsonObject::trusted(text))
    }

    /// Creates an object from `text`, which must be a JSON object.
    pub(crate) fn trusted(text: impl Into<Cow<'a, str>>) -> Self {
        Self(Form::Text(text.into()))
    }

    /// Creates `{"name":value}`. `value` must be JSON, and `name` must need no escapes.
    pub(crate) fn member(name: &'static str, value: impl Into<Cow<'a, str>>) -> Self {
        Self(Form::Member(name, value.into()))
    }

    /// Returns the length of the text, in bytes.
    #[must_use]
    pub fn json_len(&self) -> usize {
        match &self.0 {
            Form::Text(text) => text.len(),
            Form::Member(name, value) => json::string_len(name) + value.len() + r"{:}".len(),
        }
    }

    /// Returns the text.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::with_capacity(self.json_len());
        self.write(&mut out);
        out
    }

    pub(crate) fn write(&self, out: &mut String) {
        match &self.0 {
            Form::Text(text) => out.push_str(text),
            Form::Member(name, value) => {
                let mut members = json::Members::new(out);
                members.json(name, value);
                members.end();
            }
        }
    }
}

/// Shows only the length, so that no event reaches a log.
impl fmt::Debug for JsonObject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JsonObject({} bytes)", self.json_len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_keeps_its_text() {
        let text = r#"{"b":1680759529306198500123,"a":1,"b":{}}"#;
        let object = JsonObject::parse(text).unwrap();
        assert_eq!((object.to_json().as_str(), object.json_len()), (text, text.len()));
        assert_eq!(JsonObject::parse(" {} \n").unwrap().to_json(), "{}");
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for text in ["", "[]", "\"{}\"", "{", "{}{}", "{\"a\":}", "null"] {
            assert_eq!(JsonObject::parse(text), Err(NotAnObject), "{text}");
        }
        assert_eq!(JsonObject::from_serialize(&[1]), Err(NotAnObject));
    }

    #[test]
    fn a_single_member_is_measured() {
        let object = JsonObject::member("raw", "[1]");
        assert_eq!(object.to_json(), r#"{"raw":[1]}"#);
        assert_eq!(object.json_len(), object.to_json().len());
        assert_eq!(format!("{object:?}"), "JsonObject(11 bytes)");
    }
}
