//! Value expressions.

use super::{ArrayMode, FieldPath, FieldRef, Pipeline, Predicate, Value};

/// The name of an element or a bound value inside a predicate.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Var(pub String);

/// A function by its meaning; the constants are in [`super::function`].
///
/// Two dialects share a function only where null, types and errors behave the same (rule 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Function(pub &'static str);

/// One arm of a case distinction.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseArm {
    /// When.
    pub when: Predicate,
    /// Then.
    pub then: Expr,
}

/// An expression that yields a value; null where nothing is found.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A constant.
    Literal(Value),
    /// A field of the event, or a column of the row.
    Field(FieldRef),
    /// Every leaf value of the event, any of which may meet a test (a search without a field).
    AnyField,
    /// The element bound by the enclosing quantifier of this name.
    Var(Var),
    /// A place inside another value.
    Path(Box<Expr>, FieldPath, ArrayMode),
    /// A function of the arguments.
    Call(Function, Vec<Expr>),
    /// The first arm whose condition holds, else the last value.
    Case(Vec<CaseArm>, Box<Expr>),
    /// The truth of a condition as a boolean.
    Truth(Box<Predicate>),
    /// A list of these values.
    List(Vec<Expr>),
    /// An object of these members.
    Object(Vec<(String, Expr)>),
    /// For each element of a list that meets the condition, a value: a comprehension.
    Collect {
        /// The list.
        list: Box<Expr>,
        /// The name of the element.
        var: Var,
        /// Which elements.
        when: Box<Predicate>,
        /// The value for each.
        value: Box<Expr>,
        /// Whether equal values are kept once.
        distinct: bool,
    },
    /// An aggregate over the rows of a group; stands only inside an aggregating step.
    Aggregate(Function, Vec<Expr>, Option<Box<Predicate>>),
    /// The first cell of a sub-query (Kusto `toscalar`).
    Scalar(Box<Pipeline>),
    /// The first column of a sub-query as a list (Kusto `in (T | ...)`).
    Rows(Box<Pipeline>),
    /// A value that could not be read: index into `unread`.
    Unread(usize),
}

impl Expr {
    /// A field read as it stands.
    pub fn whole(path: &str) -> Self {
        Expr::Field(FieldRef::new(FieldPath::parse(path), ArrayMode::Whole))
    }

    /// A field of which any value counts.
    pub fn any(path: &str) -> Self {
        Expr::Field(FieldRef::new(FieldPath::parse(path), ArrayMode::Any))
    }

    /// A text constant.
    pub fn text(text: impl Into<String>) -> Self {
        Expr::Literal(Value::String(text.into()))
    }

    /// The constant, if this is one.
    pub fn as_literal(&self) -> Option<&Value> {
        match self {
            Expr::Literal(value) => Some(value),
            _ => None,
        }
    }

    /// The text, if this is a text constant.
    pub fn as_text(&self) -> Option<&str> {
        self.as_literal().and_then(Value::as_str)
    }

    /// The field, if this is one.
    pub fn as_field(&self) -> Option<&FieldRef> {
        match self {
            Expr::Field(field) => Some(field),
            _ => None,
        }
    }
}
