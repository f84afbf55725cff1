//! The fields that every record has: `evt.…` of libs, and `json.…` and `jevt.…` of Falco's json plugin.

pub(crate) mod event;
pub(crate) mod json;

use std::borrow::Cow;

use crate::fields::{Argument, ArgumentRule, FieldInfo, FieldType, Record, Value};

macro_rules! fields {
    ($($variant:ident $name:literal $kind:ident,)*) => {
        /// A field of this crate.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum Builtin { $($variant,)* }

        /// Name and type of each field.
        const FIELDS: &[(&str, Builtin, FieldType)] = &[$(($name, Builtin::$variant, FieldType::$kind),)*];
    };
}

fields! {
    Number "evt.num" Number,
    Time "evt.time" Text,
    TimeSeconds "evt.time.s" Text,
    TimeIso "evt.time.iso8601" Text,
    DateTime "evt.datetime" Text,
    DateTimeSeconds "evt.datetime.s" Text,
    RawTime "evt.rawtime" AbsoluteTime,
    RawTimeSeconds "evt.rawtime.s" AbsoluteTime,
    RawTimeNanos "evt.rawtime.ns" AbsoluteTime,
    RelTime "evt.reltime" RelativeTime,
    RelTimeSeconds "evt.reltime.s" RelativeTime,
    RelTimeNanos "evt.reltime.ns" RelativeTime,
    PluginName "evt.pluginname" Text,
    PluginInfo "evt.plugininfo" Text,
    Source "evt.source" Text,
    IsAsync "evt.is_async" Bool,
    AsyncType "evt.asynctype" Text,
    HostName "evt.hostname" Text,
    JsonValue "json.value" Text,
    JsonObject "json.obj" Text,
    JsonRawTime "json.rawtime" Text,
    JevtValue "jevt.value" Text,
    JevtObject "jevt.obj" Text,
    JevtRawTime "jevt.rawtime" Text,
}

impl Builtin {
    /// Whether the field is one of the json plugin's.
    pub(crate) const fn is_json(self) -> bool {
        use Builtin::{JevtObject, JevtRawTime, JevtValue, JsonObject, JsonRawTime, JsonValue};
        matches!(self, JsonValue | JsonObject | JsonRawTime | JevtValue | JevtObject | JevtRawTime)
    }

    /// Whether Falco prints the number with at least nine digits.
    pub(crate) const fn is_padded(self) -> bool {
        matches!(self, Self::RawTimeNanos | Self::RelTime | Self::RelTimeNanos)
    }

    /// Whether Falco's JSON has the time in nanoseconds in place of the text.
    pub(crate) const fn is_time_in_json(self) -> bool {
        matches!(self, Self::Time | Self::TimeSeconds | Self::TimeIso | Self::DateTime | Self::DateTimeSeconds)
    }
}

/// Finds a field by its name.
pub(crate) fn find(name: &str) -> Option<(Builtin, FieldInfo)> {
    let (_, field, kind) = FIELDS.iter().find(|(own, _, _)| *own == name)?;
    let takes_pointer = matches!(field, Builtin::JsonValue | Builtin::JevtValue);
    let argument = ArgumentRule { index: false, key: takes_pointer, required: takes_pointer };
    Some((*field, FieldInfo { id: 0, kind: *kind, is_list: false, argument }))
}

/// Returns the value of a field.
pub(crate) fn read<'v>(
    field: Builtin,
    argument: Option<Argument<'_>>,
    record: &'v mut dyn Record,
) -> Option<Value<'v>> {
    match field {
        Builtin::PluginInfo => info(record).map(Value::Text),
        Builtin::JsonValue | Builtin::JevtValue => json::value(record.json()?, argument?.key).map(Value::Text),
        Builtin::JsonObject | Builtin::JevtObject => {
            json::indented(record.json()?).map(|text| Value::Text(Cow::Owned(text)))
        }
        Builtin::JsonRawTime | Builtin::JevtRawTime => {
            record.json()?;
            Some(Value::Text(Cow::Owned(record.event().time.to_string().into_bytes())))
        }
        other => event::value(other, &*record),
    }
}

/// Returns the summary, or what libs makes of the record's text if its plugin gives none: the length and the beginning.
fn info(record: &mut dyn Record) -> Option<Cow<'_, [u8]>> {
    const SHOWN: usize = 50;
    if record.info().is_some_and(|info| !info.is_empty()) {
        return record.info();
    }
    let text = record.json()?;
    let shown = text.get(..SHOWN).unwrap_or(text);
    let mut out = format!("datalen={} data=", text.len()).into_bytes();
    if !shown.iter().all(|byte| matches!(byte, b' '..=b'~')) {
        out.extend_from_slice(b"<binary>");
        return Some(Cow::Owned(out));
    }
    out.extend_from_slice(shown);
    out.extend_from_slice(if text.len() > SHOWN { b"..." } else { b"" });
    Some(Cow::Owned(out))
}
