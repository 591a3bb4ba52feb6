//! The syntax tree of Elastic KQL. KQL has no comments, so the tree holds everything that a text says.

use crate::diagnostic::Span;

/// A whole query. Without an expression it matches every document, as in Kibana.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// What is asked for.
    pub root: Option<Expression>,
}

/// A query expression. `or` binds weaker than `and`, `and` weaker than `not`.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// Two or more expressions joined by `or`.
    Or(Vec<Expression>, Span),
    /// Two or more expressions joined by `and`.
    And(Vec<Expression>, Span),
    /// `not x`; matches documents without the field, too.
    Not(Box<Expression>, Span),
    /// An expression in parentheses.
    Group(Box<Expression>, Span),
    /// `field:{ … }`: the tests hold of one object of a `nested` field.
    Nested {
        /// The nested field.
        field: Literal,
        /// What one object must meet, in names relative to the field.
        inner: Box<Expression>,
        /// The whole.
        span: Span,
    },
    /// `field < value`.
    Range {
        /// The field.
        field: Literal,
        /// The comparison.
        operator: RangeOperator,
        /// The bound.
        value: Literal,
        /// The whole.
        span: Span,
    },
    /// `field:value` or `field:(a or b)`.
    Test {
        /// The field, which may hold wildcards.
        field: Literal,
        /// The values.
        values: Values,
        /// The whole.
        span: Span,
    },
    /// A value without a field, searched for in the default fields.
    Anywhere(Literal),
}

impl Expression {
    /// Where the expression stands.
    pub fn span(&self) -> Span {
        match self {
            Self::Or(_, span) | Self::And(_, span) | Self::Not(_, span) | Self::Group(_, span) => *span,
            Self::Nested { span, .. } | Self::Range { span, .. } | Self::Test { span, .. } => *span,
            Self::Anywhere(literal) => literal.span,
        }
    }
}

/// The values of one field, with the same precedence as expressions.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// One value.
    One(Literal),
    /// Two or more, one of which must be there.
    Or(Vec<Values>, Span),
    /// Two or more that must all be there, each equal to some value of the field.
    And(Vec<Values>, Span),
    /// No value of the field is this one.
    Not(Box<Values>, Span),
    /// Values in parentheses.
    Group(Box<Values>, Span),
}

impl Values {
    /// Where the values stand.
    pub fn span(&self) -> Span {
        match self {
            Self::One(literal) => literal.span,
            Self::Or(_, span) | Self::And(_, span) | Self::Not(_, span) | Self::Group(_, span) => *span,
        }
    }
}

/// An ordering comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RangeOperator {
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
}

impl RangeOperator {
    /// The operator as it is written.
    pub fn text(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
        }
    }
}

/// A field name or a value, with its escapes resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct Literal {
    /// Text and wildcards in their order; two texts never stand side by side.
    pub parts: Vec<Part>,
    /// Whether it stood in quotes: then no wildcards, and on analysed text the words in their order.
    pub quoted: bool,
    /// Where it stands.
    pub span: Span,
}

/// A piece of a literal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Characters that stand for themselves.
    Text(String),
    /// `*`: any characters, or none.
    Any,
}

impl Literal {
    /// A literal of plain text.
    pub fn text(text: impl Into<String>, quoted: bool, span: Span) -> Self {
        let text = text.into();
        let parts = if text.is_empty() { Vec::new() } else { vec![Part::Text(text)] };
        Self { parts, quoted, span }
    }

    /// Whether it holds a wildcard.
    pub fn has_wildcard(&self) -> bool {
        self.parts.contains(&Part::Any)
    }

    /// Whether it is nothing but wildcards: `*`.
    pub fn is_only_wildcard(&self) -> bool {
        !self.parts.is_empty() && self.parts.iter().all(|part| *part == Part::Any)
    }

    /// The text without regard to wildcards, each shown as `*`.
    pub fn plain(&self) -> String {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.as_str(),
                Part::Any => "*",
            })
            .collect()
    }
}
