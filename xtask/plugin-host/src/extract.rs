//! Fields and summaries of events.

use crate::api::text;
use crate::event::InPlace;
use crate::plugin::{Plugin, no_error};
use crate::request::{Answer, Offsets, Request};
use falco_plugin_api::{
    ss_plugin_extract_field, ss_plugin_extract_value_offsets, ss_plugin_field_extract_input,
    ss_plugin_rc_SS_PLUGIN_SUCCESS, ss_plugin_table_reader_vtable_ext,
};
use std::ffi::c_char;
use std::ptr::null_mut;

/// One field that is asked for in a separate call for each event, as Falco does.
pub struct Question {
    field: ss_plugin_extract_field,
    readers: Box<ss_plugin_table_reader_vtable_ext>,
}

impl Question {
    /// Returns the field of this request.
    pub fn new(request: &Request) -> Self {
        Self { field: request.field(), readers: no_tables() }
    }
}

/// Falco's table functions, all absent.
fn no_tables() -> Box<ss_plugin_table_reader_vtable_ext> {
    // SAFETY: all members are optional functions.
    Box::new(unsafe { std::mem::zeroed() })
}

impl Plugin<'_> {
    /// Returns the event's summary in one line.
    pub fn event_to_string<'e>(&self, event: impl Into<InPlace<'e>>) -> Option<String> {
        text(self.line(event.into()))
    }

    /// Asks for the event's summary without copying it, and returns whether there is one.
    pub fn has_string(&self, event: InPlace<'_>) -> bool {
        !self.line(event).is_null()
    }

    fn line(&self, event: InPlace<'_>) -> *const c_char {
        let input = event.input();
        // SAFETY: the event lives as long as the call.
        unsafe { self.api.__bindgen_anon_1.event_to_string.expect("looked up")(self.pointer, &raw const input) }
    }

    /// Asks for fields, all in one call; with `offsets`, also for their ranges in the event.
    pub fn extract<'e>(
        &self,
        event: impl Into<InPlace<'e>>,
        requests: &[Request],
        offsets: bool,
    ) -> Vec<(Answer, Offsets)> {
        let mut fields: Vec<ss_plugin_extract_field> = requests.iter().map(Request::field).collect();
        let mut places = ss_plugin_extract_value_offsets { start: null_mut(), length: null_mut() };
        let wanted = if offsets { &raw mut places } else { null_mut() };
        self.call(event.into(), &mut fields, &mut no_tables(), wanted);
        let place = |number: usize| {
            (!places.start.is_null()).then(|| {
                // SAFETY: the plugin has as many ranges as fields.
                unsafe { (*places.start.add(number), *places.length.add(number)) }
            })
        };
        let answers = requests.iter().zip(&fields).enumerate();
        // SAFETY: the plugin has just answered these requests.
        answers.map(|(number, (request, field))| (unsafe { request.answer(field) }, place(number))).collect()
    }

    /// Asks for one field without copying the answer, and returns the number of values.
    pub fn ask(&self, event: InPlace<'_>, question: &mut Question) -> u64 {
        self.call(event, std::slice::from_mut(&mut question.field), &mut question.readers, null_mut());
        question.field.res_len
    }

    fn call(
        &self,
        event: InPlace<'_>,
        fields: &mut [ss_plugin_extract_field],
        readers: &mut ss_plugin_table_reader_vtable_ext,
        offsets: *mut ss_plugin_extract_value_offsets,
    ) {
        let input = event.input();
        let mut extract_input: ss_plugin_field_extract_input =
            // SAFETY: pointers and numbers.
            unsafe { std::mem::zeroed() };
        extract_input.get_owner_last_error = Some(no_error);
        extract_input.num_fields = fields.len() as u32;
        extract_input.fields = fields.as_mut_ptr();
        extract_input.table_reader_ext = &raw mut *readers;
        extract_input.value_offsets = offsets;
        let extract = self.api.__bindgen_anon_2.extract_fields.expect("looked up");
        // SAFETY: all arguments live as long as the call.
        let rc = unsafe { extract(self.pointer, &raw const input, &raw const extract_input) };
        assert_eq!(rc, ss_plugin_rc_SS_PLUGIN_SUCCESS, "{}", self.last_error());
    }
}
