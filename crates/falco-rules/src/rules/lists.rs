//! Lists: their names in a condition are replaced by their items, as text, as Falco does it.

use super::budget::MAX_TEXT;
use super::exceptions::quote_item;
use super::text::Text;

const BLANKS: &[u8] = b" \t\n\r";

/// A list whose items that name other lists were replaced.
#[derive(Clone, Debug)]
pub(super) struct List {
    pub(super) name: String,
    pub(super) items: Vec<String>,
}

/// How many names of lists one condition may have. Lists that name each other many times multiply them.
const MAX_NAMES: usize = 2_000;

/// Replaces the names of all lists, in the order of the lists, and calls a function with each list that is used.
pub(super) fn replace_all(text: &mut Text, lists: &[List], mut used: impl FnMut(&List)) -> Result<(), String> {
    let mut names = MAX_NAMES;
    for list in lists {
        let before = names;
        replace(text, list, &mut names)?;
        if names < before {
            used(list);
        }
    }
    Ok(())
}

/// Replaces each place where the name of the list stands alone.
fn replace(text: &mut Text, list: &List, names: &mut usize) -> Result<(), String> {
    let mut from = 0;
    while let Some(found) = text.text.get(from..).and_then(|rest| rest.find(&list.name)) {
        let start = from + found;
        let end = start + list.name.len();
        let bytes = text.text.as_bytes();
        let is_delimiter = |byte: Option<&u8>| byte.is_none_or(|byte| BLANKS.contains(byte) || b"(),=".contains(byte));
        let before = start.checked_sub(1).and_then(|at| bytes.get(at));
        let next = if is_delimiter(before) && is_delimiter(bytes.get(end)) {
            *names = names
                .checked_sub(1)
                .ok_or_else(|| format!("the condition has more than {MAX_NAMES} names of lists"))?;
            replace_one(text, start, end, &list.items)
        } else {
            start
        };
        if text.text.len() > MAX_TEXT {
            return Err(format!("with its lists, the condition is longer than {MAX_TEXT} bytes"));
        }
        // The search goes on at the next character, which may be several bytes further.
        from = (next + 1..=text.text.len()).find(|at| text.text.is_char_boundary(*at)).unwrap_or(text.text.len());
        if list.name.is_empty() || from >= text.text.len() {
            break;
        }
    }
    Ok(())
}

/// Replaces one range and returns where the search goes on.
fn replace_one(text: &mut Text, mut start: usize, mut end: usize, items: &[String]) -> usize {
    let bytes = text.text.as_bytes();
    let is_blank = |at: usize| bytes.get(at).is_some_and(|byte| BLANKS.contains(byte));
    while start > 0 && is_blank(start - 1) {
        start -= 1;
    }
    while is_blank(end) {
        end += 1;
    }
    let items: Vec<_> = items.iter().map(|item| quote_item(item)).collect();
    let items = items.join(", ");
    if items.is_empty() {
        if start > 0 && bytes.get(start - 1) == Some(&b',') {
            start -= 1;
        } else if bytes.get(end) == Some(&b',') {
            end += 1;
        }
    }
    let space = if start > 0 { " " } else { "" };
    let length = items.len();
    text.replace(start, end, &format!("{space}{items} "));
    start + length + 1
}
