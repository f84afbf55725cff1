//! Records, as this crate sees them: fields with a type, and their values.

use std::borrow::Cow;
use std::net::IpAddr;

/// The type of a field, with Falco's names for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FieldType {
    /// Text; `CHARBUF`.
    Text,
    /// A number; `UINT64`.
    Number,
    /// A span of time in nanoseconds; `RELTIME`.
    RelativeTime,
    /// Nanoseconds since 1970; `ABSTIME`.
    AbsoluteTime,
    /// True or false; `BOOL`.
    Bool,
    /// An address, compared with addresses; `IPADDR`.
    IpAddr,
    /// An address, compared with networks; `IPNET`.
    IpNet,
}

impl FieldType {
    /// Returns Falco's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "CHARBUF",
            Self::Number => "UINT64",
            Self::RelativeTime => "RELTIME",
            Self::AbsoluteTime => "ABSTIME",
            Self::Bool => "BOOL",
            Self::IpAddr => "IPADDR",
            Self::IpNet => "IPNET",
        }
    }
}

/// Whether a field takes an argument in brackets, and which.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ArgumentRule {
    /// The argument may be a number.
    pub index: bool,
    /// The argument may be any text.
    pub key: bool,
    /// The argument must be there.
    pub required: bool,
}

/// A field of a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldInfo {
    /// The schema's own number for the field, with which [`Record::value`] is called.
    pub id: u32,
    /// The type of the value, or of each value of a list.
    pub kind: FieldType,
    /// Whether the field has a list of values.
    pub is_list: bool,
    /// Whether the field takes an argument.
    pub argument: ArgumentRule,
}

impl FieldInfo {
    /// Creates a text field without an argument.
    #[must_use]
    pub const fn text(id: u32) -> Self {
        let argument = ArgumentRule { index: false, key: false, required: false };
        Self { id, kind: FieldType::Text, is_list: false, argument }
    }
}

/// The fields that records of one source have.
///
/// `evt.…`, `json.…` and `jevt.…` are this crate's own; a schema is not asked for them.
pub trait Schema {
    /// Finds a field by its name without an argument, such as `ct.name`.
    fn field(&self, name: &str) -> Option<FieldInfo>;
}

/// An argument of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argument<'a> {
    /// The text between the brackets.
    pub key: &'a str,
    /// The text as a number, if the field takes numbers and it is one.
    pub index: Option<u64>,
}

/// The value of a field in one record.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// Text. It need not be UTF-8; a NUL ends it in most comparisons, as in Falco.
    Text(Cow<'a, [u8]>),
    /// A number or a time.
    Number(u64),
    /// True or false.
    Bool(bool),
    /// An address.
    Ip(IpAddr),
    /// The values of a list field; an empty list counts as no value.
    List(Vec<Value<'a>>),
}

impl<'a> Value<'a> {
    /// Creates a text.
    pub fn text(text: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self::Text(Cow::Borrowed(text.as_ref()))
    }
}

/// The facts about a record that are not in its fields; for `evt.…`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Event<'a> {
    /// The number of the record in this run; Falco's first one is 1.
    pub number: u64,
    /// When it happened, in nanoseconds since 1970.
    pub time: u64,
    /// The time of the first record of this run, from which `evt.reltime` counts.
    pub first_time: u64,
    /// The offset of the time zone for `evt.time` and `evt.datetime`, in seconds east of UTC.
    pub utc_offset: i32,
    /// The name of the source, such as `aws_cloudtrail`.
    pub source: &'a str,
    /// The name of the plugin that gave the record.
    pub plugin: &'a str,
    /// The name of the host.
    pub hostname: &'a str,
}

/// One record.
///
/// Methods take `&mut self`, so that an implementation can keep what it has found.
pub trait Record {
    /// Returns the value of a field of the schema, or `None` if the record does not have it.
    ///
    /// A value of another type than the schema says counts as none.
    fn value(&mut self, field: u32, argument: Option<Argument<'_>>) -> Option<Value<'_>>;

    /// Returns what `evt.…` is read from.
    fn event(&self) -> Event<'_> {
        Event::default()
    }

    /// Returns the summary for `evt.plugininfo`. Without one, it is the length and the beginning of the
    /// JSON text, as in Falco.
    fn info(&mut self) -> Option<Cow<'_, [u8]>> {
        None
    }

    /// Returns the record as JSON text, for `json.…` and `jevt.…`.
    fn json(&self) -> Option<&[u8]> {
        None
    }
}
