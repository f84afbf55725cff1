//! Conditions and outputs put together from several places, each byte of which knows where it comes from.

use std::rc::Rc;

use saphyr_parser::ScalarStyle;

use super::yaml::{Kind, Mark, Yaml};

/// A scalar of a file.
#[derive(Debug)]
pub(super) struct Scalar {
    pub(super) text: String,
    style: ScalarStyle,
    pub(super) at: Place,
}

/// A place in one of the files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) file: usize,
    pub(super) mark: Mark,
}

impl Scalar {
    /// Takes a node that is a scalar.
    pub(super) fn new(node: &Yaml, file: usize) -> Option<Rc<Self>> {
        match &node.kind {
            Kind::Scalar { text, style } => {
                Some(Rc::new(Self { text: text.clone(), style: *style, at: Place { file, mark: node.mark } }))
            }
            _ => None,
        }
    }

    /// Finds line and column of an offset. YAML changes only the white space of a scalar without escapes, so other
    /// characters are counted. The end is just after the last of them, or at the quote.
    fn place(&self, offset: usize, file: &str) -> Place {
        let count = |text: &str| text.chars().filter(|char| !char.is_whitespace()).count();
        let mut skip = count(self.text.get(..offset).unwrap_or(&self.text));
        let is_quoted = matches!(self.style, ScalarStyle::DoubleQuoted | ScalarStyle::SingleQuoted);
        let is_end = !is_quoted && skip > 0 && skip == count(&self.text);
        skip -= usize::from(is_end);
        let mark = self.at.mark;
        let source = file.get(mark.offset..).unwrap_or_default();
        let has_escapes = match self.style {
            ScalarStyle::DoubleQuoted => source.chars().take(self.text.len() * 4).any(|char| char == '\\'),
            ScalarStyle::SingleQuoted => self.text.contains('\''),
            _ => false,
        };
        if has_escapes {
            return self.at;
        }
        let (mut line, mut column) = (mark.line, mark.column);
        skip += usize::from(is_quoted);
        for (index, char) in source.char_indices() {
            if !char.is_whitespace() {
                if skip == 0 {
                    let (index, column) = if is_end { (index + char.len_utf8(), column + 1) } else { (index, column) };
                    return Place { file: self.at.file, mark: Mark { offset: mark.offset + index, line, column } };
                }
                skip -= 1;
            }
            if char == '\n' {
                line += 1;
                column = 1;
            } else {
                column += 1;
            }
        }
        self.at
    }
}

/// A part of a text: from `start` on it is the scalar's text from `offset` on, or stands for that offset as a whole.
#[derive(Clone, Debug)]
struct Run {
    start: usize,
    scalar: Rc<Scalar>,
    offset: usize,
    is_whole: bool,
}

impl Run {
    /// The offset in the scalar.
    fn origin(&self, offset: usize) -> usize {
        self.offset + if self.is_whole { 0 } else { offset.saturating_sub(self.start) }
    }
}

/// A text with the places of its parts.
#[derive(Clone, Debug, Default)]
pub(super) struct Text {
    pub(super) text: String,
    runs: Vec<Run>,
}

impl Text {
    pub(super) fn new(scalar: &Rc<Scalar>) -> Self {
        let run = Run { start: 0, scalar: Rc::clone(scalar), offset: 0, is_whole: false };
        Self { text: scalar.text.clone(), runs: vec![run] }
    }

    /// A text that is in no file.
    pub(super) fn plain(text: &str) -> Self {
        let scalar = Scalar { text: text.to_owned(), style: ScalarStyle::Plain, at: Place::default() };
        Self::new(&Rc::new(scalar))
    }

    /// A text that stands for a place as a whole.
    pub(super) fn made(text: impl Into<String>, scalar: &Rc<Scalar>) -> Self {
        let run = Run { start: 0, scalar: Rc::clone(scalar), offset: 0, is_whole: true };
        Self { text: text.into(), runs: vec![run] }
    }

    pub(super) fn push(&mut self, other: &Self) {
        let base = self.text.len();
        self.text.push_str(&other.text);
        self.runs.extend(other.runs.iter().map(|run| Run { start: base + run.start, ..run.clone() }));
    }

    /// Appends text that belongs to what is before it.
    pub(super) fn push_str(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Puts text in front, which belongs to the beginning.
    pub(super) fn wrap(&mut self, before: &str, after: &str) {
        self.text.insert_str(0, before);
        self.text.push_str(after);
        for (index, run) in self.runs.iter_mut().enumerate() {
            run.start += if index == 0 && run.is_whole { 0 } else { before.len() };
        }
    }

    /// Replaces a range by text that stands for the beginning of the range.
    pub(super) fn replace(&mut self, start: usize, end: usize, text: &str) {
        let after = self.slice(end);
        let at = self.run_at(start).cloned();
        self.text.truncate(start);
        self.runs.retain(|run| run.start < start);
        if let Some(run) = at {
            let offset = run.origin(start);
            self.runs.push(Run { start, offset, is_whole: true, ..run });
        }
        self.text.push_str(text);
        self.push(&after);
    }

    /// The rest from an offset on.
    fn slice(&self, from: usize) -> Self {
        let mut runs = Vec::new();
        if let Some(run) = self.run_at(from) {
            let offset = run.origin(from);
            runs.push(Run { start: 0, offset, ..run.clone() });
        }
        let later = self.runs.iter().filter(|run| run.start > from);
        runs.extend(later.map(|run| Run { start: run.start - from, ..run.clone() }));
        Self { text: self.text.get(from..).unwrap_or_default().to_owned(), runs }
    }

    fn run_at(&self, offset: usize) -> Option<&Run> {
        self.runs.iter().rev().find(|run| run.start <= offset).or_else(|| self.runs.first())
    }

    /// Finds the offset of a byte in the scalar that it comes from.
    pub(super) fn origin(&self, offset: usize) -> usize {
        self.run_at(offset).map_or(offset, |run| run.origin(offset))
    }

    /// Finds where a byte comes from.
    pub(super) fn place(&self, offset: usize, files: &[(&str, &str)]) -> Place {
        let Some(run) = self.run_at(offset) else { return Place::default() };
        let text = files.get(run.scalar.at.file).map_or("", |(_, text)| text);
        run.scalar.place(run.origin(offset), text)
    }
}
