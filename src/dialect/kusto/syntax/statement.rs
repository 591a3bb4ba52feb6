//! Scripts and statements.

use super::{Call, Comment, Expr, Item, Literal, Name, NamedValue, Schema, Span};

/// A text of statements separated by `;`, as the official parser reads it in one go.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Script {
    /// Directive lines in front (`#crp ...`), as written.
    pub directives: Vec<Directive>,
    /// The statements in order. A rule has one [`StatementKind::Query`], its last; the grammar allows several.
    pub statements: Vec<Statement>,
    /// Whether `;` stands behind the last statement.
    pub semicolon: bool,
    /// Every comment in source order.
    pub comments: Vec<Comment>,
    /// The whole text.
    pub span: Span,
}

impl Script {
    /// A script made by hand.
    pub fn new(statements: Vec<Statement>) -> Self {
        Self { statements, ..Self::default() }
    }

    /// The queries of the script: expression statements in order.
    pub fn queries(&self) -> impl Iterator<Item = &Expr> {
        self.statements.iter().filter_map(|statement| match &statement.kind {
            StatementKind::Query(query) => Some(query),
            _ => None,
        })
    }

    /// The comments that belong to a node: those inside it, those on lines of their own directly before it, and one
    /// behind it on its last line.
    pub fn comments_of(&self, node: Span) -> impl Iterator<Item = &Comment> {
        self.comments.iter().filter(move |comment| {
            (comment.anchor >= node.start && comment.anchor <= node.end)
                && (comment.span.start >= node.start || comment.anchor == node.start)
        })
    }
}

/// A line that starts with `#`, in front of a script.
#[derive(Debug, Clone, PartialEq)]
pub struct Directive {
    /// The line as written.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// One statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// What it says.
    pub kind: StatementKind,
    /// From its first token to its last, `;` not included.
    pub span: Span,
}

/// What a statement says.
#[derive(Debug, Clone, PartialEq)]
pub enum StatementKind {
    /// `let name = value`
    Let(Let),
    /// `set name` or `set name = value`
    Set {
        /// The option.
        name: Name,
        /// Its value.
        value: Option<Expr>,
    },
    /// `declare query_parameters(name: type = default, ...)`
    QueryParameters(Vec<Parameter>),
    /// `declare pattern ...`
    Pattern(Box<Pattern>),
    /// `alias database name = value`
    Alias {
        /// The new name.
        name: Name,
        /// What it stands for.
        value: Expr,
    },
    /// `restrict access to (...)`
    Restrict {
        /// The entities that remain visible.
        entities: Vec<Expr>,
        /// `with (name = value, ...)`
        with: Option<Vec<NamedValue>>,
    },
    /// A query, tabular or scalar: an expression statement.
    Query(Expr),
}

/// `let name = value`.
#[derive(Debug, Clone, PartialEq)]
pub struct Let {
    /// The name that is defined.
    pub name: Name,
    /// What it stands for.
    pub value: LetValue,
}

/// What stands behind the `=` of a `let`.
#[derive(Debug, Clone, PartialEq)]
pub enum LetValue {
    /// A scalar, a table or a query; which of them only a binder knows. `materialize(...)` directly behind the `=` is
    /// an [`ExprKind::Materialize`](super::ExprKind::Materialize).
    Expr(Expr),
    /// `(a: string, T: (x: long)) { ... }`
    Function(Box<Function>),
    /// `entity_group [ cluster('a').database('b'), ... ]`
    EntityGroup(Vec<Expr>),
    /// `entity_group("name")`
    EntityGroupCall(Call),
}

/// A function defined by `let`.
#[derive(Debug, Clone, PartialEq)]
pub struct Function {
    /// Whether `view` stands in front.
    pub view: bool,
    /// The parameters in order.
    pub parameters: Vec<Parameter>,
    /// The body.
    pub body: FunctionBody,
    /// From `view` or `(` to `}`.
    pub span: Span,
}

/// `{ let ...; expression }`
#[derive(Debug, Clone, PartialEq)]
pub struct FunctionBody {
    /// `let` and `declare query_parameters` statements in front of the result.
    pub statements: Vec<Statement>,
    /// The result; the grammar allows an empty body.
    pub result: Option<Expr>,
    /// Whether `;` stands behind the result.
    pub semicolon: bool,
    /// From `{` to `}`.
    pub span: Span,
}

/// `name: type = default` of a function, of query parameters or of `scan declare`.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// The name.
    pub name: Name,
    /// Its type.
    pub ty: ParameterType,
    /// The default: a literal, or a bare word ([`ExprKind::Name`](super::ExprKind::Name)).
    pub default: Option<Expr>,
    /// From name to default.
    pub span: Span,
}

/// The type of a parameter or of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum ParameterType {
    /// `string`, `long`, ...: the word as written; [`super::ScalarType::parse`] reads it.
    Scalar(Name),
    /// `(*)`: any table.
    AnyTable(Span),
    /// `(name: type, ...)`: a table with at least these columns.
    Table(Schema),
}

/// `declare pattern name = (a: string)[scope: string] { ("x").["y"] = { ... }; ... }`
#[derive(Debug, Clone, PartialEq)]
pub struct Pattern {
    /// The name.
    pub name: Name,
    /// What follows `=`; a pattern may be declared by name only.
    pub declaration: Option<PatternDeclaration>,
}

/// The part of a pattern behind `=`.
#[derive(Debug, Clone, PartialEq)]
pub struct PatternDeclaration {
    /// The parameters in parentheses.
    pub parameters: Vec<Parameter>,
    /// The parameter in brackets.
    pub path: Option<Parameter>,
    /// The cases in order.
    pub cases: Vec<PatternCase>,
}

/// `("x").["y"] = { ... };`
#[derive(Debug, Clone, PartialEq)]
pub struct PatternCase {
    /// The values in parentheses.
    pub values: Vec<Expr>,
    /// The value in `.[...]`.
    pub path: Option<Literal>,
    /// The body.
    pub body: FunctionBody,
    /// From `(` to `;`.
    pub span: Span,
}

/// Shorthand used where a list of items may stand.
pub type Items = Vec<Item>;
