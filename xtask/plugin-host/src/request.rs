//! Requests for fields, and the answers.

use falco_plugin_api::ss_plugin_extract_field;
use field_extract::{Kind, fields};
use std::ffi::CStr;

/// The types of fields, as `get_fields` and Falco call them (`PT_UINT64` and `PT_CHARBUF`).
const UINT64: u32 = 8;
const STRING: u32 = 9;

/// A request for a field.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// The field's position in `get_fields`.
    pub id: u32,
    /// Whether the value is a uint64; otherwise it is a string.
    pub number: bool,
    /// Whether the value is a list.
    pub list: bool,
    /// The index argument.
    pub index: Option<u64>,
}

/// The value of a field; strings are bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// No value.
    None,
    /// The value of a uint64 field.
    Number(u64),
    /// The values of a string field, one or more.
    Strings(Vec<Vec<u8>>),
}

/// The range of a value in the event: start and length.
pub type Offsets = Option<(u32, u32)>;

impl Request {
    /// Returns the request for a field of the plugin's table, or `None` for an unknown field.
    pub fn of(name: &str, index: Option<u64>) -> Option<Self> {
        let (id, field) = fields().iter().enumerate().find(|(_, field)| field.name == name)?;
        Some(Self { id: id as u32, number: field.kind() == Kind::Uint64, list: field.list, index })
    }

    pub(crate) fn field(&self) -> ss_plugin_extract_field {
        // SAFETY: all zero is a valid request without a result.
        let mut field: ss_plugin_extract_field = unsafe { std::mem::zeroed() };
        field.field_id = self.id;
        field.field = c"".as_ptr();
        field.arg_present = u32::from(self.index.is_some());
        field.arg_index = self.index.unwrap_or_default();
        field.ftype = if self.number { UINT64 } else { STRING };
        field.flist = u32::from(self.list);
        // Data from an earlier call, which the plugin must not take for its own.
        field.res_len = 7;
        field
    }

    /// Copies the answer.
    ///
    /// # Safety
    /// The plugin has answered this request, and has not been called since.
    pub(crate) unsafe fn answer(&self, field: &ss_plugin_extract_field) -> Answer {
        if field.res_len == 0 {
            return Answer::None;
        }
        if self.number {
            // SAFETY: a number field's result points to numbers.
            return Answer::Number(unsafe { *field.res.u64_ });
        }
        let strings = (0..field.res_len as usize).map(|number| {
            // SAFETY: a string field's result points to as many C strings.
            unsafe { CStr::from_ptr(*field.res.str_.add(number)) }.to_bytes().to_vec()
        });
        Answer::Strings(strings.collect())
    }
}
