//! As much of Markdown as links need.

use std::collections::BTreeMap;

/// A link or a picture.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) text: String,
    pub(super) target: String,
}

impl Link {
    /// The text, where all of it is code.
    pub(super) fn code(&self) -> Option<&str> {
        self.text.strip_prefix('`')?.strip_suffix('`').filter(|code| !code.contains('`'))
    }
}

/// The links of a page, those in code left out.
pub(super) fn links(page: &str) -> Vec<Link> {
    let text = without_fences(page);
    let code = code_spans(&text);
    let is_code = |at: usize| code.iter().any(|(from, to)| (*from..*to).contains(&at));
    let mut found = Vec::new();
    for (at, _) in text.match_indices("](").filter(|(at, _)| !is_code(*at)) {
        let before = text.get(..at).unwrap_or_default();
        let begin = before.char_indices().rev().find(|(at, char)| *char == '[' && !is_code(*at));
        let target = text.get(at + 2..).and_then(|rest| rest.split_once(')'));
        if let (Some((begin, _)), Some((target, _))) = (begin, target) {
            let text = before.get(begin + 1..).unwrap_or_default().to_owned();
            found.push(Link { text, target: target.to_owned() });
        }
    }
    found
}

/// What headings are called in links, as GitHub makes it of them.
pub(super) fn headings(page: &str) -> Vec<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let text = without_fences(page);
    let titles = text
        .lines()
        .filter_map(|line| line.trim_start_matches('#').strip_prefix(' ').filter(|_| line.starts_with('#')));
    titles
        .map(|title| {
            let name = slug(title);
            let before = seen.entry(name.clone()).or_default();
            *before += 1;
            if *before == 1 { name } else { format!("{name}-{}", *before - 1) }
        })
        .collect()
}

fn slug(title: &str) -> String {
    let kept = title.trim().chars().filter(|char| char.is_alphanumeric() || matches!(char, ' ' | '-' | '_'));
    kept.map(|char| if char == ' ' { '-' } else { char }).flat_map(char::to_lowercase).collect()
}

/// The page with blank lines in place of its blocks of code.
fn without_fences(page: &str) -> String {
    let mut fence: Option<&str> = None;
    let mut text = String::new();
    for line in page.lines() {
        let mark = ["```", "~~~"].into_iter().find(|mark| line.trim_start().starts_with(mark));
        match (fence, mark) {
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if open == mark => fence = None,
            (None, None) => text.push_str(line),
            _ => {}
        }
        text.push('\n');
    }
    text
}

/// Where code begins and ends within paragraphs: as many backticks behind as in front.
fn code_spans(text: &str) -> Vec<(usize, usize)> {
    let mut spans = Vec::new();
    let mut at = 0;
    while let Some(begin) = text.get(at..).and_then(|rest| rest.find('`')).map(|found| at + found) {
        let ticks = text.get(begin..).unwrap_or_default().chars().take_while(|char| *char == '`').count();
        let inside = begin + ticks;
        let paragraph = text.get(inside..).map(|rest| rest.split("\n\n").next().unwrap_or_default());
        match paragraph.and_then(|rest| closing(rest, ticks)) {
            Some(length) => {
                spans.push((inside, inside + length));
                at = inside + length + ticks;
            }
            None => at = inside,
        }
    }
    spans
}

/// Where exactly so many backticks stand.
fn closing(text: &str, ticks: usize) -> Option<usize> {
    let mut at = 0;
    loop {
        let found = at + text.get(at..)?.find('`')?;
        let run = text.get(found..)?.chars().take_while(|char| *char == '`').count();
        if run == ticks {
            return Some(found);
        }
        at = found + run;
    }
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
