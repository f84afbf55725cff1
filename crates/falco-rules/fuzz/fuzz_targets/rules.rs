//! Any text as a rules file, and as two of them: no panic, no stack overflow, and rules that the files really have.
//! `cargo fuzz run rules` in `crates/falco-rules`.

#![no_main]

use falco_rules::{ArgumentRule, FieldInfo, FieldType, Loader, Schema};
use libfuzzer_sys::fuzz_target;

struct Fields;

impl Schema for Fields {
    fn field(&self, name: &str) -> Option<FieldInfo> {
        let (kind, is_list) = match name {
            "a.text" => (FieldType::Text, false),
            "a.number" => (FieldType::Number, false),
            "a.list" => (FieldType::Text, true),
            _ => return None,
        };
        let argument = ArgumentRule { index: is_list, key: false, required: false };
        Some(FieldInfo { id: 0, kind, is_list, argument })
    }
}

fuzz_target!(|text: &str| {
    let (first, second) = text.split_once('\u{1}').unwrap_or((text, ""));
    let loaded = Loader::new().source("a", &Fields).load(&[("first", first), ("second", second)]);
    for found in &loaded.diagnostics {
        assert!(found.line >= 1 && found.column >= 1, "{found}");
    }
    assert!(loaded.ruleset.engine("a").rules().count() <= loaded.ruleset.rules().count());
});
