//! Reads the links and the headings of a page.

use std::collections::BTreeMap;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// A link or an image.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) text: String,
    pub(super) target: String,
}

impl Link {
    /// Returns the text if all of it is code.
    pub(super) fn code(&self) -> Option<&str> {
        self.text.strip_prefix('`')?.strip_suffix('`').filter(|code| !code.contains('`'))
    }
}

/// Returns the links of a page, without those in code.
pub(super) fn links(page: &str) -> Vec<Link> {
    let (mut open, mut found) = (Vec::<Link>::new(), Vec::new());
    for event in Parser::new_ext(page, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                open.push(Link { text: String::new(), target: dest_url.into_string() });
            }
            Event::End(TagEnd::Link | TagEnd::Image) => found.extend(open.pop()),
            event => open.iter_mut().for_each(|link| link.text.push_str(&text(&event))),
        }
    }
    found
}

/// Returns the anchors of the headings, as GitHub makes them.
pub(super) fn headings(page: &str) -> Vec<String> {
    let (mut seen, mut anchors, mut title) = (BTreeMap::<String, usize>::new(), Vec::new(), None);
    for event in Parser::new_ext(page, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Heading { .. }) => title = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                let name = slug(&title.take().unwrap_or_default());
                let before = seen.entry(name.clone()).or_default();
                anchors.push(if *before == 0 { name } else { format!("{name}-{before}") });
                *before += 1;
            }
            event => title.iter_mut().for_each(|title| title.push_str(&text(&event))),
        }
    }
    anchors
}

fn text(event: &Event<'_>) -> String {
    match event {
        Event::Text(text) => text.to_string(),
        Event::Code(code) => format!("`{code}`"),
        Event::SoftBreak => "\n".to_owned(),
        _ => String::new(),
    }
}

fn slug(title: &str) -> String {
    let kept = title.trim().chars().filter(|char| char.is_alphanumeric() || matches!(char, ' ' | '-' | '_'));
    kept.map(|char| if char == ' ' { '-' } else { char }).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(page: &str) -> Vec<(String, String)> {
        links(page).into_iter().map(|Link { text, target }| (text, target)).collect()
    }

    #[test]
    fn links_are_found_and_those_in_code_are_not() {
        let page = "See [one](a.md), ![two](b.svg) and [`three`](c.rs#x); `[no](d)`, ``a ` [no](e)`` \
            [wrapped\ntext](f)\n\n```\n[no](g)\n```\n| `a` | [four](h) |\na ` alone\n\n[five](i)\n";
        let expected = [("one", "a.md"), ("two", "b.svg"), ("`three`", "c.rs#x"), ("wrapped\ntext", "f")];
        let expected = expected.into_iter().chain([("four", "h"), ("five", "i")]);
        assert_eq!(
            found(page),
            expected.map(|(text, target)| (text.to_owned(), target.to_owned())).collect::<Vec<_>>()
        );
    }

    #[test]
    fn headings_are_called_as_on_github() {
        let page = "# A `b` (c), d\n## Which promise, which alert\n```\n# no\n```\n## Twice\n#hash\n### Twice\n";
        assert_eq!(headings(page), ["a-b-c-d", "which-promise-which-alert", "twice", "twice-1"]);
    }
}
