//! Any text as a condition: no panic, no stack overflow, and a condition that is printed parses to the same. `cargo fuzz run
//! conditions` in `crates/falco-rules`.

#![no_main]

use falco_rules::Condition;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(condition) = Condition::parse(text) {
        assert_eq!(Condition::parse(&condition.to_string()), Ok(condition));
    }
});
