//! The tree of a condition.

use std::sync::Arc;

/// An expression and the offset in the text where it begins.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) at: usize,
    pub(crate) expr: Expr,
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.expr == other.expr
    }
}

impl Node {
    /// Appends the name of each macro and its place, in the order of the text.
    pub(crate) fn collect_macros<'n>(&'n self, names: &mut Vec<(&'n str, usize)>) {
        match &self.expr {
            Expr::And(nodes) | Expr::Or(nodes) => nodes.iter().for_each(|node| node.collect_macros(names)),
            Expr::Not(node) => node.collect_macros(names),
            Expr::Macro(name) => names.push((name, self.at)),
            Expr::Exists(_) | Expr::Check(_) => {}
        }
    }
}

/// What an expression is. The depth of a parsed tree is limited by the parser, that of a resolved one by
/// [`MAX_DEPTH`](super::depth::MAX_DEPTH), so recursion over it is safe.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expr {
    And(Vec<Arc<Node>>),
    Or(Vec<Arc<Node>>),
    Not(Arc<Node>),
    Macro(String),
    Exists(Operand),
    Check(Check),
}

/// A comparison.
#[derive(Clone, Debug)]
pub(crate) struct Check {
    pub(crate) left: Operand,
    pub(crate) operator: Operator,
    pub(crate) modifier: Option<Modifier>,
    pub(crate) right: Right,
    /// Where the right side begins.
    pub(crate) right_at: usize,
}

impl PartialEq for Check {
    fn eq(&self, other: &Self) -> bool {
        (self.operator, self.modifier, &self.left, &self.right)
            == (other.operator, other.modifier, &other.left, &other.right)
    }
}

/// The right side of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Right {
    Value(String),
    List(Vec<String>),
    Operand(Operand),
}

/// Something that has a value for each record.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Operand {
    Field { name: String, argument: Option<String> },
    Transformer { name: Transformer, arguments: Vec<Operand>, argument: Option<String> },
    Value(String),
    List(Vec<Operand>),
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum $name { $($variant,)* }

        impl $name {
            /// All of them, in the order in which Falco's parser tries them.
            pub(crate) const EACH: &[Self] = &[$(Self::$variant,)*];

            /// The word for it in a condition.
            pub(crate) const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }
    };
}

words! {
    /// The operators with two sides.
    Operator {
        LessEqual = "<=",
        Less = "<",
        GreaterEqual = ">=",
        Greater = ">",
        Equal = "=",
        NotEqual = "!=",
        Glob = "glob",
        IGlob = "iglob",
        Contains = "contains",
        IContains = "icontains",
        BContains = "bcontains",
        StartsWith = "startswith",
        BStartsWith = "bstartswith",
        EndsWith = "endswith",
        Regex = "regex",
        Intersects = "intersects",
        In = "in",
        PathMatch = "pmatch",
    }
}

impl Operator {
    /// Returns the words that the parser takes for it, in the order in which it tries them: `=` may be written `==`.
    pub(crate) fn words(self) -> impl Iterator<Item = &'static str> {
        let double = (self == Self::Equal).then_some("==");
        double.into_iter().chain([self.word()])
    }

    /// Finds an operator by one of its words.
    pub(crate) fn find(word: &str) -> Option<Self> {
        Self::EACH.iter().copied().find(|one| one.words().any(|own| own == word))
    }

    /// Whether the right side is a number.
    pub(crate) const fn takes_number(self) -> bool {
        matches!(self, Self::LessEqual | Self::Less | Self::GreaterEqual | Self::Greater)
    }

    /// Whether the right side is a list.
    pub(crate) const fn takes_list(self) -> bool {
        matches!(self, Self::Intersects | Self::In | Self::PathMatch)
    }

    /// Whether the operator is a word that a blank must follow.
    pub(crate) fn is_word(self) -> bool {
        !self.takes_list() && self.word().starts_with(|char: char| char.is_ascii_alphabetic())
    }
}

words! {
    /// How many values of a list must hold.
    Modifier {
        One = "oneof",
        Any = "anyof",
        All = "allof",
    }
}

impl Modifier {
    /// Finds a modifier by its word.
    pub(crate) fn find(word: &str) -> Option<Self> {
        Self::EACH.iter().copied().find(|one| one.word() == word)
    }
}

words! {
    /// The functions for the value of a field.
    Transformer {
        ToLower = "tolower",
        ToUpper = "toupper",
        Base64 = "b64",
        BaseName = "basename",
        Len = "len",
        Join = "join",
        Concat = "concat",
        GetOpt = "getopt",
        Val = "val",
    }
}
