//! Fields and summaries of events.

use crate::api::text;
use crate::event::InPlace;
use crate::plugin::{Plugin, no_error};
use crate::request::{Answer, Offsets, Request};
use falco_plugin_api::{
    ss_plugin_extract_field, ss_plugin_extract_value_offsets, ss_plugin_field_extract_input,
    ss_plugin_rc_SS_PLUGIN_SUCCESS, ss_plugin_table_reader_vtable_ext,
};
use std::ptr::null_mut;

/// One field that is asked of event after event, in a call of its own each time, as Falco does.
pub struct Question {
    field: ss_plugin_extract_field,
    readers: Box<ss_plugin_table_reader_vtable_ext>,
}

impl std::fmt::Debug for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Question").field("field", &self.field.field_id).finish_non_exhaustive()
    }
}

impl Question {
    /// Of this field.
    #[must_use]
    pub fn new(request: &Request) -> Self {
        Self { field: request.field(), readers: no_tables() }
    }
}

/// The functions of Falco's tables, none of which there is.
fn no_tables() -> Box<ss_plugin_table_reader_vtable_ext> {
    // SAFETY: all members are optional functions.
    Box::new(unsafe { std::mem::zeroed() })
}

impl Plugin<'_> {
    /// The event in one line.
    #[must_use]
    pub fn event_to_string<'e>(&self, event: impl Into<InPlace<'e>>) -> Option<String> {
        let input = event.into().input();
        // SAFETY: the event lives as long as the call.
        text(unsafe { self.api.__bindgen_anon_1.event_to_string.expect("looked up")(self.pointer, &raw const input) })
    }

    /// Has the event made into one line, and does not copy it. Whether there is one.
    #[must_use]
    pub fn has_string(&self, event: InPlace<'_>) -> bool {
        let input = event.input();
        // SAFETY: the event lives as long as the call.
        let line =
            unsafe { self.api.__bindgen_anon_1.event_to_string.expect("looked up")(self.pointer, &raw const input) };
        !line.is_null()
    }

    /// Asks for fields, all in one call; with `offsets`, also where they stand in the event.
    #[must_use]
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
                // SAFETY: there are as many as fields.
                unsafe { (*places.start.add(number), *places.length.add(number)) }
            })
        };
        let answers = requests.iter().zip(&fields).enumerate();
        // SAFETY: they have just been answered.
        answers.map(|(number, (request, field))| (unsafe { request.answer(field) }, place(number))).collect()
    }

    /// Asks for one field and does not copy the answer. How many values there are.
    #[must_use]
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
        // SAFETY: all that it is shown lives as long as the call.
        let rc = unsafe { extract(self.pointer, &raw const input, &raw const extract_input) };
        assert_eq!(rc, ss_plugin_rc_SS_PLUGIN_SUCCESS, "{}", self.last_error());
    }
}
