//! The syntax tree of EQL. Every node carries its span; comments are kept in order beside the tree.

#![allow(missing_docs, reason = "a variant's line says what its fields are")]

use crate::diagnostic::Span;
use crate::dialect::syntax::Comment;

/// A whole query.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// What is searched.
    pub base: Base,
    /// What happens to the hits, in order.
    pub pipes: Vec<Pipe>,
    /// All comments, in order.
    pub comments: Vec<Comment>,
    /// From the first to the last token.
    pub span: Span,
}

/// What a query searches.
#[derive(Debug, Clone, PartialEq)]
pub enum Base {
    /// Single events.
    Event(Filter),
    /// Events in order.
    Sequence(Sequence),
    /// Events in any order (`sample`), or the old `join`.
    Sample(Sample),
}

/// `category where condition`.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    /// The event category; `None` for `any`.
    pub category: Option<String>,
    /// Where the category stands.
    pub category_span: Span,
    /// The condition.
    pub condition: Expr,
    /// The whole filter.
    pub span: Span,
}

/// `sequence by ... with maxspan=... [..] [..] until [..]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Sequence {
    /// Keys shared by all stages.
    pub by: Vec<Expr>,
    /// The longest time from the first event to the last.
    pub maxspan: Option<TimeSpan>,
    /// The stages.
    pub terms: Vec<Term>,
    /// The event that ends a sequence before it is complete.
    pub until: Option<Term>,
    /// The whole sequence.
    pub span: Span,
}

/// `sample by ... [..] [..]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Keys shared by all stages.
    pub by: Vec<Expr>,
    /// The stages.
    pub terms: Vec<Term>,
    /// Written `join`, which Elasticsearch no longer knows.
    pub join: bool,
    /// The whole sample.
    pub span: Span,
}

/// A length of time as written.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeSpan {
    /// How many units.
    pub count: u64,
    /// `ms`, `s`, `m`, `h` or `d`.
    pub unit: String,
    /// Where.
    pub span: Span,
}

impl TimeSpan {
    /// The length in milliseconds.
    pub fn milliseconds(&self) -> u64 {
        let unit = match self.unit.as_str() {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => 86_400_000,
        };
        self.count.saturating_mul(unit)
    }
}

/// One stage of a sequence or sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// Written `![...]`: the event must not come.
    pub missing: bool,
    /// Which events.
    pub filter: Filter,
    /// Keys of this stage.
    pub by: Vec<Expr>,
    /// `with runs=n`.
    pub runs: Option<u64>,
    /// What Elasticsearch's EQL does not know: `fork`, `as name`.
    pub extra: Vec<(String, Span)>,
    /// The whole stage.
    pub span: Span,
}

/// `| name arguments`.
#[derive(Debug, Clone, PartialEq)]
pub struct Pipe {
    /// The pipe's name.
    pub name: String,
    /// Its arguments.
    pub args: Vec<Expr>,
    /// From the bar to the last argument.
    pub span: Span,
}

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands, brackets included.
    pub span: Span,
    /// Words to print as comments before it; a parsed tree keeps its comments in [`Query::comments`].
    pub notes: Vec<String>,
}

/// Kinds of expressions. Chains of one operator are flat.
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// Some operand holds.
    Or(Vec<Expr>),
    /// Every operand holds.
    And(Vec<Expr>),
    /// The contrary.
    Not(Box<Expr>),
    /// `left == right` and its like.
    Compare { op: Comparison, left: Box<Expr>, right: Box<Expr> },
    /// `left in (..)`.
    In { left: Box<Expr>, negated: bool, fold: bool, items: Vec<Expr> },
    /// `left : pattern`, `left like (..)`.
    Match { left: Box<Expr>, op: StringOp, patterns: Vec<Literal> },
    /// A chain of `+` and `-`, or of `*`, `/` and `%`, from the left.
    Arithmetic { first: Box<Expr>, rest: Vec<(Operator, Expr)> },
    /// `-value`.
    Negative(Box<Expr>),
    /// A function call.
    Call { name: String, fold: bool, name_span: Span, args: Vec<Expr> },
    /// A field.
    Field(Field),
    /// A constant.
    Literal(Literal),
    /// `child of [..]`, which Elasticsearch does not know.
    Subquery { relation: String, filter: Box<Filter> },
}

/// Operators that compare two values; all are case-sensitive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Comparison {
    /// As written.
    pub fn text(self) -> &'static str {
        match self {
            Comparison::Equal => "==",
            Comparison::NotEqual => "!=",
            Comparison::Less => "<",
            Comparison::LessOrEqual => "<=",
            Comparison::Greater => ">",
            Comparison::GreaterOrEqual => ">=",
        }
    }
}

/// Operators with patterns on their right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StringOp {
    /// `:`
    Colon,
    /// `like`
    Like,
    /// `like~`
    LikeFold,
    /// `regex`
    Regex,
    /// `regex~`
    RegexFold,
}

impl StringOp {
    /// As written.
    pub fn text(self) -> &'static str {
        match self {
            StringOp::Colon => ":",
            StringOp::Like => "like",
            StringOp::LikeFold => "like~",
            StringOp::Regex => "regex",
            StringOp::RegexFold => "regex~",
        }
    }
}

/// Arithmetic operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
}

impl Operator {
    /// As written.
    pub fn text(self) -> &'static str {
        match self {
            Operator::Add => "+",
            Operator::Subtract => "-",
            Operator::Multiply => "*",
            Operator::Divide => "/",
            Operator::Remainder => "%",
        }
    }

    /// Whether it binds tighter than `+` and `-`.
    pub fn is_product(self) -> bool {
        !matches!(self, Operator::Add | Operator::Subtract)
    }
}

/// A field as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The name without backticks, `[n]` kept.
    pub name: String,
    /// Written `?name`: an unmapped field is null.
    pub optional: bool,
    /// As written, without the question mark and white space.
    pub text: String,
}

/// A constant.
#[derive(Debug, Clone, PartialEq)]
pub struct Literal {
    /// Its value.
    pub value: Constant,
    /// As written.
    pub text: String,
    /// Where.
    pub span: Span,
}

/// Values of constants.
#[derive(Debug, Clone, PartialEq)]
pub enum Constant {
    /// Text, escapes resolved.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction or exponent, or too large for a whole one.
    Number(f64),
    /// True or false.
    Boolean(bool),
    /// Nothing.
    Null,
}

impl Expr {
    /// An expression of this kind.
    pub fn new(kind: ExprKind, span: Span) -> Self {
        Self { kind, span, notes: Vec::new() }
    }
}
