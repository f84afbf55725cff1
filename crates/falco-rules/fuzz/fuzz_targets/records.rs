//! Any condition and output over any record, whose text is the value of each field and its JSON: no panic, no endless loop,
//! and an answer that is the same each time and in an explanation. `cargo fuzz run records` in `crates/falco-rules`.

#![no_main]

use falco_rules::{
    Argument, ArgumentRule, FieldInfo, FieldType, Filter, Output, Record, Schema, Scratch, Value,
};
use libfuzzer_sys::fuzz_target;

struct Fields;

impl Schema for Fields {
    fn field(&self, name: &str) -> Option<FieldInfo> {
        let (id, kind, is_list) = match name {
            "a.text" => (0, FieldType::Text, false),
            "a.number" => (1, FieldType::Number, false),
            "a.list" => (2, FieldType::Text, true),
            _ => return None,
        };
        let argument = ArgumentRule { index: is_list, key: false, required: false };
        Some(FieldInfo { id, kind, is_list, argument })
    }
}

struct Bytes<'b>(&'b [u8]);

impl Record for Bytes<'_> {
    fn value(&mut self, field: u32, _: Option<Argument<'_>>) -> Option<Value<'_>> {
        match field {
            0 => Some(Value::text(self.0)),
            1 => Some(Value::Number(self.0.len() as u64)),
            _ => Some(Value::List(self.0.split(|byte| *byte == b' ').map(Value::text).collect())),
        }
    }

    fn json(&self) -> Option<&[u8]> {
        Some(self.0)
    }
}

fuzz_target!(|input: (&str, &str, &[u8])| {
    let (condition, output, bytes) = input;
    let mut record = Bytes(bytes);
    if let Ok(filter) = Filter::parse(condition, &Fields) {
        let mut scratch = Scratch::new();
        let holds = filter.matches(&mut record, &mut scratch);
        assert_eq!(filter.matches(&mut record, &mut scratch), holds);
        assert_eq!(filter.explain(&mut record).holds, holds);
    }
    if let Ok(output) = Output::parse(output, &Fields) {
        output.write(&mut record, &mut Vec::new());
        output.values(&mut record);
    }
});
