//! The syntax tree of ES|QL. Every node carries its span; comments are kept in order beside the tree.

#![allow(missing_docs, reason = "a variant's line says what its fields are")]

use crate::diagnostic::Span;
use crate::dialect::syntax::Comment;

/// A whole query: settings, a source command, then commands.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// The settings in front of it.
    pub settings: Vec<Setting>,
    /// The commands in order, the source first.
    pub commands: Vec<Command>,
    /// All comments, in order.
    pub comments: Vec<Comment>,
}

/// `SET name = value;`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// As written, the semicolon included.
    pub text: String,
    /// Where.
    pub span: Span,
}

/// One command.
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    /// What it does.
    pub kind: CommandKind,
    /// Where it stands, the bar not included.
    pub span: Span,
    /// Words to print as comments before it; a parsed tree keeps its comments in [`Query::comments`].
    pub notes: Vec<String>,
}

/// Kinds of commands.
#[derive(Debug, Clone, PartialEq)]
pub enum CommandKind {
    /// `FROM` (or `TS`): index patterns, metadata fields.
    From { series: bool, indices: Vec<Index>, metadata: Vec<String> },
    /// `ROW`
    Row(Vec<Field>),
    /// `SHOW INFO`
    Show,
    /// `WHERE`
    Where(Expr),
    /// `EVAL`
    Eval(Vec<Field>),
    /// `STATS`, `INLINE STATS`
    Stats { inline: bool, aggregates: Vec<Aggregate>, by: Vec<Field> },
    /// `KEEP`
    Keep(Vec<Name>),
    /// `DROP`
    Drop(Vec<Name>),
    /// `RENAME old AS new`
    Rename(Vec<(Name, Name)>),
    /// `SORT`
    Sort(Vec<Order>),
    /// `LIMIT`
    Limit(Expr),
    /// `DISSECT subject pattern options`
    Dissect { subject: Expr, pattern: Literal, options: Vec<(Name, Expr)> },
    /// `GROK subject patterns`
    Grok { subject: Expr, patterns: Vec<Literal> },
    /// `MV_EXPAND`
    MvExpand(Name),
    /// `FORK (..) (..)`
    Fork(Vec<Vec<Command>>),
    /// A command that is kept as it stands: `ENRICH`, `LOOKUP JOIN`, `CHANGE_POINT`, `COMPLETION`, `RERANK`, `SAMPLE`,
    /// `FUSE`, `RRF`, `LIMIT .. BY`, `URI_PARTS` and its like. Its name in lower case, its text, the expressions in it, the
    /// columns that it makes (`None`: any), and of those that it may make those that it does not.
    Other { name: &'static str, text: String, exprs: Vec<Expr>, made: Option<Vec<String>>, keys: Vec<String> },
}

/// What `FROM` reads.
#[derive(Debug, Clone, PartialEq)]
pub enum Index {
    /// An index pattern, cluster and selector included.
    Pattern { name: String, text: String, span: Span },
    /// A query in brackets.
    Query(Vec<Command>),
}

/// `name = expression`, or an expression that names itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The name in front of `=`.
    pub name: Option<Name>,
    /// The value.
    pub value: Expr,
    /// The whole.
    pub span: Span,
}

/// An aggregate with its own filter.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    /// The named value.
    pub field: Field,
    /// `WHERE` behind it.
    pub filter: Option<Expr>,
    /// The whole.
    pub span: Span,
}

/// A key of `SORT`.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// The value.
    pub value: Expr,
    /// `DESC`.
    pub descending: bool,
    /// `NULLS FIRST` or `NULLS LAST`, where written.
    pub nulls_first: Option<bool>,
    /// The whole.
    pub span: Span,
}

/// A name or a pattern of names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// Dotted, without backticks.
    pub name: String,
    /// As written, without white space.
    pub text: String,
    /// Where.
    pub span: Span,
}

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands, brackets included.
    pub span: Span,
    /// Words to print as comments before it.
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
    /// `left IN (..)`.
    In { left: Box<Expr>, negated: bool, items: Vec<Expr> },
    /// `left IN (FROM ..)`.
    InQuery { left: Box<Expr>, negated: bool, query: Vec<Command> },
    /// `left LIKE pattern`, `left RLIKE pattern`, lists of them.
    Like { left: Box<Expr>, negated: bool, regex: bool, patterns: Vec<Expr> },
    /// `left IS NULL`.
    IsNull { left: Box<Expr>, negated: bool },
    /// `field : value`.
    Matches { left: Box<Expr>, right: Box<Expr> },
    /// A chain of `+` and `-`, or of `*`, `/` and `%`, from the left.
    Arithmetic { first: Box<Expr>, rest: Vec<(Operator, Expr)> },
    /// `-value`.
    Negative(Box<Expr>),
    /// `value::type`, several in a row.
    Cast { inner: Box<Expr>, to: Vec<String> },
    /// A function call; `star` for `COUNT(*)`.
    Call { name: String, name_span: Span, args: Vec<Expr>, star: bool },
    /// A field or column.
    Name(Name),
    /// A constant.
    Literal(Literal),
    /// `[1, 2]`.
    Array(Vec<Literal>),
    /// `{"option": value}`, as written.
    Map(String),
    /// `?name`.
    Param(String),
}

/// Operators that compare two values; text in its own case.
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
    /// A number with a fraction.
    Number(f64),
    /// True or false.
    Boolean(bool),
    /// Nothing.
    Null,
    /// A length of time: how many of which unit, in lower case.
    Time(i64, String),
}

impl Expr {
    /// An expression of this kind.
    pub fn new(kind: ExprKind, span: Span) -> Self {
        Self { kind, span, notes: Vec::new() }
    }
}
