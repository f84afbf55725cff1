//! `getopt(list, "ab:")`: the options of a command line, as libs finds them.

use super::buffer::{One, Values, c_string};

/// Which options there are, and which of them have a value.
struct Options<'s> {
    spec: &'s [u8],
}

impl Options<'_> {
    /// Returns whether an option has a value, or `None` if the option does not exist.
    fn takes_value(&self, option: u8) -> Option<bool> {
        let spec = self.spec.strip_prefix(b":").unwrap_or(self.spec);
        let mut found = None;
        for (index, byte) in spec.iter().enumerate() {
            if *byte == option && option != b':' {
                found = Some(found == Some(true) || spec.get(index + 1) == Some(&b':'));
            }
        }
        found
    }
}

/// Appends the options of `arguments` and their values, or with a `selector` only the last value of that option.
/// False if the selected option is not there.
pub(crate) fn options(arguments: &Values, spec: &[u8], selector: Option<u8>, out: &mut Values) -> bool {
    let options = Options { spec };
    let mut selected: Option<Vec<u8>> = None;
    let mut emit = |out: &mut Values, name: &[u8], value: Option<&[u8]>| match selector {
        Some(_) => selected = Some(c_string(value.unwrap_or(name)).to_vec()),
        None => {
            out.push_text(name);
            if let Some(value) = value {
                out.push_text(value);
            }
        }
    };
    let text = |index: usize| arguments.get(index).and_then(One::text);
    let mut index = 0;
    while let Some(argument) = text(index) {
        index += 1;
        if matches!(argument, [b'-', b'-', _, ..]) {
            continue;
        }
        let [b'-', letters @ ..] = argument else { break };
        if letters.is_empty() || argument == b"--" {
            break;
        }
        for (at, letter) in letters.iter().enumerate() {
            let is_wanted = selector.is_none_or(|wanted| wanted == *letter);
            match options.takes_value(*letter) {
                None if selector.is_none() => emit(out, b"?", None),
                None => {}
                Some(false) if is_wanted => emit(out, &[*letter], None),
                Some(false) => {}
                Some(true) => {
                    let rest = letters.get(at + 1..).unwrap_or_default();
                    let value = if rest.is_empty() { text(index) } else { Some(rest) };
                    index += usize::from(rest.is_empty() && value.is_some());
                    match value {
                        Some(_) if is_wanted => emit(out, &[*letter], value),
                        None if is_wanted => emit(out, b"", None),
                        _ => {}
                    }
                    break;
                }
            }
        }
    }
    match selected {
        Some(value) => out.push_text(&value),
        None => return selector.is_none(),
    }
    true
}
