//! The parser, one function for each production of the grammar in falcosecurity/libs 0.25.4, `filter/parser.h`.

use std::sync::Arc;

use super::ast::{Check, Expr, Node, Operand, Operator, Right, Transformer};
use super::depth::MAX_NESTING;
use super::lexer::Lexer;
use super::{ParseError, Position};

type Result<T> = std::result::Result<T, String>;

/// What may stand where a value does.
const TRANSFORMERS: &str = "'val', 'tolower', 'toupper', 'b64', 'basename', 'len', 'join', 'concat', 'getopt'";

/// Parses a whole text. Each node gets the place that a function makes of its offset.
pub(crate) fn parse(text: &str, place: &dyn Fn(usize) -> usize) -> std::result::Result<Node, ParseError> {
    let mut parser = Parser { lexer: Lexer::new(text), depth: 0, place };
    parser.whole(text).map_err(|message| error(text, &parser, message))
}

/// Parses the field or transformer that a text begins with, as outputs have them, and returns its length.
pub(crate) fn parse_operand_prefix(text: &str) -> std::result::Result<(Operand, usize), ParseError> {
    let mut parser = Parser { lexer: Lexer::new(text), depth: 0, place: &|at| at };
    match parser.field_or_transformer() {
        Ok(Some(operand)) => Ok((operand, parser.lexer.at)),
        Ok(None) => Err(error(text, &parser, "expected a field or a transformer".to_owned())),
        Err(message) => Err(error(text, &parser, message)),
    }
}

fn error(text: &str, parser: &Parser<'_>, message: String) -> ParseError {
    ParseError { position: Position::find(text, parser.lexer.at), message }
}

struct Parser<'t> {
    lexer: Lexer<'t>,
    depth: usize,
    place: &'t dyn Fn(usize) -> usize,
}

impl Parser<'_> {
    /// The place of the next token.
    fn place(&self) -> usize {
        (self.place)(self.lexer.at)
    }

    fn whole(&mut self, text: &str) -> Result<Node> {
        if text.is_empty() {
            return Err("the condition is empty".to_owned());
        }
        if let Some(at) = text.find('\0') {
            self.lexer.at = at;
            return Err("a NUL byte cannot be part of a condition".to_owned());
        }
        let root = self.or()?;
        if self.lexer.rest().is_empty() {
            return Ok(root);
        }
        Err("unexpected token, expecting 'or', 'and'".to_owned())
    }

    /// Runs one nested part.
    fn nested<T>(&mut self, part: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth == MAX_NESTING {
            return Err(format!("parentheses are nested deeper than {MAX_NESTING}"));
        }
        self.depth += 1;
        let result = part(self);
        self.depth -= 1;
        result
    }

    fn or(&mut self) -> Result<Node> {
        let at = self.place();
        let nodes = self.chain("or", Self::and)?;
        Ok(joined(at, nodes, Expr::Or))
    }

    fn and(&mut self) -> Result<Node> {
        let at = self.place();
        let nodes = self.chain("and", Self::not)?;
        Ok(joined(at, nodes, Expr::And))
    }

    fn chain(&mut self, word: &str, part: fn(&mut Self) -> Result<Node>) -> Result<Vec<Node>> {
        self.lexer.blank();
        let mut nodes = vec![part(self)?];
        self.lexer.blank();
        while self.lexer.literal(word) {
            let node = if self.lexer.blank() {
                part(self)?
            } else if self.lexer.literal("(") {
                self.embedded()?
            } else {
                return Err(format!("expected blank or '(' after '{word}'"));
            };
            nodes.push(node);
            self.lexer.blank();
        }
        Ok(nodes)
    }

    fn not(&mut self) -> Result<Node> {
        let at = self.place();
        self.lexer.blank();
        let mut negated = false;
        while self.lexer.not() {
            negated = !negated;
        }
        let node = if self.lexer.literal("not(") {
            negated = !negated;
            self.embedded()?
        } else {
            self.check()?
        };
        Ok(if negated { Node { at, expr: Expr::Not(Arc::new(node)) } } else { node })
    }

    /// The rest of an expression in parentheses, after the first of them.
    fn embedded(&mut self) -> Result<Node> {
        self.nested(|parser| {
            parser.lexer.blank();
            let node = parser.or()?;
            parser.lexer.blank();
            parser.expect(")", "expected a ')' token")?;
            Ok(node)
        })
    }

    fn expect(&mut self, token: &str, message: &str) -> Result<()> {
        if self.lexer.literal(token) { Ok(()) } else { Err(message.to_owned()) }
    }

    fn check(&mut self) -> Result<Node> {
        let at = self.place();
        self.lexer.blank();
        if self.lexer.literal("(") {
            return self.embedded();
        }
        if let Some(left) = self.field_or_transformer()? {
            return self.condition(left, at);
        }
        match self.lexer.identifier() {
            Some(name) => Ok(Node { at, expr: Expr::Macro(name.to_owned()) }),
            None => Err("expected a '(' token, a field check, or an identifier".to_owned()),
        }
    }

    fn field_or_transformer(&mut self) -> Result<Option<Operand>> {
        if let Some(name) = self.lexer.field_name() {
            return self.field(name).map(Some);
        }
        match self.lexer.transformer() {
            Some(name) => self.transformer(name).map(Some),
            None => Ok(None),
        }
    }

    fn field(&mut self, name: &str) -> Result<Operand> {
        Ok(Operand::Field { name: name.to_owned(), argument: self.argument()? })
    }

    fn argument(&mut self) -> Result<Option<String>> {
        if !self.lexer.literal("[") {
            return Ok(None);
        }
        let argument = match self.lexer.quoted()? {
            Some(quoted) => quoted,
            None => match self.lexer.bare_argument() {
                Some(bare) => bare.to_owned(),
                None => return Err("expected a valid field argument: a quoted string or a bare string".to_owned()),
            },
        };
        self.expect("]", "expected a ']' token")?;
        Ok(Some(argument))
    }

    /// The rest of a transformer, after the parenthesis that opens it.
    fn transformer(&mut self, name: Transformer) -> Result<Operand> {
        self.nested(|parser| {
            let mut arguments = Vec::new();
            loop {
                parser.lexer.blank();
                arguments.push(parser.transformer_argument()?);
                parser.lexer.blank();
                if !parser.lexer.literal(",") {
                    break;
                }
            }
            parser.expect(")", "expected a ')' token closing the transformer")?;
            Ok(Operand::Transformer { name, arguments, argument: parser.argument()? })
        })
    }

    fn transformer_argument(&mut self) -> Result<Operand> {
        if let Some(value) = self.value_in_transformer()? {
            return Ok(value);
        }
        if self.lexer.literal("(") {
            return self.transformer_list();
        }
        self.field_or_transformer()?.ok_or_else(|| {
            "expected field transformer argument: field, transformer, quoted string, number, or transformer list"
                .to_owned()
        })
    }

    fn value_in_transformer(&mut self) -> Result<Option<Operand>> {
        if let Some(number) = self.lexer.number() {
            return Ok(Some(Operand::Value(number.to_owned())));
        }
        Ok(self.lexer.quoted()?.map(Operand::Value))
    }

    /// The rest of a list of operands, after the parenthesis that opens it.
    fn transformer_list(&mut self) -> Result<Operand> {
        let mut items = Vec::new();
        self.lexer.blank();
        if self.lexer.literal(")") {
            return Ok(Operand::List(items));
        }
        loop {
            self.lexer.blank();
            let item = match self.field_or_transformer()? {
                Some(item) => Some(item),
                None => self.value_in_transformer()?,
            };
            items.push(item.ok_or("expected transformer list argument: field, transformer, quoted string, or number")?);
            self.lexer.blank();
            if !self.lexer.literal(",") {
                break;
            }
        }
        self.expect(")", "expected ')'")?;
        Ok(Operand::List(items))
    }

    /// The operator and the right side.
    fn condition(&mut self, left: Operand, at: usize) -> Result<Node> {
        self.lexer.blank();
        if self.lexer.literal("exists") {
            return Ok(Node { at, expr: Expr::Exists(left) });
        }
        let Some(operator) = self.lexer.operator() else { return Err(expected_operator()) };
        let mut modifier = None;
        if !operator.takes_number() && !operator.takes_list() && (self.lexer.blank() || operator.is_word()) {
            modifier = self.lexer.modifier();
        }
        self.lexer.blank();
        let right_at = self.place();
        let right = self.right(operator, modifier.is_some())?;
        Ok(Node { at, expr: Expr::Check(Check { left, operator, modifier, right, right_at }) })
    }

    fn right(&mut self, operator: Operator, is_modified: bool) -> Result<Right> {
        if is_modified {
            return match self.list_or_name()? {
                Some(list) => Ok(list),
                None => Err("expected a list or an identifier".to_owned()),
            };
        }
        if operator.takes_list() && self.lexer.peek() == Some(b'(') {
            return self.list();
        }
        if let Some(operand) = self.right_operand()? {
            return Ok(Right::Operand(operand));
        }
        let (value, kind) = if operator.takes_list() {
            (self.lexer.identifier().map(str::to_owned), "list, an identifier,")
        } else if operator.takes_number() {
            (self.lexer.number().map(str::to_owned), "number value")
        } else {
            (self.value()?, "string value")
        };
        let missing = || format!("expected a {kind} or a field with a valid transformer: {TRANSFORMERS}");
        value.map(Right::Value).ok_or_else(missing)
    }

    fn value(&mut self) -> Result<Option<String>> {
        Ok(match self.lexer.quoted()? {
            Some(quoted) => Some(quoted),
            None => self.lexer.bare().map(str::to_owned),
        })
    }

    fn right_operand(&mut self) -> Result<Option<Operand>> {
        if !self.lexer.literal("val(") {
            return match self.lexer.transformer() {
                Some(name) => self.transformer(name).map(Some),
                None => Ok(None),
            };
        }
        self.lexer.blank();
        let Some(name) = self.lexer.field_name() else {
            return Err("expected a field within 'val' transformer".to_owned());
        };
        let field = self.field(name)?;
        self.lexer.blank();
        self.expect(")", "expected a ')' token closing the transformer")?;
        let argument = self.argument()?;
        Ok(Some(Operand::Transformer { name: Transformer::Val, arguments: vec![field], argument }))
    }

    fn list_or_name(&mut self) -> Result<Option<Right>> {
        if self.lexer.peek() == Some(b'(') {
            return self.list().map(Some);
        }
        Ok(self.lexer.identifier().map(|name| Right::Value(name.to_owned())))
    }

    fn list(&mut self) -> Result<Right> {
        self.expect("(", "expected a '(' token")?;
        let mut values = Vec::new();
        self.lexer.blank();
        if let Some(first) = self.value()? {
            values.push(first);
            self.lexer.blank();
            while self.lexer.literal(",") {
                self.lexer.blank();
                values.push(self.value()?.ok_or("expected a string value")?);
                self.lexer.blank();
            }
        }
        self.expect(")", "expected a ')' token")?;
        Ok(Right::List(values))
    }
}

fn joined(at: usize, mut nodes: Vec<Node>, join: fn(Vec<Arc<Node>>) -> Expr) -> Node {
    match nodes.pop() {
        Some(only) if nodes.is_empty() => only,
        last => Node { at, expr: join(nodes.into_iter().chain(last).map(Arc::new).collect()) },
    }
}

fn expected_operator() -> String {
    let words: Vec<_> = Operator::EACH.iter().map(|one| format!("'{}'", one.word())).collect();
    format!("expected a valid check operator: one of 'exists', '==', {}", words.join(", "))
}
