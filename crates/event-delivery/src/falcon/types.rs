//! Settings that list types of Falcon's events.

use audit_schema::falcon::EVENT_TYPES;
use layered_settings::{Names, Setting, SettingsReader, closest};

/// Returns the event types of a setting; `None` if it is empty, or after a mistake. `is_type` returns whether a text has
/// the form of a type. Types that Falcon is not known to have give a warning.
pub fn event_types(reader: &mut SettingsReader, setting: &Setting, is_type: fn(&str) -> bool) -> Option<Names> {
    let types = reader.optional_as(setting, |text| {
        Names::parse(text).filter(|names| match names {
            Names::Only(types) => types.iter().all(|name| is_type(name.as_str())),
            Names::All => true,
        })
    })?;
    if let (Names::Only(types), Some((_, origin))) = (&types, reader.text(setting)) {
        for wrong in types.iter().filter_map(|name| unknown(name.as_str())) {
            reader.warn(format!("{origin}: {}: {wrong}", setting.name()));
        }
    }
    Some(types)
}

/// Returns what may be wrong with a type.
fn unknown(name: &str) -> Option<String> {
    if EVENT_TYPES.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        return None;
    }
    let near = closest(name, EVENT_TYPES.map(|known| (known, known)));
    let hint = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
    Some(format!("Falcon is not known to have events of the type {name}, so it may match nothing{hint}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_that_are_not_known_are_named_with_the_closest() {
        for (name, expected) in [
            ("AuthActivityAuditEvent", None),
            ("authactivityauditevent", None),
            ("AuthActivityAuditEvents", Some("may match nothing; did you mean AuthActivityAuditEvent?")),
            ("AuthActivityEvent", Some("may match nothing")),
            ("Foo", Some("of the type Foo, so it may match nothing")),
        ] {
            let found = unknown(name);
            assert_eq!(found.is_some(), expected.is_some(), "{name}");
            assert!(found.unwrap_or_default().ends_with(expected.unwrap_or_default()), "{name}");
        }
    }
}
