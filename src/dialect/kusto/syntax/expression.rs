//! Expressions, scalar and tabular: the grammar does not tell them apart.

use super::{Literal, Name, Operator, Schema, Span, Summarize, TextOp};

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// From its first token to its last.
    pub span: Span,
}

impl Expr {
    /// An expression made by hand.
    pub fn new(kind: ExprKind) -> Self {
        Self { kind, span: Span::default() }
    }

    /// The expression without parentheses around it.
    pub fn unwrap_parentheses(&self) -> &Expr {
        let mut inner = self;
        while let ExprKind::Paren(next) = &inner.kind {
            inner = next;
        }
        inner
    }
}

/// What an expression is.
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// A column, a table, a `let` name, a word.
    Name(Name),
    /// A name with wildcards, `Security*`, `*_s` or `[Security*]`, where the grammar allows one.
    Wildcard(Wildcard),
    /// `*`
    Star,
    /// A literal.
    Literal(Literal),
    /// `typeof(long)` or `typeof(a: string, *)`
    TypeOf(TypeOf),
    /// `name(argument, ...)`
    Call(Box<Call>),
    /// `a.b["c"][0].["d"].f()`
    Path(Path),
    /// `T datascope = hotcache`
    DataScope {
        /// What is limited.
        value: Box<Expr>,
        /// `all`, `hotcache` or another word.
        scope: Name,
    },
    /// `( ... )`
    Paren(Box<Expr>),
    /// `[ ... ]` where no path goes before it; the grammar allows it, no engine does.
    Bracketed(Box<Expr>),
    /// `@`; the grammar allows it, no engine does.
    At,
    /// `-a` or `+a`
    Sign {
        /// Whether the sign is `-`.
        negative: bool,
        /// What it stands in front of.
        operand: Box<Expr>,
    },
    /// `a + b - c`, `a * b / c`: operators of one precedence, from the left.
    Arithmetic {
        /// The first operand.
        first: Box<Expr>,
        /// Operator and operand, at least once.
        rest: Vec<(ArithmeticOp, Expr)>,
    },
    /// `a == b`, `a < b`
    Compare {
        /// The operator.
        op: CompareOp,
        /// The left side; `*` in `* == b`.
        left: Box<Expr>,
        /// The right side.
        right: Box<Expr>,
    },
    /// `a has b`, `a =~ b`, `a matches regex b`
    Text {
        /// The operator.
        op: TextOp,
        /// The left side; may be `*`.
        left: Box<Expr>,
        /// The right side.
        right: Box<Expr>,
    },
    /// `a in (b, c)`, `a has_any (dynamic([...]))`, `a in ((T | project x))`
    In {
        /// The operator.
        op: InOp,
        /// The left side.
        left: Box<Expr>,
        /// What stands in the parentheses; one query, or one or more scalars.
        list: Vec<Expr>,
    },
    /// `a between (b .. c)`
    Between {
        /// `!between`
        negated: bool,
        /// What is tested.
        value: Box<Expr>,
        /// The lower bound, inclusive.
        low: Box<Expr>,
        /// The upper bound, inclusive.
        high: Box<Expr>,
    },
    /// `a and b and c`: two or more.
    And(Vec<Expr>),
    /// `a or b or c`: two or more.
    Or(Vec<Expr>),
    /// A source with operators behind it, or an operator that starts a query (`union`, `print`, `search`).
    Query(Box<Query>),
    /// `toscalar(query)`, `totable(query)`
    ToValue {
        /// `toscalar` or `totable`.
        scalar: bool,
        /// `kind = nooptimization`
        kind: Option<Name>,
        /// The query.
        query: Box<Expr>,
    },
    /// `materialize(query)` directly behind the `=` of a `let`; elsewhere it is a [`ExprKind::Call`].
    Materialize(Box<Expr>),
    /// `datatable (name: type, ...) [value, ...]`
    DataTable(Box<DataTable>),
    /// `externaldata (name: type, ...) [uri, ...] with (...)`
    ExternalData(Box<ExternalData>),
    /// `__contextual_datatable id (name: type, ...)`
    ContextualDataTable {
        /// Its id.
        id: Box<Expr>,
        /// Its columns.
        schema: Schema,
    },
    /// `materialized-view-combine (view) base (...) delta (...) aggregations (summarize ...)`
    ViewCombine(Box<ViewCombine>),
    /// `inline_external_table (...) kind = ...`, as written: no rule uses it.
    InlineExternalTable(Box<str>),
}

/// `Security*`
#[derive(Debug, Clone, PartialEq)]
pub struct Wildcard {
    /// The pattern.
    pub pattern: String,
    /// Whether it stands in brackets, `[Security*]`.
    pub bracketed: bool,
    /// Where it stands.
    pub span: Span,
}

/// `typeof(...)`
#[derive(Debug, Clone, PartialEq)]
pub enum TypeOf {
    /// A scalar type; the word as written.
    Scalar(Name),
    /// Columns, and whether `*` stands among them, at which place.
    Columns(Vec<TypeOfColumn>),
}

/// One part of `typeof(a: string, *)`.
#[derive(Debug, Clone, PartialEq)]
pub enum TypeOfColumn {
    /// `*`
    Star(Span),
    /// `name: type`
    Column(Box<super::Parameter>),
}

/// `name(argument, ...)`
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The function as spelled; `makeset`, `iif` and other old names stay.
    pub name: Name,
    /// The arguments; `*` is an [`ExprKind::Star`], `a = 1` has a name.
    pub arguments: Vec<Item>,
    /// From name to `)`.
    pub span: Span,
}

/// A path: `first` and at least one step.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// Where it begins.
    pub first: Box<Expr>,
    /// The steps in order.
    pub steps: Vec<Step>,
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What it is.
    pub kind: StepKind,
    /// From `.` or `[` to its last token.
    pub span: Span,
}

/// What a step of a path is.
#[derive(Debug, Clone, PartialEq)]
pub enum StepKind {
    /// `.name`, `.['a b']`
    Member(Name),
    /// `["name"]`, `[0]`, `[expression]`
    Index(Expr),
    /// `.[0]`: an index behind a dot
    DotIndex(Expr),
    /// `.function(...)`, as in `cluster("a").database("b").f()`
    Call(Call),
    /// `.Security*`
    Wildcard(Wildcard),
    /// `["a*"]` in an entity path: wildcards in brackets.
    IndexWildcard(Wildcard),
    /// `.@`
    At,
}

/// A value with a name or without: `x = value`, `(a, b) = value`, `value`.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// What stands in front of `=`.
    pub names: Names,
    /// The value.
    pub value: Expr,
    /// From the first name to the end of the value.
    pub span: Span,
}

impl Item {
    /// A value without a name, made by hand.
    pub fn new(value: Expr) -> Self {
        Self { names: Names::None, span: value.span, value }
    }

    /// A named value made by hand.
    pub fn named(name: impl Into<String>, value: Expr) -> Self {
        Self { names: Names::One(Name::new(name)), span: value.span, value }
    }

    /// The single name in front of `=`.
    pub fn name(&self) -> Option<&Name> {
        match &self.names {
            Names::One(name) => Some(name),
            Names::None | Names::List(_) => None,
        }
    }
}

/// What stands in front of `=`.
#[derive(Debug, Clone, PartialEq)]
pub enum Names {
    /// Nothing, and no `=`.
    None,
    /// `name =`
    One(Name),
    /// `(a, b) =`
    List(Vec<Name>),
}

/// `+ - * / %`
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ArithmeticOp {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Modulo,
}

impl ArithmeticOp {
    /// As written.
    pub const fn spelling(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Modulo => "%",
        }
    }
}

/// `== != <> < <= > >=`
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CompareOp {
    /// `==`
    Equal,
    /// `!=`, or `<>` which means the same
    NotEqual {
        /// Spelled `<>`.
        angled: bool,
    },
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl CompareOp {
    /// As written.
    pub const fn spelling(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual { angled: false } => "!=",
            Self::NotEqual { angled: true } => "<>",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    /// Whether it binds like `==` (looser than `<`).
    pub const fn is_equality(self) -> bool {
        matches!(self, Self::Equal | Self::NotEqual { .. })
    }
}

/// The operators with a list on their right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InOp {
    /// `in`: case matters.
    In,
    /// `!in`: case matters.
    NotIn,
    /// `in~`: whatever case.
    InInsensitive,
    /// `!in~`: whatever case.
    NotInInsensitive,
    /// `has_any`: any of the terms, whatever case.
    HasAny,
    /// `has_all`: all of the terms, whatever case.
    HasAll,
}

impl InOp {
    /// As written.
    pub const fn spelling(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::NotIn => "!in",
            Self::InInsensitive => "in~",
            Self::NotInInsensitive => "!in~",
            Self::HasAny => "has_any",
            Self::HasAll => "has_all",
        }
    }

    /// `!in`, `!in~`
    pub const fn is_negated(self) -> bool {
        matches!(self, Self::NotIn | Self::NotInInsensitive)
    }

    /// `in`, `!in`
    pub const fn is_case_sensitive(self) -> bool {
        matches!(self, Self::In | Self::NotIn)
    }
}

/// A pipeline.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// What the first operator works on; `None` where an operator stands first: `union A, B | ...`, `print 1`, and the
    /// sub-queries of `mv-apply`, `partition`, `fork`, `facet`.
    pub source: Option<Expr>,
    /// The operators in order, at least one.
    pub operators: Vec<Operator>,
}

/// `datatable (name: type, ...) [value, ...]`
#[derive(Debug, Clone, PartialEq)]
pub struct DataTable {
    /// Parameters in front of the schema.
    pub parameters: Vec<super::NamedValue>,
    /// The columns.
    pub schema: Schema,
    /// The values, row by row: literals.
    pub values: Vec<Expr>,
    /// Whether a comma stands in front of the first value.
    pub leading_comma: bool,
    /// Whether a comma stands behind the last value.
    pub trailing_comma: bool,
}

/// `externaldata (name: type, ...) [uri, ...] with (name = value, ...)`
#[derive(Debug, Clone, PartialEq)]
pub struct ExternalData {
    /// Spelled `external_data`.
    pub underscored: bool,
    /// Parameters in front of the schema.
    pub parameters: Vec<super::NamedValue>,
    /// The columns.
    pub schema: Schema,
    /// Where the data is.
    pub uris: Vec<Expr>,
    /// Whether a comma stands behind the last of them.
    pub trailing_comma: bool,
    /// `with (...)`
    pub with: Option<Vec<super::NamedValue>>,
}

/// `materialized-view-combine (view) base (...) delta (...) aggregations (summarize ...)`
#[derive(Debug, Clone, PartialEq)]
pub struct ViewCombine {
    /// The view.
    pub view: Expr,
    /// `base (...)`
    pub base: Expr,
    /// `delta (...)`
    pub delta: Expr,
    /// `aggregations (summarize ...)`
    pub aggregations: Summarize,
}
