//! Members that one object has twice. A parser keeps one of them, so the other would not be read.

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::collections::HashSet;
use std::fmt;

/// Returns the name of a member that an object of this JSON has twice.
pub(super) fn doubled(text: &str) -> Option<String> {
    serde_json::from_str::<Doubled>(text).ok()?.0
}

struct Doubled(Option<String>);

impl<'de> Deserialize<'de> for Doubled {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Walk)
    }
}

struct Walk;

impl<'de> Visitor<'de> for Walk {
    type Value = Doubled;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Doubled, A::Error> {
        let (mut names, mut found) = (HashSet::new(), None);
        while let Some(name) = members.next_key::<String>()? {
            let Doubled(inner) = members.next_value()?;
            let again = if names.contains(&name) { Some(name.clone()) } else { None };
            names.insert(name);
            found = found.or(again).or(inner);
        }
        Ok(Doubled(found))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Doubled, A::Error> {
        let mut found = None;
        while let Some(Doubled(inner)) = elements.next_element()? {
            found = found.or(inner);
        }
        Ok(Doubled(found))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Doubled, E> {
        Ok(Doubled(None))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Doubled, E> {
        Ok(Doubled(None))
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Doubled, E> {
        Ok(Doubled(None))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Doubled, E> {
        Ok(Doubled(None))
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Doubled, E> {
        Ok(Doubled(None))
    }

    fn visit_unit<E: Error>(self) -> Result<Doubled, E> {
        Ok(Doubled(None))
    }
}

#[cfg(test)]
mod tests {
    use super::doubled;

    #[test]
    fn a_name_twice_in_one_object_is_found_at_any_depth() {
        for (text, expected) in [
            (r#"{"a":1,"b":-1,"c":1.5,"d":null,"e":true,"f":"a"}"#, None),
            (r#"{"a":1,"b":{"a":2},"c":[{"a":3},{"a":4}]}"#, None),
            (r#"{"a":1,"b":2,"a":3}"#, Some("a")),
            (r#"{"a":1,"\u0061":3}"#, Some("a")),
            (r#"[0,{"b":[{"c":{"d":1,"d":1}}]}]"#, Some("d")),
            ("[]", None),
            ("{", None),
        ] {
            assert_eq!(doubled(text).as_deref(), expected, "{text}");
        }
    }
}
