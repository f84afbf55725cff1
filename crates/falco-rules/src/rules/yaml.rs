//! YAML documents as trees whose nodes know their place.

use std::collections::HashMap;
use std::rc::Rc;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

/// How deep sequences and mappings may be nested, with those of aliases. Rules files need five levels.
const MAX_DEPTH: usize = 64;

/// A place in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// The offset in bytes.
    pub(super) offset: usize,
    /// The line; the first one is 1.
    pub(super) line: usize,
    /// The column in characters; the first one is 1.
    pub(super) column: usize,
}

/// A node.
#[derive(Debug)]
pub(super) struct Yaml {
    pub(super) mark: Mark,
    pub(super) kind: Kind,
    /// How many collections are nested here: 0 for a scalar.
    depth: usize,
}

#[derive(Debug)]
pub(super) enum Kind {
    Scalar { text: String, style: ScalarStyle },
    Sequence(Vec<Rc<Yaml>>),
    Mapping(Vec<(Rc<Yaml>, Rc<Yaml>)>),
}

/// Why a text is not YAML.
#[derive(Debug)]
pub(super) struct YamlError {
    pub(super) mark: Mark,
    pub(super) message: String,
}

impl Yaml {
    /// Whether the node has no value: it is missing, `~` or `null`.
    pub(super) fn is_null(&self) -> bool {
        match &self.kind {
            Kind::Scalar { text, style } => {
                *style == ScalarStyle::Plain && matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL")
            }
            _ => false,
        }
    }

    /// The text of a scalar that is not null.
    pub(super) fn scalar(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar { text, .. } if !self.is_null() => Some(text),
            _ => None,
        }
    }

    pub(super) fn sequence(&self) -> Option<&[Rc<Self>]> {
        match &self.kind {
            Kind::Sequence(nodes) => Some(nodes),
            _ => None,
        }
    }

    pub(super) fn mapping(&self) -> Option<&[(Rc<Self>, Rc<Self>)]> {
        match &self.kind {
            Kind::Mapping(pairs) => Some(pairs),
            _ => None,
        }
    }

    /// The value of a key; of the first one, if there are several.
    pub(super) fn get(&self, key: &str) -> Option<&Rc<Self>> {
        let is_key = |node: &Self| matches!(&node.kind, Kind::Scalar { text, .. } if text == key);
        self.mapping()?.iter().find(|(own, _)| is_key(own)).map(|(_, value)| value)
    }
}

/// Reads all documents of a text. Those before an error are returned with it.
pub(super) fn documents(text: &str) -> (Vec<Rc<Yaml>>, Option<YamlError>) {
    let mut builder = Builder { marks: Marks::new(text), ..Builder::default() };
    for event in Parser::new_from_str(text) {
        let result = match event {
            Ok((event, span)) => builder.add(event, span),
            Err(error) => {
                Err(YamlError { mark: builder.marks.mark(*error.marker()), message: error.info().to_owned() })
            }
        };
        if let Err(error) = result {
            return (builder.documents, Some(error));
        }
    }
    (builder.documents, None)
}

/// Turns offsets in characters, which the parser gives, into offsets in bytes.
#[derive(Default)]
struct Marks<'t> {
    text: &'t str,
    /// The offset in bytes of each character whose number is a multiple of [`STEP`].
    known: Vec<usize>,
}

/// How many characters are counted at most to find a byte.
const STEP: usize = 256;

impl<'t> Marks<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, known: text.char_indices().step_by(STEP).map(|(offset, _)| offset).collect() }
    }

    fn mark(&self, marker: saphyr_parser::Marker) -> Mark {
        let start = self.known.get(marker.index() / STEP).copied().unwrap_or(self.text.len());
        let rest = self.text.get(start..).unwrap_or_default();
        let more = rest.char_indices().nth(marker.index() % STEP).map_or(rest.len(), |(offset, _)| offset);
        Mark { offset: start + more, line: marker.line(), column: marker.col() + 1 }
    }
}

/// A collection whose end was not seen yet.
struct Open {
    mark: Mark,
    anchor: usize,
    is_mapping: bool,
    nodes: Vec<Rc<Yaml>>,
}

#[derive(Default)]
struct Builder<'t> {
    marks: Marks<'t>,
    documents: Vec<Rc<Yaml>>,
    open: Vec<Open>,
    anchors: HashMap<usize, Rc<Yaml>>,
}

impl Builder<'_> {
    fn add(&mut self, event: Event<'_>, span: Span) -> Result<(), YamlError> {
        let mark = self.marks.mark(span.start);
        match event {
            Event::Scalar(text, style, anchor, _) => {
                self.finish(anchor, Yaml { mark, kind: Kind::Scalar { text: text.into_owned(), style }, depth: 0 });
            }
            Event::SequenceStart(anchor, _) => self.begin(mark, anchor, false)?,
            Event::MappingStart(anchor, _) => self.begin(mark, anchor, true)?,
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(open) = self.open.pop() {
                    let depth = 1 + open.nodes.iter().map(|node| node.depth).max().unwrap_or(0);
                    let kind = kind(open.is_mapping, open.nodes);
                    self.finish(open.anchor, Yaml { mark: open.mark, kind, depth });
                }
            }
            Event::Alias(anchor) => match self.anchors.get(&anchor).map(Rc::clone) {
                // Recursion over the tree, and its drop, follow aliases.
                Some(node) if self.open.len() + node.depth > MAX_DEPTH => return Err(too_deep(mark)),
                Some(node) => self.place(node),
                None => return Err(YamlError { mark, message: "an alias without its anchor".to_owned() }),
            },
            Event::DocumentStart(_) => self.anchors.clear(),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn begin(&mut self, mark: Mark, anchor: usize, is_mapping: bool) -> Result<(), YamlError> {
        if self.open.len() == MAX_DEPTH {
            return Err(too_deep(mark));
        }
        self.open.push(Open { mark, anchor, is_mapping, nodes: Vec::new() });
        Ok(())
    }

    fn finish(&mut self, anchor: usize, node: Yaml) {
        let node = Rc::new(node);
        if anchor > 0 {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        self.place(node);
    }

    fn place(&mut self, node: Rc<Yaml>) {
        match self.open.last_mut() {
            Some(open) => open.nodes.push(node),
            None => self.documents.push(node),
        }
    }
}

fn too_deep(mark: Mark) -> YamlError {
    YamlError { mark, message: format!("YAML is nested deeper than {MAX_DEPTH}") }
}

fn kind(is_mapping: bool, nodes: Vec<Rc<Yaml>>) -> Kind {
    if !is_mapping {
        return Kind::Sequence(nodes);
    }
    let mut pairs = Vec::with_capacity(nodes.len() / 2);
    let mut nodes = nodes.into_iter();
    while let (Some(key), Some(value)) = (nodes.next(), nodes.next()) {
        pairs.push((key, value));
    }
    Kind::Mapping(pairs)
}

/// Reads a truth value as yaml-cpp does: `y`, `yes`, `true`, `on` and their opposites, in lower case, upper case or
/// capitalised.
pub(super) fn bool(text: &str) -> Option<bool> {
    let lower = text.to_ascii_lowercase();
    let mut chars = text.chars();
    let capitalised =
        chars.next().is_some_and(|char| char.is_ascii_uppercase()) && chars.all(|char| !char.is_ascii_uppercase());
    if text != lower && text != text.to_ascii_uppercase() && !capitalised {
        return None;
    }
    match lower.as_str() {
        "y" | "yes" | "true" | "on" => Some(true),
        "n" | "no" | "false" | "off" => Some(false),
        _ => None,
    }
}

/// Reads a number of 32 bits as yaml-cpp does, which takes hexadecimal and octal ones.
pub(super) fn u32(text: &str) -> Option<u32> {
    let text = text.trim_end_matches([' ', '\t', '\n']);
    if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return u32::from_str_radix(hex, 16).ok().filter(|_| !hex.starts_with('+'));
    }
    if text.starts_with(['-', '+']) {
        return None;
    }
    match text.strip_prefix('0') {
        Some(octal) if !octal.is_empty() => u32::from_str_radix(octal, 8).ok().filter(|_| !octal.starts_with('+')),
        _ => text.parse().ok(),
    }
}
